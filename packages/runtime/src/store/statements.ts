/** Every statement of the tables (sqlite-tables.ts), prepared once, with the rows that it gives. */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { Query } from './query.ts';
import { STATE_CODES } from './values.ts';

const { Enqueued, Running, Retrying, Succeeded, Failed, Expired, Stopped } = STATE_CODES;

/** Of a piece of work. */
export const COLUMNS: string = `seq, state, target, ready_at, position, due_at, starts, failures, losses, size, accepted_at, accepted_wall,
  started_wall, ended_at, ended_wall, caller, order_key, max_attempts, hops, chain, payload_kind, result_kind, result_cut,
  errors, invoker_context, payload, result`;

export type WorkRow = readonly [
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

export type HeadRow = readonly [
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

/** Where `payload_kind` stands in it. */
export const HEAD_KIND = 12;

export type SeqRow = readonly [seq: number];
export type HistoryRow = readonly [seq: number, state: number, endedAt: number, size: number];
export type CountRow = readonly [target: number, count: number, bytes: number, retrying: number];
export type MetaRow = readonly [
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

/** What a waiting row may have other than null and 0. */
const READY_COLUMNS = `seq, state, position, ready_at, due_at, starts, failures, losses, size, accepted_at, accepted_wall, caller,
  order_key, max_attempts, hops, chain, payload_kind, errors, invoker_context, payload`;

export type ReadyRow = readonly [
  seq: number,
  state: number,
  position: number,
  readyAt: number,
  dueAt: number,
  starts: number,
  failures: number,
  losses: number,
  size: number,
  acceptedAt: number,
  acceptedWall: number,
  caller: number | null,
  orderKey: string | null,
  maxAttempts: number | null,
  hops: number,
  chain: number,
  payloadKind: number,
  errors: string | null,
  invokerContext: string | null,
  payload: SQLOutputValue,
];

/** Where `payload_kind` stands in it. */
export const READY_KIND = 16;

/** Rows that are started by one statement; what is left of it names row 0, which there is not. */
export const START_STEP: number = 16;

type Writes = Readonly<
  Record<
    | 'begin'
    | 'commit'
    | 'rollback'
    | 'insert'
    | 'insertBody'
    | 'removeBody'
    | 'start'
    | 'wait'
    | 'release'
    | 'end'
    | 'endKeeping'
    | 'revive'
    | 'remove'
    | 'setDedupe'
    | 'removeDedupe'
    | 'setTimer'
    | 'addBoot'
    | 'setMeta',
    StatementSync
  >
>;

interface Reads {
  readonly body: Query<readonly [payload: SQLOutputValue]>;
  readonly get: Query<WorkRow>;
  readonly find: Query<HeadRow>;
  readonly maxSeq: Query<readonly [seq: number | null]>;
  readonly ready: Query<ReadyRow>;
  readonly readyFrom: Query<ReadyRow>;
  readonly next: Query<readonly [readyAt: number | null]>;
  readonly nextFrom: Query<readonly [readyAt: number | null]>;
  readonly firstOfKey: Query<readonly [seq: number, readyAt: number | null, state: number, dueAt: number]>;
  readonly running: Query<SeqRow>;
  readonly oldestEnded: Query<HistoryRow>;
  readonly oldestDead: Query<HistoryRow>;
  readonly oldestDeadOf: Query<HistoryRow>;
  readonly newest: Query<SeqRow>;
  /** Which states each of them finds. */
  readonly listings: readonly (readonly [states: readonly number[], listing: Query<SeqRow>])[];
  readonly countReady: Query<CountRow>;
  readonly countBlocked: Query<CountRow>;
  readonly countRunning: Query<readonly [count: number, bytes: number | null]>;
  readonly getDedupe: Query<readonly [seq: number, until: number]>;
  readonly oldDedupes: Query<readonly [target: number, key: string]>;
  readonly getTimer: Query<readonly [wall: number, at: number]>;
  readonly boots: Query<readonly [bootId: string, firstSeq: number]>;
  readonly getMeta: Query<MetaRow>;
}

export type Statements = Writes & Reads;

export function prepareAll(database: DatabaseSync): Statements {
  const run = (sql: string): StatementSync => database.prepare(sql);
  const read = <Row extends readonly unknown[]>(sql: string): Query<Row> => new Query<Row>(database, sql);
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
    insert: run(`INSERT INTO work (${COLUMNS}) VALUES (${marks(COLUMNS.split(',').length)})`),
    insertBody: run('INSERT INTO bodies (seq, payload) VALUES (?, ?)'),
    removeBody: run('DELETE FROM bodies WHERE seq = ?'),
    body: read<readonly [payload: SQLOutputValue]>('SELECT payload FROM bodies WHERE seq = ?'),
    get: read<WorkRow>(`SELECT ${COLUMNS} FROM work WHERE seq = ?`),
    find: read<HeadRow>(`SELECT ${HEAD_COLUMNS} FROM work WHERE seq = ?`),
    maxSeq: read<readonly [seq: number | null]>('SELECT max(seq) FROM work'),
    start: run(`UPDATE work SET state = ${Running}, ready_at = NULL, starts = starts + 1, started_wall = ?
      WHERE seq IN (${marks(START_STEP)})`),
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
    ready: read<ReadyRow>(`SELECT ${READY_COLUMNS} FROM work INDEXED BY ready
      WHERE target = ? AND ready_at IS NOT NULL AND ready_at <= ? ORDER BY ready_at, position LIMIT ?`),
    // Rows of this start of the host are few, and stand together.
    readyFrom: read<ReadyRow>(`SELECT ${READY_COLUMNS} FROM work NOT INDEXED
      WHERE seq >= ? AND target = ? AND ready_at IS NOT NULL AND ready_at <= ? ORDER BY ready_at, position LIMIT ?`),
    next: read<readonly [readyAt: number | null]>(`SELECT ready_at FROM work INDEXED BY ready
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

function marks(count: number): string {
  return Array.from({ length: count }, () => '?').join(', ');
}
