/**
 * Writes lines to a stream without ever waiting for it: what a slow reader has not taken is kept up to a bound, and
 * beyond that dropped and counted, so that neither the event loop nor the memory pays for a stuck log (I5, I6).
 *
 * A reader that went away (EPIPE) ends the writing, not the host: functions outlive whoever watches them.
 */
import type { Writable } from 'node:stream';

/** Bytes (about) that may wait for the reader: more than any burst of one instance, little beside the host. */
const MOST_BUFFERED = 4 * 1024 * 1024;

export interface LineSinkOptions {
  /** Bytes. Default: 4 MiB. */
  readonly mostBuffered?: number;
  /** Makes the line that says how many were dropped while the reader was slow. */
  readonly formatDropped: (lines: number) => string;
}

export class LineSink {
  readonly #stream: Writable;
  readonly #options: LineSinkOptions;
  /** Lines of this turn of the event loop: one write takes them all. */
  #turn: string[] = [];
  #turnSize = 0;
  #dropped = 0;
  #closed = false;

  constructor(stream: Writable, options: LineSinkOptions) {
    this.#stream = stream;
    this.#options = options;
    stream.on('error', this.#onGone);
    stream.on('close', this.#onGone);
    stream.on('drain', this.#sayDropped);
  }

  /** Takes a line, its newline included. */
  write(line: string): void {
    if (this.#closed) return;
    const most = this.#options.mostBuffered ?? MOST_BUFFERED;
    if (this.#dropped > 0 || this.#stream.writableLength + this.#turnSize > most) {
      // Once one is dropped all are, until the reader has caught up: gaps stay few and are named.
      this.#dropped += 1;
      return;
    }
    this.#turn.push(line);
    this.#turnSize += line.length;
    if (this.#turn.length === 1) queueMicrotask(this.#writeTurn);
  }

  /** Resolves when everything is with the reader, or gone. A reader that takes nothing makes it wait: bound it. */
  flush(): Promise<void> {
    this.#writeTurn();
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.#stream.off('close', done);
        resolve();
      };
      this.#stream.once('close', done);
      this.#stream.write('', done);
    });
  }

  readonly #writeTurn = (): void => {
    if (this.#turn.length === 0) return;
    const text = this.#turn.join('');
    this.#turn = [];
    this.#turnSize = 0;
    if (!this.#closed) this.#stream.write(text);
  };

  readonly #sayDropped = (): void => {
    if (this.#dropped === 0) return;
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.write(this.#options.formatDropped(dropped));
  };

  readonly #onGone = (): void => {
    this.#closed = true;
    this.#turn = [];
  };
}
