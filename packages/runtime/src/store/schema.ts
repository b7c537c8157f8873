/**
 * The file of the queue: its tables, its version, and how an older file becomes one of this version.
 *
 * The indexes hold live rows, or ended, or dead ones, never all: what waits is found and counted without touching
 * history, and a row costs one small index entry besides itself. Numbers of states are part of the format (values.ts).
 */
import type { DatabaseSync } from 'node:sqlite';
import { QueueError } from '../engine/queue/queue.ts';

/** `EdFC`: tells our file from other SQLite files. */
const APPLICATION_ID = 0x45644643;

/**
 * Said before the first table is made. `INCREMENTAL`: what a burst left empty can be given back to the disk, which SQLite
 * otherwise never does.
 */
export const NEW_FILE: string = 'PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL';

/** Step n makes version n + 1 of version n. Steps that were released are never changed; new ones come behind them. */
export const MIGRATIONS: readonly string[] = [
  `
  -- Names of functions, so that rows and indexes hold a small number.
  CREATE TABLE functions (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);

  -- state: 0 Enqueued, 1 Running, 2 Retrying, 3 Succeeded, 4 Failed, 5 Expired, 6 Stopped.
  -- Times are ledger time (ms of running time and known downtime); ..._wall is epoch ms, for people.
  -- payload_kind, result_kind: 0 none, 1 text, 2 bytes, 3 long text (UTF-8), 4 text that has no UTF-8 form (UTF-16);
  -- plus 8: the payload is in bodies.
  CREATE TABLE work (
    seq INTEGER PRIMARY KEY,
    state INTEGER NOT NULL,
    target INTEGER NOT NULL,
    ready_at INTEGER,
    position INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    starts INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    losses INTEGER NOT NULL,
    size INTEGER NOT NULL,
    accepted_at INTEGER NOT NULL,
    accepted_wall INTEGER NOT NULL,
    started_wall INTEGER,
    ended_at INTEGER,
    ended_wall INTEGER,
    caller INTEGER,
    order_key TEXT,
    max_attempts INTEGER,
    hops INTEGER NOT NULL,
    chain INTEGER NOT NULL,
    payload_kind INTEGER NOT NULL,
    result_kind INTEGER NOT NULL,
    result_cut INTEGER NOT NULL,
    errors TEXT,
    invoker_context TEXT,
    payload,
    result
  );
  CREATE INDEX ready ON work (target, ready_at, position, state, size) WHERE ready_at IS NOT NULL;
  CREATE INDEX running ON work (target, size) WHERE state = 1;
  CREATE INDEX blocked ON work (target, state, size) WHERE ready_at IS NULL AND state IN (0, 2);
  CREATE INDEX keyed ON work (target, order_key, position) WHERE order_key IS NOT NULL AND state <= 2;
  CREATE INDEX ended ON work (ended_at, seq, state, size, target) WHERE state IN (3, 6);
  CREATE INDEX dead ON work (ended_at, seq, state, size, target) WHERE state IN (4, 5);

  -- Large payloads, apart: a change of state rewrites its row, and flash wears out.
  CREATE TABLE bodies (seq INTEGER PRIMARY KEY, payload NOT NULL);

  CREATE TABLE dedupe (
    target INTEGER NOT NULL,
    key TEXT NOT NULL,
    seq INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (target, key)
  ) WITHOUT ROWID;
  CREATE INDEX dedupe_until ON dedupe (until, seq);

  CREATE TABLE timers (
    target INTEGER NOT NULL,
    name TEXT NOT NULL,
    wall INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (target, name)
  ) WITHOUT ROWID;

  CREATE TABLE boots (id INTEGER PRIMARY KEY, boot_id TEXT NOT NULL, first_seq INTEGER NOT NULL);

  CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    last_seq INTEGER NOT NULL,
    redriven INTEGER NOT NULL,
    ended_count INTEGER NOT NULL,
    ended_bytes INTEGER NOT NULL,
    dead_count INTEGER NOT NULL,
    dead_bytes INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    ledger_time INTEGER NOT NULL,
    wall INTEGER NOT NULL,
    newest_wall INTEGER NOT NULL,
    machine_boot TEXT,
    uptime INTEGER
  );

  -- Bytes written on a day, of the host's calendar.
  CREATE TABLE disk (id INTEGER PRIMARY KEY CHECK (id = 1), day TEXT NOT NULL, written INTEGER NOT NULL);
  `,
];

/**
 * Brings the open file to the newest version, in one transaction; an empty one is made.
 * @throws QueueError `QueueTooNew`
 */
export function migrate(database: DatabaseSync, file: string, steps: readonly string[] = MIGRATIONS): void {
  const version = readNumber(database, 'PRAGMA user_version');
  if (version > steps.length) {
    throw new QueueError(
      'QueueTooNew',
      `${file} was written by a newer edgefc: its version is ${version}, this edgefc reads up to ${steps.length}; ` +
        'start the newer edgefc on it, or give this one another --data-dir',
    );
  }
  if (version === steps.length) return;
  database.exec('BEGIN EXCLUSIVE');
  try {
    for (const step of steps.slice(version)) database.exec(step);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${steps.length}`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function readNumber(database: DatabaseSync, sql: string): number {
  const row = database.prepare(sql).get();
  const value = row === undefined ? undefined : Object.values(row)[0];
  return typeof value === 'number' ? value : 0;
}
