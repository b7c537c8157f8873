/**
 * All deadlines of the host on one timer: an indexed binary heap (I4).
 *
 * A timer for every invocation would cost more than the rest of the scheduler. Here an entry knows its place in the
 * heap, so that taking it out, which is what nearly always happens, costs a few swaps and leaves nothing behind.
 * The timer is armed for the earliest entry only, and is left armed when that entry goes: at worst it fires once
 * for nothing.
 */
import type { Clock, TimerHandle } from './clock.ts';

/** Something with a deadline; at most one of its deadlines is pending at a time. */
export interface DeadlineEntry {
  /** Monotonic ms; meaningful while queued. */
  due: number;
  /** Place in the heap, -1 when not queued. Written by the queue only. */
  heapIndex: number;
  /** Called once, after the entry has left the queue. */
  onDeadline(): void;
}

export class DeadlineQueue {
  readonly #clock: Clock;
  readonly #heap: DeadlineEntry[] = [];
  #timer: TimerHandle | undefined;
  #armedFor = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Queues `entry` for `due` (monotonic ms), or moves it there; `Infinity` takes it out. */
  set(entry: DeadlineEntry, due: number): void {
    if (due === Infinity) {
      this.delete(entry);
      return;
    }
    if (entry.heapIndex >= 0) {
      const later = due > entry.due;
      entry.due = due;
      if (later) this.#down(entry.heapIndex);
      else this.#up(entry.heapIndex);
    } else {
      entry.due = due;
      entry.heapIndex = this.#heap.length;
      this.#heap.push(entry);
      this.#up(entry.heapIndex);
    }
    if (due < this.#armedFor) this.#arm();
  }

  /** Takes `entry` out, if it is in. */
  delete(entry: DeadlineEntry): void {
    const index = entry.heapIndex;
    if (index < 0) return;
    entry.heapIndex = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    this.#heap[index] = last;
    last.heapIndex = index;
    this.#down(index);
    this.#up(last.heapIndex);
  }

  /** Forgets everything and disarms the timer. */
  clear(): void {
    for (const entry of this.#heap) entry.heapIndex = -1;
    this.#heap.length = 0;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#armedFor = Infinity;
  }

  #arm(): void {
    const first = this.#heap[0];
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
    for (let first = this.#heap[0]; first !== undefined && first.due <= now; first = this.#heap[0]) {
      this.delete(first);
      first.onDeadline();
    }
    // An entry set by a deadline just handled may have armed the timer already.
    if (this.#armedFor === Infinity) this.#arm();
  };

  #up(from: number): void {
    const heap = this.#heap;
    const entry = heap[from];
    if (entry === undefined) return;
    let index = from;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || parent.due <= entry.due) break;
      heap[index] = parent;
      parent.heapIndex = index;
      index = parentIndex;
    }
    heap[index] = entry;
    entry.heapIndex = index;
  }

  #down(from: number): void {
    const heap = this.#heap;
    const entry = heap[from];
    if (entry === undefined) return;
    let index = from;
    for (;;) {
      let childIndex = 2 * index + 1;
      let child = heap[childIndex];
      if (child === undefined) break;
      const right = heap[childIndex + 1];
      if (right !== undefined && right.due < child.due) {
        child = right;
        childIndex += 1;
      }
      if (child.due >= entry.due) break;
      heap[index] = child;
      child.heapIndex = index;
      index = childIndex;
    }
    heap[index] = entry;
    entry.heapIndex = index;
  }
}
