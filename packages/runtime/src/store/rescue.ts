/**
 * A damaged file: set aside as it is, and everything that can still be read copied into a new one.
 *
 * Row by row: a page that cannot be read costs the rows on it and no others. What is lost is counted and said, never
 * silently left out; counted as `removed`, so that accepted = live + kept + removed holds on (I3).
 */
import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { failureOf } from './failures.ts';
import { openDatabase } from './open-database.ts';
import { migrate, NEW_FILE } from './schema.ts';
import { APART, fromStored, fromStoredErrors } from './values.ts';

type Row = Record<string, SQLOutputValue>;

const PAGE_SIZE = 4096;
/** States up to Retrying are live (values.ts). */
const LAST_LIVE = 2;

/** Sets `file` aside and makes a new one of what can be read; gives sentences for the log. */
export function rescue(file: string, why: string): string[] {
  const aside = setAside(file);
  const part = `${file}.rescue`;
  removeDatabase(part);
  const target = openDatabase(part, { enableForeignKeyConstraints: false });
  try {
    target.exec(`${NEW_FILE}; PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY`);
    migrate(target, part);
    const counted = copyReadable(aside, target);
    target.close();
    syncFile(part);
    renameSync(part, file);
    return [`the queue's file was damaged (${why}); it was set aside as ${aside}`, describe(counted)];
  } catch (error) {
    if (target.isOpen) target.close();
    removeDatabase(part);
    // The next start finds the damaged file where it was.
    for (const suffix of ['', '-wal']) if (existsSync(aside + suffix)) renameSync(aside + suffix, file + suffix);
    throw error;
  }
}

interface Counted {
  readonly rescued: number;
  readonly live: number;
  /** Rows that were there and could not be read as they should. */
  readonly unreadable: number;
  /** Live rows that the indexes knew; undefined: they could not be read either. */
  readonly expectedLive: number | undefined;
  readonly nothing: boolean;
}

function describe({ rescued, live, unreadable, expectedLive, nothing }: Counted): string {
  if (nothing) return 'nothing in it could be read: the queue starts empty, and what was accepted before is lost';
  const lost =
    expectedLive === undefined
      ? 'how many were lost is not known'
      : expectedLive > live
        ? `${expectedLive - live} that were pending are lost`
        : 'nothing that was pending is lost';
  const broken = unreadable === 0 ? '' : `, ${unreadable} rows were there but not readable`;
  return `${rescued} invocations were rescued from it, ${live} of them pending; ${lost}${broken}`;
}

/** Renames the file and its log; the index of the log is made anew when it is read. */
function setAside(file: string): string {
  const base = file.endsWith('.db') ? file.slice(0, -3) : file;
  let number = 1;
  while (existsSync(`${base}.damaged-${number}.db`)) number += 1;
  const aside = `${base}.damaged-${number}.db`;
  if (existsSync(`${file}-wal`)) renameSync(`${file}-wal`, `${aside}-wal`);
  rmSync(`${file}-shm`, { force: true });
  renameSync(file, aside);
  return aside;
}

function copyReadable(aside: string, target: DatabaseSync): Counted {
  const opened = openDamaged(aside);
  if (opened === undefined) return { rescued: 0, live: 0, unreadable: 0, expectedLive: undefined, nothing: true };
  const { source, release } = opened;
  try {
    target.exec('BEGIN');
    copyTable(source, target, 'functions', 'id');
    copyTable(source, target, 'bodies', 'seq');
    const unreadable = copyWork(source, target);
    target.exec('DELETE FROM bodies WHERE seq NOT IN (SELECT seq FROM work WHERE payload_kind >= 8)');
    nameLostFunctions(target);
    copyUnordered(source, target, 'dedupe');
    copyUnordered(source, target, 'timers');
    copyTable(source, target, 'boots', 'id');
    copyTable(source, target, 'disk', 'id');
    copyTable(source, target, 'meta', 'id');
    const counted = countAll(target);
    writeMeta(target, counted);
    target.exec('COMMIT');
    return { rescued: counted.all, live: counted.live, unreadable, expectedLive: countLive(source), nothing: false };
  } finally {
    release();
  }
}

/**
 * Read-only, so that what was set aside stays as it is. Where the first page, which holds the names of the tables, cannot
 * be read, it is taken from a new file of the same version: tables stand in the same places in every file.
 */
function openDamaged(aside: string): { source: DatabaseSync; release: () => void } | undefined {
  const source = tryOpen(aside);
  if (source !== undefined) {
    return {
      source,
      release: () => {
        source.close();
        rmSync(`${aside}-shm`, { force: true });
      },
    };
  }
  const copy = `${aside}.copy`;
  graftFirstPage(aside, copy);
  const grafted = tryOpen(copy);
  if (grafted === undefined) {
    removeDatabase(copy);
    return undefined;
  }
  return {
    source: grafted,
    release: () => {
      grafted.close();
      removeDatabase(copy);
    },
  };
}

function tryOpen(file: string): DatabaseSync | undefined {
  let source: DatabaseSync | undefined;
  try {
    source = openDatabase(file, { readOnly: true, enableForeignKeyConstraints: false });
    source.prepare('SELECT seq FROM work LIMIT 0').get();
    source.prepare('SELECT id FROM functions LIMIT 0').get();
    return source;
  } catch {
    // Whatever is wrong with it: the caller has another way, or says that nothing was readable.
    source?.close();
    return undefined;
  }
}

function graftFirstPage(damaged: string, copy: string): void {
  removeDatabase(copy);
  const template = `${copy}.template`;
  removeDatabase(template);
  const made = openDatabase(template);
  made.exec(NEW_FILE);
  migrate(made, template);
  made.close();
  copyFileSync(damaged, copy);
  if (existsSync(`${damaged}-wal`)) copyFileSync(`${damaged}-wal`, `${copy}-wal`);
  const page = Buffer.alloc(PAGE_SIZE);
  const from = openSync(template, 'r');
  readSync(from, page, 0, PAGE_SIZE, 0);
  closeSync(from);
  const to = openSync(copy, 'r+');
  page.writeUInt32BE(Math.floor(fstatSync(to).size / PAGE_SIZE), 28); // Pages in the file.
  page.writeUInt8(2, 18); // It has a log.
  page.writeUInt8(2, 19);
  writeSync(to, page, 0, PAGE_SIZE, 0);
  closeSync(to);
  removeDatabase(template);
}

/** Copies a table by its key, skipping what cannot be read. */
function copyTable(source: DatabaseSync, target: DatabaseSync, table: string, key: string): void {
  let insert: StatementSync | undefined;
  for (const row of readable(source, table, key)) {
    insert ??= inserter(target, table, row);
    tryInsert(insert, row);
  }
}

/** Tables without row numbers: from the front and from the back, each up to where it is damaged. */
function copyUnordered(source: DatabaseSync, target: DatabaseSync, table: string): void {
  const [first, second] = table === 'dedupe' ? ['target', 'key'] : ['target', 'name'];
  for (const direction of ['ASC', 'DESC']) {
    try {
      const rows = source.prepare(`SELECT * FROM ${table} ORDER BY ${first} ${direction}, ${second} ${direction}`);
      let insert: StatementSync | undefined;
      for (const row of rows.iterate()) {
        insert ??= inserter(target, table, row);
        tryInsert(insert, row);
      }
      return;
    } catch (error) {
      if (failureOf(error) !== 'damage') throw error;
    }
  }
}

/** The number of rows that were there and make no sense. */
function copyWork(source: DatabaseSync, target: DatabaseSync): number {
  const body = target.prepare('SELECT payload FROM bodies WHERE seq = ?');
  let unreadable = 0;
  let insert: StatementSync | undefined;
  for (const row of readable(source, 'work', 'seq')) {
    if (!makesSense(row, (seq) => body.get(seq)?.['payload'])) {
      unreadable += 1;
      continue;
    }
    insert ??= inserter(target, 'work', row);
    if (!tryInsert(insert, row)) unreadable += 1;
  }
  return unreadable;
}

const NUMBERS = [
  'position',
  'due_at',
  'starts',
  'failures',
  'losses',
  'size',
  'accepted_at',
  'accepted_wall',
  'hops',
  'chain',
];
const NUMBERS_OR_NULL = ['ready_at', 'started_wall', 'ended_at', 'ended_wall', 'caller', 'max_attempts'];
const TEXTS_OR_NULL = ['order_key', 'errors', 'invoker_context'];

function makesSense(row: Row, body: (seq: number) => SQLOutputValue | undefined): boolean {
  const { seq, state, target, payload_kind: kind, result_kind: resultKind, errors, payload, result } = row;
  if (typeof seq !== 'number' || seq < 1 || !isCode(state, 6) || !isCode(target, Number.MAX_SAFE_INTEGER)) return false;
  if (!isCode(kind, 4 + APART) || !isCode(resultKind, 4)) return false;
  if (NUMBERS.some((name) => typeof row[name] !== 'number')) return false;
  if (NUMBERS_OR_NULL.some((name) => row[name] !== null && typeof row[name] !== 'number')) return false;
  if (TEXTS_OR_NULL.some((name) => row[name] !== null && typeof row[name] !== 'string')) return false;
  // An end without its time would be in no index, and never removed.
  if (state > LAST_LIVE && row['ended_at'] === null) return false;
  try {
    fromStored(kind >= APART ? body(seq) : payload, kind % APART);
    fromStored(result, resultKind);
    fromStoredErrors(typeof errors === 'string' ? errors : null);
    return true;
  } catch {
    return false; // Values that are not of their kind.
  }
}

function isCode(value: SQLOutputValue | undefined, last: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= last;
}

/** Rows in the order of `key`; behind what cannot be read it goes on with the next that can. */
function* readable(source: DatabaseSync, table: string, key: string): Generator<Row> {
  const rows = tryPrepare(source, `SELECT * FROM ${table} WHERE ${key} > ? ORDER BY ${key}`);
  const probe = tryPrepare(source, `SELECT ${key} FROM ${table} WHERE ${key} > ? ORDER BY ${key} LIMIT 1`);
  if (rows === undefined || probe === undefined) return;
  let after = 0;
  for (;;) {
    try {
      for (const row of rows.iterate(after)) {
        const at = row[key];
        // Rows out of order: the page is not what it was.
        if (typeof at !== 'number' || at <= after) break;
        yield row;
        after = at;
      }
    } catch (error) {
      if (failureOf(error) !== 'damage') throw error;
    }
    const next = skip(probe, after);
    if (next === undefined) return;
    after = next;
  }
}

/** The lowest number found behind `after` from which rows can be read again; undefined: there are none. */
function skip(probe: StatementSync, after: number): number | undefined {
  const isReadable: Probe = (from) => {
    try {
      const row = probe.get(from);
      if (row === undefined) return 'none';
      const [at] = Object.values(row);
      return typeof at === 'number' && at > from ? 'row' : 'damaged';
    } catch (error) {
      if (failureOf(error) !== 'damage') throw error;
      return 'damaged';
    }
  };
  if (isReadable(after) === 'none') return undefined;
  const found = gallop(isReadable, after);
  if (found === undefined) return undefined;
  let { bad, good } = found;
  while (good - bad > 1) {
    const middle: number = bad + Math.floor((good - bad) / 2);
    if (isReadable(middle) === 'row') good = middle;
    else bad = middle;
  }
  return good;
}

type Probe = (from: number) => 'row' | 'none' | 'damaged';

/** Two places, the first damaged, the second with a row behind it. */
function gallop(isReadable: Probe, after: number): { bad: number; good: number } | undefined {
  let bad = after;
  for (let step = 1; step < 2 ** 50; step *= 2) {
    const found = isReadable(after + step);
    if (found === 'row') return { bad, good: after + step };
    if (found === 'none') {
      // Nothing behind it: what can be read, if anything, is before.
      const good = lastBefore(isReadable, bad, after + step);
      return good === undefined ? undefined : { bad, good };
    }
    bad = after + step;
  }
  return undefined;
}

/** Between something damaged and the end: any place from which a row can be read. */
function lastBefore(isReadable: Probe, damaged: number, end: number): number | undefined {
  let [low, high] = [damaged, end];
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    const found = isReadable(middle);
    if (found === 'row') return middle;
    if (found === 'none') high = middle;
    else low = middle;
  }
  return undefined;
}

function tryPrepare(source: DatabaseSync, sql: string): StatementSync | undefined {
  try {
    return source.prepare(sql);
  } catch {
    return undefined; // The table is not in this file (an older version), or its description is damaged.
  }
}

function inserter(target: DatabaseSync, table: string, row: Row): StatementSync {
  const names = Object.keys(row);
  return target.prepare(
    `INSERT OR IGNORE INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
  );
}

function tryInsert(insert: StatementSync, row: Row): boolean {
  try {
    const values: SQLInputValue[] = Object.values(row);
    return insert.run(...values).changes === 1;
  } catch (error) {
    if (failureOf(error) !== 'bug') throw error;
    return false; // A value that the table does not take: not what was stored.
  }
}

/** Work whose function's name is lost is kept under a name that says so. */
function nameLostFunctions(target: DatabaseSync): void {
  target.exec(`INSERT INTO functions (id, key)
    SELECT DISTINCT id, 'Lost/function' || id FROM (SELECT target AS id FROM work UNION SELECT caller FROM work)
    WHERE id IS NOT NULL AND id NOT IN (SELECT id FROM functions)`);
}

interface Totals {
  readonly all: number;
  readonly live: number;
  readonly values: readonly SQLInputValue[];
}

function countAll(target: DatabaseSync): Totals {
  const row = target
    .prepare(
      `SELECT count(*) AS all_rows, coalesce(sum(state <= 2), 0) AS live,
        coalesce(max(seq), 0) AS seq, coalesce(max(position - seq), 0) AS redriven,
        coalesce(sum(state IN (3, 6)), 0) AS ended, coalesce(sum(size) FILTER (WHERE state IN (3, 6)), 0) AS ended_bytes,
        coalesce(sum(state IN (4, 5)), 0) AS dead, coalesce(sum(size) FILTER (WHERE state IN (4, 5)), 0) AS dead_bytes,
        coalesce(max(max(accepted_at, coalesce(ended_at, 0))), 0) AS at,
        coalesce(max(max(accepted_wall, coalesce(ended_wall, 0))), 0) AS wall FROM work`,
    )
    .get();
  const number = (name: string): number => Number(row?.[name] ?? 0);
  return {
    all: number('all_rows'),
    live: number('live'),
    values: ['seq', 'redriven', 'ended', 'ended_bytes', 'dead', 'dead_bytes', 'at', 'wall'].map(number),
  };
}

function writeMeta(target: DatabaseSync, { all, values }: Totals): void {
  const [seq, redriven, ended, endedBytes, dead, deadBytes, at, wall] = values.map(Number);
  target
    .prepare(
      `INSERT OR IGNORE INTO meta (id, last_seq, redriven, ended_count, ended_bytes, dead_count, dead_bytes, removed,
        ledger_time, wall, newest_wall, machine_boot, uptime) VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL)`,
    )
    .run();
  target
    .prepare(
      `UPDATE meta SET last_seq = max(last_seq, ?), redriven = max(redriven, ?), ended_count = ?, ended_bytes = ?,
        dead_count = ?, dead_bytes = ?, removed = max(last_seq, ?) - ?,
        ledger_time = max(ledger_time, ?), wall = max(wall, ?), newest_wall = max(newest_wall, ?)`,
    )
    .run(
      seq ?? 0,
      redriven ?? 0,
      ended ?? 0,
      endedBytes ?? 0,
      dead ?? 0,
      deadBytes ?? 0,
      seq ?? 0,
      all,
      at ?? 0,
      wall ?? 0,
      wall ?? 0,
    );
}

/** Live rows as the indexes know them. */
function countLive(source: DatabaseSync): number | undefined {
  try {
    const row = source
      .prepare(
        `SELECT (SELECT count(*) FROM work INDEXED BY ready WHERE ready_at IS NOT NULL)
          + (SELECT count(*) FROM work INDEXED BY running WHERE state = 1)
          + (SELECT count(*) FROM work INDEXED BY blocked WHERE ready_at IS NULL AND state IN (0, 2)) AS live`,
      )
      .get();
    return Number(row?.['live']);
  } catch {
    return undefined; // An index is damaged too.
  }
}

function syncFile(file: string): void {
  const opened = openSync(file, 'r+');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

function removeDatabase(file: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(file + suffix, { force: true });
}
