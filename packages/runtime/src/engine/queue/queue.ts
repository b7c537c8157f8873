/**
 * The Queue port: where accepted Async work waits.
 *
 * Its contract is durability: `put` resolves when the work is as safe as the implementation promises, and only then
 * is its id given out (I2). The memory queue promises the life of the host; the durable one comes with the next step.
 */
import type { WireBytes } from '../protocol.ts';

/** One accepted Async invocation. */
export interface QueuedWork {
  /** The invocation id: `context.requestId` of every attempt. */
  readonly id: string;
  /** `service/function`. */
  readonly target: string;
  readonly payload: WireBytes;
  readonly invokerContext: string | null;
  /** `Service/function` that asked for it. */
  readonly caller: string | undefined;
}

export type PutOutcome = { readonly kind: 'stored' } | { readonly kind: 'full'; readonly message: string };

export interface Queue {
  put(work: QueuedWork): Promise<PutOutcome>;
  /** Takes up to `limit` pieces of work of a function, oldest first. */
  claim(target: string, limit: number): QueuedWork[];
  /** The work has ended; it is forgotten. */
  complete(id: string): Promise<void>;
  /** Accepted and not completed. */
  readonly size: number;
}
