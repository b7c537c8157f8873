/**
 * One instance as the engine sees it, and what stands behind it: the real one, a performer of fakes given as code, both, or none.
 *
 * 1. The engine meets one instance: one start, one end, every message once. Behind it there may be two, which both count their
 *    calls from 1: the number of a call tells which of them made it (real ones even, a performer's odd).
 * 2. An instance that is faked is ready at once; the real one behind it starts when the first run falls through to it.
 * 3. What is dying says nothing more.
 */
import {
  Kind,
  toWire,
  wireSize,
  type Clock,
  type FromInstance,
  type InstanceBoot,
  type InstanceExit,
  type InstanceHandle,
  type InstanceListener,
  type Isolation,
  type LogLevel,
  type RunMessage,
  type TimerHandle,
  type ToInstance,
} from '@edgefc/runtime/testing';
import type { Stage } from './stage.ts';
import type { Death, Effect } from './types.ts';

export interface StagedInstanceParts {
  readonly stage: Stage;
  readonly clock: Clock;
  readonly real: Isolation;
  readonly performers: Isolation;
  readonly listener: InstanceListener;
  readonly onGone: (instance: StagedInstance) => void;
}

type Role = 'real' | 'performer';

/** An instance behind. */
interface Behind {
  readonly role: Role;
  handle: InstanceHandle | undefined;
  ready: boolean;
  gone: boolean;
  /** What came before it was ready. */
  readonly waiting: ToInstance[];
}

export class StagedInstance implements InstanceHandle {
  readonly boot: InstanceBoot;
  readonly #parts: StagedInstanceParts;
  readonly #behind = new Map<Role, Behind>();
  /** Runs whose end is the end of the instance, and how it ends. */
  readonly #doomed = new Map<number, Death>();
  readonly #timers = new Set<TimerHandle>();
  #busy = false;
  #isReady = false;
  #isStopping = false;
  /** Set when it ends: nothing is heard from it any more. */
  #exit: InstanceExit | undefined;
  #gone = false;

  constructor(boot: InstanceBoot, parts: StagedInstanceParts) {
    this.boot = boot;
    this.#parts = parts;
  }

  /** Apart from the constructor: whoever is told of it may want to know it already. */
  begin(): void {
    const { stage } = this.#parts;
    const { key } = this.boot.definition;
    if (stage.hasCode(key) && !stage.isFaked(key)) this.#open('real');
    else this.#tellLater([Kind.Ready]);
  }

  get pid(): number | undefined {
    return this.#behind.get('real')?.handle?.pid;
  }

  get memory(): number {
    return this.#behind.get('real')?.handle?.memory ?? 0;
  }

  get busy(): boolean {
    return this.#busy;
  }

  set busy(busy: boolean) {
    this.#busy = busy;
    for (const { handle } of this.#behind.values()) if (handle !== undefined) handle.busy = busy;
  }

  send(message: ToInstance): void {
    if (this.#exit !== undefined) return;
    switch (message[0]) {
      case Kind.Run:
        this.#carryOut(this.#parts.stage.take(message[3]), message);
        break;
      case Kind.Answer:
      case Kind.Accepted:
      case Kind.Refused:
      case Kind.Result: {
        const [role, call] = fromOutside(message[1]);
        const behind = this.#behind.get(role);
        if (behind !== undefined) this.#forward(behind, withCall(message, call));
        break;
      }
      case Kind.Abort:
        // Each knows which runs are its own.
        for (const behind of this.#behind.values()) this.#forward(behind, message);
        break;
      case Kind.Ping: {
        const real = this.#behind.get('real');
        if (real?.ready === true) this.#forward(real, message);
        else this.#tellLater([Kind.Pong, message[1]]);
        break;
      }
      case Kind.Stop:
        this.#stop(message);
        break;
      case Kind.GiveBack:
        for (const behind of this.#behind.values()) if (behind.ready) this.#forward(behind, message);
        break;
      case Kind.Boot:
        // Adapters send it themselves.
        break;
    }
  }

  kill(): void {
    this.#end({ kind: 'signal', signal: 'SIGKILL' });
  }

  /** It is lost, and none of what ran in it was the cause. */
  lose(why: string): void {
    this.#die(0, { last: { errorType: 'InstanceLost', message: why }, exit: { kind: 'signal', signal: 'SIGKILL' } });
  }

  #carryOut(effect: Effect, message: RunMessage): void {
    const run = message[1];
    switch (effect.kind) {
      case 'real':
        this.#forward(this.#open('real'), message);
        break;
      case 'perform':
        this.#parts.stage.cast(message[3], effect.implementation);
        this.#forward(this.#open('performer'), message);
        break;
      case 'reply': {
        const payload = toWire(effect.payload);
        const size = wireSize(payload);
        const fits = size <= this.boot.settings.maxSyncPayload;
        this.#tellLater(fits ? [Kind.Returned, run, payload] : [Kind.TooLarge, run, size]);
        break;
      }
      case 'throw':
        this.#tellLater([Kind.Threw, run, effect.error, effect.retry]);
        break;
      case 'hang':
        break;
      case 'delay': {
        const begun = this.#parts.clock.monotonic();
        this.#after(effect.ms, () => {
          // The time that it took is gone from what is left.
          const waited = this.#parts.clock.monotonic() - begun;
          const [kind, number, event, requestId, context, attempt, remaining] = message;
          this.#carryOut(effect.then, [kind, number, event, requestId, context, attempt, remaining - waited]);
        });
        break;
      }
      case 'die':
        this.#later(() => {
          this.#die(run, effect.death);
        });
        break;
      case 'dieAfter':
        this.#doomed.set(run, effect.death);
        this.#carryOut(effect.then, message);
        break;
      case 'refuse':
      case 'unexpected':
        throw new Error(`edgefc: a call that was ${effect.kind} got to run; this is a bug`);
    }
  }

  /** The instance behind in this role, started when it is not there yet. */
  #open(role: Role): Behind {
    const present = this.#behind.get(role);
    if (present !== undefined) return present;
    const behind: Behind = { role, handle: undefined, ready: false, gone: false, waiting: [] };
    this.#behind.set(role, behind);
    const isolation = role === 'real' ? this.#parts.real : this.#parts.performers;
    behind.handle = isolation.start(role === 'real' ? this.boot : withoutHooks(this.boot), {
      message: (message) => {
        this.#hear(behind, message);
      },
      output: (level: LogLevel, text: string) => {
        if (this.#exit === undefined) this.#parts.listener.output(level, text);
      },
      exited: (exit) => {
        behind.gone = true;
        // Told to stop, the other one may still have a hook to run.
        if (this.#isStopping && this.#left().length > 0) return;
        this.#end(exit);
        this.#leave();
      },
    });
    behind.handle.busy = this.#busy;
    return behind;
  }

  #forward(behind: Behind, message: ToInstance): void {
    if (behind.ready || message[0] !== Kind.Run) behind.handle?.send(message);
    else behind.waiting.push(message);
  }

  /** A message of an instance behind. */
  #hear(behind: Behind, message: FromInstance): void {
    if (this.#exit !== undefined) return;
    switch (message[0]) {
      case Kind.Ready:
        behind.ready = true;
        this.#tell(message);
        for (const waiting of behind.waiting.splice(0)) behind.handle?.send(waiting);
        break;
      case Kind.LoadFailed:
        // The engine was told that it is ready: what waits for the real one is lost with it, and is told why.
        this.#tell(this.#isReady ? [Kind.Dying, 'Uncaught', 0, message[2]] : message);
        break;
      case Kind.Call:
      case Kind.Publish:
      case Kind.Query:
      case Kind.CancelCall:
        this.#tell(withCall(message, toOutside(behind.role, message[1])));
        break;
      default:
        this.#tell(message);
    }
  }

  #tell(message: FromInstance): void {
    if (this.#exit !== undefined) return;
    switch (message[0]) {
      case Kind.Ready:
        if (this.#isReady) return;
        this.#isReady = true;
        break;
      case Kind.Returned:
      case Kind.Threw:
      case Kind.TooLarge: {
        const death = this.#doomed.get(message[1]);
        if (death === undefined) break;
        this.#die(message[1], death);
        return;
      }
      default:
        break;
    }
    this.#parts.listener.message(message);
  }

  #die(run: number, { last, exit }: Death): void {
    if (last !== undefined) {
      const error = JSON.stringify({ errorMessage: last.message, errorType: last.errorType, stackTrace: [] });
      this.#tell([Kind.Dying, last.errorType === 'Exit' ? 'Exit' : 'Uncaught', run, error]);
    }
    this.#end(exit);
  }

  #stop(message: ToInstance): void {
    this.#isStopping = true;
    const left = this.#left();
    if (left.length === 0) {
      this.#later(() => {
        this.#end({ kind: 'code', code: 0 });
      });
    }
    for (const behind of left) this.#forward(behind, message);
  }

  /** From now on nothing is heard of it; when what stands behind is gone, so is it. */
  #end(exit: InstanceExit): void {
    if (this.#exit !== undefined) return;
    this.#exit = exit;
    for (const timer of this.#timers) this.#parts.clock.clearTimeout(timer);
    this.#timers.clear();
    for (const { handle } of this.#left()) handle?.kill();
    this.#later(() => {
      this.#leave();
    });
  }

  #leave(): void {
    if (this.#gone || this.#exit === undefined || this.#left().length > 0) return;
    this.#gone = true;
    this.#parts.onGone(this);
    this.#parts.listener.exited(this.#exit);
  }

  /** What stands behind it and is not gone. */
  #left(): Behind[] {
    return [...this.#behind.values()].filter(({ gone }) => !gone);
  }

  #after(ms: number, action: () => void): void {
    const timer = this.#parts.clock.setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, ms);
    this.#timers.add(timer);
  }

  #tellLater(message: FromInstance): void {
    this.#later(() => {
      this.#tell(message);
    });
  }

  /** As across a wall: never before whoever sent something has done with it. */
  #later(action: () => void): void {
    void Promise.resolve().then(action);
  }
}

type CallMessage = Extract<
  FromInstance,
  { 0: typeof Kind.Call | typeof Kind.Publish | typeof Kind.Query | typeof Kind.CancelCall }
>;
type EndMessage = Extract<
  ToInstance,
  { 0: typeof Kind.Answer | typeof Kind.Accepted | typeof Kind.Refused | typeof Kind.Result }
>;

/** The message with another number of its call, which comes second in all of these. */
function withCall<M extends CallMessage | EndMessage>(message: M, call: number): M {
  // `with` keeps neither the length nor the other types of a tuple.
  return message.with(1, call) as readonly unknown[] as M;
}

function toOutside(role: Role, call: number): number {
  return call * 2 + (role === 'real' ? 0 : 1);
}

function fromOutside(call: number): [role: Role, call: number] {
  return call % 2 === 0 ? ['real', call / 2] : ['performer', (call - 1) / 2];
}

/** A performer has a handler and nothing else. */
function withoutHooks(boot: InstanceBoot): InstanceBoot {
  return { ...boot, definition: { ...boot.definition, initializer: undefined, preStop: undefined } };
}
