/** The Queue in memory: for tests, and until work is durable. Bounded in number and bytes (I6). */
import { formatBytes } from '../format.ts';
import { wireSize } from '../protocol.ts';
import type { PutOutcome, QueuedWork, Queue } from './queue.ts';

export interface MemoryQueueLimits {
  readonly maxItems: number;
  readonly maxBytes: number;
}

const DEFAULT_LIMITS: MemoryQueueLimits = { maxItems: 100_000, maxBytes: 256 * 1024 * 1024 };

export class MemoryQueue implements Queue {
  readonly #limits: MemoryQueueLimits;
  readonly #waiting = new Map<string, Set<QueuedWork>>();
  /** Bytes held by each piece of work that is not completed. */
  readonly #held = new Map<string, number>();
  #bytes = 0;

  constructor(limits: MemoryQueueLimits = DEFAULT_LIMITS) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#held.size;
  }

  put(work: QueuedWork): Promise<PutOutcome> {
    const bytes = wireSize(work.payload);
    const { maxItems, maxBytes } = this.#limits;
    if (this.#held.size >= maxItems || this.#bytes + bytes > maxBytes) {
      const message = `the queue of Async work is full (${this.#held.size} invocations, ${formatBytes(this.#bytes)}; limits ${maxItems} and ${formatBytes(maxBytes)}); try again later`;
      return Promise.resolve({ kind: 'full', message });
    }
    this.#held.set(work.id, bytes);
    this.#bytes += bytes;
    const waiting = this.#waiting.get(work.target);
    if (waiting === undefined) this.#waiting.set(work.target, new Set([work]));
    else waiting.add(work);
    return Promise.resolve({ kind: 'stored' });
  }

  claim(target: string, limit: number): QueuedWork[] {
    const waiting = this.#waiting.get(target);
    const claimed: QueuedWork[] = [];
    if (waiting === undefined) return claimed;
    for (const work of waiting) {
      if (claimed.length >= limit) break;
      waiting.delete(work);
      claimed.push(work);
    }
    return claimed;
  }

  complete(id: string): Promise<void> {
    this.#bytes -= this.#held.get(id) ?? 0;
    this.#held.delete(id);
    return Promise.resolve();
  }
}
