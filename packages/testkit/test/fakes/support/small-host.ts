/** The engine on a virtual clock and in-process instances, with fakes and faults around: what createTestHost composes, without it. */
import {
  type HostCore,
  MemoryQueue,
  MemoryTables,
  resolveUnknown,
  gatherHostFacts,
  type FunctionConfig,
  type HostOutcome,
  type LoadedFunction,
  type LoadedHandler,
  type Queue,
  type QueueStats,
  type WorkEvent,
} from '@edgefc/runtime/testing';
import { isFake, realOf } from '../../../src/fakes/combine.ts';
import { FakeIsolation } from '../../../src/fakes/fake-isolation.ts';
import { Stage, type FakeHandle } from '../../../src/fakes/stage.ts';
import { topicFakes } from '../../../src/fakes/topics.ts';
import { FAKE_SETTINGS, type FakeImplementation, type Fakes, type FakeValue } from '../../../src/fakes/types.ts';
import { DiskFaults, type CrashMoment } from '../../../src/faults/disk-faults.ts';
import { Faults } from '../../../src/faults/faults.ts';
import { FaultyQueue } from '../../../src/faults/faulty-queue.ts';
import { createRandom } from '../../../src/faults/random.ts';
import { Life } from '../../../src/host/life.ts';
import { InProcessIsolation } from '../../../src/isolation/in-process.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/time/virtual-clock.ts';

export interface SmallHostOptions {
  readonly functions?: Readonly<Record<string, FakeImplementation | Partial<LoadedFunction>>>;
  readonly fakes?: Fakes;
  /** Settings by `Service/function`; `'*'`: of all. */
  readonly settings?: Readonly<Record<string, Partial<FunctionConfig>>>;
  readonly seed?: number;
  /** What stores; asked at each start. */
  readonly createQueue?: () => Queue;
}

/** How a call ended, in short: the payload, or `code: message`, or `Handled Error: message`. */
export type Ended = string;

export class SmallHost {
  readonly clock: VirtualClock = createVirtualClock();
  readonly disk: DiskFaults = new DiskFaults();
  readonly stage: Stage;
  readonly faults: Faults;
  /** How runs of Async work ended. */
  readonly settled: WorkEvent[] = [];
  readonly logs: string[] = [];
  readonly #real = new Map<string, Partial<LoadedFunction>>();
  readonly #options: SmallHostOptions;
  readonly #definitions: ReturnType<typeof resolve>;
  readonly #tables = new MemoryTables();
  readonly #known: Set<string>;
  #life!: Life;
  #isolation!: FakeIsolation;
  #inProcess: InProcessIsolation[] = [];
  #lives = 0;
  #stored: Queue | undefined;
  #queue: FaultyQueue | undefined;

  constructor(options: SmallHostOptions) {
    this.#options = options;
    const topics = topicFakes(options.fakes?.topics);
    const fakes: Record<string, FakeValue> = { ...topics.fakes };
    for (const [key, value] of Object.entries(options.fakes ?? {}))
      if (key.includes('/')) fakes[key] = value as FakeValue;
    for (const [key, given] of Object.entries(options.functions ?? {}))
      this.#real.set(key, typeof given === 'function' ? { handler: given as LoadedHandler } : given);
    for (const [key, value] of Object.entries(fakes)) {
      const real = isFake(value) ? realOf(value) : undefined;
      if (typeof real === 'function') this.#real.set(key, { handler: real as LoadedHandler });
    }
    this.#definitions = resolve(
      [...new Set([...Object.keys(fakes), ...this.#real.keys()])],
      options,
      topics.routes,
      this.#real,
    );
    this.#known = new Set(this.#definitions.functions.map(({ key }) => key));
    const keys = (): Iterable<string> => this.#known;
    this.faults = new Faults({
      random: createRandom(options.seed ?? 1).fork('faults'),
      disk: this.disk,
      keys,
      lose: (key, why) => this.#isolation.lose(key, why),
    });
    this.stage = new Stage({
      hasCode: (key) => this.#real.has(key),
      keys,
      add: (key) => {
        if (this.#known.has(key)) return;
        this.#known.add(key);
        const [added] = resolve([key], options, [], this.#real).functions;
        this.#life.core.add(added!);
      },
      disturb: this.faults.disturb,
    });
    for (const [key, value] of Object.entries(fakes)) this.stage.fake(key, value);
    this.disk.onCrash = () => {
      this.#life.kill();
    };
  }

  async start(): Promise<this> {
    this.#lives += 1;
    const { clock, stage } = this;
    const parts = { host: this, clock, time: undefined, onGone: () => undefined };
    const real = new InProcessIsolation({ ...parts, inline: this.#real });
    const performers = new InProcessIsolation({ ...parts, inline: { get: () => ({ handler: stage.perform }) } });
    this.#inProcess = [real, performers];
    this.#isolation = new FakeIsolation({ stage, clock, real, performers });
    await this.#stored?.close(0);
    const stored =
      this.#options.createQueue?.() ??
      new MemoryQueue({ limits: this.#definitions.settings.queue, tables: this.#tables });
    this.#stored = stored;
    this.#queue = new FaultyQueue({ queue: stored, disk: this.disk, clock });
    this.#life = new Life({
      definition: this.#definitions,
      clock,
      queue: this.#queue,
      isolations: { thread: this.#isolation, process: this.#isolation },
      random: createRandom(1).next,
      bootId: `life${this.#lives}`,
      machine: { boot: 'machine', uptime: clock.monotonic() + 1000 },
      gate: stage,
      onGone: () => undefined,
      listen: (events) => {
        events.on('work:settled', (work) => this.settled.push(work));
        events.on('log', ({ message }) => this.logs.push(message));
      },
    });
    await this.#until(this.#life.start());
    return this;
  }

  fake(key: string, value: FakeValue): FakeHandle {
    return this.stage.fake(key, value);
  }

  /** The calls that came to a fake of the options. */
  get core(): HostCore {
    return this.#life.core;
  }

  get killed(): Promise<unknown> {
    return this.#life.killed;
  }

  get writes(): readonly string[] {
    return this.disk.writes;
  }

  /** Calls and waits for the answer, skipping time. */
  async invoke(target: string, payload: string = ''): Promise<Ended> {
    return describe(await this.#until(this.#life.core.invoke({ target, payload })));
  }

  async enqueue(target: string, payload: string = ''): Promise<Ended> {
    return describe(await this.#until(this.#life.core.invoke({ target, payload, type: 'Async' })));
  }

  async publish(topic: string, payload: string): Promise<Ended> {
    return describe(await this.#until(this.#life.core.publish({ topic, payload })));
  }

  crashAt(n: number, moment: CrashMoment): void {
    this.disk.crashAt(n, moment);
  }

  async restart(): Promise<void> {
    await this.start();
  }

  async runUntilIdle(): Promise<void> {
    for (;;) {
      await this.settle();
      const { live } = await this.#until(this.stats());
      if (live.enqueued + live.running + live.retrying === 0) return;
      this.clock.step(this.clock.nextDue ?? 0);
    }
  }

  get promised(): readonly string[] {
    return [];
  }

  async getInvocation(id: string): Promise<unknown> {
    return this.#life.core.async.get(id);
  }

  async stats(): Promise<QueueStats> {
    return this.#life.core.async.stats();
  }

  async stop(): Promise<void> {
    if (!this.#life.ended) await this.#until(this.#life.stop(0));
    await this.#stored?.close(0);
  }

  /** Whatever can go on without time goes on. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 4; quiet += 1) {
      await turn();
      if (this.#inProcess.some(({ busy }) => busy) || this.#queue?.busy === true) quiet = 0;
    }
  }

  /** Skips to the next timer whenever nothing else can go on. */
  async #until<T>(promise: Promise<T>): Promise<T> {
    const killed = this.#life.killed.then(() => {
      throw new Error('the host was killed');
    });
    const seen = { over: false };
    const end = (): void => {
      seen.over = true;
    };
    const either = Promise.race([promise, killed]);
    either.then(end, end);
    for (;;) {
      await this.settle();
      if (seen.over) return either;
      const { nextDue } = this.clock;
      if (nextDue === undefined) throw new Error('nothing can go on, and there is no timer');
      this.clock.step(nextDue);
    }
  }
}

export async function smallHost(options: SmallHostOptions): Promise<SmallHost> {
  return new SmallHost(options).start();
}

function describe(outcome: HostOutcome): Ended {
  switch (outcome.kind) {
    case 'refused':
      return `${outcome.code}: ${outcome.message}`;
    case 'accepted':
      return outcome.id;
    case 'answered': {
      const text = String(outcome.payload);
      if (outcome.functionError === undefined) return text;
      const { errorType, errorMessage } = JSON.parse(text) as { errorType: string; errorMessage: string };
      return `${outcome.functionError} ${errorType}: ${errorMessage}`;
    }
  }
}

function resolve(
  keys: readonly string[],
  { settings = {} }: SmallHostOptions,
  routes: readonly object[],
  real: ReadonlyMap<string, unknown>,
) {
  const services: Record<string, { functions: Record<string, object> }> = {};
  for (const key of keys) {
    const [service = '', name = ''] = key.split('/');
    services[service] ??= { functions: {} };
    services[service].functions[name] = {
      codeUri: '.',
      ...(real.has(key) ? {} : FAKE_SETTINGS),
      ...settings['*'],
      ...settings[key],
    };
  }
  const facts = { ...gatherHostFacts({}, '.'), cpus: 4, totalMemory: 8 * 1024 ** 3 };
  return resolveUnknown({ services, routes }, { ...facts, baseDir: '.', dataDir: '/nowhere' }).definition;
}

function turn(): Promise<void> {
  return new Promise((resolveTurn) => {
    setImmediate(resolveTurn);
  });
}
