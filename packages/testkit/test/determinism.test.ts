/**
 * The same test gives the same trace: six hours of retries with back-off, a dead letter and a destination, a thousand times.
 * How long one of them takes is measured by `pnpm bench testkit`.
 */
import { describe, expect, it } from 'vitest';
import { withTestHost } from '../src/create-test-host.ts';
import type { TestHostOptions } from '../src/options.ts';

/** An uplink that is down for six hours: it is tried less and less often, given up, and the operator is told. */
const SIX_HOURS: TestHostOptions = {
  functions: {
    'Plant/uplink': {
      handler: async (event: string, { attempt }: { attempt: number }) => {
        // eslint-disable-next-line no-restricted-syntax -- because time is virtual there
        await new Promise((resolve) => setTimeout(resolve, 250));
        console.log(`attempt ${attempt} of ${event} at ${new Date().toISOString()}`);
        throw new Error('no network');
      },
      retry: { attempts: 'untilExpired', minDelay: '1m', maxDelay: '1h', maxAge: '6h' },
      onFailure: 'Plant/operator',
    },
    'Plant/operator': async (event: string) => {
      const { requestPayload } = JSON.parse(event) as { requestPayload: string };
      return `told of ${requestPayload}`;
    },
  },
};

/** Everything that was recorded, with ids and times, as data and as it is printed. */
function playSixHours(options: TestHostOptions = SIX_HOURS): Promise<{ tree: string; trace: string }> {
  return withTestHost(options, async (host) => {
    await host.enqueue('Plant/uplink', '21 °C', { dedupeKey: 'reading 7' });
    await host.runUntilIdle();
    const { invocations, logs } = { invocations: host.record.invocations(), logs: host.record.logs };
    return {
      tree: host.record.tree({ logs: true, ids: true }),
      trace: JSON.stringify({ now: host.now, invocations, logs, stats: await host.stats() }),
    };
  });
}

describe('six hours of retries', () => {
  it('end as a dead letter, and the destination is told', async () => {
    await withTestHost(SIX_HOURS, async (host) => {
      const id = await host.enqueue('Plant/uplink', '21 °C');
      await host.runUntilIdle();

      const [work, told] = host.record.invocations();
      expect(work).toMatchObject({ id, state: 'Expired', outcome: { errorMessage: 'no network' } });
      expect(work?.attempts.length).toBeGreaterThan(8);
      expect(work?.ended?.at).toBe(6 * 3_600_000);
      expect(told).toMatchObject({ target: 'Plant/operator', parent: id, outcome: { text: 'told of 21 °C' } });
      expect(await host.deadLetters()).toMatchObject([{ id, state: 'Expired' }]);
    });
  });

  it('leave the same trace a thousand times, eight of them side by side at a time', async () => {
    const first = await playSixHours();
    const traces = new Set([first.trace]);
    const trees = new Set([first.tree]);
    for (let rounds = 0; rounds < 125; rounds += 1) {
      const played = await Promise.all(Array.from({ length: 8 }, () => playSixHours()));
      for (const { trace, tree } of played) {
        traces.add(trace);
        trees.add(tree);
      }
    }
    expect([...trees]).toEqual([first.tree]);
    expect([...traces]).toEqual([first.trace]);
  });

  it('leave another trace with another seed: back-off has jitter', async () => {
    const [one, two] = await Promise.all([playSixHours(), playSixHours({ ...SIX_HOURS, seed: 2 })]);
    expect(two.trace).not.toBe(one.trace);
  });
});
