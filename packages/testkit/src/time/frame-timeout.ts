/**
 * A timer that was made in a frame: what `setTimeout` and `setInterval` return there.
 *
 * It behaves as Node's `Timeout` does: `ref`, `unref`, `hasRef`, `refresh`, `close`, `+timeout`, `using`. Its callback runs
 * in the async context that made it, with the timer as `this`; `refresh` after it fired takes the context of whoever
 * refreshes. What the callback throws is the end of its instance.
 *
 * `unref` changes only what `hasRef` says: the host lives as long as the test does, and a host lets such timers fire.
 */
import type { AsyncResource } from 'node:async_hooks';
import { currentFrame, type Frame, type FrameTime } from '../frame.ts';
import type { Scheduled } from './virtual-clock.ts';

/** What other async hooks see of them; ours leaves alone what JavaScript makes. */
const VIRTUAL_TIMEOUT = 'VIRTUALTIMEOUT';

export interface TimeoutParts {
  readonly time: FrameTime;
  readonly callback: (...args: unknown[]) => unknown;
  readonly args: readonly unknown[];
  /** ms, as the caller gave it, in the platform's bounds. */
  readonly delay: number;
  readonly repeats: boolean;
  readonly hasRef?: boolean;
}

/** Timers that somebody turned into a number, by it: `clearTimeout(+timeout)`. */
export type NumberedTimeouts = Map<number, Timeout>;

export class Timeout {
  readonly #parts: TimeoutParts;
  readonly #numbered: NumberedTimeouts;
  #hasRef: boolean;
  #closed = false;
  #scope: AsyncResource;
  #frame: Frame | undefined;
  #scheduled: Scheduled;

  constructor(parts: TimeoutParts, numbered: NumberedTimeouts) {
    this.#parts = parts;
    this.#numbered = numbered;
    this.#hasRef = parts.hasRef ?? true;
    this.#scope = newScope();
    this.#frame = currentFrame();
    this.#scheduled = this.#schedule();
  }

  ref(): this {
    this.#hasRef = true;
    return this;
  }

  unref(): this {
    this.#hasRef = false;
    return this;
  }

  hasRef(): boolean {
    return this.#hasRef;
  }

  /** Begins anew, from now. */
  refresh(): this {
    if (this.#closed) return this;
    if (this.#scheduled.pending) this.#scheduled.cancel();
    else {
      this.#scope = newScope();
      this.#frame = currentFrame();
    }
    this.#scheduled = this.#schedule();
    return this;
  }

  close(): this {
    this.#closed = true;
    this.#scheduled.cancel();
    this.#end();
    return this;
  }

  [Symbol.toPrimitive](): number {
    const number = this.#scope.asyncId();
    if (this.#scheduled.pending) this.#numbered.set(number, this);
    return number;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #schedule(): Scheduled {
    const { time, delay } = this.#parts;
    // What goes on of an instance that has ended gets no time any more.
    if (this.#frame?.seat?.gone === true) return NEVER;
    return time.clock.schedule(this.#fire, delay, this.#frame?.seat?.instance);
  }

  readonly #fire = (): void => {
    const { callback, args, repeats } = this.#parts;
    const fired = this.#scheduled;
    const seat = this.#frame?.seat;
    try {
      this.#scope.runInAsyncScope(() => {
        try {
          Reflect.apply(callback, this, args);
        } catch (error) {
          if (seat === undefined) throw error;
          // Inside of the frame, which says whose run it was.
          seat.crash(error);
        }
      });
    } finally {
      // Behind the timers that the callback made, as on the platform; not if it refreshed or closed this one, nor of an instance
      // that has ended with it.
      const again = repeats && !this.#closed && this.#scheduled === fired && seat?.gone !== true;
      if (again) this.#scheduled = this.#schedule();
      if (!this.#scheduled.pending) this.#end();
    }
  };

  #end(): void {
    this.#numbered.delete(this.#scope.asyncId());
  }
}

/** A timer that does not fire. */
const NEVER: Scheduled = { pending: false, cancel: () => undefined };

function newScope(): AsyncResource {
  const { AsyncResource } = process.getBuiltinModule('node:async_hooks');
  // Nobody is told of its end, so there is nothing to do when it is collected.
  return new AsyncResource(VIRTUAL_TIMEOUT, { requireManualDestroy: true });
}
