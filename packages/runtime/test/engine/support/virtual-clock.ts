/**
 * A Clock that stands still until a test moves it: timers fire in the order of their time, then of their making.
 * Its wall clock runs along, and can be stepped apart.
 */
import type { Clock, TimerHandle } from '../../../src/engine/clock.ts';

interface Timer extends TimerHandle {
  readonly due: number;
  readonly callback: () => void;
}

/** Timers that may fire within one `advance` before it counts as an endless loop. */
const MAX_FIRED = 1_000_000;

export class VirtualClock implements Clock {
  /** Wall clock at monotonic 0, epoch ms; not zero, so that the two are not mistaken for one another. */
  #epoch: number;
  readonly #timers = new Set<Timer>();
  #now = 0;

  constructor(wall = 1_700_000_000_000) {
    this.#epoch = wall;
  }

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

  /** Steps the wall clock to `wall` (epoch ms), as NTP does; monotonic time knows nothing of it. */
  setWall(wall: number): void {
    this.#epoch = wall - this.#now;
  }

  /** Monotonic ms at which the next timer is due; undefined: there is none. */
  get nextDue(): number | undefined {
    return this.#earliest(Infinity)?.due;
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

/** Lets `ms` pass on `clock`, and everything happen at its own instant, also what promises start. */
export async function live(clock: VirtualClock, ms: number): Promise<void> {
  const until = clock.monotonic() + ms;
  for (;;) {
    do {
      await flushPromises();
      clock.advance(0);
      await flushPromises();
    } while ((clock.nextDue ?? Infinity) <= clock.monotonic());
    const left = until - clock.monotonic();
    if (left <= 0) return;
    clock.advance(Math.min(left, (clock.nextDue ?? Infinity) - clock.monotonic()));
  }
}
