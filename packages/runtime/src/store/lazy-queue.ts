/**
 * The queue on disk, begun with the first work: a host whose functions never call one another Async has no writer thread,
 * which takes 20 MB and 40 ms of its start (2026-11-22).
 *
 * Only where there is no queue yet: then it is known without looking that nothing waits.
 */
import { existsSync } from 'node:fs';
import type { Durability } from '../engine/definition.ts';
import { emptyMeta, NOTHING } from '../engine/queue/ledger.ts';
import {
  QueueError,
  type CommandTime,
  type Opening,
  type OpeningFacts,
  type Queue,
  type QueueCommand,
  type ResultOf,
} from '../engine/queue/queue.ts';
import { damageNote } from './open-queue.ts';
import { queueFile } from './queue-file.ts';
import { SqliteQueue, type SqliteQueueOptions } from './sqlite-queue.ts';

export class LazyQueue implements Queue {
  readonly #options: SqliteQueueOptions;
  readonly #queue: SqliteQueue;
  /** What the host said when it opened the queue, while there is none. */
  #facts: OpeningFacts | undefined;
  #begun: Promise<unknown> | undefined;
  #closed = false;

  constructor(options: SqliteQueueOptions) {
    this.#options = options;
    this.#queue = new SqliteQueue(options);
  }

  get onFull(): Queue['onFull'] {
    return this.#queue.onFull;
  }

  set onFull(listener: Queue['onFull']) {
    this.#queue.onFull = listener;
  }

  /** As SqliteQueue has it. */
  set onBroken(listener: (error: QueueError) => void) {
    this.#queue.onBroken = listener;
  }

  open(facts: OpeningFacts): Promise<Opening> {
    const file = queueFile(this.#options.dataDir);
    if ([file, `${file}-wal`, damageNote(this.#options.dataDir)].some((path) => existsSync(path))) {
      this.#begun = Promise.resolve();
      return this.#queue.open(facts);
    }
    this.#facts = facts;
    return Promise.resolve({
      ledgerTime: 0,
      downtime: 0,
      meta: emptyMeta(),
      live: { enqueued: 0, running: 0, retrying: 0, bytes: 0 },
      recovered: 0,
      waiting: new Map(),
      boots: [{ bootId: facts.bootId, firstSeq: 1 }],
      notes: [],
    });
  }

  execute<C extends QueueCommand>(command: C, time: CommandTime, durability: Durability): Promise<ResultOf<C>>;
  execute(command: QueueCommand, time: CommandTime, durability: Durability): Promise<ResultOf<QueueCommand>> {
    const facts = this.#facts;
    if (facts === undefined) return this.#queue.execute(command, time, durability);
    if (this.#begun === undefined) {
      if (this.#closed) return Promise.reject(new QueueError('QueueClosed', 'the queue is closed'));
      if (command.kind !== 'put') return Promise.resolve(answerEmpty(command));
      this.#begun = this.#queue.open(facts);
    }
    // In the order in which they came: who waits for the beginning goes on in that order.
    return this.#begun.then(() => {
      this.#facts = undefined;
      return this.#queue.execute(command, time, durability);
    });
  }

  async close(grace: number): Promise<void> {
    this.#closed = true;
    // What was handed over before the beginning is with the queue then.
    await this.#begun?.catch(() => undefined);
    await this.#queue.close(grace);
  }
}

/** What a queue says in which there is nothing. */
function answerEmpty(command: QueueCommand): ResultOf<QueueCommand> {
  switch (command.kind) {
    case 'put':
      throw new Error('edgefc: the queue was not opened; this is a bug');
    case 'claim':
      return { work: [], nextReadyAt: undefined };
    case 'settle':
      return { settled: false, woken: [] };
    case 'get':
      return undefined;
    case 'stop':
      return { kind: 'unknown' };
    case 'list':
      return [];
    case 'redrive':
    case 'purge':
      return { seqs: [], woken: [] };
    case 'timers':
      return command.timers.map(() => undefined);
    case 'tidy':
      return { removed: 0, deadRemoved: 0, more: false };
    case 'stats':
      return { ...NOTHING, waiting: new Map(), memory: NOTHING, disk: undefined };
  }
}
