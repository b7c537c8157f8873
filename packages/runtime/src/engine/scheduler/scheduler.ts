/**
 * Sync scheduling: admission, waiting, deadlines, cancellation, deadlock.
 *
 * Every invocation, whatever its type, gets its slot here. Nothing waits without a deadline, and what can never be
 * served is refused at once (I4).
 */
import type { AdmissionGate } from '../admission-gate.ts';
import type { Clock } from '../clock.ts';
import type { DeadlineQueue } from '../deadline-queue.ts';
import type { FunctionDefinition } from '../definition.ts';
import { formatDuration } from '../format.ts';
import type { DeadlineWatcher, Invocation } from '../invocation/invocation.ts';
import { refused, unhandled, type Outcome, type Refused } from '../invocation/outcome.ts';
import type { Instance } from '../instance/instance.ts';
import type { Pool } from '../instance/pool.ts';
import { findDeadlock, findHopelessCall, type SlotHolders } from './wait-for.ts';

export interface SchedulerParts {
  readonly clock: Clock;
  readonly deadlines: DeadlineQueue;
  readonly gate: AdmissionGate | undefined;
}

export class Scheduler implements DeadlineWatcher {
  readonly #clock: Clock;
  readonly #deadlines: DeadlineQueue;
  readonly #gate: AdmissionGate | undefined;
  readonly #pools = new Map<FunctionDefinition, Pool>();
  #active = 0;
  #whenIdle: (() => void)[] = [];

  constructor(parts: SchedulerParts) {
    this.#clock = parts.clock;
    this.#deadlines = parts.deadlines;
    this.#gate = parts.gate;
  }

  addPool(pool: Pool): void {
    this.#pools.set(pool.definition, pool);
  }

  poolOf(definition: FunctionDefinition): Pool {
    const pool = this.#pools.get(definition);
    if (pool === undefined) throw new Error(`edgefc: no pool for ${definition.key}; this is a bug`);
    return pool;
  }

  get pools(): Iterable<Pool> {
    return this.#pools.values();
  }

  /** Invocations that wait for a slot or hold one. */
  get active(): number {
    return this.#active;
  }

  /** Resolves when nothing waits for a slot or holds one. */
  idle(): Promise<void> {
    if (this.#active === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  /** Gives `invocation` a slot, now or later, or answers it. */
  submit(invocation: Invocation): void {
    const { definition, parent } = invocation;
    const pool = this.poolOf(definition);
    const now = invocation.acceptedAt;
    invocation.watcher = this;
    this.#active += 1;
    if (invocation.deadline <= now) {
      this.#refuse(invocation, this.#deadlineExceeded(invocation, 'before it could start'));
      return;
    }
    const refusal = this.#gate?.start(invocation);
    if (refusal !== undefined) {
      this.#refuse(invocation, refusal);
      return;
    }
    if (parent !== undefined && invocation.type === 'Sync') (parent.calls ??= new Set()).add(invocation);
    const instance = pool.queued === 0 ? pool.freeInstance() : undefined;
    if (instance !== undefined) {
      this.begin(invocation, instance);
      return;
    }
    if (pool.closed) {
      this.#refuse(invocation, refused('Stopping', `the host is stopping and starts no instance of ${definition.key}`));
      return;
    }
    // Calls that wait for an instance to start are within the capacity; maxQueue bounds those beyond it.
    if (pool.queued >= definition.maxQueue + pool.slotsToCome) {
      this.#refuse(
        invocation,
        refused(
          'ResourceExhausted',
          `${definition.key} already has ${definition.maxQueue} calls waiting, its maxQueue; ` +
            'try again later, or raise maxInstances, instanceConcurrency or maxQueue',
        ),
      );
      return;
    }
    const deadlock = this.#deadlock(invocation);
    if (deadlock !== undefined) {
      this.#refuse(invocation, deadlock);
      return;
    }
    this.#deadlines.set(invocation, invocation.deadline);
    pool.enqueue(invocation);
  }

  /** Starts the handler in `instance`, which has a free slot. */
  begin = (invocation: Invocation, instance: Instance): void => {
    const now = invocation.slot === 'new' ? invocation.acceptedAt : this.#clock.monotonic();
    instance.run(invocation, now);
    this.#deadlines.set(invocation, invocation.effectiveDeadline);
  };

  /** Answers an invocation that waits, and forgets it. */
  fail = (invocation: Invocation, outcome: Outcome): void => {
    this.#deadlines.delete(invocation);
    this.#leave(invocation);
    invocation.answer(outcome, this.#clock.monotonic());
  };

  /** The invoker takes the call back: it is answered now; a handler that runs is only told. */
  cancel(invocation: Invocation, outcome: Refused): void {
    if (invocation.slot === 'queued') {
      this.poolOf(invocation.definition).withdraw(invocation);
      this.fail(invocation, outcome);
    } else if (invocation.slot === 'running') {
      invocation.answer(outcome, this.#clock.monotonic());
      invocation.instance?.abort(invocation, outcome.message);
      this.#deadlines.set(invocation, invocation.handlerDeadline);
    }
  }

  /** A handler left its slot. */
  released = (invocation: Invocation): void => {
    this.#deadlines.delete(invocation);
    this.#leave(invocation);
    // Whom it still waited for runs on; nobody waits for them any more.
    invocation.calls?.clear();
  };

  /** Called when `answered`, a call of `parent`, was answered: the calls that remain may be hopeless now. */
  recheck(parent: Invocation): void {
    const call = findHopelessCall(parent, this.#slotHolders);
    if (call === undefined) return;
    // Its answer rechecks the handler that made it, and so on until something can move.
    const deadlock = this.#deadlock(call);
    if (deadlock !== undefined) this.cancel(call, deadlock);
  }

  readonly #slotHolders = (call: Invocation): SlotHolders => this.poolOf(call.definition);

  #deadlock(invocation: Invocation): Refused | undefined {
    const chain = findDeadlock(invocation, this.#slotHolders);
    if (chain === undefined) return undefined;
    const { key, maxInstances, instanceConcurrency } = invocation.definition;
    const slots = maxInstances * instanceConcurrency;
    return refused(
      'DeadlockDetected',
      `the call can never get a slot: ${chain.join(' → ')}; ` +
        (slots === 1 ? `the only slot of ${key} is` : `all ${slots} slots of ${key} are`) +
        ' held by invocations that wait for this one; raise maxInstances or instanceConcurrency, or call with Async',
    );
  }

  deadlinePassed(invocation: Invocation): void {
    const now = this.#clock.monotonic();
    if (invocation.slot === 'queued') {
      this.poolOf(invocation.definition).withdraw(invocation);
      this.fail(invocation, this.#deadlineExceeded(invocation, 'while it waited for a free slot'));
      return;
    }
    if (invocation.slot !== 'running') return;
    if (now < invocation.handlerDeadline) {
      // The invoker's time is over, the handler's is not: it is told, and keeps its slot until it settles.
      const outcome = this.#deadlineExceeded(invocation, 'while its handler ran');
      invocation.answer(outcome, now);
      invocation.instance?.abort(invocation, outcome.message);
      this.#deadlines.set(invocation, invocation.handlerDeadline);
      return;
    }
    const { key, timeout } = invocation.definition;
    invocation.answer(
      unhandled(
        'Timeout',
        `${key} did not answer within its timeout of ${formatDuration(timeout)}: ` +
          'nothing was returned (no promise of the handler settled) and callback was not called',
      ),
      now,
    );
    invocation.instance?.overrun(invocation);
  }

  #deadlineExceeded(invocation: Invocation, when: string): Refused {
    const { definition, acceptedAt } = invocation;
    const waited = formatDuration(this.#clock.monotonic() - acceptedAt);
    return refused(
      'DeadlineExceeded',
      `${definition.key}: ${describeDeadline(invocation)} passed ${when} (after ${waited})`,
    );
  }

  #refuse(invocation: Invocation, outcome: Refused): void {
    this.#leave(invocation);
    invocation.answer(outcome, invocation.acceptedAt);
  }

  #leave(invocation: Invocation): void {
    invocation.slot = 'released';
    this.#active -= 1;
    if (this.#active > 0) return;
    for (const resolve of this.#whenIdle) resolve();
    this.#whenIdle = [];
  }
}

function describeDeadline({ deadlineSource, deadline, acceptedAt, definition, parent }: Invocation): string {
  switch (deadlineSource) {
    case 'caller':
      return `the deadline of its caller ${parent?.definition.key ?? ''}`;
    case 'call':
      return `the call's timeout of ${formatDuration(deadline - acceptedAt)}`;
    case 'function': {
      const timeout = formatDuration(definition.timeout);
      return `the call's deadline (timeout ${timeout} + maxQueueWait ${formatDuration(definition.maxQueueWait)})`;
    }
  }
}
