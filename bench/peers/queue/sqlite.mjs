/**
 * SQLite in this process, with nothing around it: one table, write-ahead log, synchronous FULL, group commit.
 *
 * The full cycle is as bare: each turn of the loop is one transaction that stores what arrived, completes the last
 * batch of 64 and claims the next one, so that every job passes three commits and each batch is claimed before it runs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGroupCommit } from './group-commit.mjs';
import { versionOf } from '../version.mjs';
import { CONCURRENCY, toContender } from './work.mjs';

/**
 * @typedef {object} Database  what both bindings have in common
 * @property {(sql: string) => unknown} exec
 * @property {(sql: string) => { run: (...values: unknown[]) => any, all: (...values: unknown[]) => any[], get: () => any }} prepare
 * @property {() => void} close
 */

/** @param {(file: string) => Database} open @param {string} name */
function start(open, name) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const database = open(join(folder, 'queue.sqlite'));
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL');
  database.exec(
    'CREATE TABLE jobs (id INTEGER PRIMARY KEY, state INTEGER NOT NULL, run_at INTEGER NOT NULL, payload TEXT NOT NULL)',
  );
  const [begin, commit] = [database.prepare('BEGIN IMMEDIATE'), database.prepare('COMMIT')];
  const insert = database.prepare('INSERT INTO jobs (id, state, run_at, payload) VALUES (?, 0, ?, ?)');
  const next = database.prepare('SELECT id, payload FROM jobs WHERE id > ? ORDER BY id LIMIT ?');
  const claim = database.prepare('UPDATE jobs SET state = 1 WHERE id BETWEEN ? AND ?');
  const complete = database.prepare('DELETE FROM jobs WHERE id BETWEEN ? AND ?');

  let lastId = 0;
  /** @type {{ onDone: () => void, running: { id: number }[], claimed: number } | undefined} */
  let runner;

  /** @param {string[]} payloads */
  const turn = (payloads) => {
    begin.run();
    const now = Date.now();
    for (const payload of payloads) insert.run((lastId += 1), now, payload);
    const completed = runner?.running ?? [];
    if (runner !== undefined) {
      if (completed.length > 0) complete.run(completed[0]?.id, completed.at(-1)?.id);
      runner.running = next.all(runner.claimed, CONCURRENCY);
      if (runner.running.length > 0) {
        runner.claimed = runner.running.at(-1)?.id ?? 0;
        claim.run(runner.running[0]?.id, runner.claimed);
      }
    }
    commit.run();
    // The job itself is nothing: it is over when the batch has been claimed.
    for (const _ of completed) runner?.onDone();
  };

  return toContender({
    version: `${name} (SQLite ${database.prepare('SELECT sqlite_version() AS version').get().version})`,
    enqueue: createGroupCommit(turn),
    run: async (onDone) => {
      const own = { onDone, running: [], claimed: lastId };
      runner = own;
      const loop = () => {
        if (runner !== own) return;
        if (own.running.length > 0 || lastId > own.claimed) turn([]);
        setImmediate(loop);
      };
      setImmediate(loop);
      return () => (runner = undefined);
    },
    empty: () => {
      database.exec('DELETE FROM jobs');
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    },
    stop: () => {
      database.close();
      rmSync(folder, { recursive: true });
    },
  });
}

/** @type {Record<string, import('../../contender.mjs').Start>} */
export const variants = {
  node: async () => {
    const { DatabaseSync } = await import('node:sqlite');
    return start((file) => new DatabaseSync(file), `node:sqlite of Node ${process.versions.node}`);
  },
  'better-sqlite3': async () => {
    const { default: Open } = await import('better-sqlite3');
    return start((file) => new Open(file), versionOf('better-sqlite3'));
  },
};
