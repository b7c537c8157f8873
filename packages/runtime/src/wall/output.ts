/**
 * Output on its way to the log, on both sides of the wall: as lines, and limited when it is a flood (I5).
 */
import type { Clock, TimerHandle } from '../engine/clock.ts';
import type { LogLevel } from '../engine/protocol.ts';

/** Output of one second that passes; the rest of that second is dropped. */
const LINES_PER_SECOND = 1000;
const BYTES_PER_SECOND = 1024 * 1024;
/** Longest single message, in UTF-16 units. */
const MAX_MESSAGE = 64 * 1024;

/** `requestId`: whose output it is; `null` when that is unknown, or nobody's. */
export type WriteLog = (level: LogLevel, text: string, requestId: string | null) => void;

/** Limits a flood of messages: so many lines and bytes a second pass, then a line says how many were dropped. */
export class FloodGate {
  readonly #write: WriteLog;
  readonly #clock: Clock;
  #windowStart = 0;
  #lines = 0;
  #bytes = 0;
  #dropped = 0;
  #timer: TimerHandle | undefined;

  constructor(write: WriteLog, clock: Clock) {
    this.#write = write;
    this.#clock = clock;
    this.#windowStart = clock.monotonic();
  }

  pass(level: LogLevel, text: string, requestId: string | null = null): void {
    const now = this.#clock.monotonic();
    if (now - this.#windowStart >= 1000) this.#nextWindow(now);
    this.#lines += 1;
    // Of a longer message only so much is written.
    this.#bytes += Math.min(text.length, MAX_MESSAGE);
    if (this.#lines > LINES_PER_SECOND || this.#bytes > BYTES_PER_SECOND) {
      this.#dropped += 1;
      // Somebody may write too much and then nothing more.
      if (this.#dropped === 1) this.#reportAt(this.#windowStart + 1000 - now);
      return;
    }
    const cut = text.length > MAX_MESSAGE;
    this.#write(
      level,
      cut ? `${text.slice(0, MAX_MESSAGE)}… (${text.length - MAX_MESSAGE} more characters)` : text,
      requestId,
    );
  }

  /** Says what was dropped so far. */
  report(): void {
    this.#clock.clearTimeout(this.#timer);
    if (this.#dropped === 0) return;
    const lines = this.#dropped === 1 ? '1 line' : `${this.#dropped} lines`;
    this.#dropped = 0;
    this.#write(
      'warn',
      `${lines} dropped: more than ${LINES_PER_SECOND} lines or ${BYTES_PER_SECOND / 1024} KiB in a second`,
      null,
    );
  }

  #reportAt(delay: number): void {
    this.#timer = this.#clock.setTimeout(() => {
      this.#nextWindow(this.#clock.monotonic());
    }, delay);
    this.#timer.unref?.();
  }

  #nextWindow(now: number): void {
    this.report();
    this.#windowStart = now;
    this.#lines = 0;
    this.#bytes = 0;
  }
}

/** Text that comes in pieces, as lines. */
export class LineBuffer {
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line);
    if (this.#rest.length > MAX_MESSAGE) this.flush();
  }

  flush(): void {
    if (this.#rest === '') return;
    this.#onLine(this.#rest);
    this.#rest = '';
  }
}
