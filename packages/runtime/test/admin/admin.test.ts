import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { InvocationStatus } from '@edgefc/sdk/internal';
import { connectAdmin } from '../../src/admin/client.ts';
import { ADMIN_VERSION } from '../../src/admin/protocol.ts';
import { adminSocketPaths } from '../../src/admin/socket-path.ts';
import type { Found, InvocationDetails } from '../../src/engine/async-api.ts';
import type { LogEvent } from '../../src/engine/events.ts';
import { refused } from '../../src/engine/invocation/outcome.ts';
import type { InvocationView } from '../../src/engine/views.ts';
import type { HostOutcome } from '../../src/engine/host-api.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { connectRaw, connectTo, readLines, serveFakeHost } from './fake-host.ts';

const STATUS: InvocationStatus = {
  id: 'boot.1',
  function: 'Test/echo',
  state: 'Succeeded',
  attempt: 1,
  acceptedAt: 1,
  startedAt: 2,
  endedAt: 3,
  nextAttemptAt: null,
  result: Buffer.from([0xff, 0x00]),
  resultCut: false,
  errors: [],
  caller: null,
  orderKey: null,
};

const noLogs = (): void => undefined;

/** As the engine shows an invocation; only what the admin socket looks at is there. */
function view(requestId: string, parent?: InvocationView): InvocationView {
  const seen: Partial<InvocationView> = { requestId, parent };
  return seen as InvocationView;
}

function say(requestId: string, message: string): LogEvent {
  return { time: 1, level: 'info', message, requestId, source: 'function' };
}

describe('the admin socket', () => {
  it('gives what the host gives, bytes as bytes and refusals as refusals', async () => {
    const { host, server } = await serveFakeHost();
    const calls = { made: [{ target: 'A/b', payload: null, outcome: { kind: 'accepted' } }], leftOut: 1 } as const;
    const details: InvocationDetails = { ...STATUS, payload: 'an event', invokerContext: null, calls };
    host.api.get = async (id, target): Promise<Found<InvocationDetails>> =>
      id === 'boot.1' && target === 'Test/echo'
        ? { kind: 'found', value: details }
        : refused('InvocationNotFound', `no ${id} of ${target ?? 'anybody'}`);
    host.api.list = async (filter) => {
      expect(filter).toEqual({ function: 'Test/echo', states: ['Failed'], limit: 3, before: 'boot.9' });
      return { kind: 'found', value: [STATUS, { ...STATUS, result: 'text' }] };
    };
    const client = await connectTo(server);
    expect(await client.async.get('boot.1', 'Test/echo')).toEqual({ kind: 'found', value: details });
    expect(await client.async.get('boot.2')).toEqual(refused('InvocationNotFound', 'no boot.2 of anybody'));
    expect(await client.async.list({ function: 'Test/echo', states: ['Failed'], limit: 3, before: 'boot.9' })).toEqual({
      kind: 'found',
      value: [STATUS, { ...STATUS, result: 'text' }],
    });
    host.onInvoke = async ({ payload }) => {
      return { kind: 'answered', payload: Buffer.from(payload ?? ''), functionError: undefined, requestId: 'r' };
    };
    expect(await client.invoke({ target: 'Test/echo', payload: Buffer.from([0xfe]) }, noLogs)).toEqual({
      kind: 'answered',
      payload: Buffer.from([0xfe]),
      functionError: undefined,
      requestId: 'r',
    });
    expect(await client.status()).toMatchObject({
      process: { pid: process.pid, version: '1.2.3', memory: { rss: 4711 } },
      unconfigured: [{ key: 'Old/gone', waiting: 2 }],
      queue: { enqueued: 2, running: 4, dead: 14, inMemory: 6, maxBytes: null, disk: null },
    });
  });

  it('puts requests together however they are cut, and answers several at once in the order they end', async () => {
    const { host, server } = await serveFakeHost();
    const first = Promise.withResolvers<Found<number>>();
    host.api.redrive = () => first.promise;
    host.api.purge = async () => {
      first.resolve({ kind: 'found', value: 1 });
      return { kind: 'found', value: 2 };
    };
    const socket = await connectRaw(server);
    const answers = readLines(socket, 2);
    const text = [
      { v: ADMIN_VERSION, id: 1, op: 'dead-letters.redrive', args: { function: 'Süd/ö' } },
      { v: ADMIN_VERSION, id: 2, op: 'dead-letters.purge', args: {} },
    ]
      .map((request) => `${JSON.stringify(request)}\n`)
      .join('');
    // A byte a packet: characters of two bytes are cut, too.
    socket.setNoDelay(true);
    for (const byte of Buffer.from(text)) socket.write(Buffer.of(byte));
    const got = await answers;
    expect(got).toContainEqual({ v: ADMIN_VERSION, id: 1, value: 1 });
    expect(got).toContainEqual({ v: ADMIN_VERSION, id: 2, value: 2 });
  });

  it('refuses a line that is longer than any request, and ends that connection alone', async () => {
    const { server } = await serveFakeHost();
    const other = await connectTo(server);
    const socket = await connectRaw(server);
    const answer = readLines(socket, 1);
    socket.on('error', () => undefined); // It is closed while this still writes.
    socket.write('x'.repeat(3 * 1024 * 1024));
    expect(await answer).toEqual([
      { v: ADMIN_VERSION, id: null, refused: expect.objectContaining({ code: 'EntityTooLarge' }) as unknown },
    ]);
    await once(socket, 'close');
    expect(await other.status()).toMatchObject({ process: { version: '1.2.3' } });
  });

  it.each([
    ['no JSON', 'hello', null, /one line of JSON/],
    ['no request', '{"v":1}', null, /\{ v, id, op, args \}/],
    ['another version', '{"v":99,"id":1,"op":"status","args":{}}', 1, /version 1 .* version 99; use the edgefc/],
    [
      'an unknown operation',
      '{"v":1,"id":1,"op":"explode","args":{}}',
      1,
      /"explode" does not exist; there are status/,
    ],
    ['an unknown argument', '{"v":1,"id":1,"op":"stop","args":{"now":true}}', 1, /arguments of stop/],
    ['a wrong argument', '{"v":1,"id":1,"op":"async.get","args":{"id":5}}', 1, /arguments of async.get: id/],
    ['a name of every object', '{"v":1,"id":1,"op":"toString","args":{}}', 1, /"toString" does not exist/],
  ])('says what is wrong with %s', async (_what, line, id, message) => {
    const { server } = await serveFakeHost();
    const socket = await connectRaw(server);
    const answer = readLines(socket, 1);
    socket.write(`${line}\n`);
    const refusal = { code: 'InvalidArgument', message: expect.stringMatching(message) as string, retryable: false };
    expect(await answer).toEqual([{ v: ADMIN_VERSION, id, refused: refusal }]);
  });

  it('sends what the invocation and the calls it makes write, and nothing of others', async () => {
    const { host, server } = await serveFakeHost();
    host.onInvoke = () => {
      const own = view('own');
      host.events.emit('invocation:accepted', own);
      return Promise.resolve().then((): HostOutcome => {
        // Later, and somebody else's.
        host.events.emit('invocation:accepted', view('foreign'));
        host.events.emit('invocation:accepted', view('called', own));
        host.events.emit('log', say('own', 'one'));
        host.events.emit('log', say('foreign', 'not ours'));
        host.events.emit('log', say('called', 'two'));
        return { kind: 'answered', payload: 'done', functionError: undefined, requestId: 'own' };
      });
    };
    const client = await connectTo(server);
    const logs: string[] = [];
    const outcome = await client.invoke({ target: 'Test/echo' }, ({ message }) => logs.push(message));
    expect(outcome).toMatchObject({ payload: 'done' });
    expect(logs).toEqual(['one', 'two']);
    expect(host.events.listenerCount('log')).toBe(0);
  });

  it('drops log lines that a client does not read, says how many, and keeps serving others', async () => {
    const { host, server } = await serveFakeHost();
    const answered = Promise.withResolvers<HostOutcome>();
    const invoked = Promise.withResolvers<undefined>();
    host.onInvoke = () => {
      host.events.emit('invocation:accepted', view('own'));
      invoked.resolve(undefined);
      return answered.promise;
    };
    const slow = await connectRaw(server);
    slow.pause();
    const args = { target: 'Test/echo', type: 'Sync', payload: null };
    slow.write(`${JSON.stringify({ v: ADMIN_VERSION, id: 1, op: 'invoke', args })}\n`);
    await invoked.promise;
    const line = 'x'.repeat(10_000);
    for (let count = 0; count < 2000; count += 1) host.events.emit('log', say('own', line));
    expect(await (await connectTo(server)).status()).toMatchObject({ process: { version: '1.2.3' } });
    let text = '';
    slow.setEncoding('utf8').on('data', (more: string) => (text += more));
    slow.resume();
    answered.resolve({ kind: 'answered', payload: 'done', functionError: undefined, requestId: 'own' });
    await expect.poll(() => text.endsWith('"requestId":"own"}}\n')).toBe(true);
    const lines = text.trimEnd().split('\n');
    expect(lines.at(-2)).toMatch(/"message":"\d+ lines of the log were not sent/);
    const dropped = Number(/"message":"(\d+) lines/.exec(lines.at(-2) ?? '')?.[1]);
    expect(dropped + lines.length - 2).toBe(2000);
    expect(dropped).toBeGreaterThan(1000);
  });

  it('takes an invocation back when its client goes, or says so', async () => {
    const { host, server } = await serveFakeHost();
    const invoked = Promise.withResolvers<AbortSignal>();
    let next = invoked;
    host.onInvoke = ({ signal }) => {
      next.resolve(signal!);
      return new Promise((resolve) => {
        signal?.addEventListener('abort', () => resolve(refused('Cancelled', 'taken back')));
      });
    };
    const cancellation = new AbortController();
    const client = await connectTo(server);
    const outcome = client.invoke({ target: 'Test/hang', signal: cancellation.signal }, noLogs);
    await invoked.promise;
    cancellation.abort();
    expect(await outcome).toEqual(refused('Cancelled', 'taken back'));

    next = Promise.withResolvers<AbortSignal>();
    void client.invoke({ target: 'Test/hang' }, noLogs);
    const signal = await next.promise;
    client.close();
    if (!signal.aborted) await once(signal, 'abort');
    expect(signal.aborted).toBe(true);
  });

  it('does not mind a client that goes while it waits', async () => {
    const { host, server } = await serveFakeHost();
    const waiting = Promise.withResolvers<undefined>();
    const over = Promise.withResolvers<Found<InvocationStatus>>();
    host.api.wait = () => {
      waiting.resolve(undefined);
      return over.promise;
    };
    const client = await connectTo(server);
    const wait = client.async.wait('boot.1', 60_000);
    await waiting.promise;
    client.close();
    expect(await wait).toMatchObject({ kind: 'refused', code: 'NoHost' });
    over.resolve({ kind: 'found', value: STATUS });
    expect(await (await connectTo(server)).status()).toMatchObject({ process: { version: '1.2.3' } });
  });

  it('tells a client that waits that the host has ended', async () => {
    const { host, server } = await serveFakeHost();
    const waiting = Promise.withResolvers<undefined>();
    host.api.wait = () => {
      waiting.resolve(undefined);
      return new Promise(() => undefined);
    };
    const client = await connectTo(server);
    const wait = client.async.wait('boot.1', 60_000);
    await waiting.promise;
    await server.close();
    expect(await wait).toEqual(refused('NoHost', expect.stringContaining('ended before it answered') as string));
    await client.closed;
    expect(await client.async.redrive({})).toMatchObject({ kind: 'refused', code: 'NoHost' });
  });

  it('takes no new client once it stops, answers those that are there, and leaves no socket', async () => {
    const { server, stops } = await serveFakeHost();
    const client = await connectTo(server);
    expect(await client.stop(250)).toEqual({ kind: 'found', value: { pid: process.pid, gracePeriod: 250 } });
    expect(stops).toEqual([250]);
    server.stopListening();
    expect(existsSync(server.path)).toBe(false);
    expect(await connectAdmin(server.path)).toBeUndefined();
    expect(await client.status()).toMatchObject({ process: { version: '1.2.3' } });
  });

  it('answers a question that fails because the queue closes', async () => {
    const { host, server } = await serveFakeHost();
    host.api.purge = () => Promise.reject(new Error('the queue was closed'));
    const client = await connectTo(server);
    expect(await client.async.purge({})).toEqual(
      refused('Stopping', 'dead-letters.purge was not done: the queue was closed'),
    );
  });

  it('bounds what one client may ask at once', async () => {
    const { host, server } = await serveFakeHost();
    host.api.wait = () => new Promise(() => undefined);
    const client = await connectTo(server);
    const waits = Array.from({ length: 101 }, () => client.async.wait('boot.1', 60_000));
    expect(await waits[100]).toMatchObject({ kind: 'refused', code: 'ResourceExhausted' });
  });
});

describe('where the socket is', () => {
  it('is in the data directory, for this user alone', async () => {
    const { server, dataDir } = await serveFakeHost();
    expect(server.path).toBe(join(dataDir, 'host.sock'));
    expect(statSync(server.path).mode & 0o777).toBe(0o600);
  });

  it('is a private directory of the temporary one when the path would be too long for a socket', async () => {
    const dataDir = join(makeTempDir(), 'd'.repeat(100));
    mkdirSync(dataDir);
    const { server } = await serveFakeHost(dataDir);
    expect(server.path.startsWith(tmpdir())).toBe(true);
    expect(Buffer.byteLength(server.path)).toBeLessThan(104);
    expect(statSync(dirname(server.path)).mode & 0o777).toBe(0o700);
    expect(await (await connectTo(server)).status()).toMatchObject({ dataDir });
    await server.close();
    expect(existsSync(dirname(server.path))).toBe(false);
  });

  it('takes the place of a socket that a killed host left, and of nothing that somebody else may see', async () => {
    const dataDir = makeTempDir();
    writeFileSync(join(dataDir, 'host.sock'), 'left');
    const { server } = await serveFakeHost(dataDir);
    expect(await (await connectTo(server)).status()).toMatchObject({ dataDir });

    const long = join(makeTempDir(), 'd'.repeat(100));
    mkdirSync(long);
    const directories = adminSocketPaths(long).map((path) => dirname(path));
    for (const directory of directories) {
      mkdirSync(directory);
      chmodSync(directory, 0o755);
      onTestFinished(() => {
        rmdirSync(directory);
      });
    }
    await expect(serveFakeHost(long)).rejects.toThrow(/is not a private directory of this user; remove it/);
  });

  it('knows no host where there is none', async () => {
    const directory = makeTempDir();
    expect(await connectAdmin(join(directory, 'host.sock'))).toBeUndefined();
    writeFileSync(join(directory, 'host.sock'), 'a file');
    expect(await connectAdmin(join(directory, 'host.sock'))).toBeUndefined();
  });
});
