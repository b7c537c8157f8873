/**
 * The Queue on disk, from the host's side: commands go to the writer thread, many in a message, and come back answered.
 *
 * What is handed over in one turn of the event loop travels together. Messages are sent at once, also while the writer
 * syncs: it takes all that has come into its next commit.
 */
import { fileURLToPath } from 'node:url';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { Durability, QueueLimits } from '../engine/definition.ts';
import {
  QueueError,
  type CommandTime,
  type Opening,
  type OpeningFacts,
  type Queue,
  type QueueCommand,
  type ResultOf,
} from '../engine/queue/queue.ts';
import { readAnswers, type CommandAnswer } from './answer-batch.ts';
import type { FromWriter, ToWriter, WriterTesting } from './batch.ts';
import { CommandBatch } from './command-batch.ts';
import { prepareDataDir } from './data-dir.ts';

/** Beside the built runtime; the sources themselves when they run unbuilt (tests). */
const ENTRY: string = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './writer-entry.ts' : './writer-entry.cjs', import.meta.url),
);

/** MiB of the thread's heap: payloads pass through it a batch at a time. */
const HEAP = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 128 };

export interface SqliteQueueOptions {
  /** Where the file is; the caller holds the lock of this directory (lock.ts). */
  readonly dataDir: string;
  readonly limits: QueueLimits;
  readonly testing?: WriterTesting;
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class SqliteQueue implements Queue {
  onFull: Queue['onFull'];
  /** Told when the queue cannot go on: its file is damaged, or its thread is gone. Every command then rejects. */
  onBroken: ((error: QueueError) => void) | undefined;
  readonly #options: SqliteQueueOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #opened = Promise.withResolvers<Opening>();
  readonly #exited = Promise.withResolvers<undefined>();
  #worker: Worker | undefined;
  #port: MessagePort | undefined;
  readonly #batch = new CommandBatch();
  #nextId = 0;
  #failure: QueueError | undefined;
  #opening = false;
  #closing: Promise<void> | undefined;

  constructor(options: SqliteQueueOptions) {
    this.#options = options;
    // Whoever opens it hears of it; a queue that is never opened has nobody to tell.
    this.#opened.promise.catch(() => undefined);
  }

  async open(facts: OpeningFacts): Promise<Opening> {
    const { dataDir: directory, limits, testing } = this.#options;
    prepareDataDir(directory);
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const worker = new Worker(ENTRY, {
      name: 'edgefc queue',
      workerData: { boot: { directory, limits, testing }, port: port2 },
      transferList: [port2],
      argv: [],
      execArgv: [],
      env: {},
      stdin: false,
      resourceLimits: HEAP,
    });
    this.#worker = worker;
    worker.on('error', (error: unknown) => {
      this.#fail(new QueueError('QueueUnusable', `the queue's thread ended: ${String(error)}`, { cause: error }));
    });
    worker.on('exit', (code) => {
      // The end of the thread may be known before its last word.
      if (this.#closing !== undefined && code === 0) this.#receive({ kind: 'closed' });
      this.#fail(new QueueError('QueueUnusable', `the queue's thread ended with code ${code}; restart the host`));
      port1.close();
      this.#exited.resolve(undefined);
    });
    port1.on('message', (message: FromWriter) => {
      this.#receive(message);
    });
    this.#opening = true;
    this.#post({ kind: 'open', facts });
    try {
      return await this.#opened.promise;
    } catch (error) {
      await this.#exited.promise;
      throw error;
    } finally {
      this.#opening = false;
      this.#hold();
    }
  }

  execute<C extends QueueCommand>(command: C, time: CommandTime, durability: Durability): Promise<ResultOf<C>> {
    return new Promise<ResultOf<C>>((resolve, reject) => {
      if (this.#failure !== undefined || this.#closing !== undefined || this.#port === undefined) {
        reject(this.#failure ?? new QueueError('QueueClosed', 'the queue is closed'));
        return;
      }
      if (this.#batch.empty) process.nextTick(this.#send);
      this.#batch.push(command, time, durability);
      // The ledger's result for a command is of that command's type.
      this.#pending.set(this.#nextId, { resolve: resolve as (result: unknown) => void, reject });
      this.#nextId += 1;
      if (this.#pending.size === 1) this.#hold();
    });
  }

  close(grace: number): Promise<void> {
    this.#closing ??= this.#close(grace);
    return this.#closing;
  }

  async #close(grace: number): Promise<void> {
    if (this.#worker === undefined) return;
    this.#send();
    this.#worker.ref();
    // Also to a writer that is broken: it has a file to close, and its thread ends with that.
    this.#port?.postMessage({ kind: 'close', grace } satisfies ToWriter);
    await this.#exited.promise;
  }

  readonly #send = (): void => {
    if (!this.#batch.empty) this.#post(this.#batch.take());
  };

  #post(message: ToWriter): void {
    if (this.#failure === undefined) this.#port?.postMessage(message);
  }

  #receive(message: FromWriter): void {
    if (Array.isArray(message)) {
      readAnswers(message, this.#settle);
      if (this.#pending.size === 0) this.#hold();
      return;
    }
    switch (message.kind) {
      case 'opened':
        this.#opened.resolve(message.opening);
        return;
      case 'refused':
        this.#fail(new QueueError(message.code, message.message));
        return;
      case 'full':
        this.onFull?.(message.message);
        return;
      case 'broken':
        this.#fail(new QueueError('QueueUnusable', message.message));
        return;
      case 'closed':
        this.#fail(new QueueError('QueueClosed', 'the queue was closed before this was done'));
        return;
    }
  }

  readonly #settle = (answer: CommandAnswer): void => {
    const pending = this.#pending.get(answer.id);
    if (pending === undefined) return;
    this.#pending.delete(answer.id);
    if (answer.failed) pending.reject(this.#failure ?? new Error(`edgefc: ${answer.message}`));
    else pending.resolve(answer.result);
  };

  /** Nothing more comes from the thread. The first reason counts. */
  #fail(error: QueueError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#opened.reject(error);
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    if (this.#closing === undefined && !this.#opening) this.onBroken?.(error);
    this.#hold();
  }

  /** The process stays as long as something is to be answered, and no longer. */
  #hold(): void {
    const held = this.#pending.size > 0 || this.#opening;
    if (held) this.#worker?.ref();
    else if (this.#closing === undefined) this.#worker?.unref();
    if (held) this.#port?.ref();
    else this.#port?.unref();
  }
}
