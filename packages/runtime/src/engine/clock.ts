/**
 * The Clock port: the only place of the engine that touches time (I7).
 *
 * `monotonic` measures durations and never jumps; `now` is the wall clock, for people and cron only.
 */

/** A pending timer, as opaque as the platform's own. */
export interface TimerHandle {
  /** Lets the process end although the timer is pending. */
  unref?(): unknown;
}

export interface Clock {
  /** Wall clock, milliseconds since the epoch. May jump in either direction. */
  now(): number;
  /** Milliseconds since an arbitrary start, with fractions. Never goes back. */
  monotonic(): number;
  /** Calls `callback` once, `delay` ms from now at the earliest. */
  setTimeout(callback: () => void, delay: number): TimerHandle;
  clearTimeout(handle: TimerHandle | undefined): void;
}

/** The platform's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (callback, delay) => setTimeout(callback, delay),
  clearTimeout: (handle) => {
    clearTimeout(handle as NodeJS.Timeout | undefined);
  },
};
