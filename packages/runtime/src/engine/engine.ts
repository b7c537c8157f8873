/**
 * The engine put together: everything between "invoke this" and an instance, on any Clock, Isolation and Queue.
 *
 * The host composes it with the system's clock, threads and processes; the testkit with a virtual clock and in-process
 * isolation. It is the same engine, so what passes in a test holds on the gateway.
 */
import type { Clock } from './clock.ts';
import { DeadlineQueue } from './deadline-queue.ts';
import type { FunctionDefinition, HostDefinition, IsolationKind } from './definition.ts';
import { Dispatcher } from './dispatch.ts';
import type { HostEventBus } from './events.ts';
import type { Invocation } from './invocation/invocation.ts';
import { refused } from './invocation/outcome.ts';
import type { DispatchRequest } from './invocation/request.ts';
import { RequestIds } from './invocation/request-ids.ts';
import type { Isolation } from './instance/isolation.ts';
import { Instance } from './instance/instance.ts';
import { MemoryBudget } from './instance/memory-budget.ts';
import { Pool } from './instance/pool.ts';
import { PROTOCOL_VERSION } from './protocol.ts';
import { Registry } from './registry.ts';
import { AsyncScheduler } from './scheduler/async.ts';
import { Scheduler } from './scheduler/scheduler.ts';
import type { Queue } from './queue/queue.ts';

export interface EngineParts {
  readonly definition: HostDefinition;
  readonly clock: Clock;
  readonly events: HostEventBus;
  readonly queue: Queue;
  readonly isolations: Readonly<Record<IsolationKind, Isolation>>;
  /** Random, different at each start: the prefix of every request id. */
  readonly bootId: string;
}

export class Engine {
  readonly registry: Registry = new Registry();
  readonly #parts: EngineParts;
  readonly #deadlines: DeadlineQueue;
  readonly #scheduler: Scheduler;
  readonly #async: AsyncScheduler;
  readonly #dispatcher: Dispatcher;

  constructor(parts: EngineParts) {
    const { definition, clock, events, queue } = parts;
    this.#parts = parts;
    this.#deadlines = new DeadlineQueue(clock);
    this.#scheduler = new Scheduler({ clock, deadlines: this.#deadlines });
    const requestIds = new RequestIds(parts.bootId);
    this.#async = new AsyncScheduler({ clock, events, queue, scheduler: this.#scheduler, requestIds });
    this.#dispatcher = new Dispatcher({
      clock,
      events,
      settings: definition.settings,
      registry: this.registry,
      scheduler: this.#scheduler,
      async: this.#async,
      requestIds,
    });
    const budget = new MemoryBudget(definition.settings.maxMemory);
    for (const one of definition.functions) this.#add(one, budget);
  }

  get pools(): Iterable<Pool> {
    return this.#scheduler.pools;
  }

  /** Async work that was accepted and has not ended. */
  get pending(): number {
    return this.#async.pending;
  }

  /** Starts what is to be kept ready: long-lived functions and `minInstances`; with `only`, of that function alone. */
  open(only?: string): void {
    for (const pool of this.#scheduler.pools) {
      const { runMode, minInstances, key } = pool.definition;
      const kept = runMode === 'LongLived' ? 1 : minInstances;
      if (only === undefined) pool.open(kept);
      else if (only === key) pool.open(Math.min(kept, 1));
    }
  }

  dispatch(request: DispatchRequest): Invocation | undefined {
    return this.#dispatcher.dispatch(request);
  }

  /** The invoker takes a call back. */
  cancel(invocation: Invocation, why: string): void {
    this.#scheduler.cancel(invocation, refused('Cancelled', why));
  }

  /** Accepts nothing new; resolves when everything that was accepted has ended, or `grace` ms have passed. */
  async drain(grace: number): Promise<void> {
    this.#dispatcher.close();
    const { clock } = this.#parts;
    await new Promise<void>((resolve) => {
      const timer = clock.setTimeout(resolve, grace);
      void Promise.all([this.#async.idle(), this.#scheduler.idle()]).then(() => {
        clock.clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Ends every instance; what still waits or runs is answered with `Stopping`. */
  async close(grace: number): Promise<void> {
    this.#dispatcher.close();
    for (const pool of this.#scheduler.pools) {
      for (const invocation of pool.drainQueue()) {
        this.#scheduler.fail(
          invocation,
          refused('Stopping', `the host stopped before ${pool.definition.key} could run`),
        );
      }
    }
    await Promise.all([...this.#scheduler.pools].map((pool) => pool.close('the host is stopping', grace)));
    this.#deadlines.clear();
  }

  #add(definition: FunctionDefinition, budget: MemoryBudget): void {
    const { clock, events, isolations } = this.#parts;
    const { settings } = this.#parts.definition;
    this.registry.add(definition);
    const pool = new Pool({
      definition,
      clock,
      budget,
      createInstance: (owner, n) =>
        new Instance({
          boot: {
            protocolVersion: PROTOCOL_VERSION,
            instance: `${definition.key}#${n}`,
            definition,
            loadOnly: false,
            settings: {
              region: settings.region,
              accountId: settings.accountId,
              credentials: settings.credentials,
              maxSyncPayload: settings.maxSyncPayload,
              maxAsyncPayload: settings.maxAsyncPayload,
            },
          },
          isolation: isolations[definition.isolation],
          clock,
          events,
          owner,
        }),
      begin: this.#scheduler.begin,
      fail: this.#scheduler.fail,
      owner: this.#dispatcher,
      onSpare: this.#async.pump,
      onReleased: this.#scheduler.released,
    });
    this.#scheduler.addPool(pool);
    events.emit('function:registered', definition);
  }
}
