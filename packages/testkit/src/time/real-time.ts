/**
 * The platform's own timers, as they were before the testkit put its own in front: what waiting for something real is
 * done with, inside a frame and outside, also under a runner's fake timers that came later.
 *
 * Taken when the testkit is imported, before anything is patched (install.ts), once in a process.
 */
import { perProcess } from '../per-process.ts';

export interface RealTime {
  readonly setTimeout: typeof setTimeout;
  readonly clearTimeout: typeof clearTimeout;
  readonly setImmediate: typeof setImmediate;
  readonly nextTick: typeof process.nextTick;
  /** ms since the process began. */
  now(): number;
}

export function realTime(): RealTime {
  return perProcess('real-time', () => {
    const { setTimeout, clearTimeout, setImmediate } = process.getBuiltinModule('node:timers');
    const { performance } = process.getBuiltinModule('node:perf_hooks');
    const nextTick = process.nextTick.bind(process);
    return { setTimeout, clearTimeout, setImmediate, nextTick, now: performance.now.bind(performance) };
  });
}

/**
 * Lets the event loop go round once: promises and `nextTick`s that are ready run to their end, then the immediates that
 * were there, then what has arrived from outside.
 */
export function oneTurn(): Promise<void> {
  const { setImmediate } = realTime();
  return new Promise((resolve) => setImmediate(resolve));
}

/** Lets promises and `nextTick`s that are ready run to their end: cheaper than a turn of the event loop, which is the same and more. */
export function restOfTurn(): Promise<void> {
  const { nextTick } = realTime();
  return new Promise((resolve) => {
    nextTick(resolve);
  });
}

/** Lets `ms` of real time pass. */
export function realDelay(ms: number): Promise<void> {
  const { setTimeout } = realTime();
  return new Promise((resolve) => setTimeout(resolve, ms));
}
