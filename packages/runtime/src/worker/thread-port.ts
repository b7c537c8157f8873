/** The instance's end of a wall that is a MessagePort: batches of messages, one for each turn of the event loop. */
import type { MessagePort } from 'node:worker_threads';
import type { FromInstance, ToInstance } from '../engine/protocol.ts';
import { BATCH_SIZE } from '../wall/batching.ts';
import { transferables } from '../wall/transferables.ts';
import type { WallPort } from './wall-port.ts';

export class ThreadPort implements WallPort {
  readonly #port: MessagePort;
  #batch: FromInstance[] = [];

  constructor(port: MessagePort) {
    this.#port = port;
    // Held from the start: a function that waits for nothing while it loads would let the thread end by itself.
    port.ref();
  }

  post(message: FromInstance): void {
    const size = this.#batch.push(message);
    if (size === 1) process.nextTick(this.#flushLater);
    else if (size >= BATCH_SIZE) this.flush();
  }

  flush(): void {
    if (this.#batch.length === 0) return;
    const messages = this.#batch;
    this.#batch = [];
    this.#port.postMessage(messages, transferables(messages));
  }

  /** A posted message is in the host's hands, even if this thread ends at once. */
  flushSync(): void {
    this.flush();
  }

  listen(onMessage: (message: ToInstance) => void): void {
    this.#port.on('message', (messages: readonly ToInstance[]) => {
      for (const message of messages) onMessage(message);
    });
  }

  readonly #flushLater = (): void => {
    this.flush();
  };
}
