/**
 * Entry of an instance in a process of its own.
 *
 * File descriptor 3 is the wall: a Unix socket with frames, the first of which is the boot.
 *
 * Writing is done with plain `writeSync` while the socket takes it, which is nearly always and costs a third of a
 * stream's write; only what the kernel will not take at once goes through the stream. That also makes it possible to
 * get everything out before the process ends: `process.exit` throws away what a stream has queued (97 % of an 8 MiB
 * answer, tried), so the rest is written by hand.
 */
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { pathToFileURL } from 'node:url';
import { FrameReader, FrameWriter } from '../wall/frames.ts';
import { Kind, type InstanceBoot, type ToInstance } from '../engine/protocol.ts';
import { runInstance } from './instance-main.ts';
import { SocketOutlet } from '../wall/socket-outlet.ts';

const WALL_FD = 3;

const socket = new Socket({ fd: WALL_FD, readable: true, writable: true });
const outlet = new SocketOutlet(socket, (bytes) => writeSync(WALL_FD, bytes));
const writer = new FrameWriter();
let onMessage: ((message: ToInstance) => void) | undefined;
let early: ToInstance[] = [];
let scheduled = false;

function flush(): void {
  scheduled = false;
  if (!writer.empty) outlet.write(writer.take());
}

function receive(message: ToInstance): void {
  if (message[0] === Kind.Boot) boot(JSON.parse(message[1]) as InstanceBoot);
  else if (onMessage === undefined) early.push(message);
  else onMessage(message);
}

function boot(message: InstanceBoot): void {
  void runInstance({
    boot: message,
    home: pathToFileURL(__filename).href,
    port: {
      post(out) {
        writer.write(out);
        if (scheduled) return;
        scheduled = true;
        process.nextTick(flush);
      },
      flushSync() {
        flush();
        outlet.flushSync();
      },
      listen(listener) {
        onMessage = listener;
        const waiting = early;
        early = [];
        for (const one of waiting) listener(one);
      },
    },
  });
}

// The host is trusted with the size of what it sends: it has its own limits.
const reader = new FrameReader(0xffff_ffff, (message) => {
  receive(message as ToInstance);
});
socket.on('data', (chunk: Buffer) => {
  reader.push(chunk);
});
// The host is gone, with or without a farewell: no function process outlives it (I9).
socket.on('close', () => process.kill(process.pid, 'SIGKILL'));
socket.on('error', () => process.kill(process.pid, 'SIGKILL'));
