/**
 * A Clock that stands still until a test moves it.
 *
 * It is a full implementation of the engine's Clock port, so whatever takes a Clock runs on it: timeouts, back-off,
 * idle stops. The timers of handlers are on it too (frame-timers.ts), so that there is one order for both. Wall clock and
 * running time are two things here as they are on a gateway: `advance` moves both, `setNow` steps the wall clock
 * alone, as NTP does.
 *
 * 1. Timers fire in the order of the instant they are due; those due at one instant, in the order they were made.
 * 2. Inside a callback the clock shows the instant its timer was due, also when `advance` was asked for more.
 * 3. Between two callbacks everything that can go on without time has gone on: promises settle, immediates run. What
 *    is under way outside of the process the clock does not know; the driver does (driver.ts).
 */
import type { Clock, TimerHandle } from '@edgefc/runtime/engine';
import { oneTurn } from './real-time.ts';
import { TimerQueue, type PendingTimer } from './timer-queue.ts';

export interface VirtualClockOptions {
  /** Where the wall clock starts, ms since the epoch. Default: the first instant of 2030, UTC. */
  readonly now?: number;
}

export interface VirtualClock extends Clock {
  /**
   * Moves time on by `ms` and fires the timers that fall due, those that callbacks make on the way among them.
   *
   * Rejects with what a callback throws; the clock then stands at that callback's instant and the other timers are
   * still pending.
   */
  advance(ms: number): Promise<void>;
  /** Steps the wall clock to `epochMs`, forwards or backwards. No timer notices: they count running time. */
  setNow(epochMs: number): void;
  /** How many timers are pending. */
  readonly pendingTimers: number;
  /** What the wall clock showed when running time was 0, ms since the epoch. */
  readonly startedAt: number;
  /** Running time at which the next timer is due. */
  readonly nextDue: number | undefined;
  /**
   * Fires the next timer, if it is due until the running time `limit`, and throws what its callback throws. Otherwise
   * moves to `limit` and returns false.
   */
  step(limit: number): boolean;
  /** Calls `fire` once, `delay` ms from now, in whole ms and one at least. `owner` is for `dropTimersOf`. */
  schedule(fire: () => void, delay: number, owner?: string): Scheduled;
  /** Takes back every timer of `owner` (`Seat.instance`): an instance that is gone has none. */
  dropTimersOf(owner: string): void;
  /** What has to go on before time does: immediates that were made in a frame and have not run. */
  readonly immediates: Set<object>;
}

export interface Scheduled {
  readonly pending: boolean;
  cancel(): void;
}

const START = Date.UTC(2030, 0, 1);

/** As the platform's clock: whoever waits longer looks at the clock after 24.8 days and waits again (ms). */
const LONGEST_ENGINE_TIMER = 2_147_483_647;

/**
 * Makes a clock for a test.
 *
 * @example
 * const clock = createVirtualClock();
 * clock.setTimeout(() => console.log('an hour later'), 3_600_000);
 * await clock.advance(3_600_000);
 */
export function createVirtualClock(options: VirtualClockOptions = {}): VirtualClock {
  return new SteppedClock(requireFinite(options.now ?? START, 'now'));
}

class SteppedClock implements VirtualClock {
  readonly immediates: Set<object> = new Set();
  readonly startedAt: number;
  readonly #timers = new TimerQueue();
  /** Running time, ms. */
  #elapsed = 0;
  /** Wall clock minus running time, ms. */
  #offset: number;
  #order = 0;
  #advancing = false;

  constructor(now: number) {
    this.startedAt = now;
    this.#offset = now;
  }

  // Functions of the instance, not methods: the engine's Clock may be taken apart (`const { now } = clock`).
  readonly now = (): number => this.#offset + this.#elapsed;

  readonly monotonic = (): number => this.#elapsed;

  readonly setTimeout = (callback: () => void, delay: number): TimerHandle => {
    const wait = Math.min(requireFinite(delay, 'delay'), LONGEST_ENGINE_TIMER);
    return new EngineTimer(this.schedule(callback, wait));
  };

  readonly clearTimeout = (handle: TimerHandle | undefined): void => {
    if (handle instanceof EngineTimer) handle.scheduled.cancel();
  };

  get pendingTimers(): number {
    return this.#timers.size;
  }

  get nextDue(): number | undefined {
    return this.#timers.first?.due;
  }

  schedule(fire: () => void, delay: number, owner?: string): Scheduled {
    const timers = this.#timers;
    this.#order += 1;
    // The platform counts whole milliseconds and never less than one, so a timer that makes itself anew with 0 lets
    // time go on. It does the same here; without it `advance` would never end.
    const due = this.#elapsed + Math.max(1, Math.trunc(delay));
    const timer: PendingTimer = { due, order: this.#order, fire, owner, state: 'pending' };
    timers.add(timer);
    return {
      get pending() {
        return timer.state === 'pending';
      },
      cancel: () => {
        timers.finish(timer);
      },
    };
  }

  dropTimersOf(owner: string): void {
    this.#timers.finishAllOf(owner);
  }

  step(limit: number): boolean {
    const next = this.#timers.first;
    if (next === undefined || next.due > limit) {
      if (Number.isFinite(limit)) this.#elapsed = Math.max(this.#elapsed, limit);
      return false;
    }
    this.#timers.finish(next);
    this.#elapsed = next.due;
    next.fire();
    return true;
  }

  async advance(ms: number): Promise<void> {
    if (requireFinite(ms, 'ms') < 0) throw new RangeError(`advance(${ms}): time does not go back; use setNow().`);
    if (this.#advancing) throw new Error('advance() is already running: await it before the next one.');
    this.#advancing = true;
    try {
      const target = this.#elapsed + ms;
      // First what the test has just started: it may be about to make a timer that falls due on the way.
      do await this.#settle();
      while (this.step(target));
    } finally {
      this.#advancing = false;
    }
  }

  setNow(epochMs: number): void {
    this.#offset = requireFinite(epochMs, 'epochMs') - this.#elapsed;
  }

  /** Rule 3. */
  async #settle(): Promise<void> {
    do await oneTurn();
    while (this.immediates.size > 0);
  }
}

/** What the engine holds. */
class EngineTimer implements TimerHandle {
  readonly scheduled: Scheduled;

  constructor(scheduled: Scheduled) {
    this.scheduled = scheduled;
  }

  /** Nothing here keeps a process alive. */
  unref(): this {
    return this;
  }
}

function requireFinite(value: number, name: string): number {
  if (Number.isFinite(value)) return value;
  throw new RangeError(`${name} is ${value}; a virtual clock needs a finite number of milliseconds.`);
}
