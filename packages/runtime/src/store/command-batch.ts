/**
 * Commands on their way to the writer thread.
 *
 * The two that come by the ten thousand, new work and its success, stand in runs: what one shares with those before it is
 * said once, and each adds as little as its payload. Commands carry no numbers: both sides count them in the order in
 * which they are sent.
 */
import type { Durability } from '../engine/definition.ts';
import type { WireBytes } from '../engine/protocol.ts';
import type { CommandTime, QueueCommand } from '../engine/queue/queue.ts';
import type { NewWork } from '../engine/queue/work.ts';
import { BatchReader, type Batch } from './batch.ts';

export interface Command {
  readonly id: number;
  readonly command: QueueCommand;
  readonly time: CommandTime;
  readonly durability: Durability;
}

const DURABILITIES: readonly Durability[] = ['fsync', 'batched', 'memory'];

const Op = { Other: 0, Claim: 1, Puts: 2, Successes: 3 } as const;

/** Added to the number of the durability. */
const CLAIM = 4;
const RESERVED = 8;
const RAN = 4;
const CUT = 8;

export class CommandBatch {
  #items: Batch = [];
  /** The run that a command may still be added to, and where its length stands. */
  #run: Run | undefined;
  #lengthAt = 0;

  get empty(): boolean {
    return this.#items.length === 0;
  }

  push(command: QueueCommand, time: CommandTime, durability: Durability): void {
    const code = DURABILITIES.indexOf(durability);
    const { at, wall } = time;
    switch (command.kind) {
      case 'put': {
        const [work] = command.work;
        if (work === undefined || command.work.length !== 1 || command.timer !== undefined || !isPlain(work)) break;
        const flags = code + (command.claim ? CLAIM : 0) + (command.reserved ? RESERVED : 0);
        if (!this.#joins(Op.Puts, time, flags, work)) {
          this.#begin({ op: Op.Puts, at, wall, flags, work });
          this.#items.push(work.target, work.invokerContext, work.caller);
          this.#lengthAt = this.#items.push(1) - 1;
        }
        this.#items.push(own(work.payload));
        return;
      }
      case 'settle': {
        const { ending, seq } = command;
        if (ending.kind !== 'succeeded' || command.followUps.length > 0) break;
        const flags = code + (command.ran ? RAN : 0) + (ending.cut ? CUT : 0);
        if (!this.#joins(Op.Successes, time, flags, undefined)) {
          this.#begin({ op: Op.Successes, at, wall, flags, work: undefined });
          this.#lengthAt = this.#items.push(1) - 1;
        }
        this.#items.push(seq, own(ending.result));
        return;
      }
      case 'claim':
        this.#run = undefined;
        this.#items.push(Op.Claim, at, wall, code, command.target, command.limit, command.minSeq);
        return;
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
    this.#run = undefined;
    this.#items.push(Op.Other, at, wall, code, ownAll(command));
  }

  /** What was pushed since the last time. */
  take(): Batch {
    const items = this.#items;
    this.#items = [];
    this.#run = undefined;
    return items;
  }

  /** Whether the present run is of this kind; then it has one more. */
  #joins(op: number, { at, wall }: CommandTime, flags: number, work: NewWork | undefined): boolean {
    const run = this.#run;
    if (run?.op !== op || run.at !== at || run.wall !== wall || run.flags !== flags) return false;
    const { target, invokerContext, caller } = work ?? {};
    const first = run.work;
    if (first?.target !== target || first?.invokerContext !== invokerContext || first?.caller !== caller) return false;
    this.#items[this.#lengthAt] = Number(this.#items[this.#lengthAt]) + 1;
    return true;
  }

  #begin(run: Run): void {
    this.#run = run;
    this.#items.push(run.op, run.at, run.wall, run.flags);
  }
}

/** What commands have in common that stand together; `work`: the first of it. */
interface Run {
  readonly op: number;
  readonly at: number;
  readonly wall: number;
  readonly flags: number;
  readonly work: NewWork | undefined;
}

/** Reads a batch; `id`: of its first command. */
export function readCommands(batch: Batch, id: number): Command[] {
  const commands: Command[] = [];
  const reader = new BatchReader(batch);
  while (reader.more) {
    const op = reader.next<number>();
    const time = { at: reader.next<number>(), wall: reader.next<number>() };
    const flags = reader.next<number>();
    const durability = DURABILITIES[flags & 3] ?? 'fsync';
    for (const command of readRun(op, flags, reader)) {
      commands.push({ id: id + commands.length, command, time, durability });
    }
  }
  return commands;
}

function readRun(op: number, flags: number, reader: BatchReader): QueueCommand[] {
  switch (op) {
    case Op.Puts:
      return readPuts((flags & CLAIM) !== 0, (flags & RESERVED) !== 0, reader);
    case Op.Successes:
      return reader.times(() => ({
        kind: 'settle',
        seq: reader.next(),
        ending: { kind: 'succeeded', result: reader.next(), cut: (flags & CUT) !== 0 },
        ran: (flags & RAN) !== 0,
        followUps: [],
      }));
    case Op.Claim:
      return [{ kind: 'claim', target: reader.next(), limit: reader.next(), minSeq: reader.next() }];
    default:
      return [reader.next()];
  }
}

function readPuts(claim: boolean, reserved: boolean, reader: BatchReader): QueueCommand[] {
  const target = reader.next<string>();
  const invokerContext = reader.next<string | null>();
  const caller = reader.next<string | null>();
  return reader.times(() => {
    const work: NewWork = { ...PLAIN, target, payload: reader.next(), invokerContext, caller };
    return { kind: 'put', work: [work], claim, timer: undefined, reserved };
  });
}

/** What most work says of everything that is not in its run. */
const PLAIN = { delay: 0, dedupeKey: null, orderKey: null, maxAttempts: null, hops: 0, chain: 0 } as const;

function isPlain({ delay, dedupeKey, orderKey, maxAttempts, hops, chain }: NewWork): boolean {
  return delay + hops + chain === 0 && dedupeKey === null && orderKey === null && maxAttempts === null;
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
