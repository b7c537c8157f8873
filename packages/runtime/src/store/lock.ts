/**
 * One host per data directory.
 *
 * The lock is a transaction on a tiny SQLite file, held open: a lock of the kernel's, which ends with its holder however
 * that ends, and which also holds between containers that share a file system (a pid would mean something else there).
 * `host.json` beside it says who that is, for the message; alone it means nothing.
 */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { QueueError } from '../engine/queue/queue.ts';
import { prepareDataDir } from './data-dir.ts';
import { sqliteCode } from './failures.ts';
import { openDatabase } from './open-database.ts';

const LOCK_FILE = 'lock';
const HOLDER_FILE = 'host.json';
/** SQLite's code for a lock that another one holds. */
const BUSY = 5;
/** ms: whoever only looks (readHolder) holds it for less than that. */
const PATIENCE = 100;

/** The host that uses a data directory. */
export interface Holder {
  readonly pid: number;
  /** ISO time. */
  readonly started: string;
  readonly version: string;
  readonly command: string;
  /** Path of its admin socket; null: it has none. */
  readonly socket: string | null;
}

export interface HeldLock {
  /** Changes what others see of the holder. */
  describe(holder: Holder): void;
  release(): void;
}

/**
 * Makes the directory when there is none, and takes it.
 * @throws QueueError `QueueLocked` with the holder, or `QueueUnusable`
 */
export function acquireLock(directory: string, holder: Holder): HeldLock {
  prepareDataDir(directory);
  const database = lock(directory);
  if (database === undefined) throw locked(directory, readHolderFile(directory));
  const file = join(directory, HOLDER_FILE);
  const describe = (who: Holder): void => {
    writeFileSync(`${file}.part`, `${JSON.stringify(who, undefined, 2)}\n`, { mode: 0o600 });
    renameSync(`${file}.part`, file);
  };
  let held = true;
  const release = (): void => {
    if (!held) return;
    held = false;
    process.off('exit', release);
    rmSync(file, { force: true });
    database.close();
  };
  // Also keeps the database alive: collected as garbage it would let the lock go while the host runs (tried).
  process.once('exit', release);
  try {
    rmSync(file, { force: true });
    describe(holder);
  } catch {
    // A full disk must not keep the host from finishing what is accepted: it only goes unnamed.
  }
  return { describe, release };
}

/** The host that uses `directory` now; undefined: none does. Changes nothing. */
export function readHolder(directory: string): Holder | undefined {
  const file = join(directory, LOCK_FILE);
  if (statSync(file, { throwIfNoEntry: false }) === undefined) return undefined;
  let database: DatabaseSync | undefined;
  try {
    database = openLock(file, true);
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return undefined;
  } catch (error) {
    if (!isBusy(error)) return undefined;
    return readHolderFile(directory) ?? UNKNOWN;
  } finally {
    database?.close();
  }
}

const UNKNOWN: Holder = { pid: 0, started: '', version: '', command: '', socket: null };

/** Undefined: somebody else holds it. */
function lock(directory: string): DatabaseSync | undefined {
  const file = join(directory, LOCK_FILE);
  let database: DatabaseSync | undefined;
  try {
    database = openLock(file, false);
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database?.close();
    if (isBusy(error)) return undefined;
    throw new QueueError(
      'QueueUnusable',
      `the lock file ${file} cannot be used (${error instanceof Error ? error.message : String(error)}); ` +
        'mend the permissions or the disk, or name another directory with --data-dir',
      { cause: error },
    );
  }
}

function openLock(file: string, readOnly: boolean): DatabaseSync {
  return openDatabase(file, { timeout: PATIENCE, readOnly });
}

function isBusy(error: unknown): boolean {
  return ((sqliteCode(error) ?? 0) & 0xff) === BUSY;
}

function readHolderFile(directory: string): Holder | undefined {
  try {
    const holder: unknown = JSON.parse(readFileSync(join(directory, HOLDER_FILE), 'utf8'));
    return isHolder(holder) ? holder : undefined;
  } catch {
    return undefined; // Just being written, or the disk was full then.
  }
}

function isHolder(value: unknown): value is Holder {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'started' in value &&
    typeof value.started === 'string' &&
    'version' in value &&
    typeof value.version === 'string' &&
    'command' in value &&
    typeof value.command === 'string' &&
    'socket' in value &&
    (value.socket === null || typeof value.socket === 'string')
  );
}

function locked(directory: string, holder: Holder | undefined): QueueError {
  const who = holder === undefined ? 'another host' : `the host with pid ${holder.pid}, started ${holder.started}`;
  const command = holder === undefined || holder.command === '' ? '' : ` (${holder.command})`;
  return new QueueError(
    'QueueLocked',
    `the data directory ${directory} is in use by ${who}${command}; stop it (edgefc stop), or give this one another --data-dir`,
  );
}
