/**
 * The instance's end of a wall that is a Unix socket: frames, those of one turn of the event loop written together.
 *
 * Writing is done with plain `writeSync` while the socket takes it, which is nearly always and costs a fifth less
 * than a stream's write; only what the kernel will not take at once goes through the stream. That also makes it possible to
 * get everything out before the process ends: `process.exit` throws away what a stream has queued (97 % of an 8 MiB
 * answer, tried), so the rest is written by hand.
 */
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { systemClock } from '../engine/clock.ts';
import { Kind, type FromInstance, type InstanceBoot, type ToInstance } from '../engine/protocol.ts';
import { FrameReader, FrameWriter } from '../wall/frames.ts';
import { BATCH_SIZE } from '../wall/batching.ts';
import { readInto } from '../wall/socket-inlet.ts';
import { SocketOutlet } from '../wall/socket-outlet.ts';
import type { WallPort } from './wall-port.ts';

/** The host is trusted with the size of what it sends: it has its own limits. */
const NO_LIMIT = 0xffff_ffff;

export class SocketPort implements WallPort {
  readonly #outlet: SocketOutlet;
  readonly #writer = new FrameWriter();
  readonly #onBoot: (boot: InstanceBoot) => void;
  #onMessage: ((message: ToInstance) => void) | undefined;
  /** What came while the function was still loading. */
  #early: ToInstance[] = [];
  #scheduled = false;

  constructor(fd: number, onBoot: (boot: InstanceBoot) => void) {
    this.#onBoot = onBoot;
    const reader = new FrameReader(NO_LIMIT, (message) => {
      this.#receive(message as ToInstance);
    });
    const socket = new Socket({ fd, readable: true, writable: true, onread: readInto(reader) });
    this.#outlet = new SocketOutlet(socket, (bytes) => writeSync(fd, bytes), systemClock);
    // The host is gone, with or without a farewell: no function process outlives it (I9).
    socket.on('close', () => process.kill(process.pid, 'SIGKILL'));
    socket.on('error', () => process.kill(process.pid, 'SIGKILL'));
  }

  post(message: FromInstance): void {
    this.#writer.write(message);
    if (this.#writer.pending >= BATCH_SIZE) this.flush();
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(this.#flushLater);
  }

  flush(): void {
    if (!this.#writer.empty && this.#outlet.write(this.#writer.take())) this.#writer.rewind();
  }

  flushSync(): void {
    this.flush();
    this.#outlet.flushSync();
  }

  listen(onMessage: (message: ToInstance) => void): void {
    this.#onMessage = onMessage;
    const early = this.#early;
    this.#early = [];
    for (const message of early) onMessage(message);
  }

  #receive(message: ToInstance): void {
    if (message[0] === Kind.Boot) this.#onBoot(JSON.parse(message[1]) as InstanceBoot);
    else if (this.#onMessage === undefined) this.#early.push(message);
    else this.#onMessage(message);
  }

  readonly #flushLater = (): void => {
    this.#scheduled = false;
    this.flush();
  };
}
