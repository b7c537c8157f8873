/**
 * Limits what one instance may write to the host's log (I5): a token bucket each, so that a function in a loop neither
 * fills the disk of a gateway nor drowns what its neighbours say.
 *
 * One token is one line of up to 1 KiB; a longer line takes one for each KiB begun. So the default burst of 1,000
 * is at most 1 MiB, a verbose start-up or a long stack trace passes whole, and 200 a second is the most a person or a
 * log shipper on a small machine can follow: 17 million lines a day. The wall has a coarser limit of its own
 * (wall/output.ts), which protects the wall.
 */
import type { Clock, TimerHandle } from '../engine/clock.ts';

/** UTF-16 units that one token pays for. */
const UNITS_PER_TOKEN = 1024;
/** A line longer than this is cut. */
export const LONGEST_LINE: number = 16 * 1024;
/** ms between two reports of dropped lines. */
const REPORT_WINDOW = 1000;

export interface FloodLimitOptions {
  readonly clock: Clock;
  /** Lines of up to 1 KiB that may come at once. */
  readonly burst: number;
  /** Lines of up to 1 KiB a second after that. */
  readonly linesPerSecond: number;
  /** Called once a window, with the lines dropped in it. */
  readonly onDropped: (writer: string, lines: number) => void;
}

interface Bucket {
  tokens: number;
  /** Monotonic ms of the last refill. */
  filledAt: number;
  dropped: number;
  report: TimerHandle | undefined;
}

export class FloodLimit {
  readonly #options: FloodLimitOptions;
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: FloodLimitOptions) {
    this.#options = options;
  }

  /** What of `message` may be written: all of it, its first lines, or nothing. Long lines come back cut. */
  admit(writer: string, message: string): string | undefined {
    const bucket = this.#filled(writer);
    if (message.length <= UNITS_PER_TOKEN && !message.includes('\n')) {
      if (bucket.tokens >= 1) {
        bucket.tokens -= 1;
        return message;
      }
      this.#drop(writer, bucket, 1);
      return undefined;
    }
    const admitted: string[] = [];
    for (let start = 0; start <= message.length;) {
      const newline = message.indexOf('\n', start);
      const end = newline === -1 ? message.length : newline;
      const written = Math.min(end - start, LONGEST_LINE);
      const cost = Math.max(1, Math.ceil(written / UNITS_PER_TOKEN));
      if (bucket.tokens < cost) {
        this.#drop(writer, bucket, countLines(message, start));
        break;
      }
      bucket.tokens -= cost;
      admitted.push(cutLine(message, start, end));
      start = end + 1;
    }
    return admitted.length === 0 ? undefined : admitted.join('\n');
  }

  /** `writer` is gone: says what it has lost, and forgets it. */
  forget(writer: string): void {
    const bucket = this.#buckets.get(writer);
    if (bucket === undefined) return;
    this.#report(writer, bucket);
    this.#buckets.delete(writer);
  }

  /** The log ends: says what everybody has lost. */
  close(): void {
    for (const writer of [...this.#buckets.keys()]) this.forget(writer);
  }

  #filled(writer: string): Bucket {
    const { clock, burst, linesPerSecond } = this.#options;
    const now = clock.monotonic();
    let bucket = this.#buckets.get(writer);
    if (bucket === undefined) {
      bucket = { tokens: burst, filledAt: now, dropped: 0, report: undefined };
      this.#buckets.set(writer, bucket);
      return bucket;
    }
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledAt) * linesPerSecond) / 1000);
    bucket.filledAt = now;
    return bucket;
  }

  #drop(writer: string, bucket: Bucket, lines: number): void {
    bucket.dropped += lines;
    if (bucket.report !== undefined) return;
    bucket.report = this.#options.clock.setTimeout(() => {
      this.#report(writer, bucket);
    }, REPORT_WINDOW);
    bucket.report.unref?.();
  }

  #report(writer: string, bucket: Bucket): void {
    this.#options.clock.clearTimeout(bucket.report);
    bucket.report = undefined;
    if (bucket.dropped === 0) return;
    const { dropped } = bucket;
    bucket.dropped = 0;
    this.#options.onDropped(writer, dropped);
  }
}

function cutLine(message: string, start: number, end: number): string {
  if (end - start <= LONGEST_LINE) return message.slice(start, end);
  // The cut may go through a surrogate pair.
  const kept = message.slice(start, start + LONGEST_LINE).toWellFormed();
  return `${kept}… (${end - start - LONGEST_LINE} more characters of this line cut)`;
}

function countLines(message: string, from: number): number {
  let lines = 1;
  for (let at = message.indexOf('\n', from); at !== -1; at = message.indexOf('\n', at + 1)) lines += 1;
  return lines;
}
