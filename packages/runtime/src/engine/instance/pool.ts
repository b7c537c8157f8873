/**
 * All instances of one function, and the calls that wait for a slot in them.
 *
 * A call takes a free slot, or waits first-in-first-out in a bounded queue (I6) while the pool grows towards
 * `maxInstances`. A slot that comes free goes to the head of the queue at once, so a free slot and a waiting call
 * never exist side by side.
 */
import type { Clock, TimerHandle } from '../clock.ts';
import type { FunctionDefinition } from '../definition.ts';
import { Fifo } from '../fifo.ts';
import type { Invocation } from '../invocation/invocation.ts';
import type { Outcome } from '../invocation/outcome.ts';
import { Backoff } from './backoff.ts';
import type { Instance, InstanceOwner } from './instance.ts';
import type { BudgetedPool, MemoryBudget } from './memory-budget.ts';

export interface PoolParts {
  readonly definition: FunctionDefinition;
  readonly clock: Clock;
  readonly budget: MemoryBudget;
  /** Makes instance number `n`, which reports to `owner`. */
  readonly createInstance: (owner: InstanceOwner, n: number) => Instance;
  /** Hands `invocation` to `instance` and starts its clock. */
  readonly begin: (invocation: Invocation, instance: Instance) => void;
  /** Answers an invocation that will not run. */
  readonly fail: (invocation: Invocation, outcome: Outcome) => void;
  readonly owner: Pick<InstanceOwner, 'call' | 'publish' | 'query' | 'cancelCall' | 'gone'>;
  /** The pool has a slot that nobody waits for. */
  readonly onSpare: (pool: Pool) => void;
  /** A handler left its slot. */
  readonly onReleased: (invocation: Invocation) => void;
}

export class Pool implements BudgetedPool, InstanceOwner {
  readonly definition: FunctionDefinition;
  readonly #parts: PoolParts;
  readonly #instances: Instance[] = [];
  readonly #queue = new Fifo<Invocation>();
  readonly #restart = new Backoff({ first: 1000, max: 60_000, forgetAfter: 60_000 });
  #started = 0;
  /** Instances it keeps ready: `minInstances`, or none in a host that runs one function only. */
  #keep = 0;
  /** Instances that were given up and have not really ended. */
  #lingering = 0;
  #closed = false;
  /** Whether the instance that came last to its start failed in it. */
  #lastStartFailed = false;
  #idleTimer: TimerHandle | undefined;
  #restartTimer: TimerHandle | undefined;

  constructor(parts: PoolParts) {
    this.#parts = parts;
    this.definition = parts.definition;
    parts.budget.add(this);
  }

  get instances(): readonly Instance[] {
    return this.#instances;
  }

  /** Whether it starts nothing more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Calls that wait for a slot. */
  get queued(): number {
    return this.#queue.size;
  }

  get spare(): number {
    // What is on its way out already does not count, or a kept one would be stopped in its place.
    return this.definition.runMode === 'LongLived' ? 0 : this.#counted() - this.#keep;
  }

  /** Whether a call could run now, or once an instance is there: deadlock detection asks. */
  get hasRoom(): boolean {
    return this.canGrow || this.freeInstance() !== undefined;
  }

  /** Whether it may still get slots that it does not have. */
  get canGrow(): boolean {
    return this.slotsToCome > 0;
  }

  /** Slots that it does not have yet: of instances that are starting, or that will take the place of others. */
  get slotsToCome(): number {
    if (this.#closed) return 0;
    let toCome = this.definition.maxInstances;
    for (const { state } of this.#instances) if (state === 'ready' || state === 'suspect') toCome -= 1;
    return Math.max(0, toCome) * this.definition.instanceConcurrency;
  }

  /** Slots that calls would get now, of the instances that are starting, and of one more if that may be started. */
  get freeSlots(): number {
    const { instanceConcurrency } = this.definition;
    let free = 0;
    let starting = 0;
    for (const instance of this.#instances) {
      if (instance.hasFreeSlot) free += instanceConcurrency - instance.running;
      else if (instance.state === 'starting') starting += instanceConcurrency;
    }
    // Further ones have their turn when there is memory for this one.
    const toCome = this.#parts.budget.waits(this) ? starting : starting + instanceConcurrency;
    return free + Math.min(toCome, this.slotsToCome);
  }

  *holders(): Iterable<Invocation> {
    for (const instance of this.#instances) yield* instance.invocations;
  }

  /** The instance a call would run in now, if any has a free slot. */
  freeInstance(): Instance | undefined {
    // The least busy; among equals the last, which ran most recently started ones and leaves the first to go idle.
    let best: Instance | undefined;
    for (const instance of this.#instances) {
      if (instance.hasFreeSlot && (best === undefined || instance.running < best.running)) {
        best = instance;
        if (best.running === 0) break;
      }
    }
    return best;
  }

  /** Starts what is to be kept ready. */
  open(keep: number): void {
    this.#keep = keep;
    this.#grow();
  }

  /** Lets `invocation` wait for a slot. */
  enqueue(invocation: Invocation): void {
    invocation.slot = 'queued';
    this.#queue.push(invocation);
    this.#grow();
  }

  /** Takes a waiting invocation back. */
  withdraw(invocation: Invocation): void {
    this.#queue.delete(invocation);
    if (this.#queue.size > 0) return;
    if (!this.#wanted()) this.#parts.budget.leave(this);
    // Async work stands back while a call waits; now it may be its turn.
    this.#parts.onSpare(this);
  }

  /** Everything that waits, taken out. */
  drainQueue(): Invocation[] {
    const waiting = [...this.#queue];
    for (const invocation of waiting) this.#queue.delete(invocation);
    return waiting;
  }

  /** Starts nothing more; resolves when its instances are gone. */
  async close(reason: string, grace: number): Promise<void> {
    this.#closed = true;
    this.#parts.clock.clearTimeout(this.#idleTimer);
    this.#parts.clock.clearTimeout(this.#restartTimer);
    await Promise.all(this.#instances.map((instance) => instance.stop(reason, grace)));
  }

  stopIdle(instance: Instance, reason: string): void {
    void instance.stop(reason);
  }

  retryStart(): void {
    this.#grow();
  }

  ready(instance: Instance): void {
    this.#lastStartFailed = false;
    this.#fill(instance);
    this.#watchIdle();
    // Whoever it was started for is gone.
    if (instance.running === 0) this.#parts.budget.freed();
  }

  startFailed(failed: Instance, outcome: Outcome): void {
    // Calls that another instance can still serve wait for it; those that waited for this one have their answer.
    const serves = ({ state }: Instance): boolean => state !== 'ending' && state !== 'retiring';
    if (this.#instances.some((instance) => instance !== failed && serves(instance))) return;
    for (const invocation of this.drainQueue()) this.#parts.fail(invocation, outcome);
  }

  released(instance: Instance, invocation: Invocation): void {
    this.#parts.onReleased(invocation);
    this.#fill(instance);
    if (instance.running === 0) {
      this.#watchIdle();
      this.#parts.budget.freed();
    }
  }

  call: InstanceOwner['call'] = (instance, parent, message) => {
    this.#parts.owner.call(instance, parent, message);
  };

  publish: InstanceOwner['publish'] = (instance, parent, message) => {
    this.#parts.owner.publish(instance, parent, message);
  };

  query: InstanceOwner['query'] = (instance, message) => {
    this.#parts.owner.query(instance, message);
  };

  cancelCall: InstanceOwner['cancelCall'] = (instance, call) => {
    this.#parts.owner.cancelCall(instance, call);
  };

  gone(instance: Instance): void {
    this.#instances.splice(this.#instances.indexOf(instance), 1);
    this.#parts.owner.gone(instance);
    // What keeps ending is restarted at a pace; so is what fails to start while others of its kind are serving.
    if (instance.readyAt === undefined) this.#lastStartFailed = true;
    const missed = instance.readyAt === undefined && this.#queue.size > 0;
    if (!this.#closed && (this.#counted() < this.#keep || missed)) this.#restartLater(instance);
    if (instance.lingering !== undefined) {
      this.#lingering += 1;
      void instance.lingering.then(() => {
        this.#lingering -= 1;
        if (!this.#closed) this.#regrow();
      });
    }
    // Who waits for memory is asked first, this function in its turn like everybody else.
    this.#parts.budget.freed();
    if (!this.#closed) this.#regrow();
  }

  left(instance: Instance): void {
    // One that never got ready is replaced when it is gone, and not before: that paces it.
    if (!this.#closed && instance.readyAt !== undefined) this.#regrow();
  }

  /** Gives `instance` as many waiting calls as it has free slots. */
  #fill(instance: Instance): void {
    while (instance.hasFreeSlot) {
      const next = this.#queue.shift();
      if (next === undefined) break;
      this.#parts.begin(next, instance);
    }
    // Served by what it has: it no longer stands in anybody's way.
    if (this.#parts.budget.waits(this) && !this.#wanted()) this.#parts.budget.leave(this);
    if (instance.hasFreeSlot) this.#parts.onSpare(this);
  }

  /** There is room for another instance: who waits here gets it, else Async work that waits in its queue. */
  #regrow(): void {
    this.#grow();
    if (this.#queue.size === 0) this.#parts.onSpare(this);
  }

  /** Starts instances until those that are on their way have a slot for everyone who waits. */
  #grow(): void {
    while (!this.#closed && this.#counted() < this.definition.maxInstances && this.#wanted() && !this.#isPaced()) {
      if (!this.#parts.budget.mayStart(this)) return;
      this.#started += 1;
      this.#instances.push(this.#parts.createInstance(this, this.#started));
    }
  }

  #wanted(): boolean {
    if (this.#counted() < this.#keep) return true;
    let coming = 0;
    for (const instance of this.#instances) {
      if (instance.state === 'starting') coming += this.definition.instanceConcurrency;
    }
    return coming < this.#queue.size;
  }

  /** Instances that count against `maxInstances`; of a long-lived one even what is on its way out (it may hold a port). */
  #counted(): number {
    if (this.definition.runMode === 'LongLived') return this.#instances.length + this.#lingering;
    let count = 0;
    for (const { state } of this.#instances) if (state !== 'retiring' && state !== 'ending') count += 1;
    return count;
  }

  /** Whether the next start has to wait for its back-off. */
  #isPaced(): boolean {
    if (this.#restartTimer === undefined) return false;
    if (this.definition.runMode === 'LongLived' || this.#queue.size === 0) return true;
    // Calls wait: a crash does not hold up others, and what fails to start is tried at once when nobody else can serve.
    return this.#lastStartFailed && this.#counted() > 0;
  }

  #restartLater(ended: Instance): void {
    if (this.#restartTimer !== undefined) return;
    const lived = ended.readyAt === undefined ? 0 : this.#parts.clock.monotonic() - ended.readyAt;
    this.#restartTimer = this.#parts.clock.setTimeout(() => {
      this.#restartTimer = undefined;
      this.#grow();
    }, this.#restart.next(lived));
  }

  /** Sees to it that instances beyond the kept ones go after `idleTimeout`. One timer for all of them. */
  #watchIdle(): void {
    if (this.#idleTimer !== undefined || this.#closed || this.spare <= 0) return;
    this.#idleTimer = this.#parts.clock.setTimeout(this.#stopIdleOnes, this.definition.idleTimeout);
    this.#idleTimer.unref?.();
  }

  readonly #stopIdleOnes = (): void => {
    this.#idleTimer = undefined;
    const now = this.#parts.clock.monotonic();
    let spare = this.spare;
    let earliest = Infinity;
    for (const instance of this.#instances) {
      if (spare <= 0 || instance.state !== 'ready' || instance.running > 0) continue;
      const left = instance.idleSince + this.definition.idleTimeout - now;
      if (left <= 0) {
        spare -= 1;
        void instance.stop('it was idle for its idleTimeout');
      } else {
        earliest = Math.min(earliest, left);
      }
    }
    if (earliest === Infinity || spare <= 0) return;
    this.#idleTimer = this.#parts.clock.setTimeout(this.#stopIdleOnes, Math.ceil(earliest));
    this.#idleTimer.unref?.();
  };
}
