/**
 * The host: the engine on the system's clock, with threads and processes; start, drain, stop.
 *
 * Everything that starts is stopped here, in the reverse order, and `stop` leaves nothing running (I9).
 */
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { EdgefcError, toRequest, type FunctionErrorPayload } from '@edgefc/sdk/internal';
import { systemClock, type Clock } from './engine/clock.ts';
import type { HostDefinition, QueueLimits } from './engine/definition.ts';
import { Engine } from './engine/engine.ts';
import { createEventBus, type HostEventBus } from './engine/events.ts';
import { Instance } from './engine/instance/instance.ts';
import { refused, type Accepted, type Outcome, type Refused } from './engine/invocation/outcome.ts';
import { fromWire, PROTOCOL_VERSION, toWire } from './engine/protocol.ts';
import type { InstanceView } from './engine/views.ts';
import type { AsyncApi } from './engine/async-api.ts';
import type { Queue } from './engine/queue/queue.ts';
import type { TimerStatus } from './engine/timers/timers.ts';
import { BusyPoll } from './isolation/busy-poll.ts';
import { watchHostHeap } from './isolation/host-heap.ts';
import { Leftovers } from './isolation/leftovers.ts';
import { MemoryWatch } from './isolation/memory-watch.ts';
import { ProcessIsolation } from './isolation/process.ts';
import { ThreadIsolation } from './isolation/thread.ts';
import { LazyQueue } from './store/lazy-queue.ts';
import { acquireLock, type HeldLock, type Holder } from './store/lock.ts';
import { readMachineBoot } from './store/machine-boot.ts';

/** Who a host is, for those who find its data directory in use. */
export interface HolderFacts {
  readonly version?: string;
  /** The command line. */
  readonly command?: string;
  /** Path of its admin socket. */
  readonly socket?: string;
}

export interface HostOptions {
  /** Default: the system's. */
  readonly clock?: Clock;
  /**
   * Start function processes through `setpriv`, where there is one, so that the kernel ends them when the host is killed.
   * Default `true`; without it the next start on the same data directory ends them.
   */
  readonly parentDeathSignal?: boolean;
  /** Where Async work waits. Default: SQLite in the data directory, which one host at a time may use. */
  readonly queue?: Queue;
  /** What another host is told that wants the same data directory. */
  readonly holder?: HolderFacts;
}

export interface HostStartOptions {
  /**
   * `Service/function`: keep only this one's instances ready, start no other long-lived function and no timer, and run no
   * Async work but what is accepted from now on.
   */
  readonly only?: string;
  /** Only open the queue, to look at it and to change it: nothing runs. */
  readonly dormant?: boolean;
}

/** What a host found when it started. */
export interface HostStart {
  /** Async invocations that wait, dead letters, and runs that ended with the last host and wait again. */
  readonly pending: number;
  readonly dead: number;
  readonly recovered: number;
  /** ms that the host was down, as far as it is known. */
  readonly downtime: number;
  /** What was done about a damaged queue, in sentences. */
  readonly notes: readonly string[];
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
  /** Aborting it takes a Sync call back. */
  readonly signal?: AbortSignal;
  /** Async: ms before it may start, up to a year. Default: 0. */
  readonly delay?: number;
  /** Async: a repeat within 24 h, or while the first is not over, gives the first's id. */
  readonly dedupeKey?: string;
  /** Async: those with the same key run one at a time, in the order of their acceptance. */
  readonly orderKey?: string;
  /** Async: runs after the first that may fail. Default: the function's `retry`. */
  readonly maxRetries?: number;
}

/** A message from outside. */
export interface HostMessage {
  readonly topic: string;
  readonly payload: string | Uint8Array;
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
  /** Async invocations of it that run. */
  readonly runningAsync: number;
}

export interface Host extends AsyncDisposable {
  readonly events: HostEventBus;
  readonly definition: HostDefinition;
  /**
   * Starts the host; function processes that a killed host left behind are ended first, and its Async work waits again.
   *
   * @throws QueueError when the data directory is in use, cannot be used, or was written by a newer version
   */
  start(options?: HostStartOptions): Promise<HostStart>;
  /** Invokes a function. Never rejects: every end is an outcome. */
  invoke(invocation: HostInvocation): Promise<HostOutcome>;
  /** Publishes a message to the functions that routes lead to. Never rejects; `accepted` has the message's id. */
  publish(message: HostMessage): Promise<HostOutcome>;
  /** Async work by its id, and the dead letters. */
  readonly async: AsyncApi;
  /** Resolves with whether the Async work that this host accepted is over, after `timeout` ms at the latest. */
  idle(timeout: number): Promise<boolean>;
  /** Async work that this host accepted and that is not over. */
  readonly pendingAsync: number;
  readonly timers: readonly TimerStatus[];
  /** Whether cron holds, because the wall clock is behind the newest time on disk or no real one. */
  readonly clockHeld: boolean;
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
  return new EmbeddedHost(definition, options);
}

class EmbeddedHost implements Host {
  readonly events: HostEventBus = createEventBus();
  readonly definition: HostDefinition;
  readonly #clock: Clock;
  readonly #leftovers: Leftovers;
  readonly #isolations: { readonly thread: ThreadIsolation; readonly process: ProcessIsolation };
  readonly #engine: Engine;
  readonly #ownQueue: boolean;
  readonly #holder: HolderFacts;
  #lock: HeldLock | undefined;
  #state: 'new' | 'running' | 'stopping' | 'stopped' = 'new';
  #stopped: Promise<void> | undefined;

  constructor(definition: HostDefinition, options: HostOptions) {
    const { clock = systemClock, parentDeathSignal = true, queue } = options;
    this.definition = definition;
    this.#clock = clock;
    const { dataDir, queue: limits } = definition.settings;
    this.#leftovers = new Leftovers(dataDir);
    this.#ownQueue = queue === undefined;
    this.#holder = options.holder ?? {};
    const poll = availableParallelism() > 1 ? new BusyPoll(clock) : undefined;
    const watch = new MemoryWatch(clock, watchHostHeap(clock));
    this.#isolations = {
      thread: new ThreadIsolation(clock, watch, poll),
      process: new ProcessIsolation({ clock, watch, poll, leftovers: this.#leftovers, parentDeathSignal }),
    };
    const queued = queue ?? this.#createQueue(dataDir, limits);
    queued.onFull = (full) => {
      this.#say('error', full ?? 'there is space on the disk again: Async work is accepted');
    };
    this.#engine = new Engine({
      definition,
      clock,
      events: this.events,
      queue: queued,
      isolations: this.#isolations,
      bootId: createBootId(),
      random: Math.random,
    });
  }

  async start({ only, dormant = false }: HostStartOptions = {}): Promise<HostStart> {
    if (this.#state !== 'new') throw new Error(`the host is ${this.#state}; a host starts once`);
    this.#state = 'running';
    if (this.#ownQueue) this.#lock = acquireLock(this.definition.settings.dataDir, toHolder(this.#holder, this.#clock));
    try {
      const ended = this.#leftovers.sweep();
      if (ended.length > 0) {
        this.#say(
          'warn',
          `ended ${ended.length} ${ended.length === 1 ? 'function process' : 'function processes'} that a killed host left behind: ${ended.join(', ')}`,
        );
      }
      const opening = await this.#engine.openQueue(readMachineBoot());
      for (const note of opening.notes) this.#say('warn', note);
      if (opening.recovered > 0) {
        this.#say('warn', `the last host ended while ${opening.recovered} Async invocations ran; they are run again`);
      }
      if (!dormant) {
        this.#tellForgotten(opening.waiting);
        const work = only === undefined ? 'all' : 'own';
        await this.#engine.open({ only, work, timers: only === undefined });
      }
      this.events.emit('host:started');
      const { live, meta, recovered, downtime, notes } = opening;
      return {
        pending: live.enqueued + live.running + live.retrying,
        dead: meta.deadCount,
        recovered,
        downtime,
        notes,
      };
    } catch (error) {
      await this.stop({ gracePeriod: 0 });
      throw error;
    }
  }

  invoke(invocation: HostInvocation): Promise<HostOutcome> {
    const { target, type = 'Sync', payload, invokerContext = null, timeout, signal } = invocation;
    const { delay, dedupeKey, orderKey, maxRetries } = invocation;
    if (this.#state === 'new') return Promise.reject(new Error('the host has not been started: call start() first'));
    // The check that the calls of functions go through: an embedder may write JavaScript, too. Sizes are dispatch's.
    const own = { timeout, delay, dedupeKey, orderKey, maxRetries };
    const params = { functionId: target, invocationType: type, payload, invokerContext, signal, ...own };
    const request = toRequest(params, undefined, { text: undefined });
    if (request instanceof EdgefcError) return Promise.resolve(refused(request.code, request.message));
    if (signal?.aborted === true) {
      const message = `the call of ${target} was not made: its signal was aborted before`;
      return Promise.resolve(refused('Cancelled', message));
    }
    return new Promise((resolve) => {
      const cancel = (): void => {
        if (running !== undefined) this.#engine.cancel(running, 'the invoker cancelled the call through its signal');
      };
      const running = this.#engine.dispatch({
        target,
        type,
        payload: payload === undefined ? null : toWire(payload),
        invokerContext,
        options: request.options,
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

  publish({ topic, payload }: HostMessage): Promise<HostOutcome> {
    if (this.#state === 'new') return Promise.reject(new Error('the host has not been started: call start() first'));
    return new Promise((resolve) => {
      this.#engine.publish({
        topic,
        payload: toWire(payload),
        source: undefined,
        parent: undefined,
        onOutcome: (outcome) => {
          resolve(toHostOutcome(outcome, ''));
        },
      });
    });
  }

  get async(): AsyncApi {
    return this.#engine.queries;
  }

  async idle(timeout: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = this.#clock.setTimeout(() => {
      resolve(false);
    }, timeout);
    void this.#engine.idle().then(() => {
      resolve(true);
    });
    const over = await promise;
    this.#clock.clearTimeout(timer);
    return over;
  }

  get pendingAsync(): number {
    return this.#engine.pending;
  }

  get timers(): readonly TimerStatus[] {
    return this.#engine.timers?.status() ?? [];
  }

  get clockHeld(): boolean {
    return this.#engine.timers?.held ?? false;
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
        publish: ignore,
        query: ignore,
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
      runningAsync: this.#engine.runningAsync(pool),
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
    // A queue that is broken has said so, and keeps nobody from stopping.
    if (this.#engine.isOpen) await this.#tellForgone().catch(() => undefined);
    await this.#engine.close(CLOSE_GRACE);
    await Promise.all([this.#isolations.thread.close(), this.#isolations.process.close()]);
    this.#lock?.release();
    this.#state = 'stopped';
    this.events.emit('host:stopped');
  }

  #createQueue(dataDir: string, limits: QueueLimits): LazyQueue {
    const queue = new LazyQueue({ dataDir, limits });
    queue.onBroken = (error) => {
      this.#say('error', `Async work stands still until the host is started again: ${error.message}`);
    };
    return queue;
  }

  /** Work of functions that are not configured any more is kept, and said. */
  #tellForgotten(waiting: ReadonlyMap<string, number>): void {
    for (const [target, count] of waiting) {
      if (this.#engine.registry.resolve(target).kind === 'found') continue;
      this.#say('warn', `${count} Async invocations wait for ${target}, which is not configured; they are kept`);
    }
  }

  /** What lives in memory only ends with the host: that is what its durability says, and worth a line. */
  async #tellForgone(): Promise<void> {
    const { live } = (await this.#engine.queries.stats()).memory;
    const count = live.enqueued + live.running + live.retrying;
    if (count > 0)
      this.#say('warn', `${count} Async invocations with durability 'memory' had not ended and are dropped`);
  }

  #say(level: 'info' | 'warn' | 'error', message: string): void {
    this.events.emit('log', { time: this.#clock.now(), level, message, source: 'host' });
  }
}

/** Unthinkable twice. An id must not look like an option of the command line. */
function createBootId(): string {
  const id = randomBytes(10).toString('base64url');
  return id.startsWith('-') ? createBootId() : id;
}

function toHolder({ version = '', command = '', socket }: HolderFacts, clock: Clock): Holder {
  return { pid: process.pid, started: new Date(clock.now()).toISOString(), version, command, socket: socket ?? null };
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
