/** What one function has waiting in the queue, as far as the scheduler has to know: whether to ask, and when. */
import type { DeadlineEntry } from '../deadline-queue.ts';
import type { Pool } from '../instance/pool.ts';

export class Backlog implements DeadlineEntry {
  readonly pool: Pool;
  /** Work that was claimed, or is being claimed, and has not settled: it holds a slot or will. */
  claimed = 0;
  /** The part of it whose claim is on its way: it will take a slot that looks free now. */
  reserved = 0;
  /** A claim of more than one is on its way. */
  claiming = false;
  /** There may be work that could start now. */
  ready = false;
  /** Monotonic ms at which the next becomes ready, as far as it is known. */
  due = 0;
  heapIndex = -1;
  readonly #onReady: (backlog: Backlog) => void;

  constructor(pool: Pool, onReady: (backlog: Backlog) => void) {
    this.pool = pool;
    this.#onReady = onReady;
  }

  /** How many more may be claimed now: calls that wait for a slot come first. */
  get room(): number {
    const { definition, queued, freeSlots } = this.pool;
    return Math.min(definition.asyncConcurrency - this.claimed, freeSlots - queued - this.reserved);
  }

  reserve(count: number): void {
    this.claimed += count;
    this.reserved += count;
  }

  /** A claim came back: `taken` of the reserved ones are there, and take their slots themselves. */
  settle(reserved: number, taken: number): void {
    this.reserved -= reserved;
    this.claimed -= reserved - taken;
  }

  onDeadline(): void {
    this.#onReady(this);
  }
}
