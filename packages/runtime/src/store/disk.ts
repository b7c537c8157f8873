/** The disk below the queue: how much is free, what has been written to it, and a reserve for what was promised. */
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

/** Bytes that a user may still write in the file system of `directory`; `Infinity` where the system does not tell. */
export function freeBytes(directory: string): number {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  } catch {
    return Infinity; // Some network file systems do not tell: then nothing is refused on a guess.
  }
}

/** Size of a file in bytes; 0: there is none. */
export function fileBytes(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Bytes of the reserve: some hundred commits that only complete work. */
export const RESERVE_BYTES: number = 4 * 1024 * 1024;

/**
 * A file that takes space while there is some, and gives it to accepted work when there is none left.
 * Its bytes are random: a file system that compresses would keep no space for others.
 */
export class Reserve {
  readonly #file: string;
  readonly #size: number;

  constructor(directory: string, size: number = RESERVE_BYTES) {
    this.#file = join(directory, 'reserve');
    this.#size = size;
  }

  get held(): boolean {
    return fileBytes(this.#file) >= this.#size;
  }

  /** Makes it, unless it is there; whether it is there now. */
  make(): boolean {
    if (this.held) return true;
    const part = `${this.#file}.part`;
    let file: number | undefined;
    try {
      file = openSync(part, 'w', 0o600);
      const chunk = randomBytes(256 * 1024);
      for (let written = 0; written < this.#size;) {
        written += writeSync(file, chunk, 0, Math.min(chunk.length, this.#size - written));
      }
      fsyncSync(file);
      closeSync(file);
      file = undefined;
      renameSync(part, this.#file);
      return true;
    } catch {
      // There is no space for it: the caller asks again later.
      if (file !== undefined) closeSync(file);
      rmSync(part, { force: true });
      return false;
    }
  }

  /** Whether there was one to give up. */
  release(): boolean {
    if (statSync(this.#file, { throwIfNoEntry: false }) === undefined) return false;
    rmSync(this.#file, { force: true });
    return true;
  }
}

/**
 * Bytes that this thread has written: `wchar` of the kernel's accounting, which for the writer is the log, the file and
 * nothing else of size. Where there is none, `estimate` counts (frames of the log, each written once more into the file).
 */
export function writtenBytes(estimate: () => number): number {
  try {
    const match = /^wchar: (\d+)$/m.exec(readFileSync('/proc/thread-self/io', 'utf8'));
    if (match !== null) return Number(match[1]);
  } catch {
    // Not Linux, or a kernel without this accounting.
  }
  return estimate();
}

/** Bytes written today, also by earlier hosts of the same day. */
export class DiskMeter {
  readonly #read: () => number;
  readonly #start: number;
  #day: string;
  /** Of the day, before `#since`. */
  #before: number;
  #since: number;

  constructor(
    read: () => number,
    stored: { readonly day: string; readonly written: number } | undefined,
    wall: number,
  ) {
    this.#read = read;
    this.#start = read();
    this.#since = this.#start;
    this.#day = dayOf(wall);
    this.#before = stored?.day === this.#day ? stored.written : 0;
  }

  get written(): number {
    return this.#read() - this.#start;
  }

  today(wall: number): { readonly day: string; readonly written: number } {
    const day = dayOf(wall);
    const now = this.#read();
    if (day !== this.#day) {
      this.#day = day;
      this.#before = 0;
      this.#since = now;
    }
    return { day, written: this.#before + now - this.#since };
  }
}

/** The local day, as `2026-11-22`. */
function dayOf(wall: number): string {
  const date = new Date(wall);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
