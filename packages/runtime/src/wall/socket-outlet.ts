/** Writes to the wall's socket, fast while it is empty, and to the last byte when the process is about to end. */
import type { Socket } from 'node:net';
import type { Clock } from '../engine/clock.ts';

/** ms that the last bytes of an ending process may take before it ends without them. */
const FLUSH_LIMIT = 2000;

/** The part of libuv's handle that tells how much of what the stream was given the kernel has not taken yet. */
interface StreamHandle {
  readonly writeQueueSize?: number;
}

export class SocketOutlet {
  readonly #socket: Socket;
  readonly #writeSync: (bytes: Uint8Array) => number;
  readonly #clock: Clock;
  /** What the stream is writing: one batch at a time, for of several nobody could tell what the kernel has taken. */
  #inStream: readonly Uint8Array[] = [];
  /** What waits behind it, oldest first. */
  #waiting: Uint8Array[] = [];
  /** The process is ending: the stream, which may hold what was written by hand since, gets nothing more. */
  #byHand = false;

  constructor(socket: Socket, writeSync: (bytes: Uint8Array) => number, clock: Clock) {
    this.#socket = socket;
    this.#writeSync = writeSync;
    this.#clock = clock;
  }

  /** Writes, now or as soon as the kernel takes it; returns whether all of it is out, so that its memory may be used again. */
  write(chunks: readonly Uint8Array[]): boolean {
    // Bytes must not overtake those that wait in the stream.
    if (this.#inStream.length > 0 || this.#byHand) {
      for (const chunk of chunks) this.#waiting.push(chunk);
      return false;
    }
    const rest = this.#writeNow(chunks);
    if (rest.length === 0) return true;
    this.#give(rest);
    return false;
  }

  /**
   * Does not return before everything is out, or the host has stopped reading. For a process that ends: what is written
   * afterwards leaves with the next `flushSync`.
   */
  flushSync(): void {
    let rest = this.#unwritten();
    const giveUpAt = this.#clock.monotonic() + FLUSH_LIMIT;
    const pause = new Int32Array(new SharedArrayBuffer(4));
    while (rest.length > 0 && this.#clock.monotonic() < giveUpAt) {
      rest = this.#writeNow(rest);
      if (rest.length > 0) Atomics.wait(pause, 0, 0, 1);
    }
    this.#inStream = [];
    this.#waiting = [];
    this.#byHand = true;
  }

  #give(batch: readonly Uint8Array[]): void {
    this.#inStream = batch;
    this.#socket.cork();
    for (const [index, chunk] of batch.entries()) {
      if (index < batch.length - 1) this.#socket.write(chunk);
      else this.#socket.write(chunk, this.#written);
    }
    this.#socket.uncork();
  }

  readonly #written = (): void => {
    if (this.#byHand) return;
    const waiting = this.#waiting;
    this.#inStream = [];
    this.#waiting = [];
    if (waiting.length > 0) this.write(waiting);
  };

  /** Writes as much as the kernel takes at once; returns the rest. */
  #writeNow(chunks: readonly Uint8Array[]): Uint8Array[] {
    const joined = chunks.length === 1 ? chunks : join(chunks);
    let index = 0;
    let offset = 0;
    while (index < joined.length) {
      const chunk = joined[index];
      if (chunk === undefined) break;
      try {
        offset += this.#writeSync(offset === 0 ? chunk : chunk.subarray(offset));
      } catch (error) {
        if (isFull(error)) break;
        // The host is gone; the socket's own 'error' ends the process.
        return [];
      }
      if (offset >= chunk.byteLength) {
        index += 1;
        offset = 0;
      }
    }
    if (index === joined.length) return [];
    const rest = joined.slice(index);
    if (offset > 0 && rest[0] !== undefined) rest[0] = rest[0].subarray(offset);
    return rest;
  }

  /** What the kernel has not taken: the last `writeQueueSize` bytes of what the stream was given, and what waits. */
  #unwritten(): Uint8Array[] {
    const handle = (this.#socket as unknown as { readonly _handle: StreamHandle | null })._handle;
    let left = handle?.writeQueueSize ?? 0;
    const rest: Uint8Array[] = [...this.#waiting];
    for (let index = this.#inStream.length - 1; index >= 0 && left > 0; index -= 1) {
      const chunk = this.#inStream[index];
      if (chunk === undefined) break;
      rest.unshift(chunk.byteLength <= left ? chunk : chunk.subarray(chunk.byteLength - left));
      left -= chunk.byteLength;
    }
    return rest;
  }
}

/** Small chunks are joined: a copy costs less than a system call. */
function join(chunks: readonly Uint8Array[]): Uint8Array[] {
  let total = 0;
  for (const chunk of chunks) total += chunk.byteLength;
  return total <= 64 * 1024 ? [Buffer.concat(chunks, total)] : [...chunks];
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}
