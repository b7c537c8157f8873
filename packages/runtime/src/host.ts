/**
 * The host: the engine on the system's clock, with threads and processes; start, drain, stop.
 *
 * Everything that starts is stopped here, in the reverse order, and `stop` leaves nothing running (I9).
 */
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { EdgefcError, toRequest, type FunctionErrorPayload, type InvocationRequestOptions } from '@edgefc/sdk/internal';
import { systemClock, type Clock } from './engine/clock.ts';
import type { HostDefinition } from './engine/definition.ts';
import { Engine } from './engine/engine.ts';
import { createEventBus, type HostEventBus } from './engine/events.ts';
import { Instance } from './engine/instance/instance.ts';
import { refused, type Accepted, type Outcome, type Refused } from './engine/invocation/outcome.ts';
import { fromWire, PROTOCOL_VERSION, toWire } from './engine/protocol.ts';
import type { InstanceView } from './engine/views.ts';
import { MemoryQueue } from './engine/queue/memory-queue.ts';
import { BusyPoll } from './isolation/busy-poll.ts';
import { Leftovers } from './isolation/leftovers.ts';
import { ProcessIsolation } from './isolation/process.ts';
import { ThreadIsolation } from './isolation/thread.ts';

export interface HostOptions {
  /** Default: the system's. */
  readonly clock?: Clock;
  /**
   * Start function processes through `setpriv`, where there is one, so that the kernel ends them when the host is killed.
   * Default `true`; without it the next start on the same data directory ends them.
   */
  readonly parentDeathSignal?: boolean;
}

export interface HostStartOptions {
  /** `Service/function`: keep only this one's instances ready, and start no other long-lived function. */
  readonly only?: string;
}

export interface HostInvocation {
  /** `Service/function`, a function id, or an ARN. */
  readonly target: string;
  /** Default `'Sync'`. */
  readonly type?: 'Sync' | 'Async';
  readonly payload?: string | Uint8Array;
  /** base64 of a JSON object. */
  readonly invokerContext?: string;
  /** ms until the call is given up. Default: the function's `timeout` + `maxQueueWait`. */
  readonly timeout?: number;
  /** Aborting it takes the call back. */
  readonly signal?: AbortSignal;
}

/** How an invocation through the host ended. */
export type HostOutcome =
  | {
      readonly kind: 'answered';
      readonly payload: string | Buffer;
      readonly functionError: 'Handled' | 'Unhandled' | undefined;
      readonly requestId: string;
    }
  | Accepted
  | Refused;

/** Whether a handler loads. */
export type CheckOutcome =
  | { readonly ok: true; readonly loadMs: number }
  | { readonly ok: false; readonly errorType: string; readonly error: FunctionErrorPayload };

/** A function and its instances, for people. */
export interface FunctionStatus {
  readonly key: string;
  readonly queued: number;
  readonly instances: readonly InstanceView[];
}

export interface Host extends AsyncDisposable {
  readonly events: HostEventBus;
  readonly definition: HostDefinition;
  /** Starts the host; function processes that a killed host left behind are ended first. */
  start(options?: HostStartOptions): Promise<void>;
  /** Invokes a function. Never rejects: every end is an outcome. */
  invoke(invocation: HostInvocation): Promise<HostOutcome>;
  /** Loads the handler of `key` in an instance of its own, without the initializer and without invoking it. */
  check(key: string): Promise<CheckOutcome>;
  status(): FunctionStatus[];
  /** Threads that were given up and still run: a process that has some does not end by itself (decision 2). */
  readonly stuckThreads: number;
  /** Accepts nothing new, lets running work end within `gracePeriod` ms, aborts the rest, releases everything. */
  stop(options?: { readonly gracePeriod?: number }): Promise<void>;
}

/** ms that instances have to run preStop and end, once the work is over. */
const CLOSE_GRACE = 2000;

/**
 * Makes a host of a resolved definition; nothing runs before `start`.
 *
 * @example
 * const { definition } = await loadConfig('edgefc.config.ts', gatherHostFacts(process.env, process.cwd()));
 * await using host = createHost(definition);
 * await host.start();
 * const outcome = await host.invoke({ target: 'EdgeFC/helloworld', payload: 'hi' });
 */
export function createHost(definition: HostDefinition, options: HostOptions = {}): Host {
  return new EmbeddedHost(definition, options.clock ?? systemClock, options.parentDeathSignal ?? true);
}

class EmbeddedHost implements Host {
  readonly events: HostEventBus = createEventBus();
  readonly definition: HostDefinition;
  readonly #clock: Clock;
  readonly #leftovers: Leftovers;
  readonly #isolations: { readonly thread: ThreadIsolation; readonly process: ProcessIsolation };
  readonly #engine: Engine;
  #state: 'new' | 'running' | 'stopping' | 'stopped' = 'new';
  #stopped: Promise<void> | undefined;

  constructor(definition: HostDefinition, clock: Clock, parentDeathSignal: boolean) {
    this.definition = definition;
    this.#clock = clock;
    this.#leftovers = new Leftovers(definition.settings.dataDir);
    const poll = availableParallelism() > 1 ? new BusyPoll(clock) : undefined;
    this.#isolations = {
      thread: new ThreadIsolation(clock, poll),
      process: new ProcessIsolation({ clock, poll, leftovers: this.#leftovers, parentDeathSignal }),
    };
    this.#engine = new Engine({
      definition,
      clock,
      events: this.events,
      queue: new MemoryQueue(),
      isolations: this.#isolations,
      bootId: randomBytes(10).toString('base64url'),
    });
  }

  start(options: HostStartOptions = {}): Promise<void> {
    if (this.#state !== 'new') return Promise.reject(new Error(`the host is ${this.#state}; a host starts once`));
    this.#state = 'running';
    const ended = this.#leftovers.sweep();
    if (ended.length > 0) {
      this.#say('warn', `ended ${ended.length} function processes that a killed host left behind: ${ended.join(', ')}`);
    }
    this.#engine.open(options.only);
    this.events.emit('host:started');
    return Promise.resolve();
  }

  invoke(invocation: HostInvocation): Promise<HostOutcome> {
    const { target, type = 'Sync', payload, invokerContext = null, timeout, signal } = invocation;
    if (this.#state === 'new') return Promise.reject(new Error('the host has not been started: call start() first'));
    // The check that the calls of functions go through: an embedder may write JavaScript, too. Sizes are dispatch's.
    const params = { functionId: target, invocationType: type, payload, invokerContext, timeout, signal };
    const request = toRequest(params, undefined, { text: undefined });
    if (request instanceof EdgefcError) return Promise.resolve(refused(request.code, request.message));
    if (signal?.aborted === true) {
      const message = `the call of ${target} was not made: its signal was aborted before`;
      return Promise.resolve(refused('Cancelled', message));
    }
    return new Promise((resolve) => {
      const options: InvocationRequestOptions | undefined = timeout === undefined ? undefined : { timeout };
      const cancel = (): void => {
        if (running !== undefined) this.#engine.cancel(running, 'the invoker cancelled the call through its signal');
      };
      const running = this.#engine.dispatch({
        target,
        type,
        payload: payload === undefined ? null : toWire(payload),
        invokerContext,
        options,
        parent: undefined,
        caller: undefined,
        onOutcome: (outcome, requestId) => {
          signal?.removeEventListener('abort', cancel);
          resolve(toHostOutcome(outcome, requestId ?? ''));
        },
      });
      if (running !== undefined) signal?.addEventListener('abort', cancel, { once: true });
    });
  }

  async check(key: string): Promise<CheckOutcome> {
    const resolution = this.#engine.registry.resolve(key);
    if (resolution.kind === 'refused') {
      const error = { errorMessage: resolution.message, errorType: resolution.code, stackTrace: [] };
      return { ok: false, errorType: resolution.code, error };
    }
    const { definition } = resolution;
    const startedAt = this.#clock.monotonic();
    const { promise, resolve } = Promise.withResolvers<CheckOutcome>();
    const { settings } = this.definition;
    const instance = new Instance({
      boot: {
        protocolVersion: PROTOCOL_VERSION,
        instance: `${definition.key}#check`,
        definition,
        settings,
        loadOnly: true,
      },
      isolation: this.#isolations[definition.isolation],
      clock: this.#clock,
      events: this.events,
      owner: {
        ready: () => {
          resolve({ ok: true, loadMs: this.#clock.monotonic() - startedAt });
        },
        startFailed: (_instance, outcome) => {
          resolve(toCheckFailure(outcome));
        },
        released: ignore,
        call: ignore,
        cancelCall: ignore,
        left: ignore,
        gone: ignore,
      },
    });
    const outcome = await promise;
    await instance.stop('the check is over', CLOSE_GRACE);
    return outcome;
  }

  get stuckThreads(): number {
    return this.#isolations.thread.givenUp;
  }

  status(): FunctionStatus[] {
    return [...this.#engine.pools].map((pool) => ({
      key: pool.definition.key,
      queued: pool.queued,
      instances: pool.instances,
    }));
  }

  stop(options: { readonly gracePeriod?: number } = {}): Promise<void> {
    this.#stopped ??= this.#stop(options.gracePeriod ?? this.definition.settings.gracePeriod);
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(gracePeriod: number): Promise<void> {
    this.#state = 'stopping';
    this.events.emit('host:stopping');
    await this.#engine.drain(gracePeriod);
    const lost = this.#engine.pending;
    if (lost > 0) this.#say('warn', `${lost} accepted Async invocations had not ended and are dropped`);
    await this.#engine.close(CLOSE_GRACE);
    await Promise.all([this.#isolations.thread.close(), this.#isolations.process.close()]);
    this.#state = 'stopped';
    this.events.emit('host:stopped');
  }

  #say(level: 'info' | 'warn', message: string): void {
    this.events.emit('log', { time: this.#clock.now(), level, message, source: 'host' });
  }
}

function toHostOutcome(outcome: Outcome, requestId: string): HostOutcome {
  if (outcome.kind !== 'answered') return outcome;
  const { functionError } = outcome;
  return { kind: 'answered', payload: fromWire(outcome.payload), functionError, requestId };
}

function toCheckFailure(outcome: Outcome): CheckOutcome {
  if (outcome.kind !== 'answered') throw new Error('edgefc: a failed start is always an answer; this is a bug');
  const error = JSON.parse(String(fromWire(outcome.payload))) as FunctionErrorPayload;
  return { ok: false, errorType: error.errorType, error };
}

function ignore(): void {
  // A check has no pool: nothing runs in its instance.
}
