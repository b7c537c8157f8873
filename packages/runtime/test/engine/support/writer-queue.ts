/**
 * The Queue over the real writer and a real SQLite file, without its thread: what is handed over within one turn is one
 * commit, and each commit is an event that a test can end the world at, as in the queue in memory.
 */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import type { Clock } from '../../../src/engine/clock.ts';
import type { Durability, QueueLimits } from '../../../src/engine/definition.ts';
import {
  QueueError,
  type CommandTime,
  type Opening,
  type OpeningFacts,
  type Queue,
  type QueueCommand,
  type ResultOf,
} from '../../../src/engine/queue/queue.ts';
import { readAnswers } from '../../../src/store/answer-batch.ts';
import { CommandBatch } from '../../../src/store/command-batch.ts';
import { queueFile } from '../../../src/store/queue-file.ts';
import { Writer } from '../../../src/store/writer.ts';

export interface WriterQueueOptions {
  readonly directory: string;
  readonly limits: QueueLimits;
  readonly clock: Clock;
  /** As that of a MemoryQueue. */
  readonly onCommit: (done: boolean, commands: readonly QueueCommand[]) => void;
}

interface Pending {
  readonly command: QueueCommand;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class WriterQueue implements Queue {
  onFull: Queue['onFull'];
  readonly #options: WriterQueueOptions;
  readonly #writer: Writer;
  readonly #waiting = new Map<number, Pending>();
  readonly #batch = new CommandBatch();
  #group: QueueCommand[] = [];
  #sent = 0;
  #closed = false;
  #killed = false;
  #scheduled: Promise<void> | undefined;
  #answers: (() => void)[] = [];

  constructor(options: WriterQueueOptions) {
    this.#options = options;
    mkdirSync(options.directory, { recursive: true });
    this.#writer = new Writer({
      directory: options.directory,
      limits: options.limits,
      clock: options.clock,
      reserveBytes: 4096,
      post: (message) => {
        if (!Array.isArray(message)) return;
        readAnswers(message, (answer) => {
          const pending = this.#waiting.get(answer.id);
          this.#waiting.delete(answer.id);
          this.#answers.push(() => {
            if (answer.failed) pending?.reject(new Error(answer.message));
            else pending?.resolve(answer.result);
          });
        });
      },
    });
  }

  open(facts: OpeningFacts): Promise<Opening> {
    return Promise.resolve(this.#writer.open(facts));
  }

  execute<C extends QueueCommand>(command: C, time: CommandTime, durability: Durability): Promise<ResultOf<C>> {
    return new Promise<ResultOf<C>>((resolve, reject) => {
      if (this.#closed) {
        reject(closed());
        return;
      }
      this.#batch.push(command, time, durability);
      this.#group.push(command);
      // The ledger's result for a command is of that command's type.
      this.#waiting.set(this.#sent, { command, resolve: resolve as (result: unknown) => void, reject });
      this.#sent += 1;
      this.#scheduled ??= this.#commitAll();
    });
  }

  async close(): Promise<void> {
    while (this.#scheduled !== undefined) await this.#scheduled;
    this.#closed = true;
    if (!this.#killed) this.#writer.close(0);
  }

  /** The host is gone: what it had written is found in each of `directories`. */
  kill(...directories: readonly string[]): void {
    this.#closed = true;
    for (const directory of directories) {
      mkdirSync(directory, { recursive: true });
      for (const suffix of ['', '-wal']) {
        const from = queueFile(this.#options.directory) + suffix;
        if (existsSync(from)) copyFileSync(from, queueFile(directory) + suffix);
      }
    }
    this.#writer.close(0);
  }

  async #commitAll(): Promise<void> {
    await Promise.resolve();
    while (this.#group.length > 0) {
      const [batch, group] = [this.#batch.take(), this.#group];
      this.#group = [];
      try {
        this.#options.onCommit(false, group);
        // As the message port does.
        this.#writer.receive(structuredClone(batch));
        this.#writer.run();
        this.#options.onCommit(true, group);
        for (const give of this.#answers) give();
      } catch (error) {
        // The world ended at this commit.
        this.#closed = true;
        this.#killed = true;
        for (const { reject } of this.#waiting.values()) reject(closed(error));
        this.#waiting.clear();
        this.#group = [];
      }
      this.#answers = [];
      await Promise.resolve();
    }
    this.#scheduled = undefined;
  }
}

function closed(cause?: unknown): QueueError {
  return new QueueError('QueueClosed', 'the queue was closed', { cause });
}
