/**
 * The queue's file, open: settings of SQLite, the log, and what is found when it is opened.
 *
 * The log (`queue.db-wal`) takes each commit; what is in it moves into the file by checkpoints, after answers were given.
 */
import { closeSync, fsyncSync, openSync, fdatasyncSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { dirname, join } from 'node:path';
import { logFrames, type LogFrames } from './log-frames.ts';
import { openDatabase } from './open-database.ts';
import { migrate, NEW_FILE } from './schema.ts';
import { SqliteTables } from './sqlite-tables.ts';

const QUEUE_FILE = 'queue.db';

/** KiB of pages that SQLite keeps in memory. */
const CACHE = 8 * 1024;
/** Frames (4 KiB pages) in the log before they are moved into the file: 8 MiB, read in a few ms after a crash. */
const CHECKPOINT_FRAMES = 2000;
/** Frames that the log may have while the disk is full: what is free then is the file's. */
const SHORT_LOG_FRAMES = 64;
/** A log that a burst made longer is cut back to so many bytes. */
const LOG_LIMIT = 16 * 1024 * 1024;
/** Pages given back to a full disk at once: 8 MiB, some 10 ms. */
const SHRINK_PAGES = 2000;
/** ms to wait for another program that looks into the file. */
const BUSY_TIMEOUT = 1000;

export type SyncMode = 'FULL' | 'NORMAL';

export function queueFile(directory: string): string {
  return join(directory, QUEUE_FILE);
}

export class QueueFile {
  readonly path: string;
  readonly tables: SqliteTables;
  readonly #database: DatabaseSync;
  readonly #log: LogFrames;
  readonly #passive: StatementSync;
  readonly #restart: StatementSync;
  readonly #truncate: StatementSync;
  readonly #freePages: StatementSync;
  #mode: SyncMode = 'FULL';
  #frames = 0;
  #framesSeen = 0;
  /** `#frames` when all of them were in the file. */
  #framesMoved = -1;
  #logFile: number | undefined;

  /** Opens it and brings it up to date; makes it when there is none. Throws what SQLite says. */
  constructor(path: string) {
    this.path = path;
    const database = openDatabase(path, { timeout: BUSY_TIMEOUT, enableForeignKeyConstraints: false });
    this.#database = database;
    try {
      database.exec(`${NEW_FILE}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
        PRAGMA cache_size = -${CACHE}; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = ${LOG_LIMIT};
        PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY`);
      migrate(database, path);
      this.tables = new SqliteTables(database);
      this.#log = logFrames(database, path);
      this.#passive = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');
      this.#restart = database.prepare('PRAGMA wal_checkpoint(RESTART)');
      this.#truncate = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)');
      this.#freePages = database.prepare('PRAGMA freelist_count');
      this.#framesSeen = this.#log.count();
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Whether commits are synced before they return (`FULL`). Not to be changed inside a transaction. */
  get mode(): SyncMode {
    return this.#mode;
  }

  set mode(mode: SyncMode) {
    if (mode === this.#mode) return;
    this.#database.exec(`PRAGMA synchronous = ${mode}`);
    this.#mode = mode;
  }

  /** Frames that were written to the log since the last call, and in all. */
  countFrames(): number {
    const frames = this.#log.count();
    // The log begins anew when all of it is in the file.
    const added = frames >= this.#framesSeen ? frames - this.#framesSeen : frames;
    this.#framesSeen = frames;
    this.#frames += added;
    return added;
  }

  /** Bytes written, where the system does not count them: each frame once to the log and once to the file. */
  get estimatedBytes(): number {
    return this.#frames * 2 * 4120;
  }

  /** Moves the log into the file when it is long. Not done is not lost: the log grows. */
  checkpoint(): void {
    if (this.#framesSeen >= CHECKPOINT_FRAMES) this.#passive.run();
  }

  /** Moves all of the log into the file, synced, and empties it. Throws when that cannot be. */
  emptyLog(): void {
    this.mode = 'FULL';
    const row = this.#truncate.get();
    this.countFrames();
    if (row?.['busy'] !== 0) throw Object.assign(new Error(`another program reads ${this.path}`), { errcode: 5 });
  }

  /**
   * Moves all of the log into the file, so that its space is used again. False: nothing has been added to it since that was done
   * last, or somebody reads it. Throws when the file would have to grow and cannot.
   */
  restartLog(): boolean {
    if (this.#frames === this.#framesMoved) return false;
    if (this.#restart.get()?.['busy'] !== 0) return false;
    this.#framesMoved = this.#frames;
    return true;
  }

  /** The same while space is short, before the log takes much of it. */
  keepLogShort(): void {
    if (this.#framesSeen >= SHORT_LOG_FRAMES) this.restartLog();
  }

  /** Gives pages of the file that hold nothing back to the disk, some at a time. */
  shrink(): void {
    if (this.#freePages.get()?.['freelist_count'] === 0) return;
    this.#database.exec(`PRAGMA incremental_vacuum(${SHRINK_PAGES})`);
    this.#restart.get();
    this.countFrames();
  }

  /**
   * Syncs commits that were made with `NORMAL`. On a file descriptor of our own: SQLite locks the file and its index,
   * not the log, so closing ours gives no lock away.
   */
  syncLog(): void {
    this.#logFile ??= openSync(`${this.path}-wal`, 'r+');
    fdatasyncSync(this.#logFile);
  }

  /** The names of new files last too. */
  syncDirectory(): void {
    const directory = openSync(dirname(this.path), 'r');
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  }

  readDisk(): { day: string; written: number } | undefined {
    const row = this.#database.prepare('SELECT day, written FROM disk WHERE id = 1').get();
    const { day, written } = row ?? {};
    return typeof day === 'string' && typeof written === 'number' ? { day, written } : undefined;
  }

  storeDisk({ day, written }: { readonly day: string; readonly written: number }): void {
    this.#database.prepare('INSERT OR REPLACE INTO disk (id, day, written) VALUES (1, ?, ?)').run(day, written);
  }

  /** What SQLite finds wrong with the file; undefined: nothing. Reads all of it. */
  findDamage(): string | undefined {
    const row = this.#database.prepare('PRAGMA quick_check(1)').get();
    const [found] = Object.values(row ?? {});
    return found === 'ok' ? undefined : String(found);
  }

  close(): void {
    if (this.#logFile !== undefined) closeSync(this.#logFile);
    this.#logFile = undefined;
    if (this.#database.isOpen) this.#database.close();
    this.#log.close();
  }
}
