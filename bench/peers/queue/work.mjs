/**
 * What the queue benchmark asks of a contender, for all of them alike (`queue.mjs` says who they are).
 *
 * A slice is one of four: `enqueue`, so many producers that each wait for the acknowledgement before the next job;
 * `cycle`, 64 producers and 64 runners, with the clock running until the last job is complete; `start`, one job at
 * a time into an idle queue, from the call that enqueues to the first line of its handler; and what a contender alone
 * can tell (`sync`: a warm call, `fsync`).
 */
import { setTimeout as pause } from 'node:timers/promises';
import { makePayload } from '../../cases.mjs';
import { drive } from '../../drive.mjs';

/** Runners at once, in every contender. */
export const CONCURRENCY = 64;
/** ms that the queue is left alone between two jobs when their start is timed. */
export const QUIET = 5;

/** @typedef {import('../../drive.mjs').Slice} Slice */

/**
 * @typedef {object} Peer
 * @property {string} version
 * @property {(payload: string) => Promise<unknown>} enqueue   settles when the queue acknowledged the job
 * @property {() => unknown} [empty]                           forgets all jobs
 * @property {(onDone: () => void) => Promise<() => unknown>} [run]  starts the runners; what it gives stops them.
 *                                                             `onDone` is called when a job's completion is stored
 * @property {(onStart: () => void) => Promise<() => unknown>} [watch]  the same with a handler that says when it starts
 * @property {() => unknown} [fsync]                           one sync, alone
 * @property {() => unknown} stop
 */

/**
 * A contender out of a peer whose producers live in this process.
 *
 * @param {Peer} peer
 * @returns {import('../../contender.mjs').Contender}
 */
export function toContender(peer) {
  return {
    version: peer.version,
    stop: () => peer.stop(),
    run: async (one, milliseconds) => {
      const payload = String(makePayload(one));
      const slice = await sliceOf(peer, one, payload, milliseconds);
      await peer.empty?.();
      return slice;
    },
  };
}

/** @param {Peer} peer @param {any} one @param {string} payload @param {number} milliseconds @returns {Promise<Slice>} */
function sliceOf(peer, one, payload, milliseconds) {
  switch (one.work) {
    case 'cycle':
      return cycle(peer, payload, one.inFlight, milliseconds);
    case 'start':
      return starts(peer, payload, milliseconds);
    case 'fsync':
      return alone(() => peer.fsync?.(), milliseconds);
    default:
      return drive(() => peer.enqueue(payload), one.inFlight, milliseconds);
  }
}

/** @param {Peer} peer @param {string} payload @param {number} producers @param {number} milliseconds @returns {Promise<Slice>} */
async function cycle(peer, payload, producers, milliseconds) {
  let done = 0;
  let expected = Infinity;
  const { promise: all, resolve } = Promise.withResolvers();
  const stop = await peer.run?.(() => {
    done += 1;
    if (done === expected) resolve(undefined);
  });
  const begin = performance.now();
  const { calls } = await drive(() => peer.enqueue(payload), producers, milliseconds);
  expected = calls;
  if (done < expected) await all;
  const elapsed = performance.now() - begin;
  await stop?.();
  return { calls, elapsed, samples: [] };
}

/** @param {Peer} peer @param {string} payload @param {number} milliseconds @returns {Promise<Slice>} */
async function starts(peer, payload, milliseconds) {
  /** @type {(value?: unknown) => void} */
  let started = () => {};
  let startedAt = 0;
  const stop = await peer.watch?.(() => {
    startedAt = performance.now();
    started();
  });
  /** @type {number[]} */
  const samples = [];
  const begin = performance.now();
  do {
    await pause(QUIET);
    const { promise, resolve } = Promise.withResolvers();
    started = resolve;
    const before = performance.now();
    await Promise.all([peer.enqueue(payload), promise]);
    samples.push((startedAt - before) * 1000);
  } while (performance.now() - begin < milliseconds);
  await stop?.();
  return { calls: samples.length, elapsed: performance.now() - begin, samples };
}

/**
 * Times something that is done again and again with a pause before each.
 *
 * @param {() => unknown} act
 * @param {number} milliseconds
 * @returns {Promise<Slice>}
 */
export async function alone(act, milliseconds) {
  /** @type {number[]} */
  const samples = [];
  const begin = performance.now();
  do {
    await pause(QUIET);
    const before = performance.now();
    await act();
    samples.push((performance.now() - before) * 1000);
  } while (performance.now() - begin < milliseconds);
  return { calls: samples.length, elapsed: performance.now() - begin, samples };
}
