/** Functions that live with their host (SPEC 3, runMode): started with it, one instance, restarted with back-off. */
import { createServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { startHost, type TestFunction } from '../support/test-host.ts';

const LONG_LIVED: TestFunction = {
  handler: 'long-lived.handler',
  initializer: 'long-lived.initialize',
  runMode: 'LongLived',
  minInstances: 1,
  timeout: 100,
};

describe.each(['thread', 'process'] as const)('a long-lived function in a %s', (isolation) => {
  it('starts with the host, without a call, and serves', async () => {
    await using host = await startHost({ isolation, functions: { 'S/f': LONG_LIVED } });
    await host.next('instance:ready');
    expect(host.instances.size).toBe(1);
    const port = String(await host.value('S/f'));
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('served');
    expect(host.instances.size).toBe(1);
  });

  it('is restarted after its exit, a second later, and calls wait for it', async () => {
    await using host = await startHost({ isolation, functions: { 'S/f': LONG_LIVED } });
    await host.next('instance:ready');
    const exited = host.next('instance:exited');
    expect(await host.failure('S/f', 'exit')).toMatchObject({ errorType: 'Exit' });
    await exited;
    const exitedAt = performance.now();
    expect(host.running, 'it is not restarted at once').toEqual([]);
    expect(await host.value('S/f')).toMatch(/^\d+$/);
    expect(performance.now() - exitedAt).toBeGreaterThan(990);
    expect(host.instances.size).toBe(2);
  });

  it('has given up its port before the next one starts, also when it was stuck', async () => {
    const port = await freePort();
    await using host = await startHost({
      isolation,
      functions: { 'S/f': { ...LONG_LIVED, environment: { PORT: String(port) } } },
    });
    await host.next('instance:ready');
    const life: string[] = [];
    host.host.events.on('instance:exited', ({ name }) => life.push(`${name} gone`));
    host.host.events.on('instance:starting', ({ name }) => life.push(`${name} starting`));
    expect(await host.failure('S/f', 'spin')).toMatchObject({ errorType: 'Timeout' });
    expect(await host.value('S/f')).toBe(String(port));
    expect(life).toEqual(['S/f#1 gone', 'S/f#2 starting']);
  });

  it('never has a second instance, however many calls wait', async () => {
    await using host = await startHost({ isolation, functions: { 'S/f': { ...LONG_LIVED, timeout: 5000 } } });
    const ports = await Promise.all(Array.from({ length: 10 }, () => host.value('S/f')));
    expect(new Set(ports).size).toBe(1);
    expect(host.instances.size).toBe(1);
  });
});

describe('a long-lived function in a thread that was given up', () => {
  it('is not started again before the blocking call has ended and the old thread with it', async () => {
    await using host = await startHost({ isolation: 'thread', functions: { 'S/f': LONG_LIVED } });
    await host.next('instance:ready');
    const exited = host.next('instance:exited');
    const startedAt = performance.now();
    expect(await host.failure('S/f', 'block')).toMatchObject({ errorType: 'Timeout' });
    const [, , expected] = await exited;
    expect(expected).toBe(false);
    expect(host.host.stuckThreads).toBe(1);
    expect(performance.now() - startedAt, 'it did not wait for the call to end').toBeLessThan(2900);
    expect(await host.value('S/f')).toMatch(/^\d+$/);
    expect(performance.now() - startedAt).toBeGreaterThan(2990);
    expect(host.host.stuckThreads).toBe(0);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
