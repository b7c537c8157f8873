/** What an error of SQLite means for the queue. Codes: sqlite.org/rescode.html; the low byte is the kind. */

const BUSY = 5;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;
const IOERR_READ = 266;
const IOERR_SHORT_READ = 522;
const IOERR_FSYNC = 1034;
const IOERR_CORRUPTFS = 8458;

/**
 * `disk`: the disk takes no writes now; later it may. `sync`: what was written may not be on the disk although a later
 * sync succeeds. `damage`: the file cannot be read as it should. `bug`: none of these.
 */
export type Failure = 'disk' | 'sync' | 'damage' | 'bug';

export function failureOf(error: unknown): Failure {
  const code = sqliteCode(error);
  if (code === undefined) return isFullDisk(error) ? 'disk' : 'bug';
  if (code === IOERR_READ || code === IOERR_SHORT_READ || code === IOERR_CORRUPTFS) return 'damage';
  if (code === IOERR_FSYNC) return 'sync';
  switch (code & 0xff) {
    case CORRUPT:
    case NOTADB:
      return 'damage';
    case FULL:
    case IOERR:
    case READONLY:
    case BUSY:
    case CANTOPEN:
      return 'disk';
    default:
      return 'bug';
  }
}

/** SQLite's extended result code. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode : undefined;
}

function isFullDisk(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}
