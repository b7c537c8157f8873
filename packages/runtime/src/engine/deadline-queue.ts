/**
 * All deadlines of the host on one timer: an indexed binary heap (I4).
 *
 * A timer for every invocation would cost more than the rest of the scheduler. Here an entry knows its place in the
 * heap, so that taking it out, which is what nearly always happens, costs a few swaps and leaves nothing behind.
 * The timer is armed for the earliest entry only, and is left armed when that entry goes: at worst it fires once
 * for nothing.
 */
import type { Clock, TimerHandle } from './clock.ts';
import { IndexedHeap, type HeapEntry } from './indexed-heap.ts';

/** Something with a deadline; at most one of its deadlines is pending at a time. */
export interface DeadlineEntry extends HeapEntry {
  /** Monotonic ms; meaningful while queued. */
  due: number;
  /** Called once, after the entry has left the queue. */
  onDeadline(): void;
}

export class DeadlineQueue {
  readonly #clock: Clock;
  readonly #heap = new IndexedHeap<DeadlineEntry>((a, b) => a.due < b.due);
  #timer: TimerHandle | undefined;
  #armedFor = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#heap.size;
  }

  /** Queues `entry` for `due` (monotonic ms), or moves it there; `Infinity` takes it out. */
  set(entry: DeadlineEntry, due: number): void {
    if (due === Infinity) {
      this.delete(entry);
      return;
    }
    entry.due = due;
    if (entry.heapIndex >= 0) this.#heap.moved(entry);
    else this.#heap.push(entry);
    if (due < this.#armedFor) this.#arm();
  }

  /** Takes `entry` out, if it is in. */
  delete(entry: DeadlineEntry): void {
    this.#heap.delete(entry);
  }

  /** Forgets everything and disarms the timer. */
  clear(): void {
    this.#heap.clear();
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#armedFor = Infinity;
  }

  #arm(): void {
    const first = this.#heap.peek();
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#armedFor = Infinity;
    if (first === undefined) return;
    this.#armedFor = first.due;
    // Rounded up: a timer that fires a fraction early would find nothing due and fire again at once.
    const delay = Math.max(0, Math.ceil(first.due - this.#clock.monotonic()));
    this.#timer = this.#clock.setTimeout(this.#fire, delay);
  }

  readonly #fire = (): void => {
    this.#timer = undefined;
    this.#armedFor = Infinity;
    const now = this.#clock.monotonic();
    for (let first = this.#heap.peek(); first !== undefined && first.due <= now; first = this.#heap.peek()) {
      this.delete(first);
      first.onDeadline();
    }
    // An entry set by a deadline just handled may have armed the timer already.
    if (this.#armedFor === Infinity) this.#arm();
  };
}
