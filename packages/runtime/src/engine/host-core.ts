/**
 * A host on whatever it is given: a definition, a clock, a queue and isolations. Start, invoke, publish, ask, stop.
 *
 * The runtime gives it the system's (host.ts), the testkit those of a test, so that a test meets the same host.
 */
import { EdgefcError, toRequest, type FunctionErrorPayload } from '@edgefc/sdk/internal';
import type { AsyncApi } from './async-api.ts';
import type { Clock } from './clock.ts';
import type { FunctionDefinition, HostDefinition } from './definition.ts';
import { Engine, type EngineParts } from './engine.ts';
import type { HostEventBus } from './events.ts';
import type {
  CheckOutcome,
  FunctionStatus,
  Host,
  HostInvocation,
  HostMessage,
  HostOutcome,
  HostStart,
  HostStartOptions,
} from './host-api.ts';
import { Instance } from './instance/instance.ts';
import { refused, type Outcome } from './invocation/outcome.ts';
import { fromWire, PROTOCOL_VERSION, toWire } from './protocol.ts';
import type { OpeningFacts } from './queue/queue.ts';
import type { TimerStatus } from './timers/timers.ts';

export interface HostCoreParts extends EngineParts {
  /** What the machine tells of its boot. */
  readonly machine: () => OpeningFacts['machine'];
  /** What is to be had before the queue is opened: the data directory's lock, the end of what a killed host left. */
  readonly prepare: () => void;
  /** Gives back what `prepare` took, and ends the isolations. */
  readonly release: () => Promise<void>;
  /** Threads that were given up and still run. */
  readonly stuckThreads: () => number;
}

/** ms that instances have to run preStop and end, once the work is over. */
const CLOSE_GRACE = 2000;

export class HostCore implements Host {
  readonly events: HostEventBus;
  readonly definition: HostDefinition;
  readonly #parts: HostCoreParts;
  readonly #clock: Clock;
  readonly #engine: Engine;
  #state: 'new' | 'running' | 'stopping' | 'stopped' = 'new';
  #stopped: Promise<void> | undefined;

  constructor(parts: HostCoreParts) {
    this.#parts = parts;
    this.events = parts.events;
    this.definition = parts.definition;
    this.#clock = parts.clock;
    parts.queue.onFull = (full) => {
      this.#say('error', full ?? 'there is space on the disk again: Async work is accepted');
    };
    this.#engine = new Engine(parts);
  }

  async start({ only, dormant = false }: HostStartOptions = {}): Promise<HostStart> {
    if (this.#state !== 'new') throw new Error(`the host is ${this.#state}; a host starts once`);
    this.#state = 'running';
    try {
      this.#parts.prepare();
      const opening = await this.#engine.openQueue(this.#parts.machine());
      for (const note of opening.notes) this.#say('warn', note);
      if (opening.recovered > 0) {
        const [work, again] = opening.recovered === 1 ? ['invocation', 'it is'] : ['invocations', 'they are'];
        this.#say('warn', `the last host ended while ${opening.recovered} Async ${work} ran; ${again} run again`);
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
      isolation: this.#parts.isolations[definition.isolation],
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
    return this.#parts.stuckThreads();
  }

  /** Takes a function in, also after the start; see {@link Engine.add}. */
  add(definition: FunctionDefinition): void {
    this.#engine.add(definition);
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
    await this.#parts.release();
    this.#state = 'stopped';
    this.events.emit('host:stopped');
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
