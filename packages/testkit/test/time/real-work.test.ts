/** Real sockets, files, processes and threads inside frames: virtual time stands still until they are done. */
import { execFile, spawn } from 'node:child_process';
import { pbkdf2 } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createReadStream, readFile as readFileBack } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, get, Agent, type Server } from 'node:http';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { gzip, gunzip, createGzip } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStage } from './in-frame.ts';
import { sleep } from './fixtures/functions.ts';

const HERE = fileURLToPath(import.meta.url);
let server: Server;
let origin: string;
/** Answers that the server holds back, until somebody lets them go. */
const held: (() => void)[] = [];
let onHeld = (): void => undefined;

beforeAll(async () => {
  server = createServer((request, response) => {
    const answer = (): void => {
      response.end(`answer to ${String(request.url)}`);
    };
    if (request.url === '/held') {
      held.push(answer);
      onHeld();
    } else answer();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${String((server.address() as net.AddressInfo).port)}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Work of a function, and how it ends: a race with a virtual hour, which real work must win. */
const REAL_WORK: Readonly<Record<string, () => Promise<unknown>>> = {
  'a fetch': async () => (await fetch(`${origin}/fetched`)).text(),
  'several fetches over one kept connection': async () => {
    for (let turn = 0; turn < 3; turn += 1) await (await fetch(origin)).text();
    return 'done';
  },
  'node:http': async () => {
    const [response] = (await once(get(`${origin}/got`), 'response')) as [NodeJS.ReadableStream];
    return text(response);
  },
  'node:http over a kept connection': async () => {
    const agent = new Agent({ keepAlive: true });
    for (let turn = 0; turn < 3; turn += 1) {
      const [response] = (await once(get(origin, { agent }), 'response')) as [NodeJS.ReadableStream];
      await text(response);
    }
    return 'done';
  },
  'a raw socket': async () => {
    const socket = net.connect(Number(new URL(origin).port), '127.0.0.1');
    socket.end('GET / HTTP/1.0\r\n\r\n');
    return text(socket);
  },
  'a file by promise': () => readFile(HERE, 'utf8'),
  'a file by callback': () => promisify(readFileBack)(HERE, 'utf8'),
  'a file as a stream': () => text(createReadStream(HERE, { highWaterMark: 512 })),
  'a child process': async () => (await promisify(execFile)(process.execPath, ['-p', '6*7'])).stdout.trim(),
  'a worker thread': async () => {
    const worker = new Worker('require("node:worker_threads").parentPort.postMessage(42)', { eval: true });
    const [message] = (await once(worker, 'message')) as [number];
    await worker.terminate();
    return message;
  },
  'a host name': async () => (await lookup('localhost')).address.length > 0,
  compression: async () => String(await promisify(gunzip)(await promisify(gzip)('squeezed'))),
  'a compressing stream': async () => {
    const stream = createGzip();
    stream.end('squeezed');
    return (await new Response(stream as never).arrayBuffer()).byteLength > 0;
  },
  cryptography: async () => (await promisify(pbkdf2)('secret', 'salt', 1000, 8, 'sha256')).length,
  WebCrypto: async () => (await crypto.subtle.digest('SHA-256', Buffer.from('text'))).byteLength,
};

describe('real work inside a frame', () => {
  it.for(Object.keys(REAL_WORK))('is waited for before virtual time goes on: %s', async (name) => {
    const { clock, driver, realWork, run } = createStage();
    const letGo = realWork.hold();
    const work = run(async () => {
      const first = await Promise.race([REAL_WORK[name]!(), sleep(3_600_000).then(() => 'time went on')]);
      const after = clock.monotonic();
      await sleep(1000);
      return { first, after, end: clock.monotonic() };
    });

    const { first, after, end } = await driver.untilSettled(work);

    expect(first).not.toBe('time went on');
    expect(first).toBeTruthy();
    expect([after, end]).toEqual([0, 1000]);
    await driver.settle();
    expect(realWork.items()).toEqual([]);
    letGo();
  });

  it('keeps the timers that the platform makes for it: they are real, and nobody skips to them', async () => {
    const { clock, driver, run } = createStage();
    await driver.untilSettled(run(async () => (await fetch(origin)).text()));
    expect(clock.pendingTimers).toBe(0);
  });

  it('of the test and of another host is not waited for', async () => {
    const [one, other] = [createStage(), createStage()];
    const letGo = other.realWork.hold();
    const theirs = other.run(() => fetch(`${origin}/held`));
    const ours = fetch(`${origin}/held`);
    await one.driver.untilSettled(one.run(() => sleep(60_000)));

    expect(one.clock.monotonic()).toBe(60_000);
    expect(other.realWork.busy).toBe(true);
    expect(one.realWork.busy).toBe(false);
    while (held.length < 2) await arrival();
    for (const answer of held.splice(0)) answer();
    for (const response of await Promise.all([ours, theirs])) await response.text();
    await other.driver.settle();
    expect(other.realWork.busy).toBe(false);
    letGo();
  });

  it('that only listens, or is kept idle for later, does not hold time up', async () => {
    const { clock, driver, run } = createStage();
    const closing: (() => void)[] = [];
    await driver.untilSettled(
      run(async () => {
        const agent = new Agent({ keepAlive: true });
        const [response] = (await once(get(origin, { agent }), 'response')) as [NodeJS.ReadableStream];
        await text(response);
        const listening = createServer((_, answer) => answer.end('served')).listen(0, '127.0.0.1');
        await once(listening, 'listening');
        // A connection that the function's own server has accepted, and keeps.
        const { port } = listening.address() as net.AddressInfo;
        expect(await (await fetch(`http://127.0.0.1:${String(port)}`)).text()).toBe('served');
        const unwanted = net.connect(Number(new URL(origin).port), '127.0.0.1').unref();
        closing.push(
          () => unwanted.destroy(),
          () => agent.destroy(),
          () => listening.close(),
          () => listening.closeAllConnections(),
        );
      }),
    );

    await driver.advance('1d');

    expect(clock.monotonic()).toBe(86_400_000);
    for (const close of closing) close();
  });

  it('is named with the line that began it', async () => {
    const { driver, realWork, run } = createStage();
    const letGo = realWork.hold();
    const child = run(function startsAChild() {
      return spawn(process.execPath, ['-e', 'process.stdin.resume()']);
    });
    const fetched = run(function fetchesSomething() {
      return fetch(`${origin}/held`);
    });
    const requested = run(async function requestsSomething() {
      const [response] = (await once(get(`${origin}/held`), 'response')) as [NodeJS.ReadableStream];
      return text(response);
    });
    while (held.length < 2) await arrival();

    const items = realWork.items();

    const named = (kind: string): (typeof items)[number] | undefined =>
      items.find((item) => item.kind.startsWith(kind));
    expect(named('a child process')).toMatchObject({ instance: 'EdgeFC/pump#1' });
    expect(named('a child process')?.where).toMatch(/^startsAChild .*real-work\.test\.ts:\d+:\d+/);
    expect(named(`a fetch (GET ${origin}/held)`)?.where).toMatch(/^fetchesSomething .*real-work\.test\.ts:\d+:\d+/);
    expect(named('an HTTP request (GET http://127.0.0.1/held)')?.where).toMatch(
      /^requestsSomething .*real-work\.test\.ts/,
    );
    child.kill();
    for (const answer of held.splice(0)) answer();
    await (await fetched).text();
    await requested;
    await driver.settle();
    expect(realWork.items()).toEqual([]);
    letGo();
  });

  it('of an instance that is gone, or that the test says to ignore, is not waited for', async () => {
    const { clock, driver, realWork, run } = createStage({ ignore: ({ kind }) => kind === 'a TCP connection' });
    const letGo = realWork.hold();
    const socket = run(() => net.connect(Number(new URL(origin).port), '127.0.0.1'));
    await once(socket, 'connect');
    const fetched = run(() => fetch(`${origin}/held`));
    await arrival();
    expect(realWork.items().map(({ kind }) => kind)).toEqual([`a fetch (GET ${origin}/held)`]);

    realWork.dropWorkOf('EdgeFC/pump#1');
    await driver.advance('1h');

    expect(clock.monotonic()).toBe(3_600_000);
    socket.destroy();
    for (const answer of held.splice(0)) answer();
    await (await fetched).text();
    letGo();
  });
});

/** Resolves when the server has another request that it holds back. */
function arrival(): Promise<void> {
  return new Promise((resolve) => (onHeld = resolve));
}
