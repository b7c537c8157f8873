/**
 * The Tables (engine/queue/tables.ts) over an open SQLite file. Its owner, the writer, begins, commits and rolls back.
 *
 * Every statement is prepared once. Two things are kept in memory because finding them would cost more with more
 * pending work: the numbers of the functions, and how much of each one waits; a rollback puts both back.
 */
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import type {
  Boot,
  Dedupe,
  Ended,
  HistoryEntry,
  ListFilter,
  LiveCounts,
  Meta,
  Tables,
  TimerTick,
  Waiting,
  WorkHead,
} from '../engine/queue/tables.ts';
import { isLive, WORK_STATES, type WorkRecord, type WorkState } from '../engine/queue/work.ts';
import { FreshRows, isFresh } from './fresh-rows.ts';
import { FunctionNames } from './function-names.ts';
import { HEAD_KIND, prepareAll, READY_KIND, START_STEP, type SeqRow, type Statements } from './statements.ts';
import {
  APART,
  isLarge,
  kindOf,
  STATE_CODES,
  toState,
  toStored,
  toStoredErrors,
  toStoredKey,
  type StoredBytes,
} from './values.ts';
import { WaitingCounts } from './waiting-counts.ts';
import { toHead, toHistory, toReady, toRecord } from './work-rows.ts';

/** A row that was looked at: what has to be known of it to change it. */
interface Seen {
  readonly head: WorkHead;
  /** Its payload is in `bodies`. */
  readonly apart: boolean;
}

/** There is no such row. */
const NO_ROW = 0;
/** Bytes of payloads and results after which a listing ends before its limit: the rest is the next page. */
const LIST_BYTES = 8 * 1024 * 1024;

export class SqliteTables implements Tables {
  readonly #database: DatabaseSync;
  readonly #sql: Statements;
  readonly #names: FunctionNames;
  readonly #fresh: FreshRows;
  readonly #waiting = new WaitingCounts();
  /** Rows that this transaction has looked at, as they are now. */
  readonly #seen = new Map<number, Seen>();
  /** Running rows, as they were when this transaction began: each is about to end. Not all of them have to be here. */
  readonly #running = new Map<number, Seen>();
  /** Of the live rows, until one changes. */
  #counts: LiveCounts | undefined;

  /** Reads what waits: the indexes of live rows, and nothing else. */
  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#sql = prepareAll(database);
    this.#names = new FunctionNames(database);
    this.#fresh = new FreshRows(database, this.#names);
    this.#counts = this.#count();
  }

  // Transactions.

  begin(): void {
    this.#sql.begin.run();
  }

  /** Writes what is still held back: rows that were inserted go into the file many at a time. */
  flush(): void {
    this.#fresh.flush();
  }

  commit(): void {
    this.flush();
    this.#sql.commit.run();
    for (const [seq, seen] of this.#seen) {
      if (seen.head.state === 'Running') this.#running.set(seq, seen);
      else this.#running.delete(seq);
    }
    this.#seen.clear();
    this.#names.committed();
    this.#waiting.committed();
  }

  /** Also after a failed commit; SQLite may have rolled back by itself. */
  rollback(): void {
    this.#fresh.clear();
    this.#seen.clear();
    this.#names.rolledBack();
    this.#waiting.rolledBack();
    if (this.#database.isTransaction) this.#sql.rollback.run();
  }

  // Work.

  insert(record: WorkRecord): void {
    const { seq, state, payload } = record;
    this.#counts = undefined;
    const kind = kindOf(payload);
    const stored = toStored(payload, kind);
    const apart = isLarge(stored);
    const [ownKind, own] = apart ? [kind + APART, null] : [kind, stored];
    if (isFresh(record)) this.#fresh.add(record, ownKind, own);
    else this.#insertFull(record, ownKind, own);
    if (apart) this.#sql.insertBody.run(seq, stored);
    // Of what waits nothing is kept.
    if (state === 'Running') this.#seen.set(seq, { head: headOf(record), apart });
    else if (isLive(state)) this.#waiting.add(this.#names.idOf(record.target), 1);
  }

  #insertFull(record: WorkRecord, kind: number, payload: StoredBytes): void {
    const { orderKey, caller, result } = record;
    const resultKind = kindOf(result);
    this.#sql.insert.run(
      record.seq,
      STATE_CODES[record.state],
      this.#names.idOf(record.target),
      record.readyAt,
      record.position,
      record.dueAt,
      record.starts,
      record.failures,
      record.losses,
      record.size,
      record.acceptedAt,
      record.acceptedWall,
      record.startedWall,
      record.endedAt,
      record.endedWall,
      caller === null ? null : this.#names.idOf(caller),
      orderKey === null ? null : toStoredKey(orderKey),
      record.maxAttempts,
      record.hops,
      record.chain,
      kind,
      resultKind,
      record.resultCut ? 1 : 0,
      toStoredErrors(record.errors),
      record.invokerContext,
      payload,
      toStored(result, resultKind),
    );
  }

  get(seq: number): WorkRecord | undefined {
    this.flush();
    const row = this.#sql.get.get(seq);
    return row === undefined ? undefined : toRecord(row, this.#names, this.#body);
  }

  find(seq: number): WorkHead | undefined {
    return this.#find(seq)?.head;
  }

  maxSeq(): number {
    this.flush();
    const [seq] = this.#sql.maxSeq.get() ?? [];
    return seq ?? 0;
  }

  start(seqs: readonly number[], wall: number): void {
    for (const seq of seqs) {
      const seen = this.#look(seq);
      this.#set(seen, { state: 'Running', readyAt: null, starts: seen.head.starts + 1, startedWall: wall });
    }
    for (let at = 0; at < seqs.length; at += START_STEP) {
      const some = seqs.slice(at, at + START_STEP);
      const padding = Array.from({ length: START_STEP - some.length }, () => NO_ROW);
      if (this.#sql.start.run(wall, ...some, ...padding).changes !== some.length) missing(some[0] ?? NO_ROW);
    }
  }

  wait(seq: number, { state, readyAt, starts, failures, losses, errors }: Waiting): void {
    const seen = this.#look(seq);
    changed(this.#sql.wait, seq, STATE_CODES[state], readyAt, starts, failures, losses, toStoredErrors(errors), seq);
    this.#set(seen, { state, readyAt, starts, failures, losses, errors });
  }

  release(seq: number, readyAt: number): void {
    const seen = this.#look(seq);
    changed(this.#sql.release, seq, readyAt, seq);
    this.#set(seen, { readyAt });
  }

  end(seq: number, ended: Ended): void {
    const { state, starts, failures, losses, errors, result, size, keepPayload } = ended;
    const seen = this.#look(seq);
    const kind = kindOf(result);
    changed(
      keepPayload ? this.#sql.endKeeping : this.#sql.end,
      seq,
      STATE_CODES[state],
      ended.endedAt,
      ended.endedWall,
      starts,
      failures,
      losses,
      toStoredErrors(errors),
      kind,
      toStored(result, kind),
      ended.resultCut ? 1 : 0,
      size,
      seq,
    );
    const apart = seen.apart && keepPayload;
    if (seen.apart && !apart) this.#sql.removeBody.run(seq);
    this.#set({ ...seen, apart }, { state, readyAt: null, starts, failures, losses, errors, size });
  }

  revive(seq: number, position: number, readyAt: number | null, dueAt: number, size: number): void {
    const seen = this.#look(seq);
    changed(this.#sql.revive, seq, position, readyAt, dueAt, size, seq);
    this.#set(seen, { state: 'Enqueued', readyAt, dueAt, size, failures: 0, losses: 0 });
  }

  remove(seq: number): void {
    const seen = this.#find(seq);
    if (seen === undefined) return;
    this.#counts = undefined;
    this.#sql.remove.run(seq);
    if (seen.apart) this.#sql.removeBody.run(seq);
    if (isWaiting(seen.head.state)) this.#waiting.add(this.#names.idOf(seen.head.target), -1);
    this.#seen.delete(seq);
    this.#running.delete(seq);
  }

  ready(target: string, now: number, limit: number, minSeq: number): WorkRecord[] {
    const id = this.#names.find(target);
    if (id === undefined || limit <= 0) return [];
    this.flush();
    const rows = minSeq > 0 ? this.#sql.readyFrom.all(minSeq, id, now, limit) : this.#sql.ready.all(id, now, limit);
    return rows.map((row) => {
      const record = toReady(row, target, this.#names, this.#body);
      this.#seen.set(record.seq, { head: headOf(record), apart: row[READY_KIND] >= APART });
      return record;
    });
  }

  nextReadyAt(target: string, minSeq: number): number | undefined {
    const id = this.#names.find(target);
    if (id === undefined) return undefined;
    this.flush();
    const row = minSeq > 0 ? this.#sql.nextFrom.get(minSeq, id) : this.#sql.next.get(id);
    const [readyAt] = row ?? [];
    return readyAt ?? undefined;
  }

  waitingTargets(): Map<string, number> {
    const targets = new Map<string, number>();
    for (const [id, count] of this.#waiting.entries()) if (count > 0) targets.set(this.#names.nameOf(id), count);
    return targets;
  }

  firstOfKey(target: string, orderKey: string): Pick<WorkRecord, 'seq' | 'readyAt' | 'state' | 'dueAt'> | undefined {
    const id = this.#names.find(target);
    if (id === undefined) return undefined;
    // Rows that have an order key are never held back.
    const row = this.#sql.firstOfKey.get(id, toStoredKey(orderKey));
    if (row === undefined) return undefined;
    const [seq, readyAt, state, dueAt] = row;
    return { seq, readyAt, state: toState(state), dueAt };
  }

  running(): number[] {
    this.flush();
    return this.#sql.running.all().map(([seq]) => seq);
  }

  oldestEnded(limit: number): HistoryEntry[] {
    return toHistory(this.#sql.oldestEnded.all(limit));
  }

  oldestDead(limit: number, target: string | undefined): HistoryEntry[] {
    if (target === undefined) return toHistory(this.#sql.oldestDead.all(limit));
    const id = this.#names.find(target);
    return id === undefined ? [] : toHistory(this.#sql.oldestDeadOf.all(id, limit));
  }

  list({ states, target, before, limit }: ListFilter): WorkRecord[] {
    const id = target === undefined ? null : this.#names.find(target);
    if (id === undefined || limit <= 0) return [];
    this.flush();
    const seqs =
      id === null && states === undefined
        ? this.#sql.newest.all(before ?? Number.MAX_SAFE_INTEGER, limit)
        : this.#select(states ?? WORK_STATES, id, before ?? Number.MAX_SAFE_INTEGER, limit);
    const found: WorkRecord[] = [];
    let bytes = 0;
    for (const [seq] of seqs) {
      const record = this.get(seq);
      if (record === undefined) continue;
      found.push(record);
      bytes += record.size;
      if (bytes > LIST_BYTES) break;
    }
    return found;
  }

  countLive(): LiveCounts {
    this.#counts ??= this.#count();
    return this.#counts;
  }

  // Dedupe keys.

  getDedupe(target: string, key: string): Dedupe | undefined {
    const id = this.#names.find(target);
    if (id === undefined) return undefined;
    const row = this.#sql.getDedupe.get(id, toStoredKey(key));
    if (row === undefined) return undefined;
    const [seq, until] = row;
    return { seq, until };
  }

  setDedupe(target: string, key: string, { seq, until }: Dedupe): void {
    this.#sql.setDedupe.run(this.#names.idOf(target), toStoredKey(key), seq, until);
  }

  pruneDedupe(now: number, limit: number): number {
    this.flush();
    const rows = this.#sql.oldDedupes.all(now, limit);
    for (const [target, key] of rows) this.#sql.removeDedupe.run(target, key);
    return rows.length;
  }

  // Timers, boots, meta.

  getTimer(target: string, name: string): TimerTick | undefined {
    const id = this.#names.find(target);
    if (id === undefined) return undefined;
    const row = this.#sql.getTimer.get(id, name);
    if (row === undefined) return undefined;
    const [wall, at] = row;
    return { wall, at };
  }

  setTimer(target: string, name: string, { wall, at }: TimerTick): void {
    this.#sql.setTimer.run(this.#names.idOf(target), name, wall, at);
  }

  boots(): Boot[] {
    return this.#sql.boots.all().map(([bootId, firstSeq]) => ({ bootId, firstSeq }));
  }

  addBoot({ bootId, firstSeq }: Boot): void {
    this.#sql.addBoot.run(bootId, firstSeq);
  }

  getMeta(): Meta | undefined {
    const row = this.#sql.getMeta.get();
    if (row === undefined) return undefined;
    const [
      lastSeq,
      redriven,
      endedCount,
      endedBytes,
      deadCount,
      deadBytes,
      removed,
      ledgerTime,
      wall,
      newestWall,
      machineBoot,
      uptime,
    ] = row;
    return {
      lastSeq,
      redriven,
      endedCount,
      endedBytes,
      deadCount,
      deadBytes,
      removed,
      ledgerTime,
      wall,
      newestWall,
      machineBoot,
      uptime,
    };
  }

  setMeta(meta: Meta): void {
    this.#sql.setMeta.run(
      meta.lastSeq,
      meta.redriven,
      meta.endedCount,
      meta.endedBytes,
      meta.deadCount,
      meta.deadBytes,
      meta.removed,
      meta.ledgerTime,
      meta.wall,
      meta.newestWall,
      meta.machineBoot,
      meta.uptime,
    );
  }

  readonly #body = (seq: number): SQLOutputValue | undefined => {
    const [payload] = this.#sql.body.get(seq) ?? [];
    return payload;
  };

  /** Of rows in some states: from the indexes that hold them, newest first. */
  #select(states: readonly WorkState[], target: number | null, before: number, limit: number): SeqRow[] {
    const codes = new Set<number>(states.map((state) => STATE_CODES[state]));
    const found: SeqRow[] = [];
    for (const [members, statement] of this.#sql.listings) {
      const wanted = members.filter((code) => codes.has(code));
      if (wanted.length === 0) continue;
      // Both states of a pair, or one of them.
      const [first = 0, second = first] = wanted;
      found.push(...statement.all(before, first, second, target, target, limit));
    }
    return found.sort(([a], [b]) => b - a).slice(0, limit);
  }

  #count(): LiveCounts {
    this.flush();
    this.#waiting.clear();
    const counts = { enqueued: 0, running: 0, retrying: 0, bytes: 0 };
    for (const statement of [this.#sql.countReady, this.#sql.countBlocked]) {
      for (const [target, count, bytes, retrying] of statement.all()) {
        this.#waiting.count(target, count);
        counts.enqueued += count - retrying;
        counts.retrying += retrying;
        counts.bytes += bytes;
      }
    }
    const [running, bytes] = this.#sql.countRunning.get() ?? [];
    counts.running = running ?? 0;
    counts.bytes += bytes ?? 0;
    return counts;
  }

  #find(seq: number): Seen | undefined {
    if (this.#fresh.has(seq)) this.flush();
    let seen = this.#seen.get(seq) ?? this.#running.get(seq);
    if (seen === undefined) {
      const row = this.#sql.find.get(seq);
      if (row === undefined) return undefined;
      seen = { head: toHead(row, this.#names), apart: row[HEAD_KIND] >= APART };
      this.#seen.set(seq, seen);
    }
    return seen;
  }

  /** Before it is changed. */
  #look(seq: number): Seen {
    this.#counts = undefined;
    return this.#find(seq) ?? missing(seq);
  }

  /** It was changed. */
  #set({ head, apart }: Seen, change: Partial<WorkHead>): void {
    const now = { ...head, ...change };
    const waits = Number(isWaiting(now.state)) - Number(isWaiting(head.state));
    if (waits !== 0) this.#waiting.add(this.#names.idOf(head.target), waits);
    this.#seen.set(head.seq, { head: now, apart });
  }
}

/** Without what may be large: it is kept while the row runs. */
function headOf(record: WorkRecord): WorkHead {
  const { seq, state, target, orderKey, readyAt, dueAt, starts, failures, losses, errors, startedWall, size } = record;
  return { seq, state, target, orderKey, readyAt, dueAt, starts, failures, losses, errors, startedWall, size };
}

function isWaiting(state: WorkState): boolean {
  return state === 'Enqueued' || state === 'Retrying';
}

function changed(statement: StatementSync, seq: number, ...values: SQLInputValue[]): void {
  if (statement.run(...values).changes !== 1) missing(seq);
}

function missing(seq: number): never {
  throw new Error(`edgefc: there is no work with the number ${seq}; this is a bug`);
}
