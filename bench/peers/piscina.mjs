/** piscina: a pool of worker threads. The parent thread is the caller. */
import { Piscina } from 'piscina';
import { versionOf } from './version.mjs';

const ECHO = new URL('./pool.worker.mjs', import.meta.url).href;
const ECHO_MOVING = new URL('./piscina.worker.mjs', import.meta.url).href;

/** @type {Record<string, import('../contender.mjs').Start>} */
export const variants = {
  default: async () => {
    const pool = new Piscina({ filename: ECHO });
    return {
      version: versionOf('piscina'),
      call: (payload) => pool.run(payload),
      stop: () => pool.destroy(),
    };
  },
  // One worker that takes 64 tasks at once, as the edgefc callee does; large Buffers copied, then transferred.
  tuned: async () => {
    const pool = new Piscina({
      filename: ECHO_MOVING,
      minThreads: 1,
      maxThreads: 1,
      concurrentTasksPerWorker: 64,
      atomics: 'async',
    });
    return {
      version: versionOf('piscina'),
      call: (payload) => {
        if (typeof payload === 'string') return pool.run(payload);
        const copy = new Uint8Array(payload);
        return pool.run(copy, { transferList: [copy.buffer] });
      },
      stop: () => pool.destroy(),
    };
  },
};
