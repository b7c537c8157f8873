/**
 * What becomes of Async work when a run of it has ended: over, or tried again, and when.
 *
 * Pure: the record, the function's policy and how the run ended go in, an Ending comes out.
 */
import type { FunctionDefinition, RetryPolicy } from '../definition.ts';
import type { Outcome } from '../invocation/outcome.ts';
import { fromWire, NO_RETRY, wireSize, type WirePayload } from '../protocol.ts';
import { MAX_LOSSES } from '../queue/ledger.ts';
import type { Ending } from '../queue/queue.ts';
import type { AttemptError, WorkRecord } from '../queue/work.ts';

export interface RunEnd {
  readonly record: WorkRecord;
  readonly definition: FunctionDefinition;
  readonly outcome: Outcome;
  /** Ledger time. */
  readonly at: number;
  /** Epoch ms. */
  readonly wall: number;
  /** Bytes of a result that are kept. */
  readonly maxResult: number;
  /** From 0 to 1. */
  readonly random: number;
}

/** Part of a delay that chance adds (below `maxDelay`) or takes away (at it), so that what failed together comes apart. */
const JITTER = 0.25;

export function decideEnding(end: RunEnd): Ending {
  const { outcome, record, at } = end;
  if (outcome.kind === 'accepted') throw new Error('edgefc: a run cannot end with an acceptance; this is a bug');
  if (outcome.kind === 'answered' && outcome.functionError === undefined) {
    return { kind: 'succeeded', ...cutResult(outcome.payload, end.maxResult) };
  }
  if (outcome.kind === 'refused' && outcome.code === 'Stopping') {
    return { kind: 'retry', readyAt: at, counts: 'nothing', error: undefined };
  }
  const error = toAttemptError(outcome, record.starts, end.wall);
  // Throttled, or lost with an instance that others shared: not its own failure.
  if (outcome.kind === 'refused' ? outcome.code === 'ResourceExhausted' : error.functionError === null) {
    if (record.losses >= MAX_LOSSES) return { kind: 'dead', state: 'Failed', error };
    return { kind: 'retry', readyAt: later(end, record.losses + 1), counts: 'loss', error };
  }
  const hint = outcome.kind === 'answered' ? outcome.retry : null;
  if (hint === NO_RETRY) return { kind: 'dead', state: 'Failed', error };
  if (typeof hint === 'number') {
    return { kind: 'retry', readyAt: Math.min(at + hint, expiryOf(end)), counts: 'nothing', error };
  }
  const attempts = record.maxAttempts ?? end.definition.retry.attempts;
  const failures = record.failures + 1;
  if (failures >= attempts) return { kind: 'dead', state: 'Failed', error };
  return { kind: 'retry', readyAt: later(end, failures), counts: 'failure', error };
}

/** Whether the maximum age of `record` has passed. */
export function isExpired({ dueAt }: WorkRecord, { maxAge }: RetryPolicy, at: number): boolean {
  return at >= dueAt + maxAge;
}

/** Whether `record` was lost too often; of a host that ended only the next one can say so. */
export function isGivenUp({ losses }: WorkRecord): boolean {
  return losses > MAX_LOSSES;
}

/** ms to wait before run `n` + 1, when `n` runs have failed. */
function backoff({ minDelay, maxDelay }: RetryPolicy, n: number, random: number): number {
  const delay = Math.min(maxDelay, minDelay * 2 ** Math.min(n - 1, 64));
  const spread = delay * JITTER * random;
  return Math.round(delay === maxDelay ? delay - spread : Math.min(maxDelay, delay + spread));
}

/** At its expiry at the latest: that is when it turns out to have expired. */
function later(end: RunEnd, n: number): number {
  return Math.min(end.at + backoff(end.definition.retry, n, end.random), expiryOf(end));
}

function expiryOf({ record, definition }: RunEnd): number {
  return record.dueAt + definition.retry.maxAge;
}

function cutResult(payload: WirePayload, limit: number): { readonly result: WirePayload; readonly cut: boolean } {
  if (wireSize(payload) <= limit) return { result: payload, cut: false };
  const value = fromWire(payload);
  if (typeof value !== 'string') return { result: new Uint8Array(value.subarray(0, limit)), cut: true };
  // As many whole characters as fit.
  const { read } = new TextEncoder().encodeInto(value, new Uint8Array(limit));
  return { result: value.slice(0, read), cut: true };
}

/** The error of a run, as it is kept. Total: the payload came from a function. */
function toAttemptError(outcome: Exclude<Outcome, { kind: 'accepted' }>, attempt: number, at: number): AttemptError {
  if (outcome.kind === 'refused') {
    const { code, message } = outcome;
    return { attempt, functionError: null, errorType: code, errorMessage: message, stackTrace: [], at };
  }
  const text = String(fromWire(outcome.payload));
  const error: { errorMessage?: unknown; errorType?: unknown; stackTrace?: unknown } = parse(text) ?? {};
  const lost = error.errorType === 'InstanceLost' && outcome.functionError === 'Unhandled';
  return {
    attempt,
    functionError: lost ? null : (outcome.functionError ?? null),
    errorType: typeof error.errorType === 'string' ? error.errorType : 'Error',
    errorMessage: typeof error.errorMessage === 'string' ? error.errorMessage : text,
    stackTrace: Array.isArray(error.stackTrace) ? error.stackTrace.map(String) : [],
    at,
  };
}

function parse(json: string): object | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
