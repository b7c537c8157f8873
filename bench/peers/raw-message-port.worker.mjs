/** The other thread of the raw MessagePort: sends back what came. */
import { parentPort, workerData } from 'node:worker_threads';

const { transfer } = workerData;

parentPort?.on('message', ([id, payload]) => {
  if (transfer && typeof payload !== 'string') {
    const copy = new Uint8Array(payload);
    parentPort?.postMessage([id, copy], [copy.buffer]);
  } else parentPort?.postMessage([id, payload]);
});
