/**
 * Async scheduling: accept into the queue, and run from it when there is a slot that no Sync call waits for.
 *
 * The id is given out after `put` has resolved, never before (I2). Work is claimed only when it can start at once, so
 * that what waits, waits in the queue and not in the pool, where Sync calls come first.
 */
import type { Clock } from '../clock.ts';
import type { FunctionDefinition } from '../definition.ts';
import type { HostEventBus } from '../events.ts';
import type { Pool } from '../instance/pool.ts';
import { Invocation } from '../invocation/invocation.ts';
import { refused } from '../invocation/outcome.ts';
import type { DispatchRequest } from '../invocation/request.ts';
import type { RequestIds } from '../invocation/request-ids.ts';
import type { QueuedWork, Queue } from '../queue/queue.ts';
import type { Scheduler } from './scheduler.ts';

export interface AsyncSchedulerParts {
  readonly clock: Clock;
  readonly events: HostEventBus;
  readonly queue: Queue;
  readonly scheduler: Scheduler;
  readonly requestIds: RequestIds;
}

export class AsyncScheduler {
  readonly #parts: AsyncSchedulerParts;
  readonly #running = new Map<Pool, number>();
  #pending = 0;
  #whenIdle: (() => void)[] = [];

  constructor(parts: AsyncSchedulerParts) {
    this.#parts = parts;
  }

  /** Accepted and not ended. */
  get pending(): number {
    return this.#pending;
  }

  /** Resolves when all accepted work has ended. */
  idle(): Promise<void> {
    if (this.#pending === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  /** Puts the work into the queue, tells the invoker its id, and runs it when there is a slot. */
  accept(definition: FunctionDefinition, request: DispatchRequest): void {
    const id = this.#parts.requestIds.next();
    this.#pending += 1;
    const work: QueuedWork = {
      id,
      target: definition.key,
      payload: request.payload,
      invokerContext: request.invokerContext,
      caller: request.caller,
    };
    this.#parts.queue.put(work).then(
      (stored) => {
        if (stored.kind === 'stored') {
          request.onOutcome({ kind: 'accepted', id, deduplicated: false });
          this.pump(this.#parts.scheduler.poolOf(definition));
        } else {
          this.#ended();
          request.onOutcome(refused('ResourceExhausted', stored.message));
        }
      },
      (error: unknown) => {
        this.#ended();
        request.onOutcome(refused('ResourceExhausted', `the queue of Async work failed: ${String(error)}`));
      },
    );
  }

  /** Starts queued work of a function while it has slots that nobody waits for. */
  pump = (pool: Pool): void => {
    const { definition } = pool;
    const slots = definition.maxInstances * definition.instanceConcurrency;
    while (pool.queued === 0 && (this.#running.get(pool) ?? 0) < slots && (pool.canGrow || pool.freeInstance())) {
      const [work] = this.#parts.queue.claim(definition.key, 1);
      if (work === undefined) return;
      this.#start(pool, work);
    }
  };

  #start(pool: Pool, work: QueuedWork): void {
    const invocation = new Invocation({
      requestId: work.id,
      definition: pool.definition,
      type: 'Async',
      payload: work.payload,
      invokerContext: work.invokerContext,
      attempt: 1,
      parent: undefined,
      caller: work.caller,
      acceptedAt: this.#parts.clock.monotonic(),
      // Only its own timeout bounds it, from the start of the handler on.
      deadline: Infinity,
      deadlineSource: 'function',
      onAnswer: () => {
        this.#parts.events.emit('invocation:settled', invocation);
        void this.#parts.queue.complete(work.id).then(() => {
          this.#running.set(pool, (this.#running.get(pool) ?? 1) - 1);
          this.#ended();
          this.pump(pool);
        });
      },
    });
    this.#running.set(pool, (this.#running.get(pool) ?? 0) + 1);
    this.#parts.events.emit('invocation:accepted', invocation);
    this.#parts.scheduler.submit(invocation);
  }

  #ended(): void {
    this.#pending -= 1;
    if (this.#pending > 0) return;
    for (const resolve of this.#whenIdle) resolve();
    this.#whenIdle = [];
  }
}
