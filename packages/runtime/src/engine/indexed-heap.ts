/**
 * A binary heap whose entries know their place in it, so that any of them can be taken out.
 *
 * `before` is the order; entries that are equal in it come in no particular order.
 */
export interface HeapEntry {
  /** Place in the heap, -1 when not in it. Written by the heap only. */
  heapIndex: number;
}

export class IndexedHeap<T extends HeapEntry> {
  readonly #entries: T[] = [];
  readonly #before: (a: T, b: T) => boolean;

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#entries.length;
  }

  peek(): T | undefined {
    return this.#entries[0];
  }

  push(entry: T): void {
    entry.heapIndex = this.#entries.length;
    this.#entries.push(entry);
    this.#up(entry);
  }

  pop(): T | undefined {
    const first = this.#entries[0];
    if (first !== undefined) this.delete(first);
    return first;
  }

  /** Takes `entry` out, if it is in. */
  delete(entry: T): void {
    const index = entry.heapIndex;
    if (index < 0) return;
    entry.heapIndex = -1;
    const last = this.#entries.pop();
    if (last === undefined || last === entry) return;
    this.#entries[index] = last;
    last.heapIndex = index;
    this.moved(last);
  }

  /** What `entry`, which is in, is ordered by has changed. */
  moved(entry: T): void {
    this.#down(entry);
    this.#up(entry);
  }

  clear(): void {
    for (const entry of this.#entries) entry.heapIndex = -1;
    this.#entries.length = 0;
  }

  /** In no particular order. */
  [Symbol.iterator](): Iterator<T> {
    return this.#entries[Symbol.iterator]();
  }

  #up(entry: T): void {
    const entries = this.#entries;
    let index = entry.heapIndex;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = entries[parentIndex];
      if (parent === undefined || !this.#before(entry, parent)) break;
      entries[index] = parent;
      parent.heapIndex = index;
      index = parentIndex;
    }
    entries[index] = entry;
    entry.heapIndex = index;
  }

  #down(entry: T): void {
    const entries = this.#entries;
    let index = entry.heapIndex;
    for (;;) {
      let childIndex = 2 * index + 1;
      let child = entries[childIndex];
      if (child === undefined) break;
      const right = entries[childIndex + 1];
      if (right !== undefined && this.#before(right, child)) {
        child = right;
        childIndex += 1;
      }
      if (!this.#before(child, entry)) break;
      entries[index] = child;
      child.heapIndex = index;
      index = childIndex;
    }
    entries[index] = entry;
    entry.heapIndex = index;
  }
}
