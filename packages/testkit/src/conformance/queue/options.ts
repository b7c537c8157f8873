/** What the Queue suite asks of whoever brings an adapter. */
import type { Queue, QueueLimits } from '@edgefc/runtime/testing';

/** Where the queues of one case keep what they keep: a directory, a database, a server's stream. */
export interface QueueStorage {
  /** A queue on it, not opened yet. The one before, if any, was closed or killed: this one finds what that one left. */
  queue(limits: QueueLimits): Queue | Promise<Queue>;
  /**
   * Ends the queue as a host ends that is killed: what is on the storage when this is called is what the next queue finds,
   * and the killed one writes nothing more that the next one sees. Asked for where the adapter survives a kill.
   */
  kill?(queue: Queue): void | Promise<void>;
  /** Removes it; every queue on it was closed or killed. */
  dispose(): void | Promise<void>;
}

export interface QueueConformanceOptions {
  /**
   * What accepted work of durability `fsync` and `batched` outlives: a killed host, a host that closes its queue first, or
   * nothing. `memory` outlives nothing in any case.
   */
  readonly survives: 'kill' | 'close' | 'nothing';
  /** A storage with nothing in it; called once for each case. */
  readonly storage: () => QueueStorage | Promise<QueueStorage>;
}
