/**
 * Keeps the event loop turning for a moment after a message, so that the answer to it finds the host awake.
 *
 * Waking a sleeping thread costs about 50 µs on an ordinary gateway, which is most of a call; a loop that turns notices
 * a message in a few. It pays only when the next message comes soon, so it watches its own success: turns in vain make it
 * sit out twice as many messages each time, and a call-and-answer rhythm brings it back. It never turns for longer
 * than {@link MAX_SPIN} after the last message: an idle host costs nothing.
 */
import type { Clock } from '../engine/clock.ts';

/** ms of turning after the last message: the wake-up of the other side and a short handler. */
const MAX_SPIN = 0.25;
/** Messages in one batch up to which calls count as made one at a time. */
const FEW = 2;
/** The most messages that are sat out after turning in vain. */
const MAX_SKIP = 256;

/** Calls back after the event loop has turned once. */
// eslint-disable-next-line no-restricted-globals -- a turn of the real event loop is what is wanted, not a time
const turn: (callback: () => void) => void = setImmediate;

export class BusyPoll {
  readonly #clock: Clock;
  #lastMessage = 0;
  #turning = false;
  /** Messages to sit out before the next try, and how many it will be after the next failure. */
  #skip = 0;
  #nextSkip = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `messages` came in from an instance at once. */
  touch(messages: number): void {
    // Where many calls are under way the next message comes anyway, and the processor is wanted for the functions.
    if (messages > FEW) return;
    if (this.#turning) {
      // It was worth it.
      this.#nextSkip = 1;
      this.#lastMessage = this.#clock.monotonic();
      return;
    }
    if (this.#skip > 0) {
      this.#skip -= 1;
      return;
    }
    this.#turning = true;
    this.#lastMessage = this.#clock.monotonic();
    turn(this.#turn);
  }

  readonly #turn = (): void => {
    if (this.#clock.monotonic() - this.#lastMessage < MAX_SPIN) {
      turn(this.#turn);
      return;
    }
    this.#turning = false;
    this.#skip = this.#nextSkip;
    this.#nextSkip = Math.min(this.#nextSkip * 2, MAX_SKIP);
  };
}
