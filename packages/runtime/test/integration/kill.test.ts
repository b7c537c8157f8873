/**
 * Accepted means durable (SPEC 4; I2, I3, I9): a host is killed at random instants, under load, again and again.
 *
 * The long run is `pnpm bench kill`.
 */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runKillRounds, type KillReport } from '../support/kill/rounds.ts';
import { makeTempDir } from '../support/temp-dir.ts';

/** Nothing was lost, run again as if for the first time, out of order, or left behind; and there was something to lose. */
function expectKept(report: KillReport): void {
  const { lost, wrongAttempts, wrongOrder, wrongDestinations, leftovers, violations } = report;
  expect({ lost, wrongAttempts, wrongOrder, wrongDestinations, leftovers, violations }).toEqual({
    lost: [],
    wrongAttempts: [],
    wrongOrder: [],
    wrongDestinations: [],
    leftovers: [],
    violations: [],
  });
  const { accepted, published, repeatsAfterKill, recovered, keyed, dead } = report;
  const least = { accepted, published, repeatsAfterKill, recovered, keyed, dead };
  for (const [what, number] of Object.entries(least))
    expect(number, `${what}, or this shows nothing`).toBeGreaterThan(5);
}

describe('a host that is killed again and again under load', () => {
  it.runIf(existsSync('/usr/bin/setpriv'))(
    'loses nothing that it accepted, repeats only with a higher attempt, keeps orders, and leaves no process behind',
    { timeout: 120_000 },
    async () => {
      const report = await runKillRounds({ rounds: 20, seed: 1, directory: makeTempDir(), parentDeathSignal: true });
      expectKept(report);
      expect(report.commits.accepted / report.commits.synced, 'rows in a commit').toBeGreaterThan(1);
    },
  );

  it('does so where the kernel does not end its functions: the next start does', { timeout: 60_000 }, async () => {
    const report = await runKillRounds({ rounds: 5, seed: 2, directory: makeTempDir(), parentDeathSignal: false });
    expectKept(report);
    expect(report.swept, 'or this shows nothing').toBeGreaterThan(0);
  });
});
