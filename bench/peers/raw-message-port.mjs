/**
 * The unit for threads: a call to a worker thread over one MessagePort and nothing else.
 *
 * `clone` lets structured clone copy the payload; `transfer` copies a large Buffer itself and transfers the copy, each
 * way, which is what a host must do that may not take the caller's buffer away.
 */
import { Worker } from 'node:worker_threads';

const ECHO = new URL('./raw-message-port.worker.mjs', import.meta.url);

/** @param {boolean} transfer @returns {Promise<import('../contender.mjs').Contender>} */
async function start(transfer) {
  const worker = new Worker(ECHO, { workerData: { transfer } });
  /** @type {Map<number, (answer: unknown) => void>} */
  const waiting = new Map();
  let last = 0;
  worker.on('message', ([id, answer]) => {
    const settle = waiting.get(id);
    waiting.delete(id);
    settle?.(answer);
  });
  return {
    version: `Node ${process.versions.node}`,
    call: (payload) =>
      new Promise((resolve) => {
        const id = ++last;
        waiting.set(id, resolve);
        if (transfer && typeof payload !== 'string') {
          const copy = new Uint8Array(payload);
          worker.postMessage([id, copy], [copy.buffer]);
        } else worker.postMessage([id, payload]);
      }),
    stop: () => worker.terminate(),
  };
}

/** @type {Record<string, import('../contender.mjs').Start>} */
export const variants = { clone: () => start(false), transfer: () => start(true) };
