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
  /**
   * Calls `callback` once, `delay` ms from now at the earliest; after at most 24.8 days in any case, so whoever waits
   * longer looks at the clock and waits again.
   */
  setTimeout(callback: () => void, delay: number): TimerHandle;
  clearTimeout(handle: TimerHandle | undefined): void;
}

/** What a platform timer can wait (2^31 - 1 ms); given more, it would fire at once. */
const MAX_DELAY = 2_147_483_647;

/** The platform's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (callback, delay) => setTimeout(callback, Math.min(delay, MAX_DELAY)),
  clearTimeout: (handle) => {
    clearTimeout(handle as NodeJS.Timeout | undefined);
  },
};
