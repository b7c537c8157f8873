/**
 * One piece of accepted Async work, as it is stored.
 *
 * Times are *ledger* time (queue/ledger-clock.ts): milliseconds of running time and known downtime, which no step of
 * the wall clock moves. Wall-clock times (`…Wall`, epoch ms) are kept beside them for people only.
 */
import type { WireBytes, WirePayload } from '../protocol.ts';
import type { NestedCalls } from './nested-call.ts';

/**
 * `Enqueued`: waits for its first run. `Running`. `Retrying`: waits for another run. `Succeeded`. `Failed`: its attempts
 * are used up, or another would be no use. `Expired`: its maximum age passed first. `Stopped`: somebody stopped it.
 */
export const WORK_STATES = ['Enqueued', 'Running', 'Retrying', 'Succeeded', 'Failed', 'Expired', 'Stopped'] as const;
export type WorkState = (typeof WORK_STATES)[number];
/** It may still run. */
export type LiveState = 'Enqueued' | 'Running' | 'Retrying';
/** It is over, and kept for whoever asks. */
export type EndedState = 'Succeeded' | 'Stopped';
/** It is over, and stays until it is redriven or purged. */
export type DeadState = 'Failed' | 'Expired';

export function isLive(state: WorkState): state is LiveState {
  return state === 'Enqueued' || state === 'Running' || state === 'Retrying';
}

export function isDead(state: WorkState): state is DeadState {
  return state === 'Failed' || state === 'Expired';
}

/** How one run failed. */
export interface AttemptError {
  /** The run, 1-based. */
  readonly attempt: number;
  /** `null`: there was no answer of the function (its instance was lost, or it was throttled). */
  readonly functionError: 'Handled' | 'Unhandled' | null;
  readonly errorType: string;
  readonly errorMessage: string;
  readonly stackTrace: readonly string[];
  /** Wall clock, epoch ms. */
  readonly at: number;
  /** What that run asked of other functions; of the last run only. */
  readonly calls?: NestedCalls;
}

/** What is asked for: everything that is known of work before it is accepted. */
export interface NewWork {
  /** `Service/function`. */
  readonly target: string;
  readonly payload: WireBytes;
  /** base64 of a JSON object. */
  readonly invokerContext: string | null;
  /** `Service/function` that asked for it; null: somebody outside. */
  readonly caller: string | null;
  /** ms before it may start. */
  readonly delay: number;
  readonly dedupeKey: string | null;
  readonly orderKey: string | null;
  /** Runs that may fail, in place of the function's own `retry.attempts`. */
  readonly maxAttempts: number | null;
  /** Routings that led to it (I4: they end at 16). */
  readonly hops: number;
  /** Destinations that led to it (they end at 16). */
  readonly chain: number;
}

/** A stored piece of work. */
export interface WorkRecord extends Omit<NewWork, 'delay' | 'dedupeKey'> {
  /** Order of acceptance from 1 on, without gaps; negative in the part of the queue that lives in memory only. */
  readonly seq: number;
  readonly state: WorkState;
  /** Order of waiting: as `seq`, but a redrive goes to the end. */
  readonly position: number;
  /** When it may start; null while it runs, has ended, or stands behind another of its order key. */
  readonly readyAt: number | null;
  /** When it was first due: its age counts from here. */
  readonly dueAt: number;
  /** Durable starts; the number of the present or last attempt. */
  readonly starts: number;
  /** Attempts used up. */
  readonly failures: number;
  /** Starts that were lost with an instance or a host, or throttled. */
  readonly losses: number;
  /** Each failed attempt, oldest first; bounded (queue/attempt-errors.ts). */
  readonly errors: readonly AttemptError[];
  /** What it returned, when it succeeded. */
  readonly result: WirePayload | null;
  /** Whether `result` is only the beginning of it. */
  readonly resultCut: boolean;
  readonly acceptedAt: number;
  readonly acceptedWall: number;
  readonly startedWall: number | null;
  readonly endedAt: number | null;
  readonly endedWall: number | null;
  /** Bytes it counts as. */
  readonly size: number;
}
