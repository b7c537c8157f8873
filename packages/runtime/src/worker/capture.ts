/**
 * Captures what the function writes through `console` and `process.stdout/stderr`, tagged with the run it belongs to.
 *
 * A flood is limited here, at its source, so that it costs neither the wall nor the host anything (I5): so many lines
 * and bytes a second, and then a line that says how many were dropped.
 */
import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Clock } from '../engine/clock.ts';
import type { Run } from '../engine/handler/run.ts';
import type { LogLevel } from '../engine/protocol.ts';
import { FloodGate, LineBuffer } from '../wall/output.ts';

export interface CaptureParts {
  readonly write: (level: LogLevel, text: string, requestId: string | null) => void;
  /** The run that the code which writes right now belongs to. */
  readonly currentRun: () => Run | undefined;
  readonly clock: Clock;
}

export interface Capture {
  /** Writes a message of the running function, or about it, past `console`. */
  readonly log: (level: LogLevel, text: string) => void;
  /** Sends what a run wrote without ending the line. */
  flush(run: Run): void;
  /** Sends everything that waits for the end of its line, and what was dropped. */
  flushAll(): void;
}

export function installCapture(parts: CaptureParts): Capture {
  const gate = new FloodGate(parts.write, parts.clock);
  const log = (level: LogLevel, text: string): void => {
    gate.pass(level, text, parts.currentRun()?.requestId ?? null);
  };
  const out = new RunLines('info', parts.currentRun, gate);
  const err = new RunLines('error', parts.currentRun, gate);
  replaceWrite(process.stdout, out);
  replaceWrite(process.stderr, err);

  // One message for one call of console, however many lines it has.
  let level: LogLevel = 'info';
  const sink = (fallback: LogLevel): Writable =>
    new Writable({
      decodeStrings: false,
      write(chunk: string | Buffer, _encoding, callback) {
        const text = String(chunk);
        log(level === 'info' ? fallback : level, text.endsWith('\n') ? text.slice(0, -1) : text);
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
  for (const name of Object.keys(captured)) {
    const method: unknown = Reflect.get(captured, name);
    if (typeof method === 'function') Reflect.set(console, name, method);
  }
  return {
    log,
    flush(run) {
      out.flush(run);
      err.flush(run);
    },
    flushAll() {
      out.flushAll();
      err.flushAll();
      gate.report();
    },
  };
}

/** The lines of one stream, which several runs may be writing piece by piece at once. */
class RunLines {
  readonly #level: LogLevel;
  readonly #currentRun: () => Run | undefined;
  readonly #gate: FloodGate;
  readonly #buffers = new Map<Run | undefined, RunBuffer>();

  constructor(level: LogLevel, currentRun: () => Run | undefined, gate: FloodGate) {
    this.#level = level;
    this.#currentRun = currentRun;
    this.#gate = gate;
  }

  push(chunk: Uint8Array | string): void {
    const run = this.#currentRun();
    let buffer = this.#buffers.get(run);
    if (buffer === undefined) {
      const lines = new LineBuffer((line) => {
        this.#gate.pass(this.#level, line, run?.requestId ?? null);
      });
      buffer = { lines, decoder: new StringDecoder('utf8') };
      this.#buffers.set(run, buffer);
    }
    const { lines, decoder } = buffer;
    lines.push(typeof chunk === 'string' ? decoder.end() + chunk : decoder.write(Buffer.from(chunk)));
    // Nobody flushes what a run writes after it has settled.
    if (run?.settled === true) this.flush(run);
  }

  flush(run: Run | undefined): void {
    const buffer = this.#buffers.get(run);
    if (buffer === undefined) return;
    this.#buffers.delete(run);
    buffer.lines.push(buffer.decoder.end());
    buffer.lines.flush();
  }

  flushAll(): void {
    for (const run of [...this.#buffers.keys()]) this.flush(run);
  }
}

interface RunBuffer {
  readonly lines: LineBuffer;
  /** A character may come in two writes. */
  readonly decoder: StringDecoder;
}

function replaceWrite(stream: NodeJS.WriteStream, lines: RunLines): void {
  const write = (chunk: Uint8Array | string, encoding?: unknown, callback?: unknown): boolean => {
    const done = typeof encoding === 'function' ? encoding : callback;
    lines.push(chunk);
    if (typeof done === 'function') process.nextTick(done);
    return true;
  };
  stream.write = write;
  keepBlocking(stream);
}

/**
 * Node makes a pipe non-blocking when it opens the stream on it. Whoever writes to the descriptor itself, the function
 * or a program that it starts, would get EAGAIN as soon as the pipe is full, instead of waiting.
 */
function keepBlocking(stream: NodeJS.WriteStream): void {
  const { _handle: handle } = stream as unknown as {
    readonly _handle?: { setBlocking?(blocking: boolean): void } | null;
  };
  handle?.setBlocking?.(true);
}
