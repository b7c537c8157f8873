/**
 * Ids of Async invocations: the name of the host's start that accepted it, and its number in the ledger.
 *
 * So an id finds its row without an index over ids, does not depend on the clock, and is never given twice, not even
 * when numbers are: what only memory knew may be forgotten in a crash and its number given again, by another start.
 */
import type { Boot } from '../queue/tables.ts';

/** Before the number of work that lives in memory only; no digit of a number. */
const IN_MEMORY = 'M';

export class WorkIds {
  readonly #current: string;
  /** Oldest first; ascending by `firstSeq`. */
  readonly #boots: readonly Boot[];

  constructor(current: string, boots: readonly Boot[]) {
    this.#current = current;
    this.#boots = boots;
  }

  format(seq: number): string {
    if (seq < 0) return `${this.#current}.${IN_MEMORY}${(-seq).toString(36)}`;
    return `${this.#bootOf(seq)}.${seq.toString(36)}`;
  }

  /** The number in `id`; undefined when no start of this host has given it. */
  parse(id: string): number | undefined {
    const number = id.slice(id.lastIndexOf('.') + 1);
    const inMemory = number.startsWith(IN_MEMORY);
    const digits = inMemory ? number.slice(IN_MEMORY.length) : number;
    if (!/^[0-9a-z]{1,11}$/.test(digits)) return undefined;
    const value = Number.parseInt(digits, 36);
    const seq = inMemory ? -value : value;
    // Only the start that a number belongs to has given it, and in one form.
    return Number.isSafeInteger(seq) && seq !== 0 && this.format(seq) === id ? seq : undefined;
  }

  #bootOf(seq: number): string {
    const boots = this.#boots;
    let low = 0;
    let high = boots.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((boots[middle]?.firstSeq ?? Infinity) <= seq) low = middle + 1;
      else high = middle;
    }
    return boots[low - 1]?.bootId ?? this.#current;
  }
}
