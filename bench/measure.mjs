/**
 * The measuring: contenders started side by side, then round after round through all of them in short slices, so
 * that whatever the machine does at a moment happens to all; and the statistics over the rounds.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { unitOf } from './contenders.mjs';

/** @typedef {import('./cases.mjs').Case} Case */
/** @typedef {import('./contenders.mjs').Entry} Entry */
/** @typedef {import('./drive.mjs').Slice} Slice */

const CONTENDER = fileURLToPath(new URL('./contender.mjs', import.meta.url));

/**
 * @typedef {object} Running
 * @property {Entry} entry
 * @property {number} pid
 * @property {string} version
 * @property {number} startUp  ms from the spawn of its process (Node's own start included) to its first answer
 * @property {(one: Case, milliseconds: number) => Promise<Slice>} slice
 * @property {() => Promise<void>} stop
 */

/** @param {Entry} entry @returns {Promise<Running>} rejects with the reason when it cannot run here */
export async function startContender(entry) {
  const begin = performance.now();
  const child = fork(CONTENDER, [entry.file, entry.variant], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let errors = '';
  child.stderr?.on('data', (chunk) => (errors = (errors + String(chunk)).slice(-2000)));
  const exited = once(child, 'exit');

  /** @returns {Promise<any>} */
  const nextMessage = async () => {
    const [message] = await Promise.race([
      once(child, 'message'),
      exited.then(([code, signal]) => {
        throw new Error(`its process ended (${code ?? signal}) ${errors}`);
      }),
    ]);
    if (message.type === 'failed') throw new Error(message.reason);
    return message;
  };
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    if (child.connected) child.send({ type: 'stop' });
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await exited;
    clearTimeout(timer);
  };

  try {
    const { version } = await nextMessage();
    return {
      entry,
      pid: child.pid ?? 0,
      version,
      startUp: performance.now() - begin,
      slice: async (one, milliseconds) => {
        child.send({ type: 'slice', one, milliseconds });
        return (await nextMessage()).slice;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * @typedef {object} Rounds
 * @property {(Slice | undefined)[]} slices  one a round, undefined where the slice failed
 * @property {string | undefined} failure    why, the first time
 */

/**
 * The smallest payloads are warmed up five times as long: they are where compiled code makes the difference, and a host
 * runs compiled code.
 *
 * @param {readonly Running[]} running
 * @param {readonly Case[]} cases
 * @param {{ rounds: number, warmUp: number, slice: number, onProgress: (text: string) => void }} options ms each
 * @returns {Promise<Map<string, Rounds>>} by `contender id/case id`
 */
export async function runRounds(running, cases, { rounds, warmUp, slice, onProgress }) {
  /** @type {Map<string, Rounds>} */
  const results = new Map();
  for (let round = -1; round < rounds; round += 1) {
    onProgress(round < 0 ? 'warm-up' : `round ${round + 1} of ${rounds}`);
    for (const one of cases) {
      const taking = running.filter(({ entry }) => entry.takes(one));
      // Another order each round, so that nobody always follows the same neighbour.
      const shift = (round + 1) % taking.length;
      for (const contender of [...taking.slice(shift), ...taking.slice(0, shift)]) {
        const key = resultKey(contender.entry, one);
        const result = results.get(key) ?? { slices: [], failure: undefined };
        results.set(key, result);
        try {
          const measured = await contender.slice(one, round >= 0 ? slice : one.size <= 32 ? warmUp * 5 : warmUp);
          if (round >= 0) result.slices.push(measured);
        } catch (error) {
          result.slices.push(undefined);
          result.failure ??= error instanceof Error ? error.message : String(error);
        }
      }
    }
  }
  return results;
}

/** @param {Entry} entry @param {Case} one */
export const resultKey = (entry, one) => `${entry.id}/${one.id}`;

/**
 * @typedef {object} Figures
 * @property {number} p50          µs, median of the rounds' medians (of their means where there are no samples)
 * @property {number | undefined} p99  µs, over the samples of all rounds
 * @property {number} rate         calls/s, median of the rounds
 * @property {number | undefined} timeRatio   p50 / p50 of the raw round trip: median of the rounds' ratios
 * @property {number | undefined} rateRatio   rate / rate of the raw round trip, the same way
 * @property {boolean} mean
 */

/**
 * @param {Map<string, Rounds>} results
 * @param {readonly Entry[]} entries
 * @param {Entry} entry
 * @param {Case} one
 * @returns {Figures | { failure: string } | undefined}
 */
export function figuresOf(results, entries, entry, one) {
  const own = results.get(resultKey(entry, one));
  if (own === undefined) return undefined;
  const slices = own.slices.filter((slice) => slice !== undefined);
  if (slices.length === 0) return { failure: own.failure ?? 'not measured' };

  const unit = entries.find(({ id }) => id === unitOf(entry, one));
  const raw = unit && results.get(resultKey(unit, one))?.slices;
  /** @param {(slice: Slice) => number} value */
  const ratio = (value) => {
    const ratios = own.slices.flatMap((slice, round) => {
      const other = raw?.[round];
      return slice && other ? [value(slice) / value(other)] : [];
    });
    return ratios.length > 0 ? median(ratios) : undefined;
  };
  const mean = slices.every(({ samples }) => samples.length === 0);
  return {
    p50: median(slices.map((slice) => timeOf(slice, one))),
    p99: mean ? undefined : percentile(evenly(slices), 0.99),
    rate: median(slices.map(rateOf)),
    timeRatio: ratio((slice) => timeOf(slice, one)),
    rateRatio: ratio(rateOf),
    mean,
  };
}

/** As many samples of every round, or the fast rounds would drown the slow ones. @param {Slice[]} slices */
function evenly(slices) {
  const part = Math.min(...slices.map(({ samples }) => samples.length));
  return slices.flatMap(({ samples }) => {
    const step = samples.length / part;
    return Array.from({ length: part }, (_, index) => samples[Math.floor(index * step)] ?? 0);
  });
}

/** µs of a call in one slice: its median, or the mean by Little's law. @param {Slice} slice @param {Case} one */
const timeOf = (slice, one) =>
  slice.samples.length > 0 ? median(slice.samples) : (slice.elapsed * 1000 * one.inFlight) / slice.calls;

/** @param {Slice} slice */
const rateOf = (slice) => (slice.calls / slice.elapsed) * 1000;

/** @param {readonly number[]} values @param {number} part 0 to 1 @returns {number} nearest rank; NaN of nothing */
export function percentile(values, part) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? NaN;
}

/** @param {readonly number[]} values */
export const median = (values) => percentile(values, 0.5);
