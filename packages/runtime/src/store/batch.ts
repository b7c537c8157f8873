/**
 * What crosses between the host and the writer thread.
 *
 * Commands (command-batch.ts) and answers (answer-batch.ts) travel in flat arrays of scalars, many at once: structured
 * clone copies them in half of the time that objects with named fields take, and one message wakes the other side once.
 * What is rare travels as the object that it is.
 */
import type { QueueLimits } from '../engine/definition.ts';
import type { Opening, OpeningFacts, QueueError } from '../engine/queue/queue.ts';

/** What the thread is started with. */
export interface WriterBoot {
  readonly directory: string;
  readonly limits: QueueLimits;
  readonly testing: WriterTesting | undefined;
}

/** For tests: what a real disk does at its own time. */
export interface WriterTesting {
  /** Bytes of the reserve. */
  readonly reserveBytes?: number;
}

export type ToWriter =
  Batch | { readonly kind: 'open'; readonly facts: OpeningFacts } | { readonly kind: 'close'; readonly grace: number };

export type FromWriter =
  | Batch
  | { readonly kind: 'opened'; readonly opening: Opening }
  | { readonly kind: 'refused'; readonly code: QueueError['code']; readonly message: string }
  | { readonly kind: 'full'; readonly message: string | undefined }
  /** The queue cannot go on. */
  | { readonly kind: 'broken'; readonly message: string }
  | { readonly kind: 'closed' };

/** A flat array. */
export type Batch = unknown[];

export class BatchReader {
  readonly #batch: Batch;
  #at = 0;

  constructor(batch: Batch) {
    this.#batch = batch;
  }

  get more(): boolean {
    return this.#at < this.#batch.length;
  }

  /** Both ends are this file: what was pushed in a place is what is read there. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller knows what stands there
  next<T>(): T {
    const value = this.#batch[this.#at] as T;
    this.#at += 1;
    return value;
  }

  /** Reads a number, and so many of what `read` reads. */
  times<T>(read: () => T): T[] {
    return Array.from({ length: this.next() }, read);
  }
}
