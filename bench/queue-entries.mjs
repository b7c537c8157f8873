/** The queues that are measured, what each promises when it acknowledges a job, and what they are asked to do. */
import { syncsEach } from './peers/queue/servers.mjs';
import { CONCURRENCY, QUIET } from './peers/queue/work.mjs';

/** @typedef {'enqueue' | 'cycle' | 'start' | 'sync' | 'fsync'} Work */
/** @typedef {import('./cases.mjs').Case & { work: Work, title: string }} QueueCase */
/** @typedef {import('./contenders.mjs').Entry & { works: readonly Work[], durability: (version: string) => string }} QueueEntry */

const SIZE = 128;
const SYNCED = 'synced before the acknowledgement';

/** What everything is compared with: SQLite in this process, with nothing around it. */
export const UNIT = 'node:sqlite';

/** @type {readonly QueueEntry[]} */
export const QUEUES = [
  entry('append-only file', 'append-file', 'file', ['enqueue', 'fsync'], `${SYNCED}: one fdatasync a group`),
  entry(UNIT, 'sqlite', 'node', ['enqueue', 'cycle'], `${SYNCED}: WAL, synchronous=FULL, a transaction a group`),
  entry('better-sqlite3', 'sqlite', 'better-sqlite3', ['enqueue', 'cycle'], 'the same'),
  entry('edgefc thread', 'edgefc', 'thread', ['enqueue', 'cycle', 'start', 'sync'], `${SYNCED}: durability fsync`),
  entry('edgefc process', 'edgefc', 'process', ['enqueue', 'cycle', 'start', 'sync'], `${SYNCED}: durability fsync`),
  entry('BullMQ, always', 'bullmq', 'always', ['enqueue', 'cycle', 'start'], `${SYNCED}: Redis appendfsync always`),
  entry(
    'BullMQ, everysec',
    'bullmq',
    'everysec',
    ['enqueue', 'cycle', 'start'],
    'not durable: Redis appendfsync everysec, a power cut takes up to 2 s',
  ),
  entry(
    'graphile-worker',
    'graphile-worker',
    'default',
    ['enqueue', 'cycle', 'start'],
    `${SYNCED}: PostgreSQL fsync and synchronous_commit on`,
  ),
  entry('JetStream', 'jetstream', 'file', ['enqueue', 'cycle', 'start'], (version) =>
    syncsEach(/nats-server (.*)/.exec(version)?.[1] ?? '')
      ? `${SYNCED}: file storage, sync_interval always`
      : 'not durable: in the file, not synced (only from nats-server 2.10 on can it do that for each message)',
  ),
];

/** @type {readonly QueueCase[]} */
export const QUEUE_CASES = [
  ...[1, 64, 512].map((producers) =>
    oneCase('enqueue', producers, `Durable enqueue, 128 B, ${producers} ${producers === 1 ? 'producer' : 'producers'}`),
  ),
  oneCase('cycle', CONCURRENCY, `Full cycle: enqueue, run, complete; ${CONCURRENCY} producers, ${CONCURRENCY} runners`),
  oneCase(
    'start',
    1,
    `Idle queue, ${QUIET} ms after the last job: from the call that enqueues to the first line of the handler`,
  ),
  oneCase('sync', 1, `One warm Sync call, ${QUIET} ms after the last one`),
  oneCase('fsync', 1, `One append of 128 B and one fdatasync, ${QUIET} ms after the last one`),
];

/**
 * @param {string} id
 * @param {string} file
 * @param {string} variant
 * @param {readonly Work[]} works
 * @param {string | ((version: string) => string)} durability  what an acknowledged job is safe from
 * @returns {QueueEntry}
 */
function entry(id, file, variant, works, durability) {
  /** @param {import('./cases.mjs').Case} one */
  const takes = (one) => 'work' in one && works.some((work) => work === one.work);
  const told = typeof durability === 'string' ? () => durability : durability;
  return { id, file: `queue/${file}`, variant, unit: 'process', quick: true, takes, works, durability: told };
}

/** @param {Work} work @param {number} inFlight @param {string} title @returns {QueueCase} */
function oneCase(work, inFlight, title) {
  return { id: `${work} x${inFlight}`, kind: 'text', size: SIZE, inFlight, work, title };
}
