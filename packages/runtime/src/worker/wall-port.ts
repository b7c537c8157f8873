/** The instance's end of the wall, as the two entries provide it. */
import type { FromInstance, ToInstance } from '../engine/protocol.ts';

export interface WallPort {
  /** Queues a message; all of one turn of the event loop leave together. */
  post(message: FromInstance): void;
  /** Sends what is queued now, without waiting for the end of the turn, which may never come. */
  flush(): void;
  /** Sends what is queued, and does not return before it is out of this instance's hands. */
  flushSync(): void;
  /** Starts receiving. */
  listen(onMessage: (message: ToInstance) => void): void;
}
