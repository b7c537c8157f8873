/**
 * The Queue in memory: for tests and the testkit, where the tables can outlive the queue as a file outlives a host.
 *
 * What is handed over within one turn is one commit, as in the writer thread; a commit is an event that tests can wait
 * for, hold up, or end the world at.
 */
import type { Durability, QueueLimits } from '../definition.ts';
import { Ledgers } from './ledgers.ts';
import { MemoryTables } from './memory-tables.ts';
import {
  QueueError,
  type CommandTime,
  type Opening,
  type OpeningFacts,
  type Queue,
  type QueueCommand,
  type ResultOf,
} from './queue.ts';
import type { Tables } from './tables.ts';

export interface MemoryQueueOptions {
  readonly limits: QueueLimits;
  /** What survives. Default: new ones. */
  readonly tables?: Tables;
  /** Why nothing new is accepted, as a sentence. Default: it is. */
  readonly refusal?: () => string | undefined;
  /** Called before each commit, and after it with `done`; what it returns is waited for. It may throw to end the queue. */
  readonly onCommit?: (done: boolean, commands: readonly QueueCommand[]) => Promise<void> | void;
}

interface Pending {
  readonly command: QueueCommand;
  readonly time: CommandTime;
  readonly durability: Durability;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class MemoryQueue implements Queue {
  onFull: Queue['onFull'];
  /** What a queue after this one goes on with. */
  readonly tables: Tables;
  readonly #options: MemoryQueueOptions;
  readonly #ledgers: Ledgers;
  #pending: Pending[] = [];
  #committing: Promise<void> | undefined;
  #closing = false;
  #closed = false;

  constructor(options: MemoryQueueOptions) {
    this.#options = options;
    const { limits, tables = new MemoryTables(), refusal = () => undefined } = options;
    this.tables = tables;
    this.#ledgers = new Ledgers({ tables, limits, refusal });
  }

  open(facts: OpeningFacts): Promise<Opening> {
    return Promise.resolve(this.openNow(facts));
  }

  /** As {@link open}, for who cannot wait. */
  openNow(facts: OpeningFacts): Opening {
    return this.#ledgers.open(facts);
  }

  execute<C extends QueueCommand>(command: C, time: CommandTime, durability: Durability): Promise<ResultOf<C>> {
    return new Promise<ResultOf<C>>((resolve, reject) => {
      if (this.#closed || this.#closing) {
        reject(closed());
        return;
      }
      // Copied, as on the way to a thread: what is stored is nobody else's, and a thread takes the bytes away that it is sent.
      // The ledger's result for a command is of that command's type.
      this.#pending.push({
        command: structuredClone(command),
        time,
        durability,
        resolve: resolve as (result: unknown) => void,
        reject,
      });
      this.#committing ??= this.#commitAll();
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    while (this.#committing !== undefined) await this.#committing;
    this.#closed = true;
  }

  async #commitAll(): Promise<void> {
    await Promise.resolve();
    while (this.#pending.length > 0) {
      const group = this.#pending;
      this.#pending = [];
      try {
        await this.#commit(group);
      } catch (error) {
        // The world ended at this commit.
        this.#closed = true;
        for (const { reject } of [...group, ...this.#pending]) reject(closed(error));
        this.#pending = [];
      }
    }
    this.#committing = undefined;
  }

  async #commit(group: readonly Pending[]): Promise<void> {
    const { onCommit } = this.#options;
    const commands = group.map(({ command }) => command);
    if (onCommit !== undefined) await onCommit(false, commands);
    const results = group.map(({ command, time, durability }) => this.#ledgers.apply(command, time, durability));
    this.#ledgers.durable.flushMeta();
    if (onCommit !== undefined) await onCommit(true, commands);
    group.forEach(({ resolve }, index) => {
      resolve(structuredClone(results[index]));
    });
  }
}

function closed(cause?: unknown): QueueError {
  return new QueueError('QueueClosed', 'the queue was closed', { cause });
}
