/** A first-in-first-out queue whose elements can leave from the middle in constant time, as a cancelled call does. */

interface Node<T> {
  readonly value: T;
  previous: Node<T> | undefined;
  next: Node<T> | undefined;
}

export class Fifo<T> {
  readonly #nodes = new Map<T, Node<T>>();
  #head: Node<T> | undefined;
  #tail: Node<T> | undefined;

  get size(): number {
    return this.#nodes.size;
  }

  /** Appends `value`; each value is in the queue at most once. */
  push(value: T): void {
    if (this.#nodes.has(value)) return;
    const node: Node<T> = { value, previous: this.#tail, next: undefined };
    if (this.#tail === undefined) this.#head = node;
    else this.#tail.next = node;
    this.#tail = node;
    this.#nodes.set(value, node);
  }

  /** Takes the oldest out. */
  shift(): T | undefined {
    const head = this.#head;
    if (head === undefined) return undefined;
    this.delete(head.value);
    return head.value;
  }

  has(value: T): boolean {
    return this.#nodes.has(value);
  }

  /** Takes `value` out, wherever it stands; returns whether it was in. */
  delete(value: T): boolean {
    const node = this.#nodes.get(value);
    if (node === undefined) return false;
    this.#nodes.delete(value);
    if (node.previous === undefined) this.#head = node.next;
    else node.previous.next = node.next;
    if (node.next === undefined) this.#tail = node.previous;
    else node.next.previous = node.previous;
    return true;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let node = this.#head; node !== undefined; node = node.next) yield node.value;
  }
}
