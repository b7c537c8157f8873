/**
 * What can be asked about Async work by its id: by a function, the command line, an embedder, and later HTTP.
 *
 * One implementation (scheduler/async.ts), whoever asks. Every method also answers after a restart of the host.
 */
import type { InvocationStatus } from '@edgefc/sdk/internal';
import type { NestedCalls } from './queue/nested-call.ts';
import type { QueueStats } from './queue/queue.ts';
import type { WorkState } from './queue/work.ts';
import type { Refused } from './invocation/outcome.ts';
import type { WireBytes } from './protocol.ts';

/** An invocation with what it was given; bytes stay bytes. */
export interface InvocationDetails extends InvocationStatus {
  readonly payload: WireBytes;
  /** base64 of a JSON object. */
  readonly invokerContext: string | null;
  /** What the run that failed last asked of other functions; null: nothing, or none failed. */
  readonly calls: NestedCalls | null;
}

export type Found<T> = { readonly kind: 'found'; readonly value: T } | Refused;

export interface InvocationFilter {
  /** `Service/function`, id or ARN. */
  readonly function?: string;
  readonly states?: readonly WorkState[];
  /** The id of the last one of the page before. */
  readonly before?: string;
  /** 1 to 1,000; default 100. */
  readonly limit?: number;
}

export interface DeadLetterFilter {
  readonly id?: string;
  /** `Service/function`, also one that is not configured any more. */
  readonly function?: string;
}

export interface AsyncApi {
  /** `InvocationNotFound` when there is none, or it is not kept any more; with `target`, also when it is another function's. */
  get(id: string, target?: string): Promise<Found<InvocationDetails>>;
  /** The status once it is over; `DeadlineExceeded` after `timeout` ms, with the work going on. */
  wait(id: string, timeout: number, target?: string): Promise<Found<InvocationStatus>>;
  /**
   * Stops it: at once when it waits; when it runs, it is aborted, and this resolves once it has settled.
   * `InvocationEnded` when it is over already.
   */
  stop(id: string, target?: string): Promise<Found<InvocationStatus>>;
  /** Newest first. */
  list(filter: InvocationFilter): Promise<Found<readonly InvocationStatus[]>>;
  /** Puts dead letters back: same id, attempts anew, errors kept; the number. With an id that is no dead letter: refused. */
  redrive(filter: DeadLetterFilter): Promise<Found<number>>;
  /** Removes dead letters; the number. */
  purge(filter: DeadLetterFilter): Promise<Found<number>>;
  stats(): Promise<QueueStats>;
}
