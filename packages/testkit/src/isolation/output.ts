/**
 * What one instance writes: `console`, `process.stdout` and `process.stderr`, tagged with the run that wrote it.
 *
 * As the worker captures it, but for the limit on floods: in a test they cost nobody anything, and time may stand still.
 */
import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { LineBuffer, type LogLevel, type Run } from '@edgefc/runtime/testing';
import type { StreamName } from './seat.ts';

type Write = (level: LogLevel, text: string, requestId: string | null) => void;

/** Of a run, or of none, on one stream. */
interface OpenLine {
  readonly run: Run | undefined;
  readonly lines: LineBuffer;
  /** A character may come in two writes. */
  readonly decoder: StringDecoder;
}

export class InstanceOutput {
  readonly #currentRun: () => Run | undefined;
  readonly #write: Write;
  readonly #open: Record<StreamName, Map<Run | undefined, OpenLine>> = { stdout: new Map(), stderr: new Map() };

  constructor(currentRun: () => Run | undefined, write: Write) {
    this.#currentRun = currentRun;
    this.#write = write;
  }

  log(level: LogLevel, text: string): void {
    this.#write(level, text, this.#currentRun()?.requestId ?? null);
  }

  push(stream: StreamName, chunk: Uint8Array | string): void {
    const run = this.#currentRun();
    const open = this.#open[stream];
    let line = open.get(run);
    if (line === undefined) {
      const level = stream === 'stdout' ? 'info' : 'error';
      line = {
        run,
        lines: new LineBuffer((text) => {
          this.#write(level, text, run?.requestId ?? null);
        }),
        decoder: new StringDecoder('utf8'),
      };
      open.set(run, line);
    }
    const { lines, decoder } = line;
    lines.push(typeof chunk === 'string' ? decoder.end() + chunk : decoder.write(Buffer.from(chunk)));
    // Nobody flushes what a run writes after it has settled.
    if (run?.settled === true) this.flush(run);
  }

  /** Writes what a run, or none, has written without ending the line. */
  flush(run: Run | undefined): void {
    for (const open of Object.values(this.#open)) {
      const line = open.get(run);
      if (line === undefined) continue;
      open.delete(run);
      line.lines.push(line.decoder.end());
      line.lines.flush();
    }
  }

  flushAll(): void {
    for (const open of Object.values(this.#open)) for (const run of [...open.keys()]) this.flush(run);
  }
}

/** A console that writes one message for one call, however many lines it has. */
export function createConsole(write: (level: LogLevel, text: string) => void): Console {
  let level: LogLevel = 'info';
  const sink = (fallback: LogLevel): Writable =>
    new Writable({
      decodeStrings: false,
      write(chunk: string | Buffer, _encoding, callback) {
        const text = String(chunk);
        write(level === 'info' ? fallback : level, text.endsWith('\n') ? text.slice(0, -1) : text);
        callback();
      },
    });
  const captured = new Console({ stdout: sink('info'), stderr: sink('error'), colorMode: false });
  for (const as of ['warn', 'debug'] as const) {
    const method = captured[as].bind(captured);
    captured[as] = (...args: unknown[]): void => {
      level = as;
      try {
        method(...args);
      } finally {
        level = 'info';
      }
    };
  }
  return captured;
}
