/**
 * AsyncApi: what is asked about Async work by its id, whoever asks.
 *
 * The rows are the queue's; only of what runs right now does the scheduler know more than they say.
 */
import type { AttemptError as SdkAttemptError, InvocationStatus } from '@edgefc/sdk/internal';
import type { AsyncApi, DeadLetterFilter, Found, InvocationDetails, InvocationFilter } from '../async-api.ts';
import type { Clock } from '../clock.ts';
import { formatDuration } from '../format.ts';
import { refused, type Refused } from '../invocation/outcome.ts';
import { fromWire } from '../protocol.ts';
import { withoutCalls } from '../queue/attempt-errors.ts';
import type { QueueStats, StopResult } from '../queue/queue.ts';
import { isDead, isLive, WORK_STATES, type WorkRecord } from '../queue/work.ts';
import type { Registry } from '../registry.ts';
import type { AsyncScheduler } from './async.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;
/** Looks at which work counts as running and nobody runs it, before it is given up. */
const MAX_ORPHANED = 3;

export interface WorkQueriesParts {
  readonly async: AsyncScheduler;
  readonly registry: Registry;
  readonly clock: Clock;
}

export class WorkQueries implements AsyncApi {
  readonly #parts: WorkQueriesParts;

  constructor(parts: WorkQueriesParts) {
    this.#parts = parts;
  }

  async get(id: string, target?: string): Promise<Found<InvocationDetails>> {
    const found = await this.#find(id, target);
    if (found.kind === 'refused') return found;
    const { payload, invokerContext, errors } = found.value;
    const calls = errors.at(-1)?.calls ?? null;
    return { kind: 'found', value: { ...this.#toStatus(found.value), payload, invokerContext, calls } };
  }

  async wait(id: string, timeout: number, target?: string): Promise<Found<InvocationStatus>> {
    const { async, clock } = this.#parts;
    const seq = async.ids.parse(id);
    if (seq === undefined) return unknown(id);
    // Watched before it is looked at: its end cannot fall between the two.
    const { promise, resolve } = Promise.withResolvers<'ended' | 'late'>();
    const forget = async.onEnd(seq, () => {
      resolve('ended');
    });
    const timer = clock.setTimeout(() => {
      resolve('late');
    }, timeout);
    try {
      let found = await this.#find(id, target);
      if (found.kind === 'refused') return found;
      if (isLive(found.value.state)) {
        if ((await promise) === 'late') {
          const { state, target: key } = found.value;
          return refused(
            'DeadlineExceeded',
            `${id} of ${key} had not ended after ${formatDuration(timeout)} (it was ${state} before); it goes on, ask again`,
          );
        }
        found = await this.#find(id, target);
        if (found.kind === 'refused') return found;
      }
      return { kind: 'found', value: this.#toStatus(found.value) };
    } finally {
      forget();
      clock.clearTimeout(timer);
    }
  }

  async stop(id: string, target?: string): Promise<Found<InvocationStatus>> {
    const { async } = this.#parts;
    const seq = async.ids.parse(id);
    if (seq === undefined) return unknown(id);
    if (target !== undefined) {
      const found = await this.#find(id, target);
      if (found.kind === 'refused') return found;
    }
    // A claim may still be on its way to the scheduler, but its answer overtakes no other: at the second look it is there.
    for (let orphaned = 0; orphaned < MAX_ORPHANED; orphaned += async.hasRun(seq) ? 0 : 1) {
      const result: StopResult = await async.execute({ kind: 'stop', seq });
      switch (result.kind) {
        case 'unknown':
          return unknown(id);
        case 'ended':
          return refused(
            'InvocationEnded',
            `${id} of ${result.record.target} is over (${result.record.state}); there is nothing to stop`,
          );
        case 'stopped':
          async.stopped(result.record);
          async.wakeAll(result.woken);
          return { kind: 'found', value: this.#toStatus(result.record) };
        case 'running': {
          const settled = Promise.withResolvers<undefined>();
          const forget = async.onEnd(seq, () => {
            settled.resolve(undefined);
          });
          async.abort(seq, 'somebody stopped the invocation');
          // It may also come back to the queue, or its claim may still be on its way: then it is asked again.
          await Promise.race([settled.promise, async.nextSettlement(seq)]);
          forget();
          const found = await this.#find(id, undefined);
          if (found.kind === 'refused') return found;
          if (found.value.state === 'Stopped') return { kind: 'found', value: this.#toStatus(found.value) };
        }
      }
    }
    return refused(
      'ResourceExhausted',
      `${id} counts as running, but the end of its run could not be written down; the next start of the host takes it up again`,
    );
  }

  async list(filter: InvocationFilter): Promise<Found<readonly InvocationStatus[]>> {
    const { async } = this.#parts;
    const strange = refuseUnknownKeys('list', filter, ['function', 'states', 'before', 'limit']);
    if (strange !== undefined) return strange;
    const { states, limit = DEFAULT_LIMIT } = filter;
    const wrong = states?.find((state) => !WORK_STATES.includes(state));
    if (wrong !== undefined) {
      return refused('InvalidArgument', `the state "${wrong}" does not exist; there are ${WORK_STATES.join(', ')}`);
    }
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
      return refused('InvalidArgument', `limit is ${limit}; it must be a whole number from 1 to ${MAX_LIMIT}`);
    }
    const before = filter.before === undefined ? undefined : async.ids.parse(filter.before);
    if (filter.before !== undefined && before === undefined) return unknown(filter.before);
    const target = filter.function === undefined ? undefined : this.#toKey(filter.function);
    const rows = await async.execute({ kind: 'list', states, target, before, limit });
    return { kind: 'found', value: rows.map((row) => this.#toStatus(row)) };
  }

  redrive(filter: DeadLetterFilter): Promise<Found<number>> {
    return this.#deadLetters('redrive', filter);
  }

  purge(filter: DeadLetterFilter): Promise<Found<number>> {
    return this.#deadLetters('purge', filter);
  }

  stats(): Promise<QueueStats> {
    return this.#parts.async.execute({ kind: 'stats' });
  }

  async #deadLetters(kind: 'redrive' | 'purge', filter: DeadLetterFilter): Promise<Found<number>> {
    const { async } = this.#parts;
    // A filter that is misspelt would be none at all, and meet every dead letter.
    const strange = refuseUnknownKeys(kind, filter, ['id', 'function']);
    if (strange !== undefined) return strange;
    let seq: number | undefined;
    if (filter.id !== undefined) {
      const found = await this.#find(filter.id, filter.function);
      if (found.kind === 'refused') return found;
      const { state, target } = found.value;
      if (!isDead(state)) {
        return refused(
          'InvalidArgument',
          `${filter.id} of ${target} is ${state}; only dead letters (Failed, Expired) can be ${kind === 'redrive' ? 'redriven' : 'purged'}`,
        );
      }
      seq = found.value.seq;
    }
    const target = filter.function === undefined ? undefined : this.#toKey(filter.function);
    // What dies again meanwhile is left: it would go round for ever.
    const diedBefore = async.now().at + 1;
    let count = 0;
    for (;;) {
      const { seqs, woken } = await async.execute({ kind, seq, target, diedBefore, limit: MAX_LIMIT });
      count += seqs.length;
      if (kind === 'redrive') async.revived(seqs);
      async.wakeAll(woken);
      if (seqs.length < MAX_LIMIT) return { kind: 'found', value: count };
    }
  }

  async #find(id: string, target: string | undefined): Promise<Found<WorkRecord>> {
    const { async } = this.#parts;
    const seq = async.ids.parse(id);
    const record = seq === undefined ? undefined : await async.execute({ kind: 'get', seq });
    if (record === undefined) return unknown(id);
    if (target !== undefined && this.#toKey(target) !== record.target) {
      return refused('InvocationNotFound', `${id} is an invocation of ${record.target}, not of ${target}`);
    }
    return { kind: 'found', value: record };
  }

  /** `Service/function` of what is named; of what is not configured any more, the name itself. */
  #toKey(target: string): string {
    const resolution = this.#parts.registry.resolve(target);
    return resolution.kind === 'found' ? resolution.definition.key : target;
  }

  #toStatus(record: WorkRecord): InvocationStatus {
    const { async, clock } = this.#parts;
    const { readyAt, result } = record;
    return {
      id: async.ids.format(record.seq),
      function: record.target,
      state: record.state,
      attempt: record.starts,
      acceptedAt: record.acceptedWall,
      startedAt: record.startedWall,
      endedAt: record.endedWall,
      nextAttemptAt: readyAt === null ? null : clock.now() + Math.max(0, readyAt - async.ledgerClock.now()),
      result: result === null ? null : fromWire(result),
      resultCut: record.resultCut,
      errors: withoutCalls(record.errors) satisfies readonly SdkAttemptError[],
      caller: record.caller,
      orderKey: record.orderKey,
    };
  }
}

function refuseUnknownKeys<T extends object>(
  what: string,
  filter: T,
  known: readonly (keyof T)[],
): Refused | undefined {
  const strange = Object.keys(filter).find((key) => !(known as readonly string[]).includes(key));
  if (strange === undefined) return undefined;
  const names = known.map((key) => `"${String(key)}"`).join(', ');
  return refused('InvalidArgument', `${what}: a filter has no "${strange}"; it may have ${names}`);
}

function unknown(id: string): Refused {
  return refused(
    'InvocationNotFound',
    `no Async invocation has the id "${id}", or it is not kept any more (limits.results and limits.deadLetters say how long)`,
  );
}
