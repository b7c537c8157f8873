/**
 * Watches what instances hold, from outside: a handler in an endless loop cannot be asked (I5).
 *
 * Busy instances are looked at twenty times a second (a look at a process costs 20 µs), idle ones every few seconds:
 * a timer of the function's own may still fill the memory.
 */
import type { Clock, TimerHandle } from '../engine/clock.ts';

const BUSY_INTERVAL = 50;
const IDLE_INTERVAL = 2000;

export interface Watched {
  readonly busy: boolean;
  /** Takes a sample, and acts on it. */
  sample(): void;
}

export class MemoryWatch {
  readonly #clock: Clock;
  readonly #onLook: ((idle: boolean) => void) | undefined;
  readonly #watched = new Map<Watched, { sampledAt: number }>();
  #timer: TimerHandle | undefined;

  /** `onLook` is told with every look whether nothing has been busy since the one before. */
  constructor(clock: Clock, onLook?: (idle: boolean) => void) {
    this.#clock = clock;
    this.#onLook = onLook;
  }

  add(watched: Watched): void {
    this.#watched.set(watched, { sampledAt: -Infinity });
    this.#arm();
  }

  delete(watched: Watched): void {
    this.#watched.delete(watched);
    if (this.#watched.size > 0) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** An instance has become busy: it is looked at soon. */
  wake(): void {
    if (!this.#slow) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#arm();
  }

  #slow = false;

  #arm(): void {
    if (this.#timer !== undefined || this.#watched.size === 0) return;
    let busy = false;
    for (const one of this.#watched.keys()) busy ||= one.busy;
    this.#slow = !busy;
    this.#timer = this.#clock.setTimeout(this.#look, busy ? BUSY_INTERVAL : IDLE_INTERVAL);
    this.#timer.unref?.();
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    for (const [one, state] of this.#watched) {
      if (!one.busy && now - state.sampledAt < IDLE_INTERVAL) continue;
      state.sampledAt = now;
      one.sample();
    }
    // Only after a long wait: whoever becomes busy cuts that short.
    this.#onLook?.(this.#slow);
    this.#arm();
  };
}
