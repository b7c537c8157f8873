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
import { Query } from './query.ts';
import {
  APART,
  fromStored,
  fromStoredErrors,
  fromStoredKey,
  isLarge,
  kindOf,
  STATE_CODES,
  toState,
  toStored,
  toStoredErrors,
  toStoredKey,
} from './values.ts';

const { Enqueued, Running, Retrying, Succeeded, Failed, Expired, Stopped } = STATE_CODES;

const COLUMNS = `seq, state, target, ready_at, position, due_at, starts, failures, losses, size, accepted_at, accepted_wall,
  started_wall, ended_at, ended_wall, caller, order_key, max_attempts, hops, chain, payload_kind, result_kind, result_cut,
  errors, invoker_context, payload, result`;

type WorkRow = readonly [
  seq: number,
  state: number,
  target: number,
  readyAt: number | null,
  position: number,
  dueAt: number,
  starts: number,
  failures: number,
  losses: number,
  size: number,
  acceptedAt: number,
  acceptedWall: number,
  startedWall: number | null,
  endedAt: number | null,
  endedWall: number | null,
  caller: number | null,
  orderKey: string | null,
  maxAttempts: number | null,
  hops: number,
  chain: number,
  payloadKind: number,
  resultKind: number,
  resultCut: number,
  errors: string | null,
  invokerContext: string | null,
  payload: SQLOutputValue,
  result: SQLOutputValue,
];

const HEAD_COLUMNS =
  'seq, state, target, order_key, ready_at, due_at, starts, failures, losses, errors, started_wall, size, payload_kind';

type HeadRow = readonly [
  seq: number,
  state: number,
  target: number,
  orderKey: string | null,
  readyAt: number | null,
  dueAt: number,
  starts: number,
  failures: number,
  losses: number,
  errors: string | null,
  startedWall: number | null,
  size: number,
  payloadKind: number,
];

type SeqRow = readonly [seq: number];
type HistoryRow = readonly [seq: number, state: number, endedAt: number, size: number];
type CountRow = readonly [target: number, count: number, bytes: number, retrying: number];
type MetaRow = readonly [
  lastSeq: number,
  redriven: number,
  endedCount: number,
  endedBytes: number,
  deadCount: number,
  deadBytes: number,
  removed: number,
  ledgerTime: number,
  wall: number,
  newestWall: number,
  machineBoot: string | null,
  uptime: number | null,
];

/** What has to be known of a row to change it. */
interface Seen {
  readonly target: number;
  waits: boolean;
  readonly apart: boolean;
}

/** Bytes of payloads and results after which a listing ends before its limit: the rest is the next page. */
const LIST_BYTES = 8 * 1024 * 1024;

export class SqliteTables implements Tables {
  readonly #database: DatabaseSync;
  readonly #sql: ReturnType<typeof prepareAll>;
  readonly #ids = new Map<string, number>();
  readonly #names = new Map<number, string>();
  /** Waiting rows by function. */
  readonly #waiting = new Map<number, number>();
  /** Rows that this transaction has looked at or changed. */
  readonly #seen = new Map<number, Seen>();
  #addedFunctions: string[] = [];
  readonly #waitingBefore = new Map<number, number>();
  /** Of the live rows, until one changes. */
  #counts: LiveCounts | undefined;

  /** Reads what waits: the indexes of live rows, and nothing else. */
  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#sql = prepareAll(database);
    for (const row of database.prepare('SELECT id, key FROM functions').all()) {
      const { id, key } = row;
      if (typeof id !== 'number' || typeof key !== 'string') continue;
      this.#ids.set(key, id);
      this.#names.set(id, key);
    }
    this.#counts = this.#count();
  }

  // Transactions.

  begin(): void {
    this.#sql.begin.run();
  }

  commit(): void {
    this.#sql.commit.run();
    this.#seen.clear();
    this.#addedFunctions = [];
    this.#waitingBefore.clear();
  }

  /** Also after a failed commit; SQLite may have rolled back by itself. */
  rollback(): void {
    this.#seen.clear();
    for (const key of this.#addedFunctions) {
      const id = this.#ids.get(key);
      this.#ids.delete(key);
      if (id !== undefined) this.#names.delete(id);
    }
    this.#addedFunctions = [];
    for (const [target, count] of this.#waitingBefore) this.#waiting.set(target, count);
    this.#waitingBefore.clear();
    if (this.#database.isTransaction) this.#sql.rollback.run();
  }

  // Work.

  insert(record: WorkRecord): void {
    const { seq, state, readyAt, orderKey, payload, caller, errors, result } = record;
    this.#counts = undefined;
    const target = this.#idOf(record.target);
    const kind = kindOf(payload);
    const stored = toStored(payload, kind);
    const apart = isLarge(stored);
    if (isFresh(record)) {
      this.#sql.insertFresh.run(
        seq,
        STATE_CODES[state],
        target,
        readyAt,
        record.position,
        record.dueAt,
        record.starts,
        record.size,
        record.acceptedAt,
        record.acceptedWall,
        record.startedWall,
        caller === null ? null : this.#idOf(caller),
        apart ? kind + APART : kind,
        record.invokerContext,
        apart ? null : stored,
      );
    } else {
      const resultKind = kindOf(result);
      this.#sql.insert.run(
        seq,
        STATE_CODES[state],
        target,
        readyAt,
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
        caller === null ? null : this.#idOf(caller),
        orderKey === null ? null : toStoredKey(orderKey),
        record.maxAttempts,
        record.hops,
        record.chain,
        apart ? kind + APART : kind,
        resultKind,
        record.resultCut ? 1 : 0,
        toStoredErrors(errors),
        record.invokerContext,
        apart ? null : stored,
        toStored(result, resultKind),
      );
    }
    if (apart) this.#sql.insertBody.run(seq, stored);
    const waits = isLive(state) && state !== 'Running';
    this.#seen.set(seq, { target, waits, apart });
    if (waits) this.#countWaiting(target, 1);
  }

  get(seq: number): WorkRecord | undefined {
    const row = this.#sql.get.get(seq);
    return row === undefined ? undefined : this.#toRecord(row);
  }

  find(seq: number): WorkHead | undefined {
    const row = this.#sql.find.get(seq);
    if (row === undefined) return undefined;
    const [, state, target, orderKey, readyAt, dueAt, starts, failures, losses, errors, startedWall, size, kind] = row;
    this.#see(seq, state, target, kind);
    return {
      seq,
      state: toState(state),
      target: this.#nameOf(target),
      orderKey: orderKey === null ? null : fromStoredKey(orderKey),
      readyAt,
      dueAt,
      starts,
      failures,
      losses,
      errors: fromStoredErrors(errors),
      startedWall,
      size,
    };
  }

  maxSeq(): number {
    const [seq] = this.#sql.maxSeq.get() ?? [];
    return seq ?? 0;
  }

  start(seq: number, wall: number): void {
    const seen = this.#look(seq);
    changed(this.#sql.start, seq, wall, seq);
    this.#setWaits(seen, false);
  }

  wait(seq: number, { state, readyAt, starts, failures, losses, errors }: Waiting): void {
    const seen = this.#look(seq);
    changed(this.#sql.wait, seq, STATE_CODES[state], readyAt, starts, failures, losses, toStoredErrors(errors), seq);
    this.#setWaits(seen, true);
  }

  release(seq: number, readyAt: number): void {
    changed(this.#sql.release, seq, readyAt, seq);
  }

  end(seq: number, ended: Ended): void {
    const seen = this.#look(seq);
    const kind = kindOf(ended.result);
    changed(
      ended.keepPayload ? this.#sql.endKeeping : this.#sql.end,
      seq,
      STATE_CODES[ended.state],
      ended.endedAt,
      ended.endedWall,
      ended.starts,
      ended.failures,
      ended.losses,
      toStoredErrors(ended.errors),
      kind,
      toStored(ended.result, kind),
      ended.resultCut ? 1 : 0,
      ended.size,
      seq,
    );
    if (seen.apart && !ended.keepPayload) {
      this.#sql.removeBody.run(seq);
      this.#seen.set(seq, { ...seen, apart: false });
    }
    this.#setWaits(seen, false);
  }

  revive(seq: number, position: number, readyAt: number | null, dueAt: number, size: number): void {
    const seen = this.#look(seq);
    changed(this.#sql.revive, seq, position, readyAt, dueAt, size, seq);
    this.#setWaits(seen, true);
  }

  remove(seq: number): void {
    const seen = this.#find(seq);
    if (seen === undefined) return;
    this.#sql.remove.run(seq);
    if (seen.apart) this.#sql.removeBody.run(seq);
    this.#setWaits(seen, false);
    this.#seen.delete(seq);
  }

  ready(target: string, now: number, limit: number, minSeq: number): WorkRecord[] {
    const id = this.#ids.get(target);
    if (id === undefined || limit <= 0) return [];
    const rows = minSeq > 0 ? this.#sql.readyFrom.all(minSeq, id, now, limit) : this.#sql.ready.all(id, now, limit);
    return rows.map((row) => this.#toRecord(row));
  }

  nextReadyAt(target: string, minSeq: number): number | undefined {
    const id = this.#ids.get(target);
    if (id === undefined) return undefined;
    const row = minSeq > 0 ? this.#sql.nextFrom.get(minSeq, id) : this.#sql.next.get(id);
    const [readyAt] = row ?? [];
    return readyAt ?? undefined;
  }

  waitingTargets(): Map<string, number> {
    const targets = new Map<string, number>();
    for (const [id, count] of this.#waiting) if (count > 0) targets.set(this.#nameOf(id), count);
    return targets;
  }

  firstOfKey(target: string, orderKey: string): Pick<WorkRecord, 'seq' | 'readyAt' | 'state' | 'dueAt'> | undefined {
    const id = this.#ids.get(target);
    if (id === undefined) return undefined;
    const row = this.#sql.firstOfKey.get(id, toStoredKey(orderKey));
    if (row === undefined) return undefined;
    const [seq, readyAt, state, dueAt] = row;
    return { seq, readyAt, state: toState(state), dueAt };
  }

  running(): number[] {
    return this.#sql.running.all().map(([seq]) => seq);
  }

  oldestEnded(limit: number): HistoryEntry[] {
    return toEntries(this.#sql.oldestEnded.all(limit));
  }

  oldestDead(limit: number, target: string | undefined): HistoryEntry[] {
    if (target === undefined) return toEntries(this.#sql.oldestDead.all(limit));
    const id = this.#ids.get(target);
    return id === undefined ? [] : toEntries(this.#sql.oldestDeadOf.all(id, limit));
  }

  list({ states, target, before, limit }: ListFilter): WorkRecord[] {
    const id = target === undefined ? null : this.#ids.get(target);
    if (id === undefined || limit <= 0) return [];
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
    const id = this.#ids.get(target);
    if (id === undefined) return undefined;
    const row = this.#sql.getDedupe.get(id, toStoredKey(key));
    if (row === undefined) return undefined;
    const [seq, until] = row;
    return { seq, until };
  }

  setDedupe(target: string, key: string, { seq, until }: Dedupe): void {
    this.#sql.setDedupe.run(this.#idOf(target), toStoredKey(key), seq, until);
  }

  pruneDedupe(now: number, limit: number): number {
    const rows = this.#sql.oldDedupes.all(now, limit);
    for (const [target, key] of rows) this.#sql.removeDedupe.run(target, key);
    return rows.length;
  }

  // Timers, boots, meta.

  getTimer(target: string, name: string): TimerTick | undefined {
    const id = this.#ids.get(target);
    if (id === undefined) return undefined;
    const row = this.#sql.getTimer.get(id, name);
    if (row === undefined) return undefined;
    const [wall, at] = row;
    return { wall, at };
  }

  setTimer(target: string, name: string, { wall, at }: TimerTick): void {
    this.#sql.setTimer.run(this.#idOf(target), name, wall, at);
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

  #toRecord(row: WorkRow): WorkRecord {
    const [seq, state, target, readyAt, position, dueAt, starts, failures, losses, size, acceptedAt, acceptedWall] =
      row;
    const [, , , , , , , , , , , , startedWall, endedAt, endedWall, caller, orderKey, maxAttempts, hops, chain] = row;
    const payloadKind = row[20];
    this.#see(seq, state, target, payloadKind);
    const apart = payloadKind >= APART;
    return {
      seq,
      state: toState(state),
      target: this.#nameOf(target),
      readyAt,
      position,
      dueAt,
      starts,
      failures,
      losses,
      size,
      acceptedAt,
      acceptedWall,
      startedWall,
      endedAt,
      endedWall,
      caller: caller === null ? null : this.#nameOf(caller),
      orderKey: orderKey === null ? null : fromStoredKey(orderKey),
      maxAttempts,
      hops,
      chain,
      errors: fromStoredErrors(row[23]),
      invokerContext: row[24],
      payload: apart ? fromStored(this.#body(seq), payloadKind - APART) : fromStored(row[25], payloadKind),
      result: fromStored(row[26], row[21]),
      resultCut: row[22] === 1,
    };
  }

  #body(seq: number): SQLOutputValue | undefined {
    const [payload] = this.#sql.body.get(seq) ?? [];
    return payload;
  }

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
    this.#waiting.clear();
    const counts = { enqueued: 0, running: 0, retrying: 0, bytes: 0 };
    for (const statement of [this.#sql.countReady, this.#sql.countBlocked]) {
      for (const [target, count, bytes, retrying] of statement.all()) {
        this.#waiting.set(target, (this.#waiting.get(target) ?? 0) + count);
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

  #see(seq: number, state: number, target: number, payloadKind: number): void {
    const waits = state === Enqueued || state === Retrying;
    this.#seen.set(seq, { target, waits, apart: payloadKind >= APART });
  }

  /** Before it is changed. */
  #find(seq: number): Seen | undefined {
    this.#counts = undefined;
    if (!this.#seen.has(seq)) this.find(seq);
    return this.#seen.get(seq);
  }

  #look(seq: number): Seen {
    return this.#find(seq) ?? missing(seq);
  }

  #setWaits(seen: Seen, waits: boolean): void {
    if (seen.waits === waits) return;
    seen.waits = waits;
    this.#countWaiting(seen.target, waits ? 1 : -1);
  }

  #countWaiting(target: number, change: 1 | -1): void {
    const count = this.#waiting.get(target) ?? 0;
    if (!this.#waitingBefore.has(target)) this.#waitingBefore.set(target, count);
    this.#waiting.set(target, count + change);
  }

  #idOf(key: string): number {
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = Number(this.#sql.addFunction.run(key).lastInsertRowid);
    this.#ids.set(key, id);
    this.#names.set(id, key);
    this.#addedFunctions.push(key);
    return id;
  }

  #nameOf(id: number): string {
    const name = this.#names.get(id);
    if (name === undefined) throw new RangeError(`edgefc: the queue names a function ${id} that it does not have`);
    return name;
  }
}

/** As most are when they are accepted: their other columns have the same values in all of them. */
function isFresh({
  orderKey,
  maxAttempts,
  hops,
  chain,
  failures,
  losses,
  errors,
  result,
  endedAt,
}: WorkRecord): boolean {
  const plain = orderKey === null && maxAttempts === null && hops === 0 && chain === 0;
  return plain && failures === 0 && losses === 0 && errors.length === 0 && result === null && endedAt === null;
}

function toEntries(rows: readonly HistoryRow[]): HistoryEntry[] {
  return rows.map(([seq, state, endedAt, size]) => ({
    seq,
    state: toState(state),
    endedAt,
    size,
  }));
}

function changed(statement: StatementSync, seq: number, ...values: SQLInputValue[]): void {
  if (statement.run(...values).changes !== 1) missing(seq);
}

function missing(seq: number): never {
  throw new Error(`edgefc: there is no work with the number ${seq}; this is a bug`);
}

function prepareAll(database: DatabaseSync) {
  const run = (sql: string): StatementSync => database.prepare(sql);
  const read = <Row extends readonly unknown[]>(sql: string): Query<Row> => new Query<Row>(database, sql);
  const marks = COLUMNS.split(',')
    .map(() => '?')
    .join(', ');
  const END = `state = ?, ready_at = NULL, ended_at = ?, ended_wall = ?, starts = ?, failures = ?, losses = ?, errors = ?,
    result_kind = ?, result = ?, result_cut = ?, size = ?`;
  const HISTORY = 'SELECT seq, state, ended_at, size FROM work';
  const COUNT = `SELECT target, count(*), sum(size), sum(state = ${Retrying}) FROM work`;
  const listing = (index: string, condition: string): Query<SeqRow> =>
    read<SeqRow>(`SELECT seq FROM work INDEXED BY ${index}
      WHERE ${condition} AND seq < ? AND state IN (?, ?) AND (? IS NULL OR target = ?) ORDER BY seq DESC LIMIT ?`);
  const DEAD = `state IN (${Failed}, ${Expired})`;
  const ENDED = `state IN (${Succeeded}, ${Stopped})`;
  const BLOCKED = `ready_at IS NULL AND state IN (${Enqueued}, ${Retrying})`;
  return {
    begin: run('BEGIN IMMEDIATE'),
    commit: run('COMMIT'),
    rollback: run('ROLLBACK'),
    addFunction: run('INSERT INTO functions (key) VALUES (?)'),
    insert: run(`INSERT INTO work (${COLUMNS}) VALUES (${marks})`),
    // Binding a value costs 0.1 µs: 15 instead of 27 are a good part of what accepting work takes.
    insertFresh:
      run(`INSERT INTO work (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?, NULL, NULL, ?, NULL, NULL, 0, 0,
      ?, 0, 0, NULL, ?, ?, NULL)`),
    insertBody: run('INSERT INTO bodies (seq, payload) VALUES (?, ?)'),
    removeBody: run('DELETE FROM bodies WHERE seq = ?'),
    body: read<readonly [payload: SQLOutputValue]>('SELECT payload FROM bodies WHERE seq = ?'),
    get: read<WorkRow>(`SELECT ${COLUMNS} FROM work WHERE seq = ?`),
    find: read<HeadRow>(`SELECT ${HEAD_COLUMNS} FROM work WHERE seq = ?`),
    maxSeq: read<readonly [seq: number | null]>('SELECT max(seq) FROM work'),
    start: run(
      `UPDATE work SET state = ${Running}, ready_at = NULL, starts = starts + 1, started_wall = ? WHERE seq = ?`,
    ),
    wait: run(
      'UPDATE work SET state = ?, ready_at = ?, starts = ?, failures = ?, losses = ?, errors = ? WHERE seq = ?',
    ),
    release: run('UPDATE work SET ready_at = ? WHERE seq = ?'),
    end: run(`UPDATE work SET ${END}, payload_kind = 0, payload = NULL, invoker_context = NULL WHERE seq = ?`),
    endKeeping: run(`UPDATE work SET ${END} WHERE seq = ?`),
    revive:
      run(`UPDATE work SET state = ${Enqueued}, position = ?, ready_at = ?, due_at = ?, size = ?, failures = 0, losses = 0,
      ended_at = NULL, ended_wall = NULL WHERE seq = ?`),
    remove: run('DELETE FROM work WHERE seq = ?'),
    ready: read<WorkRow>(`SELECT ${COLUMNS} FROM work INDEXED BY ready
      WHERE target = ? AND ready_at IS NOT NULL AND ready_at <= ? ORDER BY ready_at, position LIMIT ?`),
    // Rows of this start of the host are few, and stand together.
    readyFrom: read<WorkRow>(`SELECT ${COLUMNS} FROM work NOT INDEXED
      WHERE seq >= ? AND target = ? AND ready_at IS NOT NULL AND ready_at <= ? ORDER BY ready_at, position LIMIT ?`),
    next: read<readonly [readyAt: number]>(`SELECT ready_at FROM work INDEXED BY ready
      WHERE target = ? AND ready_at IS NOT NULL ORDER BY ready_at LIMIT 1`),
    nextFrom: read<readonly [readyAt: number | null]>(
      'SELECT min(ready_at) FROM work NOT INDEXED WHERE seq >= ? AND target = ? AND ready_at IS NOT NULL',
    ),
    firstOfKey: read<
      readonly [seq: number, readyAt: number | null, state: number, dueAt: number]
    >(`SELECT seq, ready_at, state, due_at FROM work INDEXED BY keyed
      WHERE target = ? AND order_key = ? AND order_key IS NOT NULL AND state <= ${Retrying} ORDER BY position LIMIT 1`),
    running: read<SeqRow>(`SELECT seq FROM work INDEXED BY running WHERE state = ${Running} ORDER BY seq`),
    oldestEnded: read<HistoryRow>(`${HISTORY} INDEXED BY ended WHERE ${ENDED} ORDER BY ended_at, seq LIMIT ?`),
    oldestDead: read<HistoryRow>(`${HISTORY} INDEXED BY dead WHERE ${DEAD} ORDER BY ended_at, seq LIMIT ?`),
    oldestDeadOf: read<HistoryRow>(
      `${HISTORY} INDEXED BY dead WHERE ${DEAD} AND target = ? ORDER BY ended_at, seq LIMIT ?`,
    ),
    newest: read<SeqRow>('SELECT seq FROM work WHERE seq < ? ORDER BY seq DESC LIMIT ?'),
    listings: [
      [[Enqueued, Retrying], listing('ready', 'ready_at IS NOT NULL')],
      [[Enqueued, Retrying], listing('blocked', BLOCKED)],
      [[Running], listing('running', `state = ${Running}`)],
      [[Succeeded, Stopped], listing('ended', ENDED)],
      [[Failed, Expired], listing('dead', DEAD)],
    ] as const satisfies readonly (readonly [readonly number[], Query<SeqRow>])[],
    countReady: read<CountRow>(`${COUNT} INDEXED BY ready WHERE ready_at IS NOT NULL GROUP BY target`),
    countBlocked: read<CountRow>(`${COUNT} INDEXED BY blocked WHERE ${BLOCKED} GROUP BY target`),
    countRunning: read<readonly [count: number, bytes: number | null]>(
      `SELECT count(*), sum(size) FROM work INDEXED BY running WHERE state = ${Running}`,
    ),
    getDedupe: read<readonly [seq: number, until: number]>(
      'SELECT seq, until FROM dedupe WHERE target = ? AND key = ?',
    ),
    setDedupe: run('INSERT OR REPLACE INTO dedupe (target, key, seq, until) VALUES (?, ?, ?, ?)'),
    oldDedupes: read<
      readonly [target: number, key: string]
    >(`SELECT target, key FROM dedupe INDEXED BY dedupe_until WHERE until <= ? AND NOT EXISTS
      (SELECT 1 FROM work WHERE work.seq = dedupe.seq AND work.state <= ${Retrying}) ORDER BY until LIMIT ?`),
    removeDedupe: run('DELETE FROM dedupe WHERE target = ? AND key = ?'),
    getTimer: read<readonly [wall: number, at: number]>('SELECT wall, at FROM timers WHERE target = ? AND name = ?'),
    setTimer: run('INSERT OR REPLACE INTO timers (target, name, wall, at) VALUES (?, ?, ?, ?)'),
    boots: read<readonly [bootId: string, firstSeq: number]>('SELECT boot_id, first_seq FROM boots ORDER BY id'),
    addBoot: run('INSERT INTO boots (boot_id, first_seq) VALUES (?, ?)'),
    getMeta:
      read<MetaRow>(`SELECT last_seq, redriven, ended_count, ended_bytes, dead_count, dead_bytes, removed, ledger_time, wall,
      newest_wall, machine_boot, uptime FROM meta WHERE id = 1`),
    setMeta:
      run(`INSERT OR REPLACE INTO meta (id, last_seq, redriven, ended_count, ended_bytes, dead_count, dead_bytes, removed,
      ledger_time, wall, newest_wall, machine_boot, uptime) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
  };
}
