/**
 * The same test gives the same trace: six hours of retries with back-off, a dead letter and a destination, a thousand times.
 * How long one of them takes is measured by `pnpm bench testkit`.
 */
import { describe, expect, it } from 'vitest';
import { withTestHost } from '../src/create-test-host.ts';
import { playSixHours, SIX_HOURS } from './support/six-hours.ts';

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
    const first = await withTestHost(SIX_HOURS, playSixHours);
    const traces = new Set([first.data]);
    const trees = new Set([first.tree]);
    for (let rounds = 0; rounds < 125; rounds += 1) {
      const played = await Promise.all(Array.from({ length: 8 }, () => withTestHost(SIX_HOURS, playSixHours)));
      for (const { data, tree } of played) {
        traces.add(data);
        trees.add(tree);
      }
    }
    expect([...trees]).toEqual([first.tree]);
    expect([...traces]).toEqual([first.data]);
  }, 120_000);

  it('leave another trace with another seed: back-off has jitter', async () => {
    const one = await withTestHost(SIX_HOURS, playSixHours);
    const two = await withTestHost({ ...SIX_HOURS, seed: 2 }, playSixHours);
    expect(two.data).not.toBe(one.data);
  });
});
