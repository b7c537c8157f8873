/** Every instance has a module graph and globals of its own, also beside others of its function (SPEC 3). */
import { describe, expect, it } from 'vitest';
import { startHost } from '../support/test-host.ts';

describe.each(['thread', 'process'] as const)('two instances of one function in a %s', (isolation) => {
  it('share no module and no global', async () => {
    await using host = await startHost({
      isolation,
      functions: { 'S/state': { handler: 'context.state', maxInstances: 2, minInstances: 2 } },
    });
    while (host.running.some(({ state }) => state !== 'ready')) await host.next('instance:ready');
    // Two at once go to two instances, which each count their own invocations.
    expect(await Promise.all([host.value('S/state'), host.value('S/state')])).toEqual(['1 1', '1 1']);
  });
});
