/** The queue's commands under short names, and what cases hand over. */
import type { QueueCommand, ResultOf } from '@edgefc/runtime/testing';

type Command<Kind extends QueueCommand['kind']> = Extract<QueueCommand, { kind: Kind }>;

export type Put = Command<'put'>;
export type Claim = Command<'claim'>;
export type Settle = Command<'settle'>;
export type DeadLetters = Command<'redrive' | 'purge'>;
export type ListFilter = Omit<Command<'list'>, 'kind'>;
export type NewWork = Put['work'][number];
export type Ending = Settle['ending'];
export type Settled = ResultOf<Settle>;
export type Record = NonNullable<ResultOf<Command<'get'>>>;
export type TimerTick = NonNullable<ResultOf<Command<'timers'>>[number]>;
type AttemptError = Record['errors'][number];

export function newWork(more: Partial<NewWork> = {}): NewWork {
  return {
    target: 'Shop/order',
    payload: 'payload',
    invokerContext: null,
    caller: null,
    delay: 0,
    dedupeKey: null,
    orderKey: null,
    maxAttempts: null,
    hops: 0,
    chain: 0,
    ...more,
  };
}

export const SUCCEEDED: Ending = { kind: 'succeeded', result: 'done', cut: false };
export const STOPPED: Ending = { kind: 'stopped' };

export function failure(attempt: number): AttemptError {
  return {
    attempt,
    functionError: 'Unhandled',
    errorType: 'Error',
    errorMessage: `attempt ${attempt} failed`,
    stackTrace: ['at handler (index.js:1:1)'],
    at: Date.UTC(2030, 0, 1),
  };
}

export function retryAt(readyAt: number, counts: 'failure' | 'loss' | 'nothing', attempt = 1): Ending {
  return { kind: 'retry', readyAt, counts, error: counts === 'nothing' ? undefined : failure(attempt) };
}

export function dead(attempt = 1): Ending {
  return { kind: 'dead', state: 'Failed', error: failure(attempt) };
}
