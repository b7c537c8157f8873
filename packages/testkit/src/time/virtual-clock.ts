/**
 * A Clock that stands still until a test moves it.
 *
 * It is a full implementation of the engine's Clock port, so whatever takes a Clock runs on it: timeouts, back-off,
 * idle stops. Wall clock and running time are two things here as they are on a gateway: `advance` moves both,
 * `setNow` steps the wall clock alone, as NTP does.
 *
 * 1. Timers fire in the order of the instant they are due; those due at one instant, in the order they were made.
 * 2. Inside a callback the clock shows the instant its timer was due, also when `advance` was asked for more.
 * 3. Between two callbacks everything that can go on without time has gone on: promises settle, immediates run.
 */
import type { Clock, TimerHandle } from '@edgefc/runtime/engine';

export interface VirtualClockOptions {
  /** Where the wall clock starts, ms since the epoch. Default: the first instant of 2026, UTC. */
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
}

interface Timer extends TimerHandle {
  readonly due: number;
  readonly callback: () => void;
}

const START = Date.UTC(2026, 0, 1);

/**
 * Makes a clock for a test.
 *
 * @example
 * const clock = createVirtualClock();
 * clock.setTimeout(() => console.log('an hour later'), 3_600_000);
 * await clock.advance(3_600_000);
 */
export function createVirtualClock(options: VirtualClockOptions = {}): VirtualClock {
  /** Running time, ms. */
  let elapsed = 0;
  /** Wall clock minus running time, ms. */
  let offset = requireFinite(options.now ?? START, 'now');
  let advancing = false;
  /** Pending timers by (due, made): the first fires next. */
  const timers: Timer[] = [];

  return {
    now: () => offset + elapsed,
    monotonic: () => elapsed,

    setTimeout(callback, delay) {
      // The platform counts whole milliseconds and never less than one, so a timer that makes itself anew with
      // 0 lets time go on. It does the same here; without it `advance` would never end.
      const timer: Timer = { due: elapsed + Math.max(1, Math.trunc(requireFinite(delay, 'delay'))), callback };
      // Behind every timer due at the same instant: rule 1. From the end, where most new timers belong.
      let place = timers.length;
      while (place > 0 && (timers[place - 1]?.due ?? 0) > timer.due) place -= 1;
      timers.splice(place, 0, timer);
      return timer;
    },

    clearTimeout(handle) {
      const place = timers.findIndex((timer) => timer === handle);
      if (place >= 0) timers.splice(place, 1);
    },

    async advance(ms) {
      if (requireFinite(ms, 'ms') < 0) throw new RangeError(`advance(${ms}): time does not go back; use setNow().`);
      if (advancing) throw new Error('advance() is already running: await it before the next one.');
      advancing = true;
      try {
        const target = elapsed + ms;
        await settle(); // What the test has just started may be about to make a timer that falls due on the way.
        for (let next = timers[0]; next !== undefined && next.due <= target; next = timers[0]) {
          timers.shift();
          elapsed = next.due;
          next.callback();
          await settle();
        }
        elapsed = target;
      } finally {
        advancing = false;
      }
    },

    setNow(epochMs) {
      offset = requireFinite(epochMs, 'epochMs') - elapsed;
    },

    get pendingTimers() {
      return timers.length;
    },
  };
}

/** Lets every promise reaction and immediate that is ready run: rule 3. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function requireFinite(value: number, name: string): number {
  if (Number.isFinite(value)) return value;
  throw new RangeError(`${name} is ${value}; a virtual clock needs a finite number of milliseconds.`);
}
