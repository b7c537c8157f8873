/**
 * Request ids: unique across restarts and independent of the clock (a gateway may boot in 1970 every time).
 *
 * A random prefix for each boot, chosen by the host, and a counter: 80 bits make two boots with the same prefix
 * unthinkable, and the counter keeps ids of one boot in order.
 */
export class RequestIds {
  readonly #prefix: string;
  #last = 0;

  constructor(bootId: string) {
    this.#prefix = `${bootId}-`;
  }

  next(): string {
    this.#last += 1;
    return this.#prefix + this.#last.toString(36);
  }
}
