/** Node's SQLite, loaded when it is needed: commands that open no queue do without. */
import type { DatabaseSync, DatabaseSyncOptions } from 'node:sqlite';

export function openDatabase(path: string, options: DatabaseSyncOptions = {}): DatabaseSync {
  const sqlite = loadSqlite();
  return new sqlite.DatabaseSync(path, options);
}

/**
 * Node 22 says at the first use that it is experimental. Whoever starts a host has no choice to make there, and the output of
 * every command would begin with it: that one warning is left out.
 */
function loadSqlite(): typeof import('node:sqlite') {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- because it is put back as it was
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    if (rest[0] === 'ExperimentalWarning' && String(warning).startsWith('SQLite')) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
  }
}
