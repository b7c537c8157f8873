import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MemoryTables } from '../../src/engine/queue/memory-tables.ts';
import type { WorkRecord } from '../../src/engine/queue/work.ts';
import { QueueFile } from '../../src/store/queue-file.ts';
import { MIGRATIONS, migrate } from '../../src/store/schema.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { record } from './support.ts';
import { describeTables } from './tables-suite.ts';

function openFile(directory = makeTempDir()): QueueFile {
  const file = new QueueFile(join(directory, 'queue.db'));
  onTestFinished(() => {
    file.close();
  });
  return file;
}

describeTables('memory', () => new MemoryTables());
describeTables('SQLite', () => {
  const { tables } = openFile();
  tables.begin();
  return tables;
});

describe('the tables of SQLite', () => {
  it('are after a rollback what they were, names of functions and counts too', () => {
    const { tables } = openFile();
    tables.begin();
    tables.insert(record(1));
    tables.commit();
    tables.begin();
    tables.insert(record(2, { target: 'New/one' }));
    tables.start([1], 5);
    tables.rollback();
    expect(tables.waitingTargets()).toEqual(new Map([['Shop/order', 1]]));
    expect(tables.find(2)).toBeUndefined();
    tables.begin();
    tables.insert(record(2, { target: 'Other/one' }));
    tables.commit();
    expect(tables.get(2)?.target).toBe('Other/one');
  });

  it('write new rows many at a time, and show each of them at once', () => {
    const directory = makeTempDir();
    const { tables } = openFile(directory);
    // Runs of every length around the sizes of the statements, each broken by something else in its first row.
    const breaks: Partial<WorkRecord>[] = [
      {},
      { target: 'Other/one' },
      { caller: 'Other/one' },
      { invokerContext: 'e30=' },
      { readyAt: 200 },
      { dueAt: 90 },
      { acceptedAt: 51 },
      { acceptedWall: 52 },
      { payload: new Uint8Array([1]) },
      { payload: 'x'.repeat(5000) },
      { payload: null },
      { position: 5000 },
      { state: 'Running', readyAt: null, starts: 1, startedWall: 5 },
      { orderKey: 'k' },
    ];
    const records: WorkRecord[] = [];
    for (const length of [1, 7, 8, 9, 31, 32, 33, 73]) {
      for (const first of breaks) {
        for (let index = 0; index < length; index += 1) {
          const seq = records.length + 1;
          records.push(record(seq, { size: 300 + seq, ...(index === 0 ? first : {}) }));
        }
      }
    }
    tables.begin();
    for (const one of records.slice(0, 1000)) tables.insert(one);
    expect(tables.get(1000)).toEqual(records[999]);
    for (const one of records.slice(1000)) tables.insert(one);
    const last = records.at(-1)!;
    // A row that is not in the file yet is changed like any other.
    tables.start([last.seq], 7);
    tables.commit();
    const started = { ...last, state: 'Running', readyAt: null, starts: 1, startedWall: 7 };
    const written = openFile(directory).tables;
    const stored = records.map(({ seq }) => written.get(seq));
    expect(stored.slice(0, -1)).toEqual(records.slice(0, -1));
    expect(stored.at(-1)).toEqual(started);
  });

  it('forget with a rollback what was not written yet, and what they knew of running rows', () => {
    const { tables } = openFile();
    tables.begin();
    tables.insert(record(1));
    tables.start([1], 5);
    tables.commit();
    tables.begin();
    tables.insert(record(2));
    tables.wait(1, { state: 'Retrying', readyAt: 9, starts: 1, failures: 1, losses: 0, errors: [] });
    tables.rollback();
    tables.begin();
    expect(tables.find(1)).toMatchObject({ state: 'Running', starts: 1, failures: 0, readyAt: null });
    tables.insert(record(3));
    tables.commit();
    expect(tables.get(2)).toBeUndefined();
    expect(tables.get(3)).toEqual(record(3));
  });

  it('know of a row that ran what became of it, in the same transaction and after it', () => {
    const { tables } = openFile();
    const within = (act: () => void): void => {
      tables.begin();
      act();
      tables.commit();
    };
    within(() => {
      for (const seq of [1, 2]) tables.insert(record(seq));
      tables.start([1, 2], 5);
    });
    within(() => {
      tables.wait(1, { state: 'Retrying', readyAt: 9, starts: 1, failures: 1, losses: 0, errors: [] });
      expect(tables.find(1)).toMatchObject({ state: 'Retrying', readyAt: 9, failures: 1 });
      tables.end(2, {
        ...{ state: 'Succeeded', endedAt: 9, endedWall: 9, starts: 1, failures: 0, losses: 0, errors: [] },
        ...{ result: 'r', resultCut: false, size: 200, keepPayload: false },
      });
      // As retention does at once where nothing is to be kept.
      tables.remove(2);
      expect(tables.find(2)).toBeUndefined();
    });
    expect(tables.find(1)).toMatchObject({ state: 'Retrying', readyAt: 9, failures: 1 });
    expect(tables.find(2)).toBeUndefined();
  });

  it('count from the file what an earlier one left', () => {
    const directory = makeTempDir();
    const first = new QueueFile(join(directory, 'queue.db'));
    first.tables.begin();
    first.tables.insert(record(1));
    first.tables.insert(record(2, { state: 'Retrying', target: 'Other/one' }));
    first.tables.insert(record(3, { readyAt: null, orderKey: 'k' }));
    first.tables.commit();
    first.close();
    const { tables } = openFile(directory);
    expect(tables.countLive()).toEqual({ enqueued: 2, running: 0, retrying: 1, bytes: 900 });
    expect(tables.waitingTargets()).toEqual(
      new Map([
        ['Shop/order', 2],
        ['Other/one', 1],
      ]),
    );
  });

  it('give back to the disk what a burst has left empty', () => {
    const directory = makeTempDir();
    const file = openFile(directory);
    const path = join(directory, 'queue.db');
    file.tables.begin();
    for (let seq = 1; seq <= 1000; seq += 1) file.tables.insert(record(seq, { payload: 'x'.repeat(3000) }));
    file.tables.commit();
    file.restartLog();
    const before = statSync(path).size;
    file.tables.begin();
    for (let seq = 1; seq <= 1000; seq += 1) file.tables.remove(seq);
    file.tables.commit();
    file.shrink();
    expect(before).toBeGreaterThan(3_000_000);
    expect(statSync(path).size).toBeLessThan(300_000);
  });

  it('find rows in indexes of live rows, whatever the history', () => {
    const directory = makeTempDir();
    openFile(directory).close();
    const database = new DatabaseSync(join(directory, 'queue.db'));
    const plan = (sql: string): string =>
      database
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => String(detail))
        .join('; ');
    const plans = [
      plan(
        'SELECT target, count(*), sum(size), sum(state = 2) FROM work INDEXED BY ready WHERE ready_at IS NOT NULL GROUP BY target',
      ),
      plan(
        'SELECT seq FROM work INDEXED BY ready WHERE target = 1 AND ready_at IS NOT NULL AND ready_at <= 5 ORDER BY ready_at, position LIMIT 1',
      ),
      plan(
        'SELECT seq, state, ended_at, size FROM work INDEXED BY ended WHERE state IN (3, 6) ORDER BY ended_at, seq LIMIT 1',
      ),
    ];
    database.close();
    expect(plans).toEqual([
      'SCAN work USING COVERING INDEX ready',
      'SEARCH work USING COVERING INDEX ready (target=? AND ready_at>? AND ready_at<?)',
      'SCAN work USING COVERING INDEX ended',
    ]);
  });
});

describe('the version of the file', () => {
  it('is raised step by step, with what is in it', () => {
    const file = join(makeTempDir(), 'old.db');
    const old = new DatabaseSync(file);
    migrate(old, file, ['CREATE TABLE things (name TEXT)']);
    old.exec("INSERT INTO things VALUES ('kept')");
    old.close();
    const database = new DatabaseSync(file);
    migrate(database, file, [
      'CREATE TABLE things (name TEXT)',
      'ALTER TABLE things ADD COLUMN size INTEGER DEFAULT 7',
    ]);
    expect(database.prepare('SELECT name, size FROM things').get()).toEqual({ name: 'kept', size: 7 });
    expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: 2 });
    database.close();
  });

  it('stays what it was when a step fails', () => {
    const file = join(makeTempDir(), 'old.db');
    const database = new DatabaseSync(file);
    migrate(database, file, ['CREATE TABLE things (name TEXT)']);
    expect(() => {
      migrate(database, file, ['CREATE TABLE things (name TEXT)', 'CREATE TABLE more (a)', 'nonsense']);
    }).toThrow('nonsense');
    expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1 });
    expect(database.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'more'").get()).toEqual({ n: 0 });
    database.close();
  });

  it('of a newer edgefc is refused, with what to do', () => {
    const directory = makeTempDir();
    openFile(directory).close();
    const file = join(directory, 'queue.db');
    const database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 99');
    database.close();
    expect(() => new QueueFile(file)).toThrow(
      `${file} was written by a newer edgefc: its version is 99, this edgefc reads up to ${MIGRATIONS.length}; ` +
        'start the newer edgefc on it, or give this one another --data-dir',
    );
  });
});
