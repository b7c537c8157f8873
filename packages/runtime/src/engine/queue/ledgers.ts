/**
 * Two ledgers behind one face: the durable one, and one in memory for functions whose durability is `memory`.
 *
 * Numbers of the second are negative outside of here: nothing else has to know which of the two a piece of work is in.
 * Follow-ups stay in the ledger of the work that they follow, so that both are one commit.
 */
import type { Durability, QueueLimits } from '../definition.ts';
import { Ledger } from './ledger.ts';
import { MemoryTables } from './memory-tables.ts';
import type { ClaimCommand, CommandTime, Opening, OpeningFacts, QueueCommand, QueueStats, ResultOf } from './queue.ts';
import type { Tables } from './tables.ts';
import type { WorkRecord } from './work.ts';

export interface LedgersParts {
  readonly tables: Tables;
  readonly limits: QueueLimits;
  /** Why nothing new can be stored durably, as a sentence; undefined: it can. */
  readonly refusal: () => string | undefined;
}

/** Where a command goes. */
export type Side = 'durable' | 'memory' | 'both';

export class Ledgers {
  readonly durable: Ledger;
  readonly #memory: Ledger;

  constructor({ tables, limits, refusal }: LedgersParts) {
    this.durable = new Ledger({ tables, limits, refusal });
    this.#memory = new Ledger({ tables: new MemoryTables(), limits, refusal: () => undefined });
  }

  open(facts: OpeningFacts): Opening {
    const opening = this.durable.open(facts);
    // It starts empty, at the same time.
    this.#memory.open({ ...facts, machine: undefined });
    return opening;
  }

  /** Does what `command` says; a part for the durable ledger needs a transaction around it. */
  apply<C extends QueueCommand>(command: C, time: CommandTime, durability: Durability): ResultOf<C>;
  apply(command: QueueCommand, time: CommandTime, durability: Durability): ResultOf<QueueCommand> {
    switch (command.kind) {
      case 'put': {
        if (durability !== 'memory') return this.durable.apply(command, time);
        const result = this.#memory.apply(command, time);
        if (result.kind === 'stored') return { ...result, seqs: result.seqs.map(negate) };
        return result.kind === 'deduplicated' ? { ...result, seq: negate(result.seq) } : result;
      }
      case 'claim':
        return this.#claim(command, time);
      case 'settle':
      case 'get':
      case 'stop': {
        if (command.seq > 0) return this.durable.apply(command, time);
        return negateResult(this.#memory.apply({ ...command, seq: negate(command.seq) }, time));
      }
      case 'list':
        return this.#list(command, time);
      case 'redrive':
      case 'purge': {
        const { seq } = command;
        if (seq !== undefined && seq > 0) return this.durable.apply(command, time);
        if (seq !== undefined) {
          const result = this.#memory.apply({ ...command, seq: negate(seq) }, time);
          return { ...result, seqs: result.seqs.map(negate) };
        }
        const durable = this.durable.apply(command, time);
        const memory = this.#memory.apply(command, time);
        return {
          seqs: [...durable.seqs, ...memory.seqs.map(negate)],
          woken: [...new Set([...durable.woken, ...memory.woken])],
        };
      }
      case 'timers':
        return this.durable.apply(command, time);
      case 'tidy': {
        const memory = this.#memory.apply(command, time);
        const durable = this.durable.apply(command, time);
        return {
          removed: memory.removed + durable.removed,
          deadRemoved: memory.deadRemoved + durable.deadRemoved,
          more: memory.more || durable.more,
        };
      }
      case 'stats':
        return this.#stats();
    }
  }

  /** Which ledgers a command touches: one that is for memory only needs no transaction. */
  sideOf(command: QueueCommand, durability: Durability): Side {
    switch (command.kind) {
      case 'put':
        return durability === 'memory' ? 'memory' : 'durable';
      case 'settle':
      case 'get':
      case 'stop':
        return command.seq > 0 ? 'durable' : 'memory';
      case 'timers':
        return 'durable';
      case 'claim':
        return durability === 'memory' ? 'both' : 'durable';
      case 'redrive':
      case 'purge':
      case 'list':
      case 'tidy':
      case 'stats':
        return 'both';
    }
  }

  /** Durable work first: a function may have been configured differently when it was accepted. */
  #claim(command: ClaimCommand, time: CommandTime): ResultOf<ClaimCommand> {
    const durable = this.durable.apply(command, time);
    const left = command.limit - durable.work.length;
    const memory = this.#memory.apply({ ...command, limit: left, minSeq: 0 }, time);
    return {
      work: [...durable.work, ...memory.work.map(negateRecord)],
      nextReadyAt: earlier(durable.nextReadyAt, memory.nextReadyAt),
    };
  }

  #list(command: Extract<QueueCommand, { kind: 'list' }>, time: CommandTime): readonly WorkRecord[] {
    const { before, limit } = command;
    // A page goes on in the ledger that its last row is in: memory's come first.
    const memory =
      before !== undefined && before > 0
        ? []
        : this.#memory.apply({ ...command, before: before === undefined ? undefined : negate(before) }, time);
    const rows = memory.map(negateRecord);
    if (rows.length >= limit) return rows;
    const rest = { ...command, before: before !== undefined && before < 0 ? undefined : before };
    return [...rows, ...this.durable.apply({ ...rest, limit: limit - rows.length }, time)];
  }

  #stats(): QueueStats {
    const { waiting, disk, memory: _nothing, ...durable } = this.durable.stats();
    const { waiting: waitingInMemory, disk: _none, memory: _nothing2, ...memory } = this.#memory.stats();
    const all = new Map(waiting);
    for (const [target, count] of waitingInMemory) all.set(target, (all.get(target) ?? 0) + count);
    return { ...durable, waiting: all, memory, disk };
  }
}

function negate(seq: number): number {
  return -seq;
}

function negateRecord(record: WorkRecord): WorkRecord {
  return { ...record, seq: negate(record.seq) };
}

/** Of a settle, get or stop in memory. */
function negateResult(result: ResultOf<Extract<QueueCommand, { kind: 'settle' | 'get' | 'stop' }>>): typeof result {
  if (result === undefined) return undefined;
  if ('seq' in result) return negateRecord(result);
  if ('record' in result) return { ...result, record: negateRecord(result.record) };
  if ('followed' in result) return { ...result, followed: result.followed.map(negate) };
  return result;
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
