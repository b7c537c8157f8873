/**
 * One life of a test's host: from a start to the stop, or to the moment at which the plug is pulled.
 *
 * A killed life must not act any more, although its objects are still there: its timers are taken from the clock, its
 * instances are cut off, its queue writes and answers nothing, and nobody hears its events. What was stored outlives it.
 */
import {
  createEventBus,
  HostCore,
  type Clock,
  type CommandTime,
  type Durability,
  type EngineParts,
  type HostDefinition,
  type HostEventBus,
  type HostStart,
  type InstanceBoot,
  type InstanceHandle,
  type InstanceListener,
  type Isolation,
  type Opening,
  type OpeningFacts,
  type Queue,
  type QueueCommand,
  type ResultOf,
  type TimerHandle,
} from '@edgefc/runtime/testing';

export interface LifeParts {
  readonly definition: HostDefinition;
  readonly clock: Clock;
  readonly queue: Queue;
  readonly isolations: Readonly<Record<'thread' | 'process', Isolation>>;
  /** Refuses what fakes and faults refuse. */
  readonly gate: NonNullable<EngineParts['gate']>;
  readonly random: () => number;
  /** First part of this life's ids. */
  readonly bootId: string;
  readonly machine: OpeningFacts['machine'];
  /** Listens before anything happens. */
  readonly listen: (events: HostEventBus) => void;
  /** An instance is gone: what it has begun is nobody's. `instance`: its name. */
  readonly onGone: (instance: string) => void;
}

export class Life {
  readonly core: HostCore;
  /** Resolves when this life was killed. */
  readonly killed: Promise<undefined>;
  readonly #events: HostEventBus;
  readonly #clock: LifeClock;
  readonly #queue: LifeQueue;
  readonly #isolations: Readonly<Record<'thread' | 'process', LifeIsolation>>;
  readonly #resolveKilled: () => void;
  readonly #onGone: (instance: string) => void;
  #ended = false;

  constructor(parts: LifeParts) {
    const { definition, gate, random, bootId, machine } = parts;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.killed = promise;
    this.#resolveKilled = () => {
      resolve(undefined);
    };
    this.#clock = new LifeClock(parts.clock);
    this.#queue = new LifeQueue(parts.queue);
    this.#isolations = {
      thread: new LifeIsolation(parts.isolations.thread),
      process: new LifeIsolation(parts.isolations.process),
    };
    this.#events = createEventBus(this.#clock);
    parts.listen(this.#events);
    this.#onGone = parts.onGone;
    this.#events.on('instance:exited', ({ name }) => {
      parts.onGone(name);
    });
    this.core = new HostCore({
      definition,
      clock: this.#clock,
      events: this.#events,
      queue: this.#queue,
      isolations: this.#isolations,
      gate,
      bootId,
      random,
      machine: () => machine,
      prepare: () => undefined,
      release: () => Promise.resolve(),
      stuckThreads: () => 0,
    });
  }

  /** Whether it was stopped or killed. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Counts up with whatever may change how much Async work there is. */
  get changes(): number {
    return this.#queue.changes;
  }

  start(): Promise<HostStart> {
    return this.core.start();
  }

  async stop(gracePeriod: number | undefined): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.core.stop(gracePeriod === undefined ? {} : { gracePeriod });
    this.#clock.end();
  }

  /** As SIGKILL, or the plug: nothing is written, answered or heard any more. */
  kill(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#events.removeAllListeners();
    this.#clock.end();
    this.#queue.end();
    for (const isolation of [this.#isolations.thread, this.#isolations.process]) isolation.end();
    for (const { instances } of this.core.status()) for (const { name } of instances) this.#onGone(name);
    this.#resolveKilled();
  }
}

/** The clock of one life: with the life its timers are over. */
class LifeClock implements Clock {
  readonly #clock: Clock;
  readonly #timers = new Set<TimerHandle>();
  #ended = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  setTimeout(callback: () => void, delay: number): TimerHandle {
    const timer = this.#clock.setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, delay);
    if (this.#ended) this.#clock.clearTimeout(timer);
    else this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: TimerHandle | undefined): void {
    if (timer !== undefined) this.#timers.delete(timer);
    this.#clock.clearTimeout(timer);
  }

  end(): void {
    this.#ended = true;
    for (const timer of this.#timers) this.#clock.clearTimeout(timer);
    this.#timers.clear();
  }
}

/** What asks only, or removes only what is over. */
const LEAVES_WORK_AS_IT_IS: ReadonlySet<QueueCommand['kind']> = new Set(['get', 'list', 'stats', 'timers', 'tidy']);

/** The queue of one life. What a killed life had handed over may still be stored; it does not hear of it. */
class LifeQueue implements Queue {
  changes = 0;
  readonly #queue: Queue;
  #ended = false;

  constructor(queue: Queue) {
    this.#queue = queue;
  }

  get onFull(): Queue['onFull'] {
    return this.#queue.onFull;
  }

  set onFull(onFull: Queue['onFull']) {
    this.#queue.onFull = onFull;
  }

  open(facts: OpeningFacts): Promise<Opening> {
    return this.#answer(this.#queue.open(facts));
  }

  execute<C extends QueueCommand>(command: C, time: CommandTime, durability: Durability): Promise<ResultOf<C>> {
    if (this.#ended) return forever();
    if (!LEAVES_WORK_AS_IT_IS.has(command.kind)) this.changes += 1;
    return this.#answer(this.#queue.execute(command, time, durability));
  }

  async close(grace: number): Promise<void> {
    await this.#queue.close(grace);
  }

  end(): void {
    this.#ended = true;
    this.#queue.onFull = undefined;
  }

  async #answer<T>(answer: Promise<T>): Promise<T> {
    try {
      const value = await answer;
      return this.#ended ? await forever<T>() : value;
    } catch (error) {
      if (this.#ended) return await forever<T>();
      throw error;
    }
  }
}

/** The instances of one life: cut off when it is killed, which is what ends a function with its host. */
class LifeIsolation implements Isolation {
  readonly #isolation: Isolation;
  readonly #handles = new Set<InstanceHandle>();
  #ended = false;

  constructor(isolation: Isolation) {
    this.#isolation = isolation;
  }

  start(boot: InstanceBoot, listener: InstanceListener): InstanceHandle {
    const handle = this.#isolation.start(boot, {
      message: (message) => {
        if (!this.#ended) listener.message(message);
      },
      output: (level, text) => {
        if (!this.#ended) listener.output(level, text);
      },
      exited: (exit) => {
        this.#handles.delete(handle);
        if (!this.#ended) listener.exited(exit);
      },
    });
    this.#handles.add(handle);
    return handle;
  }

  /** The isolation itself outlives the life. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  end(): void {
    this.#ended = true;
    for (const handle of this.#handles) handle.kill();
  }
}

function forever<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}
