/**
 * The host's side of one instance: its life, what runs in it, and what each of its messages means.
 *
 *     starting ──▶ ready ◀──▶ suspect ──▶ retiring ──▶ ending ──▶ gone
 *         └───────────┴──────────┴──────────────────────▲
 *
 * `suspect`: a handler overran its deadline; nothing new goes in until it settles or the grace is over (then
 * `retiring`: its neighbours may finish). `ending`: told to stop, or killed. Only `gone` releases what still runs.
 */
import type { Clock, TimerHandle } from '../clock.ts';
import type { FunctionDefinition } from '../definition.ts';
import type { HostEventBus } from '../events.ts';
import { formatDuration } from '../format.ts';
import { assertFromInstance } from '../incoming.ts';
import { handled, refused, returned, unhandled, unhandledPayload, type Outcome } from '../invocation/outcome.ts';
import type { Invocation, Runner } from '../invocation/invocation.ts';
import {
  Kind,
  type CallMessage,
  type DyingMessage,
  type FromInstance,
  type InstanceBoot,
  type LogLevel,
  type PublishMessage,
  type QueryMessage,
} from '../protocol.ts';
import type { InstanceState, InstanceView } from '../views.ts';
import { describeEnd, failedStart, lostRun, type InstanceEnd } from './instance-end.ts';
import type { InstanceExit, InstanceHandle, InstanceListener, Isolation } from './isolation.ts';

/** ms an overdue handler has to settle before its instance is taken out of service. */
const SETTLE_GRACE = 500;
/** ms an instance has to answer a ping before it counts as stuck. */
const PING_TIMEOUT = 200;
/** ms that preStop has, when nothing else bounds it. */
const PRE_STOP_TIMEOUT = 5000;

/** What an instance reports to its pool. */
export interface InstanceOwner {
  ready(instance: Instance): void;
  /** It could not be loaded or initialized; `gone` follows. */
  startFailed(instance: Instance, outcome: Outcome): void;
  /** An invocation left its slot. */
  released(instance: Instance, invocation: Invocation): void;
  /** The function called another one. */
  call(instance: Instance, parent: Invocation | undefined, message: CallMessage): void;
  /** The function published a message. */
  publish(instance: Instance, parent: Invocation | undefined, message: PublishMessage): void;
  /** The function asks about Async invocations. */
  query(instance: Instance, message: QueryMessage): void;
  cancelCall(instance: Instance, call: number): void;
  /** It takes nothing more, although it is not gone yet. */
  left(instance: Instance): void;
  gone(instance: Instance): void;
}

export interface InstanceParts {
  readonly boot: InstanceBoot;
  readonly isolation: Isolation;
  readonly clock: Clock;
  readonly events: HostEventBus;
  readonly owner: InstanceOwner;
}

export class Instance implements InstanceView, InstanceListener, Runner {
  readonly name: string;
  readonly definition: FunctionDefinition;
  readonly #parts: InstanceParts;
  readonly #handle: InstanceHandle;
  readonly #runs = new Map<number, Invocation>();
  readonly #overdue = new Set<Invocation>();
  #state: InstanceState = 'starting';
  #lastRun = 0;
  #lastPing = 0;
  /** Timers of the present state; each state sets its own, leaving a state clears them. */
  #timers: TimerHandle[] = [];
  #pingTimer: TimerHandle | undefined;
  #dying: DyingMessage | undefined;
  #startFailure: Outcome | undefined;
  #startFailed = false;
  /** Why the host ended it, when it did. */
  #endReason: string | undefined;
  /** The host wanted it to end. */
  #stopRequested = false;
  #stopWaiters: (() => void)[] = [];
  /** It was stopped before it was ready, so that its end is not a failed start. */
  #stoppedEarly = false;
  /** What the function called and has no answer of yet, by call number. Kept by the dispatcher. */
  readonly outstanding: Map<number, Invocation> = new Map<number, Invocation>();
  /** Monotonic ms since when nothing runs in it. */
  idleSince: number;
  /** It was given up: resolves when it has really ended. */
  lingering: Promise<unknown> | undefined;
  /** Monotonic ms at which it became ready. */
  readyAt: number | undefined;

  constructor(parts: InstanceParts) {
    this.#parts = parts;
    this.name = parts.boot.instance;
    this.definition = parts.boot.definition;
    this.idleSince = parts.clock.monotonic();
    this.#after(this.definition.initializationTimeout, () => {
      const limit = formatDuration(this.definition.initializationTimeout);
      this.#failStart(
        unhandled(
          'InitError',
          `${this.definition.key} did not finish loading and initializing within its initializationTimeout of ${limit}`,
        ),
      );
      this.kill('it did not start in time');
    });
    this.#handle = parts.isolation.start(parts.boot, this);
    parts.events.emit('instance:starting', this);
  }

  get state(): InstanceState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#handle.pid;
  }

  get memory(): number {
    return this.#handle.memory;
  }

  get running(): number {
    return this.#runs.size;
  }

  get invocations(): Iterable<Invocation> {
    return this.#runs.values();
  }

  get hasFreeSlot(): boolean {
    return this.#state === 'ready' && this.#runs.size < this.definition.instanceConcurrency;
  }

  /** Runs `invocation`; the caller made sure of a free slot. */
  run(invocation: Invocation, now: number): void {
    const run = ++this.#lastRun;
    invocation.slot = 'running';
    invocation.instance = this;
    invocation.run = run;
    invocation.startedAt = now;
    invocation.handlerDeadline = now + this.definition.timeout;
    this.#runs.set(run, invocation);
    this.#handle.busy = true;
    this.#handle.send([
      Kind.Run,
      run,
      invocation.payload,
      invocation.requestId,
      invocation.invokerContext,
      invocation.attempt,
      invocation.effectiveDeadline - now,
    ]);
    this.#parts.events.emit('invocation:started', invocation, this);
  }

  /** Aborts the signal of a run; its slot stays held. */
  abort(invocation: Invocation, reason: string): void {
    if (this.#runs.has(invocation.run)) this.#handle.send([Kind.Abort, invocation.run, reason]);
  }

  /** A handler used up its timeout: nothing new goes in, and it has {@link SETTLE_GRACE} to come to an end. */
  overrun(invocation: Invocation): void {
    if (this.#runs.get(invocation.run) !== invocation) return;
    this.abort(invocation, `the timeout of ${formatDuration(this.definition.timeout)} passed`);
    this.#overdue.add(invocation);
    if (this.#state === 'starting' || this.#state === 'ending' || this.#state === 'gone') return;
    if (this.#state === 'ready') this.#enter('suspect');
    this.#ping();
    this.#after(SETTLE_GRACE, () => {
      if (this.#overdue.has(invocation)) this.#retire();
    });
  }

  /** Sends the answer of a call that the function made. */
  answerCall(call: number, outcome: Outcome): void {
    switch (outcome.kind) {
      case 'answered':
        this.#handle.send([Kind.Answer, call, outcome.payload, outcome.functionError ?? null]);
        break;
      case 'accepted':
        this.#handle.send([Kind.Accepted, call, outcome.id, outcome.deduplicated]);
        break;
      case 'refused':
        this.#handle.send([Kind.Refused, call, outcome.code, outcome.message, outcome.retryable]);
        break;
    }
  }

  /** Sends what a query asked for. */
  answerQuery(call: number, json: string): void {
    this.#handle.send([Kind.Result, call, json]);
  }

  /**
   * Lets it run `preStop` and end; kills it after `grace` ms. Resolves when it is gone.
   * What still runs is answered with `Stopping`.
   */
  stop(reason: string, grace: number = PRE_STOP_TIMEOUT): Promise<void> {
    if (this.#state === 'gone') return Promise.resolve();
    if (this.#state !== 'ending') this.#stopRequested = true;
    const gone = new Promise<void>((resolve) => this.#stopWaiters.push(resolve));
    if (this.#state === 'ending') return gone;
    if (this.#state === 'starting') {
      this.#stoppedEarly = true;
      this.kill(reason);
      return gone;
    }
    this.#enter('ending');
    this.#endReason = reason;
    for (const invocation of this.#runs.values()) this.abort(invocation, reason);
    this.#handle.send([Kind.Stop, grace]);
    // What is stuck will not stop by itself, and is not waited for.
    if (this.#runs.size > 0) this.#ping();
    this.#after(grace, () => {
      this.#handle.kill();
    });
    return gone;
  }

  /** Ends it now. */
  kill(reason: string): void {
    if (this.#state === 'gone') return;
    this.#endReason ??= reason;
    if (this.#state !== 'ending') this.#enter('ending');
    this.#handle.kill();
  }

  message(message: FromInstance): void {
    assertFromInstance(message);
    switch (message[0]) {
      case Kind.Returned:
        this.#settled(message[1], returned(message[2]));
        break;
      case Kind.Threw:
        this.#settled(message[1], handled(message[2], message[3]));
        break;
      case Kind.TooLarge:
        this.#settled(message[1], this.#tooLarge(message[2]));
        break;
      case Kind.Call:
        this.#parts.owner.call(this, this.#runs.get(message[2]), message);
        break;
      case Kind.Publish:
        this.#parts.owner.publish(this, this.#runs.get(message[2]), message);
        break;
      case Kind.Query:
        this.#parts.owner.query(this, message);
        break;
      case Kind.CancelCall:
        this.#parts.owner.cancelCall(this, message[1]);
        break;
      case Kind.Log:
        this.#log(message[2], message[3], message[1] ?? undefined);
        break;
      case Kind.Ready:
        if (this.#state !== 'starting') break;
        this.#enter('ready');
        this.readyAt = this.#parts.clock.monotonic();
        this.idleSince = this.readyAt;
        this.#parts.events.emit('instance:ready', this);
        this.#parts.owner.ready(this);
        break;
      case Kind.LoadFailed:
        this.#startFailure = unhandledPayload(message[2]);
        break;
      case Kind.Pong:
        if (message[1] !== this.#lastPing) break;
        this.#parts.clock.clearTimeout(this.#pingTimer);
        this.#pingTimer = undefined;
        break;
      case Kind.Dying:
        this.#dying = message;
        // It is on its way out and takes nothing more; if it does not get there, it is helped.
        if (this.#state !== 'ending' && this.#state !== 'starting') {
          this.#enter('ending');
          this.#after(PRE_STOP_TIMEOUT, () => {
            this.#handle.kill();
          });
        }
        break;
    }
  }

  output(level: LogLevel, text: string): void {
    this.#log(level, text, this.#runs.size === 1 ? this.#onlyRun()?.requestId : undefined);
  }

  exited(exit: InstanceExit): void {
    if (this.#state === 'gone') return;
    const wasStarting = this.readyAt === undefined;
    const { definition } = this;
    const end: InstanceEnd = { definition, exit, dying: this.#dying, reason: this.#endReason };
    if (exit.kind === 'givenUp') this.lingering = exit.ended;
    this.#enter('gone');
    this.#handle.busy = false;
    if (wasStarting && !this.#stoppedEarly) this.#failStart(this.#startFailure ?? failedStart(end));
    // Decided for all of them before the first is released: what is left would look different afterwards.
    const circumstances = { alone: this.#runs.size === 1, overdue: this.#overdue.size > 0 };
    const fates = [...this.#runs.values()].map((one) => [one, lostRun(end, one.run, circumstances)] as const);
    for (const [invocation, outcome] of fates) this.#release(invocation, outcome);
    this.#parts.events.emit('instance:exited', this, describeEnd(end), this.#stopRequested);
    this.#parts.owner.gone(this);
    for (const resolve of this.#stopWaiters) resolve();
    this.#stopWaiters = [];
  }

  /** Tells those who wait for it, once. */
  #failStart(outcome: Outcome): void {
    if (this.#startFailed) return;
    this.#startFailed = true;
    this.#parts.owner.startFailed(this, outcome);
  }

  #settled(run: number, outcome: Outcome): void {
    const invocation = this.#runs.get(run);
    if (invocation !== undefined) this.#release(invocation, outcome);
  }

  #release(invocation: Invocation, outcome: Outcome): void {
    this.#runs.delete(invocation.run);
    invocation.slot = 'released';
    const now = this.#parts.clock.monotonic();
    if (this.#runs.size === 0) {
      this.idleSince = now;
      this.#handle.busy = false;
    }
    if (this.#overdue.delete(invocation) && this.#overdue.size === 0 && this.#state === 'suspect') {
      this.#enter('ready');
    }
    invocation.answer(outcome, now);
    this.#parts.owner.released(this, invocation);
    if (this.#state === 'retiring') this.#endWhenOnlyOverdue();
  }

  #retire(): void {
    if (this.#state === 'suspect') this.#enter('retiring');
    if (this.#state === 'retiring') this.#endWhenOnlyOverdue();
  }

  #endWhenOnlyOverdue(): void {
    if (this.#runs.size <= this.#overdue.size) this.kill('a handler went on after its timeout');
  }

  #ping(): void {
    if (this.#pingTimer !== undefined) return;
    const nonce = ++this.#lastPing;
    this.#handle.send([Kind.Ping, nonce]);
    this.#pingTimer = this.#parts.clock.setTimeout(() => {
      this.#pingTimer = undefined;
      if (this.#overdue.size > 0 || this.#state === 'retiring') {
        this.kill(`it was stuck: no answer to a ping within ${PING_TIMEOUT} ms after a handler's timeout`);
      } else if (this.#state === 'ending') {
        this.#handle.kill();
      }
    }, PING_TIMEOUT);
  }

  #enter(state: InstanceState): void {
    this.#state = state;
    for (const timer of this.#timers) this.#parts.clock.clearTimeout(timer);
    this.#timers = [];
    if (state === 'ending' || state === 'gone') {
      this.#parts.clock.clearTimeout(this.#pingTimer);
      this.#pingTimer = undefined;
    }
    if (state === 'retiring' || state === 'ending') this.#parts.owner.left(this);
  }

  #after(delay: number, callback: () => void): void {
    this.#timers.push(this.#parts.clock.setTimeout(callback, delay));
  }

  #tooLarge(size: number): Outcome {
    const limit = this.#parts.boot.settings.maxSyncPayload;
    return refused(
      'EntityTooLarge',
      `the result of ${this.definition.key} is ${size} bytes, more than limits.syncPayload (${limit} bytes); ` +
        'return less, or raise the limit in the configuration',
    );
  }

  #onlyRun(): Invocation | undefined {
    for (const invocation of this.#runs.values()) return invocation;
    return undefined;
  }

  #log(level: LogLevel, message: string, requestId: string | undefined): void {
    this.#parts.events.emit('log', {
      time: this.#parts.clock.now(),
      level,
      message,
      service: this.definition.service,
      function: this.definition.name,
      instance: this.name,
      ...(requestId === undefined ? {} : { requestId }),
      source: 'function',
    });
  }
}
