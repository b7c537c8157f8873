/**
 * One client of the admin socket, on the host's side.
 *
 * It may be slow, gone, or wrong: what it does not take is bounded, what it asks at once is bounded, and when it goes what it
 * waits for is taken back. Nothing it does reaches the host but through operations.ts (I5, I6).
 */
import type { Socket } from 'node:net';
import type { LogEvent } from '../engine/events.ts';
import { LineReader } from './line-reader.ts';
import { perform, type Answer, type OperationParts } from './operations.ts';
import { ADMIN_VERSION, type AdminMessage, type RefusalJson } from './protocol.ts';
import { readRequest, type AnyRequest } from './read-request.ts';

/** Requests of one client that may be open at once. */
const MOST_OPEN = 100;
/** Bytes of log lines that may wait for a client that does not read; further ones are dropped and counted. */
const MOST_LOG_WAITING = 1024 * 1024;
/** Bytes of answers that may wait for it: then it is given up. */
const MOST_WAITING = 512 * 1024 * 1024;
/** UTF-16 units of one answer: a string of Node holds 2^29 - 24. */
const LONGEST_ANSWER = 400 * 1024 * 1024;

export interface ConnectionOptions {
  readonly socket: Socket;
  readonly parts: OperationParts;
  /** Bytes of a request. */
  readonly longestRequest: number;
  readonly onClosed: (connection: Connection) => void;
}

export class Connection {
  readonly #socket: Socket;
  readonly #parts: OperationParts;
  readonly #open = new Map<number, AbortController>();
  #ended = false;

  constructor({ socket, parts, longestRequest, onClosed }: ConnectionOptions) {
    this.#socket = socket;
    this.#parts = parts;
    const reader = new LineReader(longestRequest);
    socket.on('data', (chunk: Buffer) => {
      if (this.#ended) return;
      const { lines, tooLong } = reader.push(chunk);
      for (const line of lines) this.#receive(line);
      if (tooLong) {
        const message = `a request has more than ${longestRequest} bytes, which no payload within the host's limits needs; send less`;
        this.#refuseAll({ code: 'EntityTooLarge', message, retryable: false });
      }
    });
    // Each answer to a client that is gone fails; there is nobody to tell.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#ended = true;
      for (const request of this.#open.values()) request.abort();
      onClosed(this);
    });
  }

  /** Lets the last answers go out, and ends. */
  close(): void {
    this.#ended = true;
    this.#socket.end();
  }

  /** Ends now, whatever is on the way. */
  destroy(): void {
    this.#socket.destroy();
  }

  #receive(line: string): void {
    if (this.#ended || line.trim() === '') return;
    const read = readRequest(line);
    if ('refused' in read) {
      if (read.id === null) this.#refuseAll(read.refused);
      else this.#send({ v: ADMIN_VERSION, id: read.id, refused: read.refused });
      return;
    }
    const { request } = read;
    if (request.op === 'cancel') {
      this.#open.get(request.args.request)?.abort();
      this.#send({ v: ADMIN_VERSION, id: request.id, value: null });
      return;
    }
    const wrong = this.#whyNot(request.id);
    if (wrong === undefined) void this.#perform(request);
    else this.#send({ v: ADMIN_VERSION, id: request.id, refused: wrong });
  }

  #whyNot(id: number): RefusalJson | undefined {
    if (this.#open.has(id)) {
      return { code: 'InvalidArgument', message: `request ${id} is open already; number each anew`, retryable: false };
    }
    if (this.#open.size >= MOST_OPEN) {
      return {
        code: 'ResourceExhausted',
        message: `${MOST_OPEN} requests of this connection are open; wait for answers`,
        retryable: true,
      };
    }
    return undefined;
  }

  async #perform(request: Exclude<AnyRequest, { op: 'cancel' }>): Promise<void> {
    const { id } = request;
    const cancellation = new AbortController();
    this.#open.set(id, cancellation);
    const logs = new LogLines(this.#socket, id);
    const answer: Answer = await perform(request, this.#parts, { signal: cancellation.signal, log: logs.write });
    this.#open.delete(id);
    logs.end(this.#parts.clock.now());
    this.#send({ v: ADMIN_VERSION, id, ...answer });
  }

  /** Nobody knows where the next request begins. */
  #refuseAll(refused: RefusalJson): void {
    this.#send({ v: ADMIN_VERSION, id: null, refused });
    this.close();
  }

  #send(message: AdminMessage): void {
    if (this.#socket.destroyed) return;
    if (this.#socket.writableLength > MOST_WAITING) {
      this.#socket.destroy();
      return;
    }
    this.#socket.write(encode(message));
  }
}

/** What one request's invocation writes, as long as the client takes it. */
class LogLines {
  readonly #socket: Socket;
  readonly #id: number;
  #dropped = 0;

  constructor(socket: Socket, id: number) {
    this.#socket = socket;
    this.#id = id;
  }

  readonly write = (entry: LogEvent): void => {
    if (this.#socket.destroyed) return;
    if (this.#socket.writableLength > MOST_LOG_WAITING) this.#dropped += 1;
    else
      this.#socket.write(`${JSON.stringify({ v: ADMIN_VERSION, id: this.#id, log: entry } satisfies AdminMessage)}\n`);
  };

  /** Says what was dropped. */
  end(time: number): void {
    if (this.#dropped === 0) return;
    const message = `${this.#dropped} lines of the log were not sent: the command did not read them in time`;
    const log: LogEvent = { time, level: 'warn', message, source: 'host' };
    this.#socket.write(`${JSON.stringify({ v: ADMIN_VERSION, id: this.#id, log } satisfies AdminMessage)}\n`);
  }
}

/** A list of long results may be more than a string can hold. */
function encode(message: AdminMessage): string {
  let line: string | undefined;
  try {
    line = JSON.stringify(message);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  if (line !== undefined && line.length <= LONGEST_ANSWER) return `${line}\n`;
  const refused: RefusalJson = {
    code: 'EntityTooLarge',
    message: `the answer is longer than ${LONGEST_ANSWER} characters; ask for fewer at once (--limit)`,
    retryable: false,
  };
  return `${JSON.stringify({ v: ADMIN_VERSION, id: message.id, refused })}\n`;
}
