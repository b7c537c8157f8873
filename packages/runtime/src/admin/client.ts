/**
 * The command line's end of the admin socket: a running host as an AdminApi.
 *
 * Every method ends: with its answer, or, when the host goes first, with `NoHost`.
 */
import { createConnection, type Socket } from 'node:net';
import { decodeStatus, type InvocationStatus } from '@edgefc/sdk/internal';
import type { Found, InvocationDetails } from '../engine/async-api.ts';
import type { LogEvent } from '../engine/events.ts';
import { refused, type Refused } from '../engine/invocation/outcome.ts';
import { toWire } from '../engine/protocol.ts';
import type { HostInvocation, HostOutcome } from '../engine/host-api.ts';
import type { AdminApi, AdminAsync } from './admin-api.ts';
import { LineReader } from './line-reader.ts';
import {
  ADMIN_VERSION,
  decodeBytes,
  encodeBytes,
  type AdminMessage,
  type AdminOp,
  type AdminOps,
  type InvokeValue,
  type StopBegun,
} from './protocol.ts';
import type { HostStatus } from './status.ts';

/** Bytes of an answer: what a string of Node holds. The host is this user's own, and bounds what it sends. */
const LONGEST_ANSWER = 2 ** 29 - 24;

export interface AdminClient extends AdminApi {
  /** Invokes on the running host; `onLog` gets what the invocation writes, before this resolves. */
  invoke(invocation: HostInvocation, onLog: (entry: LogEvent) => void): Promise<HostOutcome>;
  /** Asks the host to stop; resolves when it has begun to. */
  stop(gracePeriod?: number): Promise<Found<StopBegun>>;
  /** Resolves when the connection is over: the host has ended, or `close` was called. */
  readonly closed: Promise<void>;
  close(): void;
}

/**
 * Connects to the host that listens on `path`; undefined: none does.
 *
 * @throws Error when there is one that may not be used
 */
export async function connectAdmin(path: string): Promise<AdminClient | undefined> {
  const socket = createConnection({ path });
  const problem = await new Promise<Error | undefined>((resolve) => {
    socket.once('connect', () => resolve(undefined));
    socket.once('error', resolve);
  });
  if (problem === undefined) return new SocketClient(socket);
  socket.destroy();
  const code = 'code' in problem ? problem.code : undefined;
  // Nothing there; left by a killed host; not a socket; its path cannot even be one.
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTSOCK' || code === 'ENOTDIR' || code === 'EINVAL') {
    return undefined;
  }
  const why = code === 'EACCES' ? 'it belongs to another user; run the command as that one' : problem.message;
  throw new Error(`the admin socket ${path} cannot be used: ${why}`, { cause: problem });
}

interface Pending {
  readonly resolve: (found: Found<unknown>) => void;
  readonly onLog: ((entry: LogEvent) => void) | undefined;
}

class SocketClient implements AdminClient {
  readonly closed: Promise<void>;
  readonly async: AdminAsync;
  readonly #socket: Socket;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  /** Why nothing can be asked any more. */
  #over: Refused | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.closed = promise;
    const reader = new LineReader(LONGEST_ANSWER);
    socket.on('data', (chunk: Buffer) => {
      const { lines, tooLong } = reader.push(chunk);
      for (const line of lines) this.#receive(line);
      if (tooLong)
        this.#end(refused('EntityTooLarge', 'the answer of the host is too long; ask for fewer at once (--limit)'));
    });
    socket.on('error', () => undefined); // Told by `close`.
    socket.on('close', () => {
      this.#end(refused('NoHost', 'the host ended before it answered; `edgefc status` says how it is now'));
      resolve(undefined);
    });
    this.async = {
      get: async (id, target) => {
        const found = await this.#ask('async.get', byId(id, target));
        return mapFound(found, ({ status, payload, invokerContext, calls = null }): InvocationDetails => {
          const bytes = payload === null ? null : toWire(decodeBytes(payload));
          return { ...decodeStatus(status), payload: bytes, invokerContext, calls };
        });
      },
      wait: async (id, timeout, target) =>
        mapFound(await this.#ask('async.wait', { ...byId(id, target), timeout }), decodeStatus),
      stop: async (id, target) => mapFound(await this.#ask('async.stop', byId(id, target)), decodeStatus),
      list: async (filter) =>
        mapFound(await this.#ask('async.list', filter), (list): InvocationStatus[] => list.map(decodeStatus)),
      redrive: (filter) => this.#ask('dead-letters.redrive', filter),
      purge: (filter) => this.#ask('dead-letters.purge', filter),
    };
  }

  async status(): Promise<HostStatus> {
    const found = await this.#ask('status', {});
    if (found.kind === 'refused') throw new Error(`the host did not say how it is: ${found.code}: ${found.message}`);
    return found.value;
  }

  stop(gracePeriod?: number): Promise<Found<StopBegun>> {
    return this.#ask('stop', gracePeriod === undefined ? {} : { gracePeriod });
  }

  async invoke(invocation: HostInvocation, onLog: (entry: LogEvent) => void): Promise<HostOutcome> {
    const { signal, payload, type = 'Sync', ...rest } = invocation;
    const args = { ...rest, type, payload: payload === undefined ? null : encodeBytes(payload) };
    const id = this.#lastId + 1;
    const cancel = (): void => {
      void this.#ask('cancel', { request: id });
    };
    if (signal?.aborted === true) return refused('Cancelled', `the call of ${invocation.target} was not made`);
    signal?.addEventListener('abort', cancel, { once: true });
    const found = await this.#ask('invoke', args, onLog);
    signal?.removeEventListener('abort', cancel);
    return found.kind === 'found' ? toOutcome(found.value) : found;
  }

  close(): void {
    this.#socket.destroy();
  }

  #ask<Op extends AdminOp>(
    op: Op,
    args: AdminOps[Op]['args'],
    onLog?: (entry: LogEvent) => void,
  ): Promise<Found<AdminOps[Op]['value']>> {
    if (this.#over !== undefined) return Promise.resolve(this.#over);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      // Both ends speak the same version, so the answer is what the operation gives.
      this.#pending.set(id, { resolve: resolve as Pending['resolve'], onLog });
      this.#socket.write(`${JSON.stringify({ v: ADMIN_VERSION, id, op, args })}\n`);
    });
  }

  #receive(line: string): void {
    const message = JSON.parse(line) as AdminMessage;
    if ('log' in message) {
      this.#pending.get(message.id)?.onLog?.(message.log);
      return;
    }
    const { id } = message;
    const answer: Found<unknown> =
      'value' in message ? { kind: 'found', value: message.value } : { kind: 'refused', ...message.refused };
    if (id === null) {
      if (answer.kind === 'refused') this.#end(answer);
      return;
    }
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.resolve(answer);
  }

  /** Nothing more will be answered. */
  #end(why: Refused): void {
    this.#over ??= why;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { resolve } of pending) resolve(this.#over);
    this.#socket.destroy();
  }
}

function byId(id: string, target: string | undefined): { readonly id: string; readonly target?: string } {
  return target === undefined ? { id } : { id, target };
}

function mapFound<T, U>(found: Found<T>, map: (value: T) => U): Found<U> {
  return found.kind === 'found' ? { kind: 'found', value: map(found.value) } : found;
}

function toOutcome(value: InvokeValue): HostOutcome {
  switch (value.kind) {
    case 'answered': {
      const { kind, payload, functionError, requestId } = value;
      return { kind, payload: decodeBytes(payload), functionError: functionError ?? undefined, requestId };
    }
    case 'accepted':
      return value;
  }
}
