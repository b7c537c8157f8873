/**
 * Pulls the plug at every commit of a scenario, before and after it, starts the host again, and looks at what is left.
 *
 * The scenario runs once as a whole, which counts the durable writes; then once for each of them and each moment, on a host of
 * its own. What has to hold wherever it was cut off: every id that was given out is known (I2), accepted = done + pending + dead
 * (I3), nothing waits for ever, and whatever the test checks.
 */
import type { QueueStats } from '@edgefc/runtime/testing';
import type { CrashMoment } from './disk-faults.ts';

/** What a host needs for this; a TestHost has it. */
export interface CrashableHost {
  /** What each durable write so far was. */
  readonly writes: readonly string[];
  /** Resolves when this life of the host was killed. */
  readonly killed: Promise<unknown>;
  /** Ids of Async work that were given out. */
  readonly promised: readonly string[];
  /** Rejects when nobody knows the id. */
  getInvocation(id: string): Promise<unknown>;
  crashAt(n: number, moment: CrashMoment): void;
  restart(): Promise<unknown>;
  runUntilIdle(): Promise<void>;
  stats(): Promise<QueueStats>;
  stop(): Promise<unknown>;
}

/** Where the host was killed; undefined: nowhere. */
export interface CrashSite {
  /** 1-based, among the durable writes of the scenario. */
  readonly n: number;
  readonly moment: CrashMoment;
  /** What the write does. */
  readonly write: string;
}

export interface CrashEverywhereOptions {
  /**
   * Whether the scenario does the same at each run, to the write. With a queue in a file it does not: what is written together depends on
   * how fast the disk is, and a site beyond the end of a run holds. Default: it does.
   */
  readonly isExact?: () => boolean;
}

export interface CrashReport {
  /** What the durable writes of the whole scenario were. */
  readonly writes: readonly string[];
  /** How many times it was killed. */
  readonly points: number;
}

/** Of the places where something did not hold, how many are written out. */
const SHOWN = 10;
/** Turns of the event loop that a scenario has to end in when its host has died under it. */
const SCENARIO_GRACE = 50;

/**
 * @param createHost - makes a host that is started, on a store of its own
 * @param scenario - what happens; cut off where the plug is pulled
 * @param check - what has to hold when everything is over; throws otherwise
 * @throws AggregateError with every place where something did not hold
 */
export async function crashEverywhere<H extends CrashableHost>(
  createHost: () => Promise<H>,
  scenario: (host: H) => Promise<unknown>,
  check: (host: H, site: CrashSite | undefined) => Promise<unknown> | undefined = () => undefined,
  { isExact = () => true }: CrashEverywhereOptions = {},
): Promise<CrashReport> {
  const { writes } = await play(createHost, scenario, check, undefined);
  const failures: Error[] = [];
  for (const [index, write] of writes.entries()) {
    for (const moment of ['before', 'after'] as const) {
      const site: CrashSite = { n: index + 1, moment, write };
      try {
        const played = await play(createHost, scenario, check, site);
        if (!played.killed && isExact()) throw new Error(describeMissing(played.writes.length));
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        failures.push(new Error(`killed ${moment} write ${site.n} (${write}): ${message}`, { cause: error }));
      }
    }
  }
  const points = writes.length * 2;
  if (failures.length === 0) return { writes, points };
  const shown = failures.slice(0, SHOWN).map(({ message }) => `  ${message}`);
  const more = failures.length > SHOWN ? `\n  … and ${failures.length - SHOWN} more` : '';
  throw new AggregateError(
    failures,
    `${failures.length} of ${points} crash points did not hold:\n${shown.join('\n')}${more}`,
  );
}

/** Once, to its end; gives the writes of the scenario. */
async function play<H extends CrashableHost>(
  createHost: () => Promise<H>,
  scenario: (host: H) => Promise<unknown>,
  check: (host: H, site: CrashSite | undefined) => Promise<unknown> | undefined,
  site: CrashSite | undefined,
): Promise<{ readonly writes: readonly string[]; readonly killed: boolean }> {
  const host = await createHost();
  try {
    const before = host.writes.length;
    if (site !== undefined) host.crashAt(site.n, site.moment);
    const killed = await live(host, scenario);
    const writes = host.writes.slice(before);
    if (killed) {
      await host.restart();
      await host.runUntilIdle();
    }
    await checkBooks(host);
    await check(host, site);
    return { writes, killed };
  } finally {
    await host.stop();
  }
}

/** Whether it was killed. */
async function live<H extends CrashableHost>(host: H, scenario: (host: H) => Promise<unknown>): Promise<boolean> {
  const seen: { killed: boolean; failure: { readonly error: unknown } | undefined } = {
    killed: false,
    failure: undefined,
  };
  const dead = host.killed.then(async () => {
    seen.killed = true;
    // Nothing of the scenario may go on in the next life: a dead host refuses what is still asked of it.
    await Promise.race([over, turns(SCENARIO_GRACE)]);
  });
  const whole = async (): Promise<void> => {
    await scenario(host);
    await host.runUntilIdle();
  };
  const over = whole().catch(async (error: unknown) => {
    seen.failure = { error };
    // The news that its host has died may come a moment later.
    await turns(2);
  });
  await Promise.race([over, dead]);
  if (seen.killed) await dead;
  else if (seen.failure !== undefined) throw seen.failure.error;
  return seen.killed;
}

function describeMissing(writes: number): string {
  return `this time the scenario had only ${writes} durable writes: it has to do the same each time it is run`;
}

/** I2 and I3, when nothing is left to do. */
async function checkBooks(host: CrashableHost): Promise<void> {
  const { accepted, removed, live, ended, dead } = await host.stats();
  const pending = live.enqueued + live.running + live.retrying;
  if (accepted !== removed + ended + dead + pending) {
    throw new Error(
      `the books are wrong (I3): ${accepted} accepted, but ${ended + removed} done + ${pending} pending + ${dead} dead`,
    );
  }
  if (pending > 0) throw new Error(`${pending} accepted invocations are not over, and nothing runs any more`);
  if (removed > 0) return; // What has ended is kept within limits; which ids went with it is not known.
  for (const id of host.promised) {
    await host.getInvocation(id).catch((error: unknown) => {
      throw new Error(`the id ${id} was given out, and now nobody knows it (I2)`, { cause: error });
    });
  }
}

/** So many turns of the event loop. */
async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
