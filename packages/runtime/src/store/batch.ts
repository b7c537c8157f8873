/**
 * What crosses between the host and the writer thread.
 *
 * Commands and results travel in flat arrays of scalars, many at once: structured clone copies them in half of the time
 * that objects with named fields take, and one message wakes the other side once. Commands carry no numbers: both sides
 * count them in the order in which they are sent. What is rare travels as the object that it is.
 */
import type { Durability, QueueLimits } from '../engine/definition.ts';
import type { WireBytes } from '../engine/protocol.ts';
import type {
  ClaimResult,
  CommandTime,
  Opening,
  OpeningFacts,
  PutResult,
  QueueCommand,
  QueueError,
  SettleResult,
} from '../engine/queue/queue.ts';
import type { NewWork, WorkRecord } from '../engine/queue/work.ts';

/** What the thread is started with. */
export interface WriterBoot {
  readonly directory: string;
  readonly limits: QueueLimits;
  readonly testing: WriterTesting | undefined;
}

/** For tests: what a real disk does at its own time. */
export interface WriterTesting {
  /** Bytes of the reserve. */
  readonly reserveBytes?: number;
}

export type ToWriter =
  Batch | { readonly kind: 'open'; readonly facts: OpeningFacts } | { readonly kind: 'close'; readonly grace: number };

export type FromWriter =
  | Batch
  | { readonly kind: 'opened'; readonly opening: Opening }
  | { readonly kind: 'refused'; readonly code: QueueError['code']; readonly message: string }
  | { readonly kind: 'full'; readonly message: string | undefined }
  /** The queue cannot go on. */
  | { readonly kind: 'broken'; readonly message: string }
  | { readonly kind: 'closed' };

/** A flat array. */
export type Batch = unknown[];

export interface Command {
  readonly id: number;
  readonly command: QueueCommand;
  readonly time: CommandTime;
  readonly durability: Durability;
}

const DURABILITIES: readonly Durability[] = ['fsync', 'batched', 'memory'];

const Op = { Other: 0, Put: 1, Claim: 2, Succeeded: 3 } as const;

/** Appends a command. */
export function pushCommand(
  batch: Batch,
  command: QueueCommand,
  { at, wall }: CommandTime,
  durability: Durability,
): void {
  const code = durability === 'fsync' ? 0 : durability === 'batched' ? 1 : 2;
  switch (command.kind) {
    case 'put': {
      const [work] = command.work;
      if (command.work.length !== 1 || work === undefined || command.timer !== undefined) break;
      const flags = code + (command.claim ? 4 : 0) + (command.reserved ? 8 : 0);
      batch.push(
        Op.Put,
        at,
        wall,
        flags,
        work.target,
        own(work.payload),
        work.invokerContext,
        work.caller,
        work.delay,
        work.dedupeKey,
        work.orderKey,
        work.maxAttempts,
        work.hops,
        work.chain,
      );
      return;
    }
    case 'claim':
      batch.push(Op.Claim, at, wall, code, command.target, command.limit, command.minSeq);
      return;
    case 'settle': {
      const { ending } = command;
      if (ending.kind !== 'succeeded' || command.followUps.length > 0) break;
      const flags = code + (command.ran ? 4 : 0) + (ending.cut ? 8 : 0);
      batch.push(Op.Succeeded, at, wall, flags, command.seq, own(ending.result));
      return;
    }
    case 'get':
    case 'stop':
    case 'list':
    case 'redrive':
    case 'purge':
    case 'timers':
    case 'tidy':
    case 'stats':
      break;
  }
  batch.push(Op.Other, at, wall, code, ownAll(command));
}

/** Reads a batch; `id`: of its first command. */
export function readCommands(batch: Batch, id: number): Command[] {
  const commands: Command[] = [];
  const reader = new Reader(batch);
  while (reader.more) {
    const op = reader.next<number>();
    const time = { at: reader.next<number>(), wall: reader.next<number>() };
    const flags = reader.next<number>();
    const durability = DURABILITIES[flags & 3] ?? 'fsync';
    commands.push({ id: id + commands.length, command: readCommand(op, flags, reader), time, durability });
  }
  return commands;
}

function readCommand(op: number, flags: number, reader: Reader): QueueCommand {
  switch (op) {
    case Op.Put: {
      const work: NewWork = {
        target: reader.next(),
        payload: reader.next(),
        invokerContext: reader.next(),
        caller: reader.next(),
        delay: reader.next(),
        dedupeKey: reader.next(),
        orderKey: reader.next(),
        maxAttempts: reader.next(),
        hops: reader.next(),
        chain: reader.next(),
      };
      return { kind: 'put', work: [work], claim: (flags & 4) !== 0, timer: undefined, reserved: (flags & 8) !== 0 };
    }
    case Op.Claim:
      return { kind: 'claim', target: reader.next(), limit: reader.next(), minSeq: reader.next() };
    case Op.Succeeded:
      return {
        kind: 'settle',
        seq: reader.next(),
        ending: { kind: 'succeeded', result: reader.next(), cut: (flags & 8) !== 0 },
        ran: (flags & 4) !== 0,
        followUps: [],
      };
    default:
      return reader.next();
  }
}

const Answer = { Other: 0, Stored: 1, Claimed: 2, Settled: 3, Failed: 4 } as const;

/** Appends the result of command `id`. */
export function pushResult(batch: Batch, id: number, kind: QueueCommand['kind'], result: unknown): void {
  switch (kind) {
    case 'put': {
      const put = result as PutResult;
      if (put.kind !== 'stored' || put.seqs.length !== 1) break;
      batch.push(id, Answer.Stored, put.seqs[0], put.claimed, put.dueAt);
      return;
    }
    case 'claim': {
      const { work, nextReadyAt } = result as ClaimResult;
      batch.push(id, Answer.Claimed, nextReadyAt, work.length);
      for (const record of work) pushRecord(batch, record);
      return;
    }
    case 'settle': {
      const { settled, woken } = result as SettleResult;
      batch.push(id, Answer.Settled, settled, woken.length, ...woken);
      return;
    }
    case 'get':
    case 'stop':
    case 'list':
    case 'redrive':
    case 'purge':
    case 'timers':
    case 'tidy':
    case 'stats':
      break;
  }
  batch.push(id, Answer.Other, result);
}

/** Appends that command `id` failed, and was not applied. */
export function pushFailure(batch: Batch, id: number, message: string): void {
  batch.push(id, Answer.Failed, message);
}

export type CommandAnswer =
  | { readonly id: number; readonly failed: false; readonly result: unknown }
  | { readonly id: number; readonly failed: true; readonly message: string };

export function readAnswers(batch: Batch, each: (answer: CommandAnswer) => void): void {
  const reader = new Reader(batch);
  while (reader.more) {
    const id = reader.next<number>();
    const answer = reader.next<number>();
    if (answer === Answer.Failed) each({ id, failed: true, message: reader.next() });
    else each({ id, failed: false, result: readResult(answer, reader) });
  }
}

function readResult(answer: number, reader: Reader): unknown {
  switch (answer) {
    case Answer.Stored: {
      const seq = reader.next<number>();
      const claimed = reader.next<boolean>();
      return { kind: 'stored', seqs: [seq], claimed, dueAt: reader.next() } satisfies PutResult;
    }
    case Answer.Claimed: {
      const nextReadyAt = reader.next<number | undefined>();
      const work = Array.from({ length: reader.next() }, () => readRecord(reader));
      return { work, nextReadyAt } satisfies ClaimResult;
    }
    case Answer.Settled: {
      const settled = reader.next<boolean>();
      const woken = Array.from({ length: reader.next() }, () => reader.next<string>());
      return { settled, woken } satisfies SettleResult;
    }
    default:
      return reader.next();
  }
}

function pushRecord(batch: Batch, record: WorkRecord): void {
  batch.push(
    record.seq,
    record.state,
    record.target,
    record.payload,
    record.invokerContext,
    record.caller,
    record.orderKey,
    record.maxAttempts,
    record.hops,
    record.chain,
    record.position,
    record.readyAt,
    record.dueAt,
    record.starts,
    record.failures,
    record.losses,
    record.errors.length === 0 ? null : record.errors,
    record.result,
    record.resultCut,
    record.acceptedAt,
    record.acceptedWall,
    record.startedWall,
    record.endedAt,
    record.endedWall,
    record.size,
  );
}

const NO_ERRORS: WorkRecord['errors'] = [];

function readRecord(reader: Reader): WorkRecord {
  return {
    seq: reader.next(),
    state: reader.next(),
    target: reader.next(),
    payload: reader.next(),
    invokerContext: reader.next(),
    caller: reader.next(),
    orderKey: reader.next(),
    maxAttempts: reader.next(),
    hops: reader.next(),
    chain: reader.next(),
    position: reader.next(),
    readyAt: reader.next(),
    dueAt: reader.next(),
    starts: reader.next(),
    failures: reader.next(),
    losses: reader.next(),
    errors: reader.next<WorkRecord['errors'] | null>() ?? NO_ERRORS,
    result: reader.next(),
    resultCut: reader.next(),
    acceptedAt: reader.next(),
    acceptedWall: reader.next(),
    startedWall: reader.next(),
    endedAt: reader.next(),
    endedWall: reader.next(),
    size: reader.next(),
  };
}

class Reader {
  readonly #batch: Batch;
  #at = 0;

  constructor(batch: Batch) {
    this.#batch = batch;
  }

  get more(): boolean {
    return this.#at < this.#batch.length;
  }

  /** Both ends are this file: what was pushed in a place is what is read there. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller knows what stands there
  next<T>(): T {
    const value = this.#batch[this.#at] as T;
    this.#at += 1;
    return value;
  }
}

/** Bytes in memory of their own: a view takes all of what it looks into along. */
function own<T extends WireBytes>(bytes: T): T | Uint8Array | readonly [Uint8Array] {
  if (bytes === null || typeof bytes === 'string') return bytes;
  if (bytes instanceof Uint8Array) return ownBytes(bytes);
  return bytes[0].byteLength === bytes[0].buffer.byteLength ? bytes : [ownBytes(bytes[0])];
}

function ownBytes(bytes: Uint8Array): Uint8Array {
  // A Buffer's slice() would be another view.
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

function ownAll(command: QueueCommand): QueueCommand {
  const ownWork = (work: NewWork): NewWork => ({ ...work, payload: own(work.payload) });
  if (command.kind === 'put') return { ...command, work: command.work.map(ownWork) };
  if (command.kind !== 'settle') return command;
  const { ending, followUps } = command;
  return {
    ...command,
    ending: ending.kind === 'succeeded' ? { ...ending, result: own(ending.result) } : ending,
    followUps: followUps.map(ownWork),
  };
}
