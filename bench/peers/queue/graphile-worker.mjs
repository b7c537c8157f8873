/**
 * graphile-worker on a PostgreSQL of its own, over a Unix socket. Tuned for the full cycle as its documentation advises:
 * jobs fetched and completed in batches; for the start of a single job it has its defaults, which are faster there.
 */
import { createRequire } from 'node:module';
import { EventEmitter } from 'node:events';
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import { versionOf } from '../version.mjs';
import { startPostgres } from './servers.mjs';
import { CONCURRENCY, toContender } from './work.mjs';

const { Pool } = createRequire(createRequire(import.meta.url).resolve('graphile-worker'))('pg');
/** Connections; more only fight for two cores. */
const CONNECTIONS = 32;

/** @type {Record<string, import('../../contender.mjs').Start>} */
export const variants = {
  default: async () => {
    const server = await startPostgres();
    const pgPool = new Pool({ host: server.address, user: 'bench', database: 'postgres', max: CONNECTIONS });
    // Connections that the stopped server ends are no news.
    pgPool.on('error', () => {});
    const logger = new Logger(() => () => {});
    const utils = await makeWorkerUtils({ pgPool, logger });
    await utils.migrate();

    /** @param {object} tuning @param {() => void} onStart @param {() => void} onDone */
    const work = async (tuning, onStart, onDone) => {
      const events = new EventEmitter();
      events.on('job:complete', onDone);
      const runner = await run({
        pgPool,
        events,
        taskList: { bench: async () => onStart() },
        preset: { worker: { concurrentJobs: CONCURRENCY, logger, ...tuning } },
        noHandleSignals: true,
      });
      return () => runner.stop();
    };
    const batches = { localQueue: { size: 2 * CONCURRENCY }, completeJobBatchDelay: 0 };
    return toContender({
      version: `${versionOf('graphile-worker')}, ${server.version}`,
      enqueue: (payload) => utils.addJob('bench', payload),
      run: (onDone) => work(batches, () => {}, onDone),
      watch: (onStart) => work({}, onStart, () => {}),
      empty: () => pgPool.query('TRUNCATE graphile_worker._private_jobs'),
      stop: async () => {
        await utils.release();
        await pgPool.end();
        await server.stop();
      },
    });
  },
};
