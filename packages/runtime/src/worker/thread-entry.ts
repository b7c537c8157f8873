/**
 * Entry of an instance in a worker thread.
 *
 * The host's port comes as worker data, not as `parentPort`: the function never sees it (I8).
 */
import { pathToFileURL } from 'node:url';
import { workerData, type MessagePort } from 'node:worker_threads';
import type { FromInstance, InstanceBoot, ToInstance } from '../engine/protocol.ts';
import { transferables } from '../wall/transferables.ts';
import { runInstance } from './instance-main.ts';

interface ThreadData {
  readonly boot: InstanceBoot;
  readonly port: MessagePort;
}

const { boot, port } = workerData as ThreadData;
let batch: FromInstance[] = [];

function flush(): void {
  if (batch.length === 0) return;
  const messages = batch;
  batch = [];
  port.postMessage(messages, transferables(messages));
}

void runInstance({
  boot,
  home: pathToFileURL(__filename).href,
  port: {
    post(message) {
      if (batch.push(message) === 1) process.nextTick(flush);
    },
    flushSync: flush,
    listen(onMessage) {
      port.on('message', (messages: readonly ToInstance[]) => {
        for (const message of messages) onMessage(message);
      });
    },
  },
});
