/**
 * The host that a test talks to: the engine's own, on the test's clock and store, that can be killed and started again.
 *
 * Whatever waits for a call moves virtual time while nothing else can go on (`time: 'auto'`); what only begins work moves none.
 */
import { encodeInvokerContext, EdgefcError, type InvocationStatus } from '@edgefc/sdk/internal';
import type {
  Clock,
  DeadLetterFilter,
  Found,
  Host,
  HostInvocation,
  HostOutcome,
  HostStart,
  InvocationDetails,
  InvocationFilter,
  QueueStats,
} from '@edgefc/runtime/testing';
import { readDuration } from '../duration.ts';
import { exportTest, type CodePlaces, type ExportTestOptions } from '../export/export-test.ts';
import type { FakeHandle, Stage } from '../fakes/stage.ts';
import type { FakeValue } from '../fakes/types.ts';
import type { UnfakedCall } from '../fakes/unfaked.ts';
import type { CrashMoment, DiskFaults } from '../faults/disk-faults.ts';
import type { Faults } from '../faults/faults.ts';
import { leaveFrames } from '../frame.ts';
import { TestHostError } from '../errors.ts';
import type { TestTime } from '../options.ts';
import type { Driver } from '../time/driver.ts';
import { StuckError } from '../time/stuck.ts';
import type { TestRecord } from '../record/record.ts';
import type { Life } from './life.ts';
import { toTestResult, type TestResult } from './result.ts';
import { Unawaited } from './unawaited.ts';

/** Text or bytes as they are; anything else as its JSON. */
export type TestPayload = string | Uint8Array | object | number | boolean | null | undefined;

export interface TestInvokeOptions {
  /** What the function has as `context.invokerContext`; an object, or base64 of one. */
  readonly invokerContext?: Readonly<Record<string, unknown>> | string;
  /** ms, or `'5s'`, until the call is given up. Default: the function's `timeout` + `maxQueueWait`. */
  readonly timeout?: number | string;
  readonly signal?: AbortSignal;
}

export interface TestEnqueueOptions extends Pick<TestInvokeOptions, 'invokerContext'> {
  /** ms, or `'5s'`, before it may start. */
  readonly delay?: number | string;
  readonly dedupeKey?: string;
  readonly orderKey?: string;
  readonly maxRetries?: number;
}

/** How a stopped or killed host is started again. */
export interface RestartOptions {
  /** ms, or `'3d'`, that it was down; timers, delays and ages go on as on a gateway. Default: 0. */
  readonly downtime?: number | string;
  /** Whether the machine was booted anew: then only the wall clock tells how long it was down. Default: false. */
  readonly reboot?: boolean;
}

/** What a TestHost is made of; see composition.ts. */
export interface TestHostParts {
  readonly driver: Driver;
  readonly record: TestRecord;
  readonly stage: Stage;
  readonly faults: Faults;
  readonly disk: DiskFaults;
  readonly clock: Clock;
  readonly setClock: (epochMs: number) => void;
  readonly time: TestTime;
  readonly places: CodePlaces;
  /** Begins a life on what is stored. */
  readonly begin: (how: { readonly reboot: boolean }) => Promise<BegunLife>;
  /** Releases everything that outlives a life. */
  readonly release: () => Promise<void>;
}

export interface BegunLife {
  readonly life: Life;
  readonly start: HostStart;
}

/** ms that `waitForInvocation` waits at most: longer than any work is kept trying. */
const LONGEST_WAIT = 86_400_000;

export class TestHost implements AsyncDisposable {
  /** Everything that happened: invocations, messages, output. */
  readonly record: TestRecord;
  /** What is to go wrong. */
  readonly faults: Faults;
  readonly #parts: TestHostParts;
  readonly #unawaited = new Unawaited();
  readonly #promised: string[] = [];
  #life: Life;
  #started: HostStart;
  #released: Promise<void> | undefined;
  /** Whether something could not go on: then it will not for an orderly stop either. */
  #isStuck = false;

  constructor(parts: TestHostParts, { life, start }: BegunLife) {
    this.#parts = parts;
    this.#life = life;
    this.#started = start;
    this.record = parts.record;
    this.faults = parts.faults;
  }

  /** What the host found when it was last started: what waited, what ran when it was killed, how long it was down. */
  get started(): HostStart {
    return this.#started;
  }

  /** Resolves when this life of the host is killed. */
  get killed(): Promise<unknown> {
    return this.#life.killed;
  }

  /** What each durable write so far was, in words: where `crashAt` counts. */
  get writes(): readonly string[] {
    return this.#parts.disk.writes;
  }

  /** Ids that `enqueue` has given out, over all lives of the host. */
  get promised(): readonly string[] {
    return this.#promised;
  }

  /** Calls of functions that are neither real nor faked, and calls that no fake answered. */
  get unfakedCalls(): readonly UnfakedCall[] {
    return this.#parts.stage.unfaked.calls;
  }

  /** The host itself, as an embedder has it: status, timers, events. */
  get host(): Host {
    return this.#living('host');
  }

  /** Date of the host's wall clock. */
  get now(): Date {
    return new Date(this.#parts.clock.now());
  }

  /**
   * Invokes a function and waits for its answer; skips time meanwhile.
   *
   * @param target - `Service/function`, a function id, or an ARN
   * @param payload - text and bytes arrive as they are, anything else as its JSON
   * @throws EdgefcError when there is no answer of the function: its `code` says why. A function that fails is a result.
   */
  invoke(target: string, payload?: TestPayload, options: TestInvokeOptions = {}): Promise<TestResult> {
    const { invokerContext, timeout, signal } = options;
    const invocation: HostInvocation = {
      target,
      ...toPayload(payload),
      ...toContext(invokerContext),
      ...(timeout === undefined ? {} : { timeout: readDuration(timeout, 'timeout') }),
      ...(signal === undefined ? {} : { signal }),
    };
    return this.#waitFor(`host.invoke('${target}')`, async (host) => {
      const outcome = await host.invoke(invocation);
      if (outcome.kind === 'answered') return toTestResult(outcome);
      throw toError(outcome);
    });
  }

  /**
   * Invokes a function Async: resolves with the invocation's id once it is as durable as its queue promises. Skips no time.
   *
   * @throws EdgefcError when it was not accepted
   */
  enqueue(target: string, payload?: TestPayload, options: TestEnqueueOptions = {}): Promise<string> {
    const { invokerContext, delay, ...rest } = options;
    const invocation: HostInvocation = {
      target,
      type: 'Async',
      ...toPayload(payload),
      ...toContext(invokerContext),
      ...(delay === undefined ? {} : { delay: readDuration(delay, 'delay') }),
      ...rest,
    };
    return this.#begin(`host.enqueue('${target}')`, async (host) => {
      const id = toId(await host.invoke(invocation));
      this.#promised.push(id);
      return id;
    });
  }

  /** Publishes a message as somebody outside does; resolves with its id once the functions' invocations are safe. */
  publish(topic: string, payload: TestPayload = ''): Promise<string> {
    const message = { topic, payload: encode(payload) };
    return this.#begin(`host.publish('${topic}')`, async (host) => toId(await host.publish(message)));
  }

  /** What has become of an Async invocation. @throws EdgefcError `InvocationNotFound` */
  getInvocation(id: string): Promise<InvocationDetails> {
    return this.#begin('host.getInvocation()', async (host) => unwrap(await host.async.get(id)));
  }

  /** The same once it is over: skips time until then. */
  waitForInvocation(id: string): Promise<InvocationStatus> {
    return this.#waitFor('host.waitForInvocation()', async (host) => unwrap(await host.async.wait(id, LONGEST_WAIT)));
  }

  /** Stops it: at once when it waits, else its handler is aborted. */
  stopInvocation(id: string): Promise<InvocationStatus> {
    return this.#waitFor('host.stopInvocation()', async (host) => unwrap(await host.async.stop(id)));
  }

  /** Newest first. */
  listInvocations(filter: InvocationFilter = {}): Promise<readonly InvocationStatus[]> {
    return this.#begin('host.listInvocations()', async (host) => unwrap(await host.async.list(filter)));
  }

  /** Async invocations that failed for good, newest first. */
  deadLetters(filter: Omit<InvocationFilter, 'states'> = {}): Promise<readonly InvocationStatus[]> {
    return this.listInvocations({ ...filter, states: ['Failed', 'Expired'] });
  }

  /** Puts dead letters back, with attempts anew; resolves with their number. Default: all of them. */
  redrive(filter: DeadLetterFilter = {}): Promise<number> {
    return this.#begin('host.redrive()', async (host) => unwrap(await host.async.redrive(filter)));
  }

  /** How much there is of Async work: accepted, pending, done, dead. */
  stats(): Promise<QueueStats> {
    return this.#begin('host.stats()', (host) => host.async.stats());
  }

  /**
   * Puts a fake before a function, whether it is real, faked already, or not there at all; gives what came to it, and what takes
   * it away again.
   */
  fake(target: string, value: FakeValue): FakeHandle {
    return this.#parts.stage.fake(target, value);
  }

  /**
   * A recorded invocation as the text of a test file: its event, context and clock, the answers of what it called as fakes, and what
   * came of it as the expectation.
   *
   * @param ref - an id, `'#3'` of the tree, or `Service/function`: the last of its invocations
   * @throws TestHostError when there is none, or where its code is is not known
   */
  exportTest(ref: string, options: ExportTestOptions = {}): string {
    return exportTest(this.record, ref, this.#parts.places, options);
  }

  /** Pulls the plug at the n-th durable write from now, before or after it is on the disk; `restart` goes on from there. */
  crashAt(n: number, moment: CrashMoment = 'before'): void {
    this.#parts.disk.crashAt(n, moment);
  }

  /** Moves time on by so many ms, or by `'6h'`; everything that falls due on the way happens at its own time. */
  advance(by: number | string): Promise<void> {
    return this.#unawaited.track('host.advance()', this.#parts.driver.advance(readDuration(by, 'advance()')));
  }

  /** Moves time on to an instant of the wall clock. */
  advanceTo(instant: Date | string | number): Promise<void> {
    const to = instant instanceof Date ? instant.getTime() : new Date(instant).getTime();
    const by = to - this.#parts.clock.now();
    if (!(by >= 0)) {
      throw new TestHostError(
        `advanceTo(${String(instant)}): it is ${this.now.toISOString()}, and time does not go back; setClock() steps the wall clock`,
      );
    }
    return this.#unawaited.track('host.advanceTo()', this.#parts.driver.advance(by));
  }

  /** Steps the wall clock, as NTP does, or a battery that ran empty; running time knows nothing of it. */
  setClock(instant: Date | string | number): void {
    this.#parts.setClock(new Date(instant).getTime());
  }

  /** Resolves when everything that can go on without time has gone on. */
  settle(): Promise<void> {
    return this.#unawaited.track('host.settle()', this.#parts.driver.settle());
  }

  /** Moves time on until nothing runs and no Async work is pending; timers of the configuration do not count. */
  runUntilIdle(): Promise<void> {
    return this.#unawaited.track('host.runUntilIdle()', this.#runUntilIdle());
  }

  /** Pulls the plug: as SIGKILL at this instant. What was accepted is still there after `restart`. */
  kill(): void {
    this.#life.kill();
  }

  /** Starts the host again on what is stored, after a `kill`, a crash point, or an orderly stop of the running one. */
  restart({ downtime = 0, reboot = false }: RestartOptions = {}): Promise<HostStart> {
    const ms = readDuration(downtime, 'downtime');
    return this.#unawaited.track('host.restart()', this.#restart(ms, reboot));
  }

  /**
   * Stops the host: accepts nothing, lets what runs end, aborts the rest, releases everything.
   *
   * @throws TestHostError when the test did not wait for what it began
   */
  stop(): Promise<void> {
    this.#released ??= this.#stop();
    return this.#released;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    const forgotten = this.#unawaited.describe();
    try {
      if (this.#isStuck) this.#life.kill();
      else await this.#parts.driver.untilSettled(this.#life.stop(undefined));
    } finally {
      await this.#parts.release();
    }
    if (forgotten !== undefined) throw new TestHostError(forgotten);
  }

  async #restart(downtime: number, reboot: boolean): Promise<HostStart> {
    const { driver } = this.#parts;
    if (!this.#life.ended) await driver.untilSettled(this.#life.stop(undefined));
    if (downtime > 0) await driver.advance(downtime);
    const { life, start } = await this.#parts.begin({ reboot });
    this.#life = life;
    this.#started = start;
    return start;
  }

  async #runUntilIdle(): Promise<void> {
    const { driver } = this.#parts;
    // Where work was pending, and what was stored since.
    let pending: { readonly life: Life; readonly changes: number } | undefined;
    await driver.runUntilIdle(() => {
      const host = this.#living('runUntilIdle()');
      const life = this.#life;
      const { changes } = life;
      // Asking the queue again costs more than all timers of an hour in which nothing happens.
      if (pending?.life === life && pending.changes === changes) return false;
      if (host.status().some(({ queued, instances }) => queued > 0 || instances.some(({ running }) => running > 0)))
        return false;
      return host.async.stats().then((stats) => {
        const idle = [stats, stats.memory].every(({ live }) => live.enqueued + live.running + live.retrying === 0);
        pending = idle ? undefined : { life, changes };
        return idle;
      });
    });
  }

  /** Begins something and waits for it; nobody skips time for it. */
  #begin<T>(what: string, begin: (host: Host) => Promise<T>): Promise<T> {
    return this.#unawaited.track(
      what,
      this.#parts.driver.untilSettled(this.#unlessKilled(what, begin), { skip: false, what }),
    );
  }

  #waitFor<T>(what: string, begin: (host: Host) => Promise<T>): Promise<T> {
    const { driver, time } = this.#parts;
    const skip = time === 'auto';
    return this.#unawaited.track(
      what,
      this.#drive(driver.untilSettled(this.#unlessKilled(what, begin), { skip, what })),
    );
  }

  /** A killed host answers nobody: its callers would wait for ever. */
  async #unlessKilled<T>(what: string, begin: (host: Host) => Promise<T>): Promise<T> {
    const host = this.#living(what);
    // A function may have been given its own host: what that begins is not the function's.
    const begun = leaveFrames(() => begin(host));
    const killed = this.#life.killed.then(() => {
      throw new TestHostError(`${what}: the host was killed before it answered; restart() starts it again`);
    });
    return Promise.race([begun, killed]);
  }

  /** What the driver waits for; that it is stuck is remembered. */
  async #drive<T>(driven: Promise<T>): Promise<T> {
    try {
      return await driven;
    } catch (error) {
      if (error instanceof StuckError) this.#isStuck = true;
      throw error;
    }
  }

  #living(what: string): Host {
    if (this.#life.ended) throw new TestHostError(`${what}: the host does not run; restart() starts it again`);
    return this.#life.core;
  }
}

function toPayload(payload: TestPayload): { readonly payload?: string | Uint8Array } {
  return payload === undefined ? {} : { payload: encode(payload) };
}

function encode(payload: TestPayload): string | Uint8Array {
  if (typeof payload === 'string' || payload instanceof Uint8Array) return payload;
  return payload === undefined ? '' : JSON.stringify(payload);
}

function toContext(context: TestInvokeOptions['invokerContext']): { readonly invokerContext?: string } {
  if (context === undefined) return {};
  return { invokerContext: typeof context === 'string' ? context : encodeInvokerContext(context) };
}

function toId(outcome: HostOutcome): string {
  if (outcome.kind === 'accepted') return outcome.id;
  throw outcome.kind === 'refused' ? toError(outcome) : new Error('edgefc: an answer for Async work; this is a bug');
}

function unwrap<T>(found: Found<T>): T {
  if (found.kind === 'found') return found.value;
  throw toError(found);
}

function toError(outcome: Exclude<HostOutcome, { kind: 'answered' }>): Error {
  if (outcome.kind === 'accepted') return new Error('edgefc: Sync work was accepted as Async; this is a bug');
  const { code, message, retryable } = outcome;
  return new EdgefcError(code, message, { retryable });
}
