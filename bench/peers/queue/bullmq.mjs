/** BullMQ on a Redis of its own, over a Unix socket; completed jobs are removed, as its documentation advises. */
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { versionOf } from '../version.mjs';
import { startRedis } from './servers.mjs';
import { CONCURRENCY, toContender } from './work.mjs';

/** @param {'always' | 'everysec'} appendfsync @returns {Promise<import('../../contender.mjs').Contender>} */
async function start(appendfsync) {
  const server = await startRedis(appendfsync);
  const connect = () => new Redis({ path: server.address, maxRetriesPerRequest: null });
  const [producer, consumer] = [connect(), connect()];
  const queue = new Queue('bench', { connection: producer, defaultJobOptions: { removeOnComplete: true } });

  /** @param {() => void} onStart @param {() => void} onDone */
  const work = async (onStart, onDone) => {
    const worker = new Worker('bench', async () => onStart(), { connection: consumer, concurrency: CONCURRENCY });
    worker.on('completed', onDone);
    await worker.waitUntilReady();
    return () => worker.close();
  };
  return toContender({
    version: `${versionOf('bullmq')}, ${server.version}`,
    enqueue: (payload) => queue.add('job', payload),
    run: (onDone) => work(() => {}, onDone),
    watch: (onStart) => work(onStart, () => {}),
    empty: () => queue.obliterate({ force: true }),
    stop: async () => {
      await queue.close();
      producer.disconnect();
      consumer.disconnect();
      await server.stop();
    },
  });
}

/** @type {Record<string, import('../../contender.mjs').Start>} */
export const variants = { always: () => start('always'), everysec: () => start('everysec') };
