/** How many rows of each function wait, as of the present transaction: counting them would cost more with more of them. */
export class WaitingCounts {
  readonly #counts = new Map<number, number>();
  /** What this transaction has changed, as it was. */
  readonly #before = new Map<number, number>();

  entries(): Iterable<readonly [target: number, count: number]> {
    return this.#counts;
  }

  /** Forgets all of them. */
  clear(): void {
    this.#counts.clear();
  }

  /** Counts rows that were there already. */
  count(target: number, count: number): void {
    this.#counts.set(target, (this.#counts.get(target) ?? 0) + count);
  }

  add(target: number, change: number): void {
    const count = this.#counts.get(target) ?? 0;
    if (!this.#before.has(target)) this.#before.set(target, count);
    this.#counts.set(target, count + change);
  }

  committed(): void {
    this.#before.clear();
  }

  rolledBack(): void {
    for (const [target, count] of this.#before) this.#counts.set(target, count);
    this.#before.clear();
  }
}
