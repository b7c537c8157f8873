/**
 * The kill test: a host under load is killed with SIGKILL at a random instant and started again on the same data, many
 * times; the last one runs everything to its end, and then what the functions wrote down is checked (journal.ts).
 *
 * The instant is some random number of starts and ends of runs after the load began, and up to 3 ms more; in some rounds
 * it lies in the start of the host, in some in its stop.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
// eslint-disable-next-line no-restricted-imports -- a kill at a random instant is what this is for; and /proc has no events
import { setTimeout as pause } from 'node:timers/promises';
import { findMarked, startHostProcess, type HostProcess } from './host-process.ts';
import { checkJournal, type JournalReport } from './journal.ts';
import { defineKillHost, planRound, type KillHostOptions } from './plan.ts';
import { below, createRandom, type Random } from './random.ts';

export interface KillOptions {
  readonly rounds: number;
  readonly seed: number;
  /** An empty directory. */
  readonly directory: string;
  readonly parentDeathSignal: boolean;
  readonly onRound?: (text: string) => void;
}

export interface KillReport extends JournalReport {
  readonly rounds: number;
  /** Kills by the phase that they fell into. */
  readonly kills: Readonly<Record<Phase, number>>;
  /** All work that the queue ever accepted: with what nobody was told of, and destinations. */
  readonly stored: number;
  /** Commits that were synced, and work that was accepted in the same time. */
  readonly commits: { readonly synced: number; readonly accepted: number };
  /** Runs that were found interrupted by a start. */
  readonly recovered: number;
  /** ms that `start` took: median and most. */
  readonly startMs: { readonly median: number; readonly most: number };
  /** Function processes that outlived their host when they must not. */
  readonly leftovers: readonly string[];
  /** Function processes that a next start ended. */
  readonly swept: number;
  /** What does not add up (I3), and hosts that did what they must not. */
  readonly violations: readonly string[];
}

type Phase = 'start' | 'load' | 'stop';

/** Calls of a producer in a round: about as much work as is done before the kill, so that what is left does not only grow. */
const CALLS = 150;
/** Starts and ends of runs before a kill, at most. */
const MOST_EVENTS = 700;
/** ms in which function processes of a killed host have to be gone. */
const GONE = 1000;
/** ms that the last host has to run everything to its end, and for each round before it. */
const DRAIN = { base: 20_000, round: 1000 } as const;

/** Everything that is added up over the rounds. */
class Sums {
  readonly kills: Record<Phase, number> = { start: 0, load: 0, stop: 0 };
  readonly startMs: number[] = [];
  readonly leftovers: string[] = [];
  readonly violations: string[] = [];
  synced = 0;
  accepted = 0;
  recovered = 0;
  swept = 0;
  stored = 0;
}

export async function runKillRounds(options: KillOptions): Promise<KillReport> {
  const { rounds, seed, directory, parentDeathSignal } = options;
  const random = createRandom(seed);
  const sums = new Sums();
  const dataDir = join(directory, 'data');
  const journal = join(directory, 'journal');
  mkdirSync(journal, { recursive: true });
  mkdirSync(dataDir, { recursive: true });
  const start = (round: number, calls: KillHostOptions['calls']): HostProcess =>
    startHostProcess(directory, {
      definition: defineKillHost({ dataDir, journal }, round),
      parentDeathSignal,
      calls,
      list: join(journal, 'states'),
    });
  for (let round = 1; round <= rounds; round += 1) {
    const host = start(round, planRound(random, round, CALLS));
    try {
      await killSomewhere(host, random, round, options, sums);
    } finally {
      host.kill();
      await host.exited();
    }
    if (parentDeathSignal) await expectNone(dataDir, round, sums);
    look(host, round, sums);
    countCommits(host, sums);
    options.onRound?.(`round ${round}: ${describe(host)}`);
  }
  await drain(start(rounds + 1, undefined), options, sums);
  const { kills, leftovers, violations, recovered, swept, stored } = sums;
  sums.startMs.sort((a, b) => a - b);
  return {
    ...checkJournal(journal),
    rounds,
    kills,
    stored,
    commits: { synced: sums.synced, accepted: sums.accepted },
    recovered,
    startMs: { median: sums.startMs[sums.startMs.length >> 1] ?? 0, most: sums.startMs.at(-1) ?? 0 },
    leftovers,
    swept,
    violations,
  };
}

async function killSomewhere(
  host: HostProcess,
  random: Random,
  round: number,
  { parentDeathSignal, directory }: KillOptions,
  sums: Sums,
): Promise<void> {
  const dice = random();
  const phase: Phase = dice < 0.12 ? 'start' : dice < 0.22 ? 'stop' : 'load';
  const events = below(random, MOST_EVENTS);
  const more = random();
  sums.kills[phase] += 1;
  if (phase === 'start') {
    await host.until(() => host.last('begun') !== undefined);
    await pause(more * 60);
    host.kill();
    return;
  }
  const started = await host.until(() => host.last('started') !== undefined);
  // The start ends what the last host left behind.
  if (started && !parentDeathSignal) await expectNone(join(directory, 'data'), round - 1, sums);
  const far = (): boolean => (host.last('events')?.events ?? 0) >= events || host.last('produced') !== undefined;
  if (!(await host.until(far))) sums.violations.push(`round ${round}: the host ended by itself: ${host.exitCode}`);
  if (phase === 'stop') {
    host.send('stop');
    await pause(more * 100);
  } else {
    await pause(more * 3);
  }
  host.kill();
}

/** No function process of this round or an earlier one is alive, now or in a moment. */
async function expectNone(dataDir: string, upTo: number, sums: Sums): Promise<void> {
  const deadline = performance.now() + GONE;
  const find = (): number[] =>
    Array.from({ length: 3 }, (_, back) => upTo - back).flatMap((round) => findMarked(dataDir, round));
  let found = find();
  while (found.length > 0 && performance.now() < deadline) {
    await pause(10);
    found = find();
  }
  if (found.length > 0) sums.leftovers.push(`after round ${upTo}: ${found.join(', ')}`);
}

/** Adds up what a host said. */
function look(host: HostProcess, round: number, sums: Sums): void {
  const started = host.last('started');
  if (started !== undefined) {
    sums.startMs.push(started.ms);
    sums.recovered += started.recovered;
  }
  const stats = host.all('stats');
  for (const { accepted, known } of stats) {
    if (accepted !== known) sums.violations.push(`round ${round}: ${accepted} accepted, ${known} known`);
    if (accepted < sums.stored)
      sums.violations.push(`round ${round}: ${accepted} accepted, it was ${sums.stored} before`);
    sums.stored = accepted;
  }
  for (const { message } of host.all('log')) {
    const swept = /^ended (\d+) function process(?:es)? that a killed host left/.exec(message);
    if (swept !== null) sums.swept += Number(swept[1]);
    else if (!EXPECTED.test(message)) sums.violations.push(`round ${round}: the host said: ${message}`);
  }
  if (host.errors !== '') sums.violations.push(`round ${round}: the host's standard error: ${host.errors}`);
}

function countCommits(host: HostProcess, sums: Sums): void {
  const stats = host.all('stats');
  const [first, last] = [stats[0], stats.at(-1)];
  if (first === undefined || last === undefined) return;
  sums.synced += last.syncs - first.syncs;
  sums.accepted += last.accepted - first.accepted;
}

/** What a host says of kills, crashes, and work that hangs. */
const EXPECTED = /the last host ended while|did not get to the disk \(the queue was closed/;

function describe(host: HostProcess): string {
  const { recovered, pending } = host.last('started') ?? { recovered: '?', pending: '?' };
  const { accepted, syncs } = host.last('stats') ?? { accepted: '?', syncs: '?' };
  const events = host.last('events')?.events ?? 0;
  return `${recovered} recovered of ${pending} pending; then ${events} events, ${accepted} accepted in all, ${syncs} syncs`;
}

async function drain(host: HostProcess, { rounds, directory }: KillOptions, sums: Sums): Promise<void> {
  const limit = DRAIN.base + DRAIN.round * rounds;
  const timer = setTimeout(() => {
    sums.violations.push(`not all was run to its end within ${limit} ms: ${JSON.stringify(host.messages.slice(-5))}`);
    host.kill();
  }, limit);
  await host.exited();
  clearTimeout(timer);
  if (host.exitCode !== 0) sums.violations.push(`the last host ended with ${host.exitCode}: ${host.errors}`);
  look(host, rounds + 1, sums);
  await expectNone(join(directory, 'data'), rounds + 1, sums);
}
