/** Instances under test: what they sent, in order, and waiting for it. */
import {
  fromWire,
  Kind,
  toWire,
  type FromInstance,
  type FunctionConfig,
  type InstanceBoot,
  type InstanceExit,
  type InstanceHandle,
  type InstanceListener,
  type Isolation,
  type LogLevel,
  type WireBytes,
} from '@edgefc/runtime/testing';
import type { Check } from '../check.ts';
import { Subject } from './subject.ts';

/** Everything that an instance's listener was told. */
type Told =
  | { readonly kind: 'message'; readonly message: FromInstance }
  | { readonly kind: 'output'; readonly level: LogLevel; readonly text: string }
  | { readonly kind: 'exited'; readonly exit: InstanceExit };

type Message<K extends FromInstance[0]> = Extract<FromInstance, readonly [K, ...unknown[]]>;

export class WatchedInstance implements InstanceListener {
  readonly told: Told[] = [];
  readonly #check: Check;
  readonly #handle: InstanceHandle;
  /** Whether the adapter has been called and has not returned. */
  #calling = false;
  #early = false;
  #runs = 0;
  #waiting: (() => void)[] = [];
  /** Called with each message; what it throws the adapter gets. */
  onMessage: ((message: FromInstance) => void) | undefined;

  constructor(isolation: Isolation, boot: InstanceBoot, check: Check) {
    this.#check = check;
    this.#calling = true;
    this.#handle = isolation.start(boot, this);
    this.#calling = false;
  }

  get handle(): InstanceHandle {
    return this.#handle;
  }

  message(message: FromInstance): void {
    this.#tell({ kind: 'message', message });
    this.onMessage?.(message);
  }

  output(level: LogLevel, text: string): void {
    this.#tell({ kind: 'output', level, text });
  }

  exited(exit: InstanceExit): void {
    this.#tell({ kind: 'exited', exit });
  }

  /** Messages of a kind, in order. */
  all<K extends FromInstance[0]>(kind: K): Message<K>[] {
    return this.told.flatMap((one) => (one.kind === 'message' && isOf(one.message, kind) ? [one.message] : []));
  }

  get exits(): InstanceExit[] {
    return this.told.flatMap((one) => (one.kind === 'exited' ? [one.exit] : []));
  }

  send(...message: Parameters<InstanceHandle['send']>): void {
    this.#calling = true;
    this.#handle.send(...message);
    this.#calling = false;
  }

  kill(): void {
    this.#calling = true;
    this.#handle.kill();
    this.#calling = false;
  }

  async ready(): Promise<void> {
    await this.until('an instance that can be loaded says Ready', () => this.all(Kind.Ready).length > 0);
  }

  /** Sends a run, as the engine does; its number. */
  start(event: string | Uint8Array | null, run: number = ++this.#runs): number {
    this.#handle.busy = true;
    const payload: WireBytes = event === null ? null : toWire(event);
    this.send([Kind.Run, run, payload, `request-${run}`, null, 1, 20_000]);
    return run;
  }

  /** Sends a run and waits for what it returned; what failed is an error of the case. */
  async run(event: string | Uint8Array | null): Promise<string | Uint8Array> {
    return this.returned(this.start(event));
  }

  async returned(run: number): Promise<string | Uint8Array> {
    const find = (): Message<35 | 34> | undefined =>
      [...this.all(Kind.Returned), ...this.all(Kind.Threw)].find((message) => message[1] === run);
    await this.until(`run ${run} is answered`, () => find() !== undefined);
    const answer = find();
    if (answer?.[0] !== Kind.Returned) return this.#check.fail(`run ${run} returns`, answer);
    return fromWire(answer[2]);
  }

  async gone(): Promise<InstanceExit> {
    await this.until('`exited` follows', () => this.exits.length > 0);
    const [exit] = this.exits;
    return exit ?? this.#check.fail('`exited` has how it ended', exit);
  }

  async until(required: string, condition: () => boolean): Promise<void> {
    const wait = async (): Promise<void> => {
      while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    };
    await this.#check.soon(wait(), required).catch((error: unknown) => {
      if (error instanceof Error) error.message += `\ntold so far: ${JSON.stringify(this.told.map(short))}`;
      throw error;
    });
  }

  /** What holds for every instance, after everything. */
  verify(): void {
    const { told } = this;
    this.#check.equal(this.exits.length, 1, '`exited` is called exactly once');
    this.#check.equal(told.at(-1)?.kind, 'exited', '`exited` comes last: messages and output come before it');
    this.#check.ok(
      !this.#early,
      'the listener is never called from within `start`, `send` or `kill`: the engine is not ready for it there',
    );
  }

  #tell(one: Told): void {
    this.#early ||= this.#calling;
    this.told.push(one);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

function isOf<K extends FromInstance[0]>(message: FromInstance, kind: K): message is Message<K> {
  return message[0] === kind;
}

function short(one: Told): unknown {
  return one.kind === 'message' ? one.message.map((part) => (typeof part === 'object' ? 'bytes' : part)) : one;
}

/** The adapter in one case, and the instances that the case starts. */
export class Bench {
  readonly subject: Subject = new Subject();
  readonly isolation: Isolation;
  readonly #instances: WatchedInstance[] = [];

  constructor(isolation: Isolation) {
    this.isolation = isolation;
  }

  start(
    check: Check,
    handler: string,
    settings: Omit<FunctionConfig, 'handler'> = {},
    loadOnly = false,
  ): WatchedInstance {
    const instance = new WatchedInstance(this.isolation, this.subject.boot(handler, settings, loadOnly), check);
    this.#instances.push(instance);
    return instance;
  }

  /** Of a function whose directory was removed since it was configured. */
  startWithoutCode(check: Check): WatchedInstance {
    const boot = this.subject.boot('act');
    this.subject.remove();
    const instance = new WatchedInstance(this.isolation, boot, check);
    this.#instances.push(instance);
    return instance;
  }

  async startReady(
    check: Check,
    handler: string,
    settings: Omit<FunctionConfig, 'handler'> = {},
  ): Promise<WatchedInstance> {
    const instance = this.start(check, handler, settings);
    await instance.ready();
    return instance;
  }

  /** Ends what still runs, sees that each instance kept the rules that all have to keep, and closes the adapter. */
  async finish(): Promise<void> {
    for (const instance of this.#instances) {
      if (instance.exits.length === 0) instance.kill();
    }
    await Promise.all(this.#instances.map((instance) => instance.gone()));
    // What would come too late comes now.
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    for (const instance of this.#instances) instance.verify();
  }

  async release(): Promise<void> {
    for (const instance of this.#instances) if (instance.exits.length === 0) instance.kill();
    await this.isolation.close();
    this.subject.remove();
  }
}
