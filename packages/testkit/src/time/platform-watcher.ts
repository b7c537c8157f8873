/**
 * What the platform begins and ends inside of frames, told to whoever holds the frame's clock: one async hook for the
 * process, there only while somebody holds it.
 *
 * An error in here would end the process (the platform's rule for async hooks), so it does little, and nothing that
 * belongs to a user: resources are looked at when somebody asks (real-work.ts).
 */
import type { AsyncHook } from 'node:async_hooks';
import { currentFrame, type Frame } from '../frame.ts';
import { perProcess } from '../per-process.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { toWorkKind, type WorkKind } from './work-kinds.ts';
import { Trace } from './work-trace.ts';

/** A piece of work by its async id; a fetch by its request. */
export type WorkKey = object | number;

export interface WorkBegun {
  readonly key: WorkKey;
  readonly kind: WorkKind;
  /** What exactly: `GET http://…`. */
  readonly detail: string | undefined;
  readonly frame: Frame;
  readonly trace: Trace;
  readonly resource: object;
}

export interface WorkListener {
  begun(work: WorkBegun): void;
  /** Its callback runs. */
  goesOn(key: WorkKey): void;
  /** Its callback has run. */
  ran(key: WorkKey): void;
  over(key: WorkKey): void;
}

/** The same for all copies of the testkit. */
export function platformWatcher(): PlatformWatcher {
  return perProcess('platform-watcher', () => new PlatformWatcher());
}

const FETCH: WorkKind = { words: 'a fetch', type: 'exchange' };

/** Connections of these are kept for later and lent to others; their requests are told one by one. */
const POOLS = /node:_http_agent|[\\/]undici[\\/]/;

export class PlatformWatcher {
  readonly #listeners = new Map<VirtualClock, WorkListener>();
  /** Who was told of it. */
  readonly #told = new Map<WorkKey, WorkListener>();
  /** Where requests of node:http were made: the platform tells of them a tick later. */
  readonly #requests = new WeakMap<object, Trace>();
  readonly #hook: AsyncHook;
  readonly #channels: readonly (readonly [name: string, listener: (message: unknown) => void])[];

  constructor() {
    const { AsyncResource, createHook } = process.getBuiltinModule('node:async_hooks');
    this.#hook = createHook({
      init: (id, type, _trigger, resource: object) => {
        const kind = toWorkKind(type, !(resource instanceof AsyncResource));
        if (kind !== undefined) this.#begin(id, kind, resource);
      },
      before: (id) => this.#told.get(id)?.goesOn(id),
      after: (id) => this.#told.get(id)?.ran(id),
      destroy: (id) => {
        this.#end(id);
      },
      // Promises are of no interest. Node 22 does not know the option and tells of them all the same.
      ...{ trackPromises: false },
    });
    this.#channels = [
      ['http.client.request.created', this.#onRequest],
      ['undici:request:create', this.#onFetch],
      ['undici:request:trailers', this.#onFetchOver],
      ['undici:request:error', this.#onFetchOver],
    ];
  }

  /** Tells `listener` what is begun in frames of `clock`, until the returned function is called. */
  listen(clock: VirtualClock, listener: WorkListener): () => void {
    if (this.#listeners.size === 0) this.#turnOn();
    this.#listeners.set(clock, listener);
    return () => {
      if (this.#listeners.get(clock) !== listener) return;
      this.#listeners.delete(clock);
      for (const [key, told] of this.#told) if (told === listener) this.#told.delete(key);
      if (this.#listeners.size === 0) this.#turnOff();
    };
  }

  #turnOn(): void {
    const { subscribe } = process.getBuiltinModule('node:diagnostics_channel');
    for (const [name, listener] of this.#channels) subscribe(name, listener);
    this.#hook.enable();
  }

  #turnOff(): void {
    const { unsubscribe } = process.getBuiltinModule('node:diagnostics_channel');
    for (const [name, listener] of this.#channels) unsubscribe(name, listener);
    this.#hook.disable();
  }

  #begin(key: WorkKey, kind: WorkKind, resource: object): void {
    const frame = currentFrame();
    const clock = frame?.time?.clock;
    const listener = clock === undefined ? undefined : this.#listeners.get(clock);
    if (frame === undefined || listener === undefined) return;
    const request = requestOf(resource);
    const trace = (request === undefined ? undefined : this.#requests.get(request)) ?? new Trace();
    if (kind.type === 'handle' && trace.passes(POOLS)) return;
    this.#told.set(key, listener);
    listener.begun({ key, kind, detail: describeRequest(request), frame, trace, resource });
  }

  #end(key: WorkKey): void {
    this.#told.get(key)?.over(key);
    this.#told.delete(key);
  }

  readonly #onRequest = (message: unknown): void => {
    const request = requestOf(message);
    if (request !== undefined && currentFrame()?.time !== undefined) this.#requests.set(request, new Trace());
  };

  readonly #onFetch = (message: unknown): void => {
    const request = requestOf(message);
    if (request !== undefined) this.#begin(request, FETCH, { request });
  };

  readonly #onFetchOver = (message: unknown): void => {
    const request = requestOf(message);
    if (request !== undefined) this.#end(request);
  };
}

/** `request` of a message of a diagnostics channel, `req` of node:http's own resource. */
function requestOf(message: unknown): object | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { request, req }: { request?: unknown; req?: unknown } = message;
  const found = request ?? req;
  return typeof found === 'object' && found !== null ? found : undefined;
}

/** From what node:http and undici both call a request. */
function describeRequest(request: object | undefined): string | undefined {
  if (request === undefined) return undefined;
  const { method, origin, protocol, host, path }: Record<string, unknown> = { ...pick(request) };
  const server = typeof origin === 'string' ? origin : `${String(protocol)}//${String(host)}`;
  return typeof method === 'string' ? `${method} ${server}${String(path)}` : undefined;
}

function pick(request: object): Record<string, unknown> {
  const read = (name: string): unknown => Reflect.get(request, name);
  return Object.fromEntries(['method', 'origin', 'protocol', 'host', 'path'].map((name) => [name, read(name)]));
}
