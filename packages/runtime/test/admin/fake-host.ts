/** A host that does what a test tells it to, behind a real admin socket. */
import { createConnection, type Socket } from 'node:net';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { connectAdmin, type AdminClient } from '../../src/admin/client.ts';
import type { AdminHost, OperationParts } from '../../src/admin/operations.ts';
import { startAdminServer, type AdminServer } from '../../src/admin/server.ts';
import type { AsyncApi } from '../../src/engine/async-api.ts';
import { systemClock } from '../../src/engine/clock.ts';
import { createEventBus } from '../../src/engine/events.ts';
import { refused } from '../../src/engine/invocation/outcome.ts';
import type { HostInvocation, HostOutcome } from '../../src/engine/host-api.ts';
import { definitionWithoutConfig } from '../../src/admin/dormant.ts';
import { makeTempDir } from '../support/temp-dir.ts';

export interface FakeHost extends AdminHost {
  /** How it invokes; refused as NoHost unless a test says otherwise. */
  onInvoke: (invocation: HostInvocation) => Promise<HostOutcome>;
  readonly api: Mutable<AsyncApi>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const nobody = refused('NoHost', 'the test has not said what happens');

function createFakeHost(dataDir: string): FakeHost {
  const counts = { enqueued: 1, running: 2, retrying: 3, bytes: 4 };
  const part = { accepted: 10, removed: 0, live: counts, ended: 5, endedBytes: 6, dead: 7, deadBytes: 8 };
  const api: Mutable<AsyncApi> = {
    get: async () => nobody,
    wait: async () => nobody,
    stop: async () => nobody,
    list: async () => ({ kind: 'found', value: [] }),
    redrive: async () => ({ kind: 'found', value: 0 }),
    purge: async () => ({ kind: 'found', value: 0 }),
    stats: async () => ({ ...part, waiting: new Map([['Old/gone', 2]]), memory: part, disk: undefined }),
  };
  const { settings, ...rest } = definitionWithoutConfig(dataDir);
  const host: FakeHost = {
    definition: { ...rest, settings: { ...settings, maxSyncPayload: 1024, maxAsyncPayload: 1024 } },
    events: createEventBus(),
    api,
    async: api,
    timers: [],
    clockHeld: false,
    status: () => [],
    onInvoke: async () => nobody,
    invoke: (invocation) => host.onInvoke(invocation),
  };
  return host;
}

export interface Served {
  readonly host: FakeHost;
  readonly server: AdminServer;
  readonly dataDir: string;
  /** Each request to stop, with its grace period. */
  readonly stops: (number | undefined)[];
}

/** Serves a fake host until the test is over. */
export async function serveFakeHost(dataDir: string = makeTempDir()): Promise<Served> {
  const host = createFakeHost(dataDir);
  const stops: (number | undefined)[] = [];
  const parts: OperationParts = {
    host,
    clock: systemClock,
    facts: { pid: process.pid, version: '1.2.3', startedAt: 0, clock: systemClock, readRss: () => 4711 },
    beginStop: (gracePeriod) => {
      stops.push(gracePeriod);
      return { pid: process.pid, gracePeriod: gracePeriod ?? 8000 };
    },
  };
  const server = await startAdminServer(parts);
  onTestFinished(() => server.close());
  return { host, server, dataDir, stops };
}

/** A client that is let go when the test is over. */
export async function connectTo(server: AdminServer): Promise<AdminClient> {
  const client = await connectAdmin(server.path);
  if (client === undefined) throw new Error(`nobody listens on ${server.path}`);
  onTestFinished(() => client.close());
  return client;
}

/** A bare socket, for what no client of ours sends. */
export async function connectRaw(server: AdminServer): Promise<Socket> {
  const socket = createConnection({ path: server.path });
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  return socket;
}

/** The next `count` lines that come, parsed. */
export function readLines(socket: Socket, count: number): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      const lines = text.split('\n');
      if (lines.length > count) resolve(lines.slice(0, count).map((line): unknown => JSON.parse(line)));
    });
    socket.once('close', () => reject(new Error(`closed after ${JSON.stringify(text)}`)));
  });
}
