/**
 * How long nothing has happened, in real time that the process could use: a long pause of the event loop (a breakpoint, a
 * busy machine, a busy loop in the test) counts as one short wait.
 */
import { oneTurn, realDelay, realTime } from './real-time.ts';

/** Rounds that only go through the event loop, for what takes microseconds; after them each waits. */
const EAGER_ROUNDS = 20;
/** ms between two looks after that. */
const ROUND = 1;
/** ms that one round counts at most. */
const LONGEST_ROUND = 50;

export class Patience {
  readonly #limit: number;
  #progress: unknown = undefined;
  #rounds = 0;
  #waited = 0;

  /** `limit`: ms. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Waits a moment. False when `progress` has been the same value for longer than the limit. */
  async wait(progress: unknown): Promise<boolean> {
    if (progress !== this.#progress) this.renew(progress);
    const from = realTime().now();
    await (this.#rounds < EAGER_ROUNDS ? oneTurn() : realDelay(ROUND));
    this.#rounds += 1;
    this.#waited += Math.min(realTime().now() - from, LONGEST_ROUND);
    return this.#waited < this.#limit;
  }

  renew(progress?: unknown): void {
    this.#progress = progress;
    this.#rounds = 0;
    this.#waited = 0;
  }
}
