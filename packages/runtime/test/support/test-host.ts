/**
 * A host for a test: real threads and processes, short definitions, and a check that nothing is left when it stopped.
 *
 * `startHost` is for one test (`await using host = await startHost(…)`), `shareHost` for all tests of a describe.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import type {
  FunctionDefinition,
  HostDefinition,
  HostSettings,
  IsolationKind,
  RouteDefinition,
} from '../../src/engine/definition.ts';
import type { HostEvents, LogEvent } from '../../src/engine/events.ts';
import type { InstanceView } from '../../src/engine/views.ts';
import type { Host, HostInvocation, HostOutcome, HostStartOptions } from '../../src/engine/host-api.ts';
import { createHost } from '../../src/host.ts';
import { MemoryQueue } from '../../src/engine/queue/memory-queue.ts';
import { countThreads, isAlive, openHandles } from './left-running.ts';
import { QUEUE_LIMITS } from './queue-limits.ts';
import { WatchedClock } from './watched-clock.ts';

/** The function files that most tests use. */
export const FUNCTIONS: string = join(import.meta.dirname, '..', 'fixtures', 'functions');

/** A function of a test: its handler, and what is not as usual. */
export type TestFunction = Partial<Omit<FunctionDefinition, 'key' | 'service' | 'name'>> & { readonly handler: string };

export interface TestHostOptions {
  readonly isolation: IsolationKind;
  /** By `Service/name`. */
  readonly functions: Readonly<Record<string, TestFunction>>;
  readonly routes?: readonly RouteDefinition[];
  readonly settings?: Partial<HostSettings>;
  readonly start?: HostStartOptions;
  /** Whether Async work is stored on disk, in the temporary data directory. Default: in memory, which starts faster. */
  readonly durable?: boolean;
}

/** A resolved definition with one instance of each function, which waits for nothing longer than a test may. */
export function defineTestHost(options: TestHostOptions, dataDir: string): HostDefinition {
  const functions = Object.entries(options.functions).map(([key, own]): FunctionDefinition => {
    const [service = '', name = ''] = key.split('/');
    return {
      service,
      name,
      key,
      id: undefined,
      codeUri: FUNCTIONS,
      initializer: undefined,
      preStop: undefined,
      isolation: options.isolation,
      runMode: 'OnDemand',
      timeout: 10_000,
      initializationTimeout: 10_000,
      maxQueueWait: 10_000,
      memorySize: 256 * 1024 * 1024,
      instanceConcurrency: 1,
      maxInstances: 1,
      minInstances: 0,
      maxQueue: 100,
      idleTimeout: 60_000,
      onUnhandledRejection: 'exit',
      environment: {},
      asyncConcurrency: (own.maxInstances ?? 1) * (own.instanceConcurrency ?? 1),
      retry: { attempts: 4, minDelay: 1000, maxDelay: 300_000, maxAge: 86_400_000 },
      durability: 'memory',
      onSuccess: undefined,
      onFailure: undefined,
      timers: [],
      ...own,
    };
  });
  const settings: HostSettings = {
    region: 'here',
    accountId: '4711',
    credentials: { accessKeyId: 'id', accessKeySecret: 'secret', securityToken: 'token' },
    maxSyncPayload: 32 * 1024 * 1024,
    maxAsyncPayload: 1024 * 1024,
    maxMemory: 4 * 1024 * 1024 * 1024,
    gracePeriod: 200,
    dataDir,
    queue: QUEUE_LIMITS,
    ...options.settings,
  };
  return { settings, functions, routes: options.routes ?? [] };
}

export class TestHost implements AsyncDisposable {
  static readonly #running: Set<TestHost> = new Set<TestHost>();
  readonly host: Host;
  readonly dataDir: string;
  readonly logs: LogEvent[] = [];
  /** Every instance there ever was, and why it ended. */
  readonly instances: Map<InstanceView, string | undefined> = new Map<InstanceView, string | undefined>();
  readonly #clock = new WatchedClock();
  readonly #threadsBefore: number = countThreads();
  readonly #handlesBefore: readonly string[] = openHandles();
  /** Another host of the same file ran meanwhile: its handles cannot be told from this one's. */
  readonly #shared: boolean = TestHost.#running.size > 0;

  constructor(options: TestHostOptions) {
    this.dataDir = mkdtempSync(join(tmpdir(), 'edgefc-host-'));
    TestHost.#running.add(this);
    this.host = createHost(defineTestHost(options, this.dataDir), {
      clock: this.#clock,
      ...(options.durable === true ? {} : { queue: new MemoryQueue({ limits: QUEUE_LIMITS }) }),
    });
    this.host.events.on('log', (entry) => this.logs.push(entry));
    this.host.events.on('instance:starting', (instance) => this.instances.set(instance, undefined));
    this.host.events.on('instance:exited', (instance, reason) => this.instances.set(instance, reason));
  }

  get running(): InstanceView[] {
    return [...this.instances.keys()].filter(({ state }) => state !== 'gone');
  }

  invoke(target: string, payload?: string | Uint8Array, options: Partial<HostInvocation> = {}): Promise<HostOutcome> {
    return this.host.invoke({ target, ...(payload === undefined ? {} : { payload }), ...options });
  }

  /** The payload of an invocation that has to succeed. */
  async value(target: string, payload?: string | Uint8Array, options: Partial<HostInvocation> = {}): Promise<unknown> {
    const outcome = await this.invoke(target, payload, options);
    if (outcome.kind === 'answered' && outcome.functionError === undefined) return outcome.payload;
    throw new Error(`${target} did not succeed: ${describeOutcome(outcome)}`);
  }

  /** How an invocation failed that has to fail in its function. */
  async failure(
    target: string,
    payload?: string | Uint8Array,
    options: Partial<HostInvocation> = {},
  ): Promise<Failure> {
    return failureOf(await this.invoke(target, payload, options));
  }

  /** The messages of the log so far that hold `text`. */
  logged(text: string): LogEvent[] {
    return this.logs.filter(({ message }) => message.includes(text));
  }

  /** Resolves when a message with `text` is in the log (again, when `after` of them are there already). */
  async untilLogged(text: string, after = 0): Promise<LogEvent> {
    while (this.logged(text).length <= after) await this.next('log');
    return this.logged(text)[after]!;
  }

  /** The arguments of the next event of a kind, or of the next that `accept` takes. */
  next<K extends keyof HostEvents>(kind: K, accept?: (...args: HostEvents[K]) => boolean): Promise<HostEvents[K]> {
    const { promise, resolve } = Promise.withResolvers<HostEvents[K]>();
    const { events } = this.host;
    const listener = (...args: unknown[]): void => {
      const given = args as HostEvents[K]; // The emitter's own types do not follow a generic event name.
      if (accept !== undefined && !accept(...given)) return;
      events.off(kind, listener);
      resolve(given);
    };
    events.on(kind, listener);
    return promise;
  }

  /** Stops the host, and looks whether anything of it is left. */
  async stop(gracePeriod = 200): Promise<void> {
    await this.host.stop({ gracePeriod });
    rmSync(this.dataDir, { recursive: true, force: true });
    expect(
      this.running.map(({ name }) => name),
      'instances that are not gone',
    ).toEqual([]);
    const pids = [...this.instances.keys()].map(({ pid }) => pid).filter((pid) => pid !== undefined);
    expect(pids.filter(isAlive), 'processes left running').toEqual([]);
    // A thread's task disappears a moment after its 'exit' event.
    await vi.waitUntil(() => countThreads() <= this.#threadsBefore, { timeout: 2000, interval: 5 });
    if (TestHost.#running.delete(this) && !this.#shared) {
      await vi.waitUntil(() => openHandles().length <= this.#handlesBefore.length, { timeout: 2000, interval: 5 });
    }
    expect(this.#clock.pending, 'timers that keep the process alive').toEqual([]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

export async function startHost(options: TestHostOptions): Promise<TestHost> {
  const host = new TestHost(options);
  await host.host.start(options.start);
  return host;
}

/** One host for all tests of the describe that this is called in. */
export function shareHost(options: TestHostOptions): () => TestHost {
  let shared: TestHost | undefined;
  beforeAll(async () => {
    shared = await startHost(options);
  });
  afterAll(() => shared?.stop());
  return () => shared!;
}

export interface Failure {
  readonly functionError: 'Handled' | 'Unhandled';
  readonly errorType: string;
  readonly errorMessage: string;
  readonly stackTrace: readonly string[];
}

export function failureOf(outcome: HostOutcome): Failure {
  if (outcome.kind !== 'answered' || outcome.functionError === undefined) {
    throw new Error(`the function did not fail: ${describeOutcome(outcome)}`);
  }
  const error = JSON.parse(String(outcome.payload)) as Omit<Failure, 'functionError'>;
  return { functionError: outcome.functionError, ...error };
}

function describeOutcome(outcome: HostOutcome): string {
  return outcome.kind === 'answered'
    ? `${outcome.functionError ?? 'succeeded'}: ${String(outcome.payload).slice(0, 2000)}`
    : JSON.stringify(outcome);
}
