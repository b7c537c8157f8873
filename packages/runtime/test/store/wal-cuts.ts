/**
 * The log of an SQLite file, cut where a lost power can cut it: at the end of every frame, and in the middle of every one.
 *
 * A log is a header of 32 bytes and frames, each a header of 24 bytes and a page (sqlite.org/fileformat.html#walformat).
 */
import { copyFileSync, existsSync, readFileSync, rmSync, truncateSync } from 'node:fs';

const LOG_HEADER = 32;
const FRAME_HEADER = 24;

export interface WalCut {
  /** Bytes of the log that are left. */
  readonly length: number;
  /** Whole frames in them. */
  readonly frames: number;
  /** Whether a frame was cut through. */
  readonly torn: boolean;
}

/** Every cut of the log of `file`: before the header's end, and for each frame through its header, through its page, and behind it. */
export function walCuts(file: string): WalCut[] {
  const log = readFileSync(`${file}-wal`);
  const frame = FRAME_HEADER + log.readUInt32BE(8);
  const cuts: WalCut[] = [
    { length: 0, frames: 0, torn: false },
    { length: LOG_HEADER / 2, frames: 0, torn: true },
    { length: LOG_HEADER, frames: 0, torn: false },
  ];
  for (let frames = 0; LOG_HEADER + (frames + 1) * frame <= log.length; frames += 1) {
    const start = LOG_HEADER + frames * frame;
    cuts.push({ length: start + FRAME_HEADER / 2, frames, torn: true });
    cuts.push({ length: start + frame / 2, frames, torn: true });
    cuts.push({ length: start + frame, frames: frames + 1, torn: false });
  }
  return cuts;
}

/** Copies `file` with its log cut to `to`, as a machine without power left it. */
export function copyCut(file: string, to: string, { length }: WalCut): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(to + suffix, { force: true });
  if (existsSync(file)) copyFileSync(file, to);
  copyFileSync(`${file}-wal`, `${to}-wal`);
  truncateSync(`${to}-wal`, length);
}
