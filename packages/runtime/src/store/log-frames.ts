/**
 * How many frames an SQLite file's log has. SQLite says so from 3.51 on; the one in Node 22 takes the same question for a wish to
 * move them, so there the header of the log's index is read: `mxFrame`, 4 bytes in native order at offset 16
 * (sqlite.org/walformat.html).
 */
import { closeSync, openSync, readSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

const MAX_FRAME = 16;

export interface LogFrames {
  count(): number;
  /** Only once the database is closed: a closed file takes the locks with it that SQLite has on it. */
  close(): void;
}

export function logFrames(database: DatabaseSync, path: string): LogFrames {
  return canAsk() ? askedFrames(database) : readFrames(`${path}-shm`);
}

function canAsk([major, minor] = (process.versions['sqlite'] ?? '').split('.').map(Number)): boolean {
  return major !== undefined && minor !== undefined && (major > 3 || (major === 3 && minor >= 51));
}

function askedFrames(database: DatabaseSync): LogFrames {
  const statement = database.prepare('PRAGMA wal_checkpoint(NOOP)');
  return {
    count() {
      const log = statement.get()?.['log'];
      return typeof log === 'number' ? Math.max(0, log) : 0;
    },
    close: () => undefined,
  };
}

function readFrames(index: string): LogFrames {
  const header = Buffer.alloc(4);
  let file: number | undefined;
  return {
    count() {
      file ??= openSync(index, 'r');
      return readSync(file, header, 0, 4, MAX_FRAME) === 4 ? header.readUInt32LE() : 0;
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}
