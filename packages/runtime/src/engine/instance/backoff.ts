/** Waiting times between restarts of something that keeps ending: doubling, and forgotten once it lived long enough. */

export interface BackoffOptions {
  /** ms before the first restart. */
  readonly first: number;
  /** ms that the waiting time never exceeds. */
  readonly max: number;
  /** ms of life after which the next failure counts as the first. */
  readonly forgetAfter: number;
}

export class Backoff {
  readonly #options: BackoffOptions;
  #next: number;

  constructor(options: BackoffOptions) {
    this.#options = options;
    this.#next = options.first;
  }

  /** ms to wait before the next try, given how many ms the last one lived. */
  next(lived: number): number {
    if (lived >= this.#options.forgetAfter) this.#next = this.#options.first;
    const delay = this.#next;
    this.#next = Math.min(delay * 2, this.#options.max);
    return delay;
  }
}
