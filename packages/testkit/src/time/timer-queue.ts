/**
 * What is pending on a virtual clock: a binary heap by (due, order), so that timers of one instant come out in the order
 * in which they were put in.
 *
 * A timer that is taken back stays in the heap, marked; most timers are taken back (a timeout whose call was answered),
 * and looking for them would cost more. When the marked ones are the greater part, they are swept out.
 */
export interface PendingTimer {
  /** Running time at which it fires, ms. */
  readonly due: number;
  /** Counts up over all timers of the clock. */
  readonly order: number;
  readonly fire: () => void;
  /** Whom it belongs to, to take back all that somebody has pending. */
  readonly owner: string | undefined;
  state: 'pending' | 'over';
}

/** Below this many, sweeping costs more than it gives back. */
const WORTH_SWEEPING = 64;

export class TimerQueue {
  #heap: PendingTimer[] = [];
  #pending = 0;

  /** How many are pending. */
  get size(): number {
    return this.#pending;
  }

  /** The one that fires next; it stays where it is. */
  get first(): PendingTimer | undefined {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (top.state === 'pending') return top;
      this.#removeTop();
    }
    return undefined;
  }

  add(timer: PendingTimer): void {
    this.#pending += 1;
    const heap = this.#heap;
    let place = heap.length;
    heap.push(timer);
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || comesFirst(parent, timer)) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = timer;
  }

  /** It has fired, or never will. */
  finish(timer: PendingTimer): void {
    if (timer.state === 'over') return;
    timer.state = 'over';
    this.#pending -= 1;
    if (this.#heap.length > WORTH_SWEEPING && this.#pending < this.#heap.length / 2) this.#sweep();
  }

  finishAllOf(owner: string): void {
    for (const timer of this.#heap) {
      if (timer.owner !== owner || timer.state === 'over') continue;
      timer.state = 'over';
      this.#pending -= 1;
    }
    this.#sweep();
  }

  #sweep(): void {
    // In the order of firing: a sorted array is a heap.
    this.#heap = this.#heap
      .filter((timer) => timer.state === 'pending')
      .sort((one, other) => (comesFirst(one, other) ? -1 : 1));
  }

  #removeTop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let place = 0;
    for (;;) {
      const left = heap[2 * place + 1];
      if (left === undefined) break;
      const right = heap[2 * place + 2];
      const goesRight = right !== undefined && comesFirst(right, left);
      const child = goesRight ? right : left;
      if (comesFirst(last, child)) break;
      heap[place] = child;
      place = 2 * place + (goesRight ? 2 : 1);
    }
    heap[place] = last;
  }
}

function comesFirst(one: PendingTimer, other: PendingTimer): boolean {
  return one.due < other.due || (one.due === other.due && one.order < other.order);
}
