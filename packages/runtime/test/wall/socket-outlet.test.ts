/**
 * The way out through a real socket, with a reader in a thread of its own: it goes on reading while this thread is
 * busy getting the last bytes out, as the host does while an instance ends.
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock, type Clock } from '../../src/engine/clock.ts';
import { SocketOutlet } from '../../src/wall/socket-outlet.ts';
import { makeTempDir } from '../support/temp-dir.ts';

/** Reads nothing before it is told to, then everything; tells how many numbers came in order, when asked and at the end. */
const READER = `
const { createServer } = require('node:net');
const { parentPort, workerData } = require('node:worker_threads');
const server = createServer((socket) => {
  socket.pause();
  let rest = Buffer.alloc(0);
  let next = 0;
  let awaited = Infinity;
  let wrong;
  const tell = () => parentPort.postMessage({ numbers: next, left: rest.length, ...(wrong && { wrong }) });
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    let at = 0;
    for (; at + 4 <= rest.length; at += 4, next += 1) {
      const found = rest.readUInt32LE(at);
      if (found !== next) wrong ??= { expected: next, found };
    }
    rest = rest.subarray(at);
    if (next >= awaited) {
      awaited = Infinity;
      tell();
    }
  });
  socket.on('error', () => {});
  socket.on('close', tell);
  parentPort.on('message', (message) => {
    if (message === 'hang up') socket.destroy();
    else if (message === 'read') socket.resume();
    else if (next >= message) tell();
    else awaited = message;
  });
  parentPort.postMessage('connected');
});
server.listen(workerData, () => parentPort.postMessage('listening'));
`;

interface Wall {
  readonly outlet: SocketOutlet;
  readonly socket: Socket;
  /** Lets the other side read. */
  read(): void;
  /** The other side goes away. */
  hangUp(): void;
  /** What the other side got, once it has so many numbers; without one, once this side is closed. */
  received(numbers?: number): Promise<unknown>;
}

async function openWall(clock: Clock = systemClock): Promise<Wall> {
  const path = join(makeTempDir(), 'wall');
  const reader = new Worker(READER, { eval: true, workerData: path });
  onTestFinished(async () => {
    await reader.terminate();
  });
  await once(reader, 'message');
  const connected = once(reader, 'message');
  const socket = connect(path);
  await Promise.all([connected, once(socket, 'connect')]);
  socket.on('error', () => {
    // A side that went away on purpose.
  });
  const { fd } = (socket as unknown as { readonly _handle: { readonly fd: number } })._handle;
  const outlet = new SocketOutlet(socket, (bytes) => writeSync(fd, bytes), clock);
  return {
    outlet,
    socket,
    read: () => {
      reader.postMessage('read');
    },
    hangUp: () => {
      reader.postMessage('hang up');
    },
    received: async (numbers) => {
      const told = once(reader, 'message');
      if (numbers !== undefined) reader.postMessage(numbers);
      const [message] = (await told) as unknown[];
      return message;
    },
  };
}

/** Numbers, so that the reader sees at once which byte is missing or comes too early. */
function numbers(from: number, count: number): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow(count * 4);
  for (let n = 0; n < count; n += 1) bytes.writeUInt32LE(from + n, n * 4);
  return bytes;
}

/** Far more than the kernel takes at once. */
const MANY = 500_000;
/** A little more than it takes. */
const FEW = 70_000;

describe('SocketOutlet', () => {
  it('writes at once what the kernel takes, without the stream', async () => {
    const wall = await openWall();
    wall.outlet.write([numbers(0, 10), numbers(10, 5)]);
    expect(wall.socket.bytesWritten).toBe(0);
    wall.read();
    expect(await wall.received(15)).toEqual({ numbers: 15, left: 0 });
    wall.socket.destroy();
  });

  it('keeps the order when the kernel is full and small writes come after large ones', async () => {
    const wall = await openWall();
    let sent = 0;
    for (const count of [10, MANY, 3, 1, 20_000, 2, MANY, 1]) {
      wall.outlet.write([numbers(sent, count), numbers(sent + count, 7)]);
      sent += count + 7;
    }
    expect(wall.socket.writableLength, 'something waits in the stream').toBeGreaterThan(0);
    wall.read();
    expect(await wall.received(sent)).toEqual({ numbers: sent, left: 0 });
    wall.socket.destroy();
  });

  it('writes at once again when the stream has run empty', async () => {
    const wall = await openWall();
    wall.outlet.write([numbers(0, MANY)]);
    wall.read();
    expect(await wall.received(MANY)).toEqual({ numbers: MANY, left: 0 });
    const before = wall.socket.bytesWritten;
    wall.outlet.write([numbers(MANY, 5)]);
    expect(wall.socket.bytesWritten).toBe(before);
    expect(await wall.received(MANY + 5)).toEqual({ numbers: MANY + 5, left: 0 });
    wall.socket.destroy();
  });

  it('gets out what the kernel has not taken before flushSync returns', async () => {
    const wall = await openWall();
    wall.outlet.write([numbers(0, MANY)]);
    wall.read();
    wall.outlet.flushSync();
    // As when the process ends: what the stream still has is thrown away.
    wall.socket.destroy();
    expect(await wall.received()).toEqual({ numbers: MANY, left: 0 });
  });

  it('gets out everything that was written while the kernel was full, too', async () => {
    const wall = await openWall();
    let sent = 0;
    for (const count of [MANY, 1, 10_000, MANY, 3]) {
      wall.outlet.write([numbers(sent, count)]);
      sent += count;
    }
    wall.read();
    wall.outlet.flushSync();
    wall.socket.destroy();
    expect(await wall.received()).toEqual({ numbers: sent, left: 0 });
  });

  it('gets out what is written after a first flushSync with the next one, as the last words of an ending process', async () => {
    const wall = await openWall();
    // Just more than the kernel takes, so that the stream has little of it, and then much more.
    wall.outlet.write([numbers(0, FEW)]);
    expect(wall.socket.writableLength).toBeGreaterThan(0);
    wall.read();
    wall.outlet.flushSync();
    wall.outlet.write([numbers(FEW, MANY)]);
    wall.outlet.write([numbers(FEW + MANY, 5)]);
    wall.outlet.flushSync();
    wall.socket.destroy();
    expect(await wall.received()).toEqual({ numbers: FEW + MANY + 5, left: 0 });
  });

  it('has nothing to get out when nothing waits', async () => {
    const wall = await openWall();
    wall.outlet.write([numbers(0, 3)]);
    wall.outlet.flushSync();
    wall.read();
    wall.socket.destroy();
    expect(await wall.received()).toEqual({ numbers: 3, left: 0 });
  });

  it('gives up after two seconds when the other side does not read', async () => {
    let now = 0;
    const looked: number[] = [];
    const impatient: Clock = {
      ...systemClock,
      monotonic: () => {
        looked.push(now);
        return (now += 400);
      },
    };
    const wall = await openWall(impatient);
    wall.outlet.write([numbers(0, MANY)]);
    wall.outlet.flushSync();
    expect(looked.length).toBeLessThan(10);
    wall.socket.destroy();
    wall.hangUp();
    await wall.received();
  });

  it('does not throw when the other side is gone', async () => {
    const wall = await openWall();
    wall.outlet.write([numbers(0, MANY)]);
    wall.hangUp();
    await wall.received();
    wall.outlet.write([numbers(0, 10)]);
    wall.outlet.flushSync();
    wall.socket.destroy();
  });
});
