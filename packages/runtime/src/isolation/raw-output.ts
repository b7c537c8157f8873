/** Output of a process that goes around the protocol: raw file descriptors and grandchildren. */
import type { Readable } from 'node:stream';
import type { Clock, TimerHandle } from '../engine/clock.ts';
import type { InstanceListener } from '../engine/instance/isolation.ts';
import type { LogLevel } from '../engine/protocol.ts';
import { FloodGate, LineBuffer } from '../wall/output.ts';

/** Raw output of one instance that is read within a second; then the pipe fills and its writer waits. */
const RAW_BYTES_PER_SECOND = 1024 * 1024;

export class RawOutput {
  readonly #stream: Readable | null;
  readonly #clock: Clock;
  readonly #gate: FloodGate;
  readonly #lines: LineBuffer;
  #windowStart: number;
  #bytes = 0;
  #pause: TimerHandle | undefined;

  constructor(
    stream: Readable | null,
    level: LogLevel,
    listener: InstanceListener,
    clock: Clock,
    onText?: (text: string) => void,
  ) {
    this.#stream = stream;
    this.#clock = clock;
    this.#windowStart = clock.monotonic();
    this.#gate = new FloodGate((as, text) => {
      listener.output(as, text);
    }, clock);
    this.#lines = new LineBuffer((line) => {
      this.#gate.pass(level, line);
    });
    stream?.setEncoding('utf8');
    stream?.on('data', (text: string) => {
      onText?.(text);
      this.#lines.push(text);
      this.#limit(text.length);
    });
    stream?.on('error', () => {
      // A pipe that breaks has nothing more to say.
    });
  }

  close(): void {
    this.#clock.clearTimeout(this.#pause);
    this.#lines.flush();
    this.#gate.report();
    this.#stream?.destroy();
  }

  /** Stops reading for the rest of a second in which too much came: whoever writes then waits. */
  #limit(length: number): void {
    const now = this.#clock.monotonic();
    if (now - this.#windowStart >= 1000) {
      this.#windowStart = now;
      this.#bytes = 0;
    }
    this.#bytes += length;
    if (this.#bytes < RAW_BYTES_PER_SECOND || this.#pause !== undefined) return;
    this.#stream?.pause();
    this.#pause = this.#clock.setTimeout(
      () => {
        this.#pause = undefined;
        this.#stream?.resume();
      },
      Math.max(1, this.#windowStart + 1000 - now),
    );
    this.#pause.unref?.();
  }
}
