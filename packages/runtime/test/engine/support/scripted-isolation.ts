/**
 * An Isolation without any isolation: the test plays the function's side of the wall.
 *
 * Nothing happens by itself but what `behaviour` says, and nothing is told to the engine before the engine's own call has
 * returned: as with a real wall, whatever an instance does comes later, here through the clock.
 */
import type { Clock } from '../../../src/engine/clock.ts';
import type {
  InstanceExit,
  InstanceHandle,
  InstanceListener,
  Isolation,
} from '../../../src/engine/instance/isolation.ts';
import {
  Kind,
  type AcceptedMessage,
  type AnswerMessage,
  type FromInstance,
  type InstanceBoot,
  type LogLevel,
  type RefusedMessage,
  type RunMessage,
  type ToInstance,
} from '../../../src/engine/protocol.ts';

/** What instances do without being told. */
export interface Behaviour {
  /** ms from its start until an instance is ready; `undefined`: the test says when. */
  readonly readyAfter: number | undefined;
  /** ms from a ping to its answer; `undefined`: never (it is stuck). */
  readonly pongAfter: number | undefined;
  /** ms from the order to stop to the end; `undefined`: it ignores the order. */
  readonly stopAfter: number | undefined;
  /** ms from the kill to the end; `undefined`: it cannot be killed. */
  readonly dieAfter: number | undefined;
}

const OBEDIENT: Behaviour = { readyAfter: undefined, pongAfter: 1, stopAfter: 1, dieAfter: 1 };

export interface CallOptions {
  readonly type?: 'Sync' | 'Async';
  readonly payload?: string;
  readonly timeout?: number;
}

type CallEnd = AnswerMessage | AcceptedMessage | RefusedMessage;

export class ScriptedIsolation implements Isolation {
  readonly instances: ScriptedInstance[] = [];
  readonly #clock: Clock;
  behaviour: Behaviour;
  /** Told about every new instance, before it does anything. */
  onStart: ((instance: ScriptedInstance) => void) | undefined;

  constructor(clock: Clock, behaviour: Partial<Behaviour> = {}) {
    this.#clock = clock;
    this.behaviour = { ...OBEDIENT, ...behaviour };
  }

  start(boot: InstanceBoot, listener: InstanceListener): InstanceHandle {
    const instance = new ScriptedInstance(boot, listener, this.#clock, this.behaviour);
    this.instances.push(instance);
    this.onStart?.(instance);
    instance.begin();
    return instance;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Those that have not ended, by name. */
  get alive(): string[] {
    return this.instances.filter(({ ended }) => !ended).map(({ name }) => name);
  }

  get last(): ScriptedInstance {
    return this.instances.at(-1)!;
  }

  /** `EdgeFC/a#1` */
  named(name: string): ScriptedInstance {
    const found = this.instances.find((instance) => instance.name === name);
    if (found === undefined)
      throw new Error(`no instance is named ${name}; there are ${this.instances.map((one) => one.name).join(', ')}`);
    return found;
  }
}

/** A handler that runs, as the instance sees it. */
export class ScriptedRun {
  readonly instance: ScriptedInstance;
  readonly message: RunMessage;
  /** Why `context.signal` was aborted. */
  aborted: string | undefined;
  /** Whether the handler has settled. */
  settled = false;
  onAbort: (() => void) | undefined;

  constructor(instance: ScriptedInstance, message: RunMessage) {
    this.instance = instance;
    this.message = message;
  }

  get number(): number {
    return this.message[1];
  }

  get event(): string {
    return String(this.message[2] ?? '');
  }

  get requestId(): string {
    return this.message[3];
  }

  get attempt(): number {
    return this.message[5];
  }

  /** ms to the deadline, as the handler was told. */
  get remaining(): number {
    return this.message[6];
  }

  return(payload = ''): void {
    this.settled = true;
    this.instance.tell([Kind.Returned, this.number, payload]);
  }

  /** `retry`: what the error says about another run; see ThrewMessage. */
  throw(errorMessage: string, retry: number | null = null): void {
    this.settled = true;
    const error = JSON.stringify({ errorMessage, errorType: 'Error', stackTrace: [] });
    this.instance.tell([Kind.Threw, this.number, error, retry]);
  }

  /** Publishes a message; the result tells how that ended. */
  publish(topic: string, payload: string): ScriptedCall {
    return this.instance.publish(this.number, topic, payload);
  }

  returnTooMuch(size: number): void {
    this.settled = true;
    this.instance.tell([Kind.TooLarge, this.number, size]);
  }

  /** Calls a function; the result tells how that ended, when it has. */
  call(target: string, options: CallOptions = {}): ScriptedCall {
    return this.instance.call(this.number, target, options);
  }
}

/** A call that a handler made. */
export class ScriptedCall {
  readonly instance: ScriptedInstance;
  readonly number: number;
  end: CallEnd | undefined;
  onEnd: ((end: CallEnd) => void) | undefined;

  constructor(instance: ScriptedInstance, number: number) {
    this.instance = instance;
    this.number = number;
  }

  /** The payload, or the code of the refusal; `undefined` while there is neither. */
  get result(): string | undefined {
    return this.end === undefined ? undefined : String(this.end[2]);
  }

  cancel(): void {
    this.instance.tell([Kind.CancelCall, this.number]);
  }
}

export class ScriptedInstance implements InstanceHandle {
  readonly pid: undefined = undefined;
  readonly boot: InstanceBoot;
  readonly #listener: InstanceListener;
  readonly #clock: Clock;
  readonly sent: ToInstance[] = [];
  readonly runs: ScriptedRun[] = [];
  readonly calls: Map<number, ScriptedCall> = new Map<number, ScriptedCall>();
  behaviour: Behaviour;
  memory = 0;
  busy = false;
  /** The run that it said it ends for. */
  dyingFor: number | undefined;
  killed = false;
  ended = false;
  /** Told about every run. */
  onRun: ((run: ScriptedRun) => void) | undefined;

  constructor(boot: InstanceBoot, listener: InstanceListener, clock: Clock, behaviour: Behaviour) {
    this.boot = boot;
    this.#listener = listener;
    this.#clock = clock;
    this.behaviour = behaviour;
  }

  get name(): string {
    return this.boot.instance;
  }

  /** The run that has not settled yet; the only one. */
  get run(): ScriptedRun {
    const open = this.runs.filter(({ settled }) => !settled);
    if (open.length !== 1) throw new Error(`${this.name} has ${open.length} open runs, not one`);
    return open[0]!;
  }

  begin(): void {
    this.#later(this.behaviour.readyAfter, () => {
      this.ready();
    });
  }

  // What the engine does to it.

  send(message: ToInstance): void {
    if (this.ended) return;
    this.sent.push(message);
    switch (message[0]) {
      case Kind.Run: {
        const run = new ScriptedRun(this, message);
        this.runs.push(run);
        this.onRun?.(run);
        break;
      }
      case Kind.Abort: {
        const run = this.runs.find(({ number }) => number === message[1]);
        if (run === undefined) break;
        run.aborted = message[2];
        run.onAbort?.();
        break;
      }
      case Kind.Answer:
      case Kind.Accepted:
      case Kind.Refused: {
        const call = this.calls.get(message[1]);
        if (call === undefined)
          throw new Error(`${this.name} got an answer to call ${message[1]}, which it never made`);
        if (call.end !== undefined) throw new Error(`${this.name} got a second answer to call ${message[1]}`);
        call.end = message;
        call.onEnd?.(message);
        break;
      }
      case Kind.Ping:
        this.#later(this.behaviour.pongAfter, () => {
          this.tell([Kind.Pong, message[1]]);
        });
        break;
      case Kind.Stop:
        this.#later(this.behaviour.stopAfter, () => {
          this.exit({ kind: 'code', code: 0 });
        });
        break;
      case Kind.Boot:
      case Kind.Result:
      case Kind.GiveBack:
        break;
    }
  }

  kill(): void {
    if (this.killed) return;
    this.killed = true;
    this.#later(this.behaviour.dieAfter, () => {
      this.exit({ kind: 'signal', signal: 'SIGKILL' });
    });
  }

  // What the test makes it do.

  tell(message: FromInstance): void {
    if (!this.ended) this.#listener.message(message);
  }

  ready(): void {
    this.tell([Kind.Ready]);
  }

  failToLoad(errorMessage: string, errorType: 'LoadError' | 'InitError' = 'LoadError'): void {
    this.tell([Kind.LoadFailed, errorType, JSON.stringify({ errorMessage, errorType, stackTrace: [] })]);
    this.exit({ kind: 'code', code: 1 });
  }

  /** Says why it ends, and to which run that can be laid (0: none). */
  dying(errorMessage: string, run = 0): void {
    this.dyingFor = run;
    const error = JSON.stringify({ errorMessage, errorType: 'Uncaught', stackTrace: [] });
    this.tell([Kind.Dying, 'Uncaught', run, error]);
  }

  output(level: LogLevel, text: string): void {
    this.#listener.output(level, text);
  }

  exit(exit: InstanceExit): void {
    if (this.ended) return;
    this.ended = true;
    this.#listener.exited(exit);
  }

  call(run: number, target: string, options: CallOptions): ScriptedCall {
    const { type = 'Sync', payload = '', timeout } = options;
    const call = new ScriptedCall(this, this.calls.size + 1);
    this.calls.set(call.number, call);
    const json = timeout === undefined ? null : JSON.stringify({ timeout });
    this.tell([Kind.Call, call.number, run, target, type, payload, null, json]);
    return call;
  }

  publish(run: number, topic: string, payload: string): ScriptedCall {
    const call = new ScriptedCall(this, this.calls.size + 1);
    this.calls.set(call.number, call);
    this.tell([Kind.Publish, call.number, run, topic, payload]);
    return call;
  }

  #later(delay: number | undefined, action: () => void): void {
    if (delay !== undefined) this.#clock.setTimeout(action, delay);
  }
}
