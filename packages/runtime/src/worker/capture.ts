/**
 * Captures what the function writes through `console` and `process.stdout/stderr`, tagged with the run it belongs to.
 *
 * A flood is limited here, at its source, so that it costs neither the wall nor the host anything (I5): so many lines
 * and bytes a second, and then a line that says how many were dropped.
 */
import { Console } from 'node:console';
import { Writable } from 'node:stream';
import type { LogLevel } from '../engine/protocol.ts';
import { FloodGate, LineBuffer, type WriteLog } from '../wall/output.ts';

export interface Capture {
  /** Sends what waits for the end of its line, and what was dropped. */
  flush(): void;
}

export function installCapture(write: WriteLog, now: () => number): Capture {
  const gate = new FloodGate(write, now);
  const out = new LineBuffer((line) => {
    gate.pass('info', line);
  });
  const err = new LineBuffer((line) => {
    gate.pass('error', line);
  });
  replaceWrite(process.stdout, out);
  replaceWrite(process.stderr, err);

  // One message for one call of console, however many lines it has.
  let level: LogLevel = 'info';
  const sink = (fallback: LogLevel): Writable =>
    new Writable({
      decodeStrings: false,
      write(chunk: string | Buffer, _encoding, callback) {
        const text = String(chunk);
        gate.pass(level === 'info' ? fallback : level, text.endsWith('\n') ? text.slice(0, -1) : text);
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
    flush() {
      out.flush();
      err.flush();
      gate.report();
    },
  };
}

function replaceWrite(stream: NodeJS.WriteStream, lines: LineBuffer): void {
  const write = (chunk: Uint8Array | string, encoding?: unknown, callback?: unknown): boolean => {
    const done = typeof encoding === 'function' ? encoding : callback;
    lines.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
    if (typeof done === 'function') process.nextTick(done);
    return true;
  };
  stream.write = write;
}
