/** The whole engine on a virtual clock and scripted instances, and everything that it tells. */
import type { InvocationRequestOptions } from '@edgefc/sdk/internal';
import { Engine } from '../../../src/engine/engine.ts';
import type {
  FunctionDefinition,
  HostDefinition,
  HostSettings,
  RouteDefinition,
} from '../../../src/engine/definition.ts';
import { createEventBus, type HostEventBus, type LogEvent } from '../../../src/engine/events.ts';
import type { Invocation } from '../../../src/engine/invocation/invocation.ts';
import type { Outcome } from '../../../src/engine/invocation/outcome.ts';
import { MemoryQueue } from '../../../src/engine/queue/memory-queue.ts';
import type { Opening, OpeningFacts, Queue } from '../../../src/engine/queue/queue.ts';
import { QUEUE_LIMITS } from '../../support/queue-limits.ts';
import { ScriptedIsolation, type Behaviour, type ScriptedRun } from './scripted-isolation.ts';
import { flushPromises, VirtualClock } from './virtual-clock.ts';

export const MiB: number = 1024 * 1024;

/** A function as a test needs it: one instance, one slot. */
export function defineFunction(key: string, own: Partial<FunctionDefinition> = {}): FunctionDefinition {
  const [service = '', name = ''] = key.split('/');
  return {
    service,
    name,
    key,
    id: undefined,
    codeUri: '/functions',
    handler: 'index.handler',
    initializer: undefined,
    preStop: undefined,
    isolation: 'process',
    runMode: 'OnDemand',
    timeout: 5000,
    initializationTimeout: 30_000,
    maxQueueWait: 60_000,
    memorySize: 512 * MiB,
    instanceConcurrency: 1,
    maxInstances: 1,
    minInstances: 0,
    maxQueue: 1000,
    idleTimeout: 300_000,
    onUnhandledRejection: 'exit',
    environment: {},
    asyncConcurrency: (own.maxInstances ?? 1) * (own.instanceConcurrency ?? 1),
    retry: { attempts: 1, minDelay: 1000, maxDelay: 300_000, maxAge: 86_400_000 },
    durability: 'memory',
    onSuccess: undefined,
    onFailure: undefined,
    timers: [],
    ...own,
  };
}

export interface TestEngineOptions {
  /** By `Service/name`. */
  readonly functions: Readonly<Record<string, Partial<FunctionDefinition>>>;
  readonly routes?: readonly RouteDefinition[];
  readonly settings?: Partial<HostSettings>;
  readonly behaviour?: Partial<Behaviour>;
  /** Opened here when it is a MemoryQueue. Default: one of its own. */
  readonly queue?: Queue;
  readonly clock?: VirtualClock;
  readonly bootId?: string;
  /** Default: no jitter. */
  readonly random?: () => number;
  /** What the machine tells of its boot. Default: nothing. */
  readonly machine?: OpeningFacts['machine'];
}

export interface InvokeOptions extends InvocationRequestOptions {
  readonly type?: 'Sync' | 'Async';
  readonly payload?: string;
}

/** An invocation from outside. */
export class Invoked {
  readonly #engine: Engine;
  /** Every outcome it was told; more than one is a bug. */
  readonly outcomes: Outcome[] = [];
  requestId: string | undefined;
  invocation: Invocation | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get outcome(): Outcome | undefined {
    if (this.outcomes.length > 1)
      throw new Error(`settled ${this.outcomes.length} times: ${JSON.stringify(this.outcomes)}`);
    return this.outcomes[0];
  }

  /** In short: the payload, the code of a refusal, the `errorType` of a failure; `undefined` while there is none. */
  get result(): string | undefined {
    const { outcome } = this;
    switch (outcome?.kind) {
      case undefined:
        return undefined;
      case 'refused':
        return outcome.code;
      case 'accepted':
        return 'accepted';
      case 'answered':
        return outcome.functionError === undefined ? String(outcome.payload) : this.error.errorType;
    }
  }

  /** What a refusal or a failure says. */
  get message(): string {
    return this.outcome?.kind === 'refused' ? this.outcome.message : this.error.errorMessage;
  }

  get error(): { readonly errorMessage: string; readonly errorType: string } {
    const { outcome } = this;
    if (outcome?.kind !== 'answered') throw new Error(`not an answer: ${JSON.stringify(outcome)}`);
    return JSON.parse(String(outcome.payload)) as { errorMessage: string; errorType: string };
  }

  cancel(): void {
    if (this.invocation !== undefined) this.#engine.cancel(this.invocation, 'the test cancelled it');
  }
}

export class TestEngine {
  readonly clock: VirtualClock;
  readonly isolation: ScriptedIsolation;
  readonly engine: Engine;
  readonly events: HostEventBus;
  /** Everything told on the event bus, in order, in words. */
  readonly trace: string[] = [];
  readonly logs: LogEvent[] = [];
  /** What was found in the queue, when it was opened here. */
  readonly opening: Opening | undefined;

  constructor(options: TestEngineOptions) {
    this.clock = options.clock ?? new VirtualClock();
    this.events = createEventBus(this.clock);
    this.isolation = new ScriptedIsolation(this.clock, options.behaviour);
    this.#listen();
    const queue = options.queue ?? new MemoryQueue({ limits: QUEUE_LIMITS });
    this.engine = new Engine({
      definition: defineHost(options),
      clock: this.clock,
      events: this.events,
      queue,
      isolations: { thread: this.isolation, process: this.isolation },
      bootId: options.bootId ?? 'boot',
      random: options.random ?? (() => 0),
    });
    if (queue instanceof MemoryQueue) {
      this.opening = queue.openNow(this.engine.openingFacts(options.machine));
      this.engine.opened(this.opening);
      this.engine.runWork('all');
    }
  }

  invoke(target: string, { type = 'Sync', payload = '', ...own }: InvokeOptions = {}): Invoked {
    const invoked = new Invoked(this.engine);
    invoked.invocation = this.engine.dispatch({
      target,
      type,
      payload,
      invokerContext: null,
      options: Object.keys(own).length === 0 ? undefined : own,
      parent: undefined,
      caller: undefined,
      onOutcome: (outcome, requestId) => {
        invoked.outcomes.push(outcome);
        invoked.requestId = requestId;
      },
    });
    return invoked;
  }

  /** Handlers that have not settled, in all instances, oldest instance first. */
  get runs(): ScriptedRun[] {
    return this.isolation.instances
      .filter(({ ended }) => !ended)
      .flatMap(({ runs }) => runs.filter(({ settled }) => !settled));
  }

  /** The handler that runs for this event. */
  running(event: string): ScriptedRun {
    const found = this.runs.filter((run) => run.event === event);
    if (found.length !== 1) throw new Error(`${found.length} handlers run for "${event}", not one`);
    return found[0]!;
  }

  /** `EdgeFC/a#1 ready` for every instance that is not gone. */
  get states(): string[] {
    return [...this.engine.pools].flatMap((pool) => pool.instances.map(({ name, state }) => `${name} ${state}`));
  }

  advance(ms: number): void {
    this.clock.advance(ms);
  }

  /** Whether nothing waits for a slot, holds one, or is accepted and not run. Closes the front door. */
  async isIdle(): Promise<boolean> {
    let idle = false;
    void this.engine.drain(1_000_000).then(() => {
      idle = true;
    });
    await flushPromises();
    return idle;
  }

  /** Closes the engine; every instance is gone within `ms`. */
  async close(ms = 10_000): Promise<void> {
    const closed = this.engine.close(2000);
    await flushPromises();
    this.advance(ms);
    const left = this.states;
    if (left.length > 0) throw new Error(`not closed after ${ms} ms; left: ${left.join(', ')}`);
    await closed;
  }

  #listen(): void {
    const { events, trace } = this;
    events.on('invocation:accepted', (one) => trace.push(`accepted ${one.requestId} ${one.definition.key}`));
    events.on('invocation:started', (one, instance) => trace.push(`started ${one.requestId} in ${instance.name}`));
    events.on('invocation:settled', (one) => trace.push(`settled ${one.requestId} ${describe(one.outcome)}`));
    events.on('instance:starting', ({ name }) => trace.push(`starting ${name}`));
    events.on('instance:ready', ({ name }) => trace.push(`ready ${name}`));
    events.on('instance:exited', ({ name }, reason) => trace.push(`exited ${name}: ${reason}`));
    events.on('log', (entry) => this.logs.push(entry));
  }
}

function describe(outcome: Outcome | undefined): string {
  if (outcome === undefined) return 'without an outcome';
  if (outcome.kind === 'refused') return outcome.code;
  return outcome.kind === 'accepted' ? 'accepted' : (outcome.functionError ?? 'ok');
}

function defineHost(options: TestEngineOptions): HostDefinition {
  return {
    settings: {
      region: 'here',
      accountId: '4711',
      credentials: { accessKeyId: '', accessKeySecret: '', securityToken: '' },
      maxSyncPayload: 32 * MiB,
      maxAsyncPayload: MiB,
      maxMemory: 64 * 1024 * MiB,
      gracePeriod: 1000,
      dataDir: '/data',
      queue: QUEUE_LIMITS,
      ...options.settings,
    },
    routes: options.routes ?? [],
    functions: Object.entries(options.functions).map(([key, own]) => defineFunction(key, own)),
  };
}
