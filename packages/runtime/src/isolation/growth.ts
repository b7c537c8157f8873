/**
 * Tells when a heap should give memory back: it has grown, and nothing runs in it now.
 *
 * Without it every thread, and the host, keeps the most that it ever needed, and that adds up in the one process. After
 * the soak's 200,000 calls without a failure it was 384 MB where 169 MB do (2026-11-22).
 */

/** Bytes by which a heap may grow and keep it; the function of the soak grows by no more than 2 MB. */
const GROWTH = 512 * 1024;
/** ms between two times: compiled code goes too, and calls that come in bursts would pay for it at each of them. */
const PAUSE = 10_000;

export class Growth {
  /** The most it was since it last gave back, and the least that it was when idle. */
  #peak = 0;
  #floor = Infinity;
  #askedAt = -Infinity;

  /**
   * Takes a look at the heap.
   *
   * @param size bytes of memory behind it
   * @param idle whether nothing has run in it for a while
   * @param now monotonic ms
   * @returns whether it is to give back now
   */
  look(size: number, idle: boolean, now: number): boolean {
    this.#peak = Math.max(this.#peak, size);
    if (!idle) return false;
    this.#floor = Math.min(this.#floor, size);
    if (this.#peak < this.#floor + GROWTH || now - this.#askedAt < PAUSE) return false;
    this.#askedAt = now;
    // What is left counts anew: a function that keeps much must not be asked again and again.
    this.#peak = 0;
    this.#floor = Infinity;
    return true;
  }
}
