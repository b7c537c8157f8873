/**
 * What a record consists of: plain data, which JSON takes as it is.
 *
 * The objects are alive: one that a test holds shows what has become of it since. `structuredClone` makes a copy.
 */
import type { FunctionErrorPayload } from '@edgefc/sdk/internal';
import type { LogLevel, WorkState } from '@edgefc/runtime/testing';

/** When something happened, on the host's clock. */
export interface Moment {
  /** Its wall clock, epoch ms. */
  readonly wall: number;
  /** ms since the host's start, on running time: no step of the wall clock moves it. */
  readonly at: number;
}

/** A payload, as it was sent and in the ways to read it. */
export interface RecordedPayload {
  /** Text stays text, bytes stay bytes; nothing is the empty text. */
  readonly payload: string | Buffer;
  readonly text: string;
  /** undefined: it is no JSON. */
  readonly json: unknown;
  readonly bytes: Buffer;
}

/** Who asked for an invocation. */
export type RecordedOrigin =
  | { readonly kind: 'outside' }
  /** `function`: `Service/function` that called. */
  | { readonly kind: 'function'; readonly function: string }
  | { readonly kind: 'timer'; readonly timer: string }
  /** A route led a message there; `publisher`: `Service/function`, undefined: somebody outside. */
  | { readonly kind: 'route'; readonly topic: string; readonly message: string; readonly publisher: string | undefined }
  /** Another Async invocation ended, whose destination this is. */
  | { readonly kind: 'destination'; readonly function: string }
  /** It lay in the queue when this record began, or its host was killed in the moment that accepted it. */
  | { readonly kind: 'stored'; readonly function: string | undefined };

/** `Enqueued`: waits for its first run. `Refused`: it never came to an invocation. `Lost`: its host was killed meanwhile. */
export type RecordedState = WorkState | 'Refused' | 'Lost';

/** How a run or a call ended. */
export type RecordedOutcome =
  | RecordedSuccess
  /** The function failed, or its instance did around it. */
  | ({ readonly kind: 'failed'; readonly functionError: 'Handled' | 'Unhandled' } & FunctionErrorPayload)
  /** There was no answer of the function. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string; readonly retryable: boolean }
  /** The host was killed. */
  | { readonly kind: 'lost' };

export interface RecordedSuccess extends RecordedPayload {
  readonly kind: 'succeeded';
}

/** One run: of a Sync call the only one. */
export interface RecordedAttempt {
  /** 1-based; of Async work, the durable starts. */
  readonly attempt: number;
  /** `EdgeFC/helloworld#1`; undefined: it has not begun. */
  readonly instance: string | undefined;
  /** When it asked for a slot. */
  readonly queued: Moment;
  /** When its handler began. */
  readonly started: Moment | undefined;
  readonly ended: Moment | undefined;
  readonly outcome: RecordedOutcome | undefined;
  /** ms after which it was to be tried again; undefined: not. */
  readonly retryIn: number | undefined;
}

/** The same Async invocation, asked for again under its `dedupeKey`. */
export interface RecordedDuplicate {
  readonly origin: RecordedOrigin;
  /** Id of the invocation that asked. */
  readonly parent: string | undefined;
  readonly asked: Moment;
}

export interface RecordedInvocation extends RecordedPayload {
  /** As the host names it: `context.requestId`, what `enqueue` gives. Of what was refused, a name of the record's own. */
  readonly id: string;
  /** 1-based, in the order in which they were asked for: `#1` in the tree. */
  readonly n: number;
  /** `Service/function`; of what was refused because there is none, as it was named. */
  readonly target: string;
  readonly type: 'Sync' | 'Async';
  readonly origin: RecordedOrigin;
  /** Id of the invocation that asked, published, or ended. */
  readonly parent: string | undefined;
  /** Which run of that one. */
  readonly parentAttempt: number | undefined;
  readonly invokerContext: Readonly<Record<string, unknown>>;
  /** ms before it might start. */
  readonly delay: number | undefined;
  readonly dedupeKey: string | undefined;
  readonly orderKey: string | undefined;
  readonly maxRetries: number | undefined;
  readonly asked: Moment;
  /** When there was nothing more to come; Async: when that was stored. */
  readonly ended: Moment | undefined;
  readonly state: RecordedState;
  /** Of the last run that ended. */
  readonly outcome: RecordedOutcome | undefined;
  readonly attempts: readonly RecordedAttempt[];
  readonly duplicates: readonly RecordedDuplicate[];
  /** When it became a dead letter, the last time; also if it was redriven since. */
  readonly deadLettered: Moment | undefined;
}

export interface RecordedPublish extends RecordedPayload {
  /** As the host names it; of what was refused, a name of the record's own. */
  readonly id: string;
  readonly topic: string;
  /** `Service/function`; undefined: somebody outside. */
  readonly source: string | undefined;
  /** Id of the invocation that published. */
  readonly parent: string | undefined;
  readonly parentAttempt: number | undefined;
  /** The functions that get it. */
  readonly targets: readonly string[];
  readonly asked: Moment;
  /** Why it went nowhere; undefined: it was accepted. */
  readonly refusal: { readonly code: string; readonly message: string } | undefined;
}

export interface RecordedLog {
  readonly level: LogLevel;
  readonly message: string;
  readonly written: Moment;
  /** Who wrote: the function, or the host about it. */
  readonly source: 'function' | 'host';
  /** `Service/function`. */
  readonly function: string | undefined;
  readonly instance: string | undefined;
  /** Id of the invocation. */
  readonly requestId: string | undefined;
  /** Which run of it. */
  readonly attempt: number | undefined;
}

/** A tick of a timer of the configuration. */
export interface RecordedTick {
  readonly timer: string;
  /** `Service/function`. */
  readonly function: string;
  readonly ticked: Moment;
  /** Id of the invocation that it is. */
  readonly invocation: string;
}
