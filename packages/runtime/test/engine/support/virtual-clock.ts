/**
 * A Clock that stands still until a test moves it: timers fire in the order of their time, then of their making.
 */
import type { Clock, TimerHandle } from '../../../src/engine/clock.ts';

interface Timer extends TimerHandle {
  readonly due: number;
  readonly callback: () => void;
}

/** Timers that may fire within one `advance` before it counts as an endless loop. */
const MAX_FIRED = 1_000_000;

export class VirtualClock implements Clock {
  /** Monotonic ms at the epoch of the wall clock; not zero, so that the two are not mistaken for one another. */
  readonly #epoch = 1_700_000_000_000;
  readonly #timers = new Set<Timer>();
  #now = 0;

  now(): number {
    return this.#epoch + this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, delay: number): TimerHandle {
    const timer: Timer = { due: this.#now + Math.max(0, delay), callback };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(handle: TimerHandle | undefined): void {
    this.#timers.delete(handle as Timer);
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets `ms` pass; every timer that falls due on the way fires at its own time. */
  advance(ms: number): void {
    const until = this.#now + ms;
    let fired = 0;
    for (let next = this.#earliest(until); next !== undefined; next = this.#earliest(until)) {
      if (++fired > MAX_FIRED) throw new Error(`more than ${MAX_FIRED} timers fired within ${ms} ms`);
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.callback();
    }
    this.#now = until;
  }

  /** Lets `ms` pass at once, as on a machine that slept: what fell due on the way fires late, all at the same time. */
  leap(ms: number): void {
    this.#now += ms;
    this.advance(0);
  }

  /** A Set keeps the order of making, so the first of equals is the oldest. */
  #earliest(until: number): Timer | undefined {
    let earliest: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.due <= until && (earliest === undefined || timer.due < earliest.due)) earliest = timer;
    }
    return earliest;
  }
}

/** Resolves when every promise callback that could run has run. No time passes on any virtual clock. */
export function flushPromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
