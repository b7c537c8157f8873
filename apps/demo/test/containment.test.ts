/** What only a process can contain: the same host with real processes, on real time. Everything else is tested in none. */
import '@edgefc/testkit/matchers/vitest';
import { createTestHost } from '@edgefc/testkit';
import { expect, it } from 'vitest';

const config = new URL('../edgefc.config.ts', import.meta.url);

it('an endless loop ends at its timeout, and whoever called goes on', async () => {
  await using host = await createTestHost({ config, isolation: 'process' });

  await host.invoke('EdgeFC/Invoker', 'slow');
  await host.invoke('EdgeFC/Invoker', 'text');

  expect(host).toHaveFailedWith('EdgeFC/slow', { errorType: 'Timeout', functionError: 'Unhandled' });
  expect(host).toHaveLogged('EdgeFC/Invoker', 'Message from helloworld');
});
