/**
 * Rows of new work on their way into the file: many go with one statement.
 *
 * Binding a value and running a statement cost more than the row itself (15 values: 2.5 µs; as one of 32 rows: 0.9).
 * Most rows that are accepted together are alike but for their payload: what they share is bound once.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { WorkRecord } from '../engine/queue/work.ts';
import type { FunctionNames } from './function-names.ts';
import { COLUMNS } from './statements.ts';
import { STATE_CODES, type StoredBytes } from './values.ts';

/** Rows of one statement. The last is for what is left. */
const STEPS = [32, 8, 1];
export class FreshRows {
  readonly #names: FunctionNames;
  readonly #statements: readonly (readonly [rows: number, statement: StatementSync])[];
  /** The first of those that wait; the others have its times, function and caller, and the numbers after its. */
  #first: WorkRecord | undefined;
  #kind = 0;
  #count = 0;
  /** Size and payload of each. */
  #values: SQLInputValue[] = [];

  constructor(database: DatabaseSync, names: FunctionNames) {
    this.#names = names;
    this.#statements = STEPS.map((rows) => [rows, database.prepare(insert(rows))]);
  }

  /** Whether this row is not in the file yet. */
  has(seq: number): boolean {
    return this.#first !== undefined && seq >= this.#first.seq;
  }

  /** Takes a row for which {@link isFresh} holds. */
  add(record: WorkRecord, kind: number, payload: StoredBytes): void {
    if (this.#first === undefined || kind !== this.#kind || !follows(record, this.#first, this.#count)) {
      this.flush();
      this.#first = record;
      this.#kind = kind;
    }
    this.#count += 1;
    this.#values.push(record.size, payload);
  }

  /** Writes what waits: before anything that looks at these rows. */
  flush(): void {
    const first = this.#first;
    if (first === undefined) return;
    const count = this.#count;
    const values = this.#values;
    this.clear();
    const { target, caller, seq, position } = first;
    const shared = {
      seq,
      position,
      state: STATE_CODES[first.state],
      target: this.#names.idOf(target),
      readyAt: first.readyAt,
      dueAt: first.dueAt,
      starts: first.starts,
      acceptedAt: first.acceptedAt,
      acceptedWall: first.acceptedWall,
      startedWall: first.startedWall,
      caller: caller === null ? null : this.#names.idOf(caller),
      kind: this.#kind,
      context: first.invokerContext,
    };
    let done = 0;
    for (const [rows, statement] of this.#statements) {
      for (; count - done >= rows; done += rows) {
        statement.run(shared, ...values.slice(2 * done, 2 * (done + rows)));
        shared.seq += rows;
        shared.position += rows;
      }
    }
  }

  /** Forgets what waits. */
  clear(): void {
    this.#first = undefined;
    this.#count = 0;
    this.#values = [];
  }
}

/** As most are when they are accepted: their other columns have the same values in all of them. */
export function isFresh(record: WorkRecord): boolean {
  const { orderKey, maxAttempts, hops, chain, failures, losses, errors, result, endedAt } = record;
  const plain = orderKey === null && maxAttempts === null && hops === 0 && chain === 0;
  return plain && failures === 0 && losses === 0 && errors.length === 0 && result === null && endedAt === null;
}

/** Whether `record` differs from `first` by its numbers, size and payload only. */
function follows(record: WorkRecord, first: WorkRecord, distance: number): boolean {
  return (
    record.seq === first.seq + distance &&
    record.position === first.position + distance &&
    record.state === first.state &&
    record.target === first.target &&
    record.readyAt === first.readyAt &&
    record.dueAt === first.dueAt &&
    record.starts === first.starts &&
    record.acceptedAt === first.acceptedAt &&
    record.acceptedWall === first.acceptedWall &&
    record.startedWall === first.startedWall &&
    record.caller === first.caller &&
    record.invokerContext === first.invokerContext
  );
}

/** What the rows share has names: numbered parameters (`?1`) mean something else to Node 22 than to Node 24. */
function insert(rows: number): string {
  const row = (_: unknown, index: number): string =>
    `($seq + ${index}, $state, $target, $readyAt, $position + ${index}, $dueAt, $starts, 0, 0, ?, $acceptedAt, $acceptedWall, ` +
    `$startedWall, NULL, NULL, $caller, NULL, NULL, 0, 0, $kind, 0, 0, NULL, $context, ?, NULL)`;
  return `INSERT INTO work (${COLUMNS}) VALUES ${Array.from({ length: rows }, row).join(', ')}`;
}
