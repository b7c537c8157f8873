/**
 * The engine put together: everything between "invoke this" and an instance, on any Clock, Isolation and Queue.
 *
 * The host composes it with the system's clock, threads and processes; the testkit with a virtual clock and in-process
 * isolation. It is the same engine, so what passes in a test holds on the gateway.
 */
import type { AdmissionGate } from './admission-gate.ts';
import type { Clock, TimerHandle } from './clock.ts';
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
import { Publisher, type PublishRequest } from './router/publisher.ts';
import { AsyncScheduler, type WorkScope } from './scheduler/async.ts';
import { NestedCallBook } from './scheduler/nested-call-book.ts';
import { Scheduler } from './scheduler/scheduler.ts';
import { WorkQueries } from './scheduler/work-queries.ts';
import { Timers } from './timers/timers.ts';
import type { Opening, OpeningFacts, Queue } from './queue/queue.ts';

/** ms between two looks at what is kept for too long. */
const TIDY_INTERVAL = 60_000;
/** The same, when one look was not enough. */
const TIDY_AGAIN = 50;

export interface EngineParts {
  readonly definition: HostDefinition;
  readonly clock: Clock;
  readonly events: HostEventBus;
  readonly queue: Queue;
  readonly isolations: Readonly<Record<IsolationKind, Isolation>>;
  /** Random, different at each start: the first part of every id. */
  readonly bootId: string;
  /** From 0 to 1: the jitter of retries. */
  readonly random: () => number;
  /** Who may refuse what the host would take. Default: nobody. */
  readonly gate?: AdmissionGate | undefined;
}

/** What the host runs of what waits, and which instances it keeps ready. */
export interface EngineScope {
  /** `Service/function`: keep only this one's instances ready. */
  readonly only?: string | undefined;
  readonly work: WorkScope;
  /** Whether timers fire. */
  readonly timers: boolean;
}

export class Engine {
  readonly registry: Registry = new Registry();
  readonly #parts: EngineParts;
  readonly #deadlines: DeadlineQueue;
  readonly #scheduler: Scheduler;
  readonly #async: AsyncScheduler;
  readonly #dispatcher: Dispatcher;
  readonly #publisher: Publisher;
  readonly #budget: MemoryBudget;
  #timers: Timers | undefined;
  #tidyTimer: TimerHandle | undefined;
  /** What is asked about Async work. */
  readonly queries: WorkQueries;

  constructor(parts: EngineParts) {
    const { definition, clock, events, queue, gate } = parts;
    this.#parts = parts;
    this.#deadlines = new DeadlineQueue(clock);
    this.#scheduler = new Scheduler({ clock, deadlines: this.#deadlines, gate });
    const requestIds = new RequestIds(parts.bootId);
    const { settings } = definition;
    const shared = { clock, events, settings, registry: this.registry, requestIds };
    this.#async = new AsyncScheduler({
      ...shared,
      deadlines: this.#deadlines,
      queue,
      scheduler: this.#scheduler,
      limits: settings.queue,
      maxPayload: settings.maxAsyncPayload,
      random: parts.random,
      bootId: parts.bootId,
      nestedCalls: new NestedCallBook(parts.events),
    });
    this.queries = new WorkQueries({ async: this.#async, registry: this.registry, clock });
    this.#publisher = new Publisher({ ...shared, async: this.#async, routes: definition.routes });
    this.#dispatcher = new Dispatcher({
      ...shared,
      scheduler: this.#scheduler,
      async: this.#async,
      queries: this.queries,
      publisher: this.#publisher,
      gate,
    });
    this.#budget = new MemoryBudget(definition.settings.maxMemory);
    for (const one of definition.functions) this.add(one);
  }

  /** Takes a function in, also after the start; its timers and what it would keep ready are then not looked at. */
  add(definition: FunctionDefinition): void {
    const { clock, events, isolations } = this.#parts;
    const { settings } = this.#parts.definition;
    this.registry.add(definition);
    const pool = new Pool({
      definition,
      clock,
      budget: this.#budget,
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
      onReleased: (invocation) => {
        this.#scheduler.released(invocation);
        if (invocation.type === 'Async') this.#async.released(invocation);
      },
    });
    this.#scheduler.addPool(pool);
    events.emit('function:registered', definition);
  }

  get pools(): Iterable<Pool> {
    return this.#scheduler.pools;
  }

  /** Async work that this start accepted and that has not ended. */
  get pending(): number {
    return this.#async.pending;
  }

  /** Async invocations that run now, of one function. */
  runningAsync(pool: Pool): number {
    return this.#async.runningOf(pool);
  }

  /** Whether the queue is open. */
  get isOpen(): boolean {
    return this.#timers !== undefined;
  }

  get timers(): Timers | undefined {
    return this.#timers;
  }

  /**
   * Opens the queue: what a killed host left running waits again. Nothing starts yet.
   *
   * @throws QueueError when it cannot be opened
   */
  async openQueue(machine: OpeningFacts['machine']): Promise<Opening> {
    const opening = await this.#parts.queue.open(this.openingFacts(machine));
    this.opened(opening);
    return opening;
  }

  openingFacts(machine: OpeningFacts['machine']): OpeningFacts {
    const { bootId, clock, definition } = this.#parts;
    const backoff = new Map(definition.functions.map(({ key, retry }) => [key, retry]));
    return { bootId, wall: clock.now(), machine, backoff };
  }

  /** The queue was opened: {@link openQueue} does this too. */
  opened(opening: Opening): void {
    const { clock, events, definition } = this.#parts;
    this.#async.opened(opening);
    const { newestWall } = opening.meta;
    this.#timers = new Timers({ clock, events, async: this.#async, functions: definition.functions, newestWall });
  }

  /** Starts what is to be kept ready (long-lived functions and `minInstances`), the work that waits, and the timers. */
  async open({ only, work, timers }: EngineScope = { work: 'all', timers: true }): Promise<void> {
    for (const pool of this.#scheduler.pools) {
      const { runMode, minInstances, key } = pool.definition;
      const kept = runMode === 'LongLived' ? 1 : minInstances;
      if (only === undefined) pool.open(kept);
      else if (only === key) pool.open(Math.min(kept, 1));
    }
    this.runWork(work);
    if (timers) await this.#timers?.start();
  }

  /** Runs what waits, without keeping any instance ready for it. */
  runWork(scope: WorkScope): void {
    this.#async.run(scope);
    this.#parts.clock.clearTimeout(this.#tidyTimer);
    this.#tidyLater();
  }

  /** Resolves when the Async work that this start accepted has ended. */
  idle(): Promise<void> {
    return this.#async.idle();
  }

  publish(request: PublishRequest): void {
    if (this.#dispatcher.closed) request.onOutcome(refused('Stopping', 'the host is stopping and accepts no messages'));
    else this.#publisher.publish(request);
  }

  dispatch(request: DispatchRequest): Invocation | undefined {
    return this.#dispatcher.dispatch(request);
  }

  /** The invoker takes a call back. */
  cancel(invocation: Invocation, why: string): void {
    this.#scheduler.cancel(invocation, refused('Cancelled', why));
  }

  /** Accepts nothing new, and starts nothing that waits; resolves when what runs has ended, or `grace` ms have passed. */
  async drain(grace: number): Promise<void> {
    this.#dispatcher.close();
    this.#async.pause();
    this.#timers?.stop();
    const { clock } = this.#parts;
    clock.clearTimeout(this.#tidyTimer);
    await new Promise<void>((resolve) => {
      const timer = clock.setTimeout(resolve, grace);
      void this.#scheduler.idle().then(() => {
        clock.clearTimeout(timer);
        resolve();
      });
    });
  }

  /**
   * Ends every instance; what still waits or runs is answered with `Stopping`, and Async work goes back to the queue, due at
   * once. Then the queue is closed.
   */
  async close(grace: number): Promise<void> {
    this.#dispatcher.close();
    this.#async.pause();
    this.#timers?.stop();
    this.#parts.clock.clearTimeout(this.#tidyTimer);
    for (const pool of this.#scheduler.pools) {
      for (const invocation of pool.drainQueue()) {
        this.#scheduler.fail(
          invocation,
          refused('Stopping', `the host stopped before ${pool.definition.key} could run`),
        );
      }
    }
    await Promise.all([...this.#scheduler.pools].map((pool) => pool.close('the host is stopping', grace)));
    // The last thing written is the time: the next start goes on from it.
    if (this.#timers !== undefined) void this.#async.execute({ kind: 'tidy' }).catch(() => undefined);
    // What is open is the end of what ran; on a full disk it may have to stay unwritten.
    await this.#parts.queue.close(grace);
    await this.#async.written();
    this.#deadlines.clear();
  }

  /** Retention goes on when nothing else happens, and the clocks are written down. */
  #tidyLater(delay = TIDY_INTERVAL): void {
    this.#tidyTimer = this.#parts.clock.setTimeout(() => {
      this.#tidy();
    }, delay);
    this.#tidyTimer.unref?.();
  }

  #tidy(): void {
    this.#async.execute({ kind: 'tidy' }).then(
      ({ deadRemoved, more }) => {
        if (deadRemoved > 0) this.#tellRemoved(deadRemoved);
        if (!this.#dispatcher.closed) this.#tidyLater(more ? TIDY_AGAIN : TIDY_INTERVAL);
      },
      () => undefined, // Closed meanwhile.
    );
  }

  #tellRemoved(count: number): void {
    const { clock, events } = this.#parts;
    const message =
      `${count} dead ${count === 1 ? 'letter was' : 'letters were'} removed: there are more, or older ones, than limits.deadLetters allows; ` +
      'redrive or purge them in time, or raise the limits';
    events.emit('log', { time: clock.now(), level: 'warn', message, source: 'host' });
  }
}
