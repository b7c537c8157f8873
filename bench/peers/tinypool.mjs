/** tinypool: the small pool that Vitest uses. The parent thread is the caller. */
import { Tinypool } from 'tinypool';
import { versionOf } from './version.mjs';

/** @type {Record<string, import('../contender.mjs').Start>} */
export const variants = {
  tuned: async () => {
    const pool = new Tinypool({
      filename: new URL('./pool.worker.mjs', import.meta.url).href,
      runtime: 'worker_threads',
      minThreads: 1,
      maxThreads: 1,
      concurrentTasksPerWorker: 64,
    });
    return {
      version: versionOf('tinypool'),
      call: (payload) => pool.run(payload),
      stop: () => pool.destroy(),
    };
  },
};
