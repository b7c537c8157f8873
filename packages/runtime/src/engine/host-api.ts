/** What can be asked of a host, and what it answers: for embedders, the command line and tests alike. */
import type { FunctionErrorPayload } from '@edgefc/sdk/internal';
import type { AsyncApi } from './async-api.ts';
import type { HostDefinition } from './definition.ts';
import type { HostEventBus } from './events.ts';
import type { Accepted, Refused } from './invocation/outcome.ts';
import type { TimerStatus } from './timers/timers.ts';
import type { InstanceView } from './views.ts';

export interface HostStartOptions {
  /**
   * `Service/function`: keep only this one's instances ready, start no other long-lived function and no timer, and run no
   * Async work but what is accepted from now on.
   */
  readonly only?: string;
  /** Only open the queue, to look at it and to change it: nothing runs. */
  readonly dormant?: boolean;
}

/** What a host found when it started. */
export interface HostStart {
  /** Async invocations that wait, dead letters, and runs that ended with the last host and wait again. */
  readonly pending: number;
  readonly dead: number;
  readonly recovered: number;
  /** ms that the host was down, as far as it is known. */
  readonly downtime: number;
  /** What was done about a damaged queue, in sentences. */
  readonly notes: readonly string[];
}

export interface HostInvocation {
  /** `Service/function`, a function id, or an ARN. */
  readonly target: string;
  /** Default `'Sync'`. */
  readonly type?: 'Sync' | 'Async';
  readonly payload?: string | Uint8Array;
  /** base64 of a JSON object. */
  readonly invokerContext?: string;
  /** ms until the call is given up. Default: the function's `timeout` + `maxQueueWait`. */
  readonly timeout?: number;
  /** Aborting it takes a Sync call back. */
  readonly signal?: AbortSignal;
  /** Async: ms before it may start, up to a year. Default: 0. */
  readonly delay?: number;
  /** Async: a repeat within 24 h, or while the first is not over, gives the first's id. */
  readonly dedupeKey?: string;
  /** Async: those with the same key run one at a time, in the order of their acceptance. */
  readonly orderKey?: string;
  /** Async: runs after the first that may fail. Default: the function's `retry`. */
  readonly maxRetries?: number;
}

/** A message from outside. */
export interface HostMessage {
  readonly topic: string;
  readonly payload: string | Uint8Array;
}

/** How an invocation through the host ended. */
export type HostOutcome =
  | {
      readonly kind: 'answered';
      readonly payload: string | Buffer;
      readonly functionError: 'Handled' | 'Unhandled' | undefined;
      readonly requestId: string;
    }
  | Accepted
  | Refused;

/** Whether a handler loads. */
export type CheckOutcome =
  | { readonly ok: true; readonly loadMs: number }
  | { readonly ok: false; readonly errorType: string; readonly error: FunctionErrorPayload };

/** A function and its instances, for people. */
export interface FunctionStatus {
  readonly key: string;
  readonly queued: number;
  readonly instances: readonly InstanceView[];
  /** Async invocations of it that run. */
  readonly runningAsync: number;
}

export interface Host extends AsyncDisposable {
  readonly events: HostEventBus;
  readonly definition: HostDefinition;
  /**
   * Starts the host; function processes that a killed host left behind are ended first, and its Async work waits again.
   *
   * @throws QueueError when the data directory is in use, cannot be used, or was written by a newer version
   */
  start(options?: HostStartOptions): Promise<HostStart>;
  /** Invokes a function. Never rejects: every end is an outcome. */
  invoke(invocation: HostInvocation): Promise<HostOutcome>;
  /** Publishes a message to the functions that routes lead to. Never rejects; `accepted` has the message's id. */
  publish(message: HostMessage): Promise<HostOutcome>;
  /** Async work by its id, and the dead letters. */
  readonly async: AsyncApi;
  /** Resolves with whether the Async work that this host accepted is over, after `timeout` ms at the latest. */
  idle(timeout: number): Promise<boolean>;
  /** Async work that this host accepted and that is not over. */
  readonly pendingAsync: number;
  readonly timers: readonly TimerStatus[];
  /** Whether cron holds, because the wall clock is behind the newest time on disk or no real one. */
  readonly clockHeld: boolean;
  /** Loads the handler of `key` in an instance of its own, without the initializer and without invoking it. */
  check(key: string): Promise<CheckOutcome>;
  status(): FunctionStatus[];
  /** Threads that were given up and still run: a process that has some does not end by itself (decision 2). */
  readonly stuckThreads: number;
  /** Accepts nothing new, lets running work end within `gracePeriod` ms, aborts the rest, releases everything. */
  stop(options?: { readonly gracePeriod?: number }): Promise<void>;
}
