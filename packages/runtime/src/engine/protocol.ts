/**
 * Every message that crosses the wall between host and instance, and nothing else crosses it (I8).
 *
 * A message is a tuple of scalars, its kind first: structured clone copies a flat tuple in half of the time it
 * needs for an object with named fields, and the frame codec (wall/frames.ts) writes it without a schema.
 * Deadlines cross as remaining milliseconds, never as points in time: the two sides may not share a clock.
 * Payloads cross as text or bytes; `null` stands for "nothing". Long text crosses as its UTF-8 bytes: threads then
 * transfer it instead of copying it, and the host passes it on without decoding it.
 */
import type { FunctionDefinition, HostSettings } from './definition.ts';

/** Raised when a message changes its meaning; both sides compare it in {@link InstanceBoot}. */
export const PROTOCOL_VERSION = 1;

/** Everything an instance is told once, before anything else. JSON-safe. */
export interface InstanceBoot {
  readonly protocolVersion: number;
  /** The instance's name in logs: `EdgeFC/helloworld#3`. */
  readonly instance: string;
  readonly definition: FunctionDefinition;
  /** Load and look at the exports only: the initializer may open a port. */
  readonly loadOnly: boolean;
  readonly settings: Pick<HostSettings, 'region' | 'accountId' | 'credentials' | 'maxSyncPayload' | 'maxAsyncPayload'>;
}

/** Long text as UTF-8, in a tuple of its own so that it is not taken for bytes. */
export type WireText = readonly [utf8: Uint8Array];
/** A payload on the wall. */
export type WirePayload = string | Uint8Array | WireText;
export type WireBytes = WirePayload | null;

/** UTF-16 units from which text crosses as UTF-8 bytes: 1 MiB clearly gains (decision 3), short text clearly loses; where the two meet was not measured across threads. */
export const LONG_TEXT: number = 16 * 1024;

/** A payload as it crosses the wall; the bytes are copied, because the sender keeps (and may change) its own. */
export function toWire(payload: string | Uint8Array): WirePayload {
  if (typeof payload === 'string') {
    // Lone surrogates have no UTF-8 form: such text crosses as it is.
    return payload.length >= LONG_TEXT && payload.isWellFormed() ? [encode(payload)] : payload;
  }
  return new Uint8Array(payload);
}

/** In memory of its own: `Buffer.from` would take it from a pool of 64 KiB, all of which crosses the wall with it. */
function encode(text: string): Uint8Array {
  const size = Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafeSlow(size);
  bytes.write(text, 0, size, 'utf8');
  return bytes;
}

/** A payload as a function sees it. */
export function fromWire(payload: WirePayload): string | Buffer {
  if (typeof payload === 'string') return payload;
  if (payload instanceof Uint8Array) return asBuffer(payload);
  return asBuffer(payload[0]).toString('utf8');
}

/** Bytes of its own: sending to a thread takes bytes away from whoever else holds them. */
export function copyWire(payload: WirePayload): WirePayload {
  if (typeof payload === 'string') return payload;
  return payload instanceof Uint8Array ? new Uint8Array(payload) : [new Uint8Array(payload[0])];
}

/** Size in bytes; of short text an upper bound is not enough, so it is counted. */
export function wireSize(payload: WireBytes): number {
  if (payload === null) return 0;
  if (typeof payload === 'string') return Buffer.byteLength(payload);
  return payload instanceof Uint8Array ? payload.byteLength : payload[0].byteLength;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Message kinds. Host to instance below 32, instance to host from 32. */
export const Kind = {
  Boot: 0,
  Run: 1,
  Abort: 2,
  Answer: 3,
  Accepted: 4,
  Refused: 5,
  Ping: 6,
  Stop: 7,
  Result: 8,
  GiveBack: 9,

  Ready: 32,
  LoadFailed: 33,
  Returned: 34,
  Threw: 35,
  Call: 36,
  CancelCall: 37,
  Log: 38,
  Pong: 39,
  Dying: 40,
  TooLarge: 41,
  Publish: 42,
  Query: 43,
} as const;

/** An {@link InstanceBoot} as JSON; always the first message to a process (a thread has it as its worker data). */
export type BootMessage = readonly [kind: typeof Kind.Boot, boot: string];
/** Run the handler: run number, event, request id, invoker context (base64), attempt, ms to the deadline. */
export type RunMessage = readonly [
  kind: typeof Kind.Run,
  run: number,
  event: WireBytes,
  requestId: string,
  invokerContext: string | null,
  attempt: number,
  remaining: number,
];
/** Abort `context.signal` of a run. */
export type AbortMessage = readonly [kind: typeof Kind.Abort, run: number, reason: string];
/** The callee of a Sync call answered: its payload, and how it failed if it did. */
export type AnswerMessage = readonly [
  kind: typeof Kind.Answer,
  call: number,
  payload: WirePayload,
  functionError: 'Handled' | 'Unhandled' | null,
];
/** An Async call was accepted. */
export type AcceptedMessage = readonly [kind: typeof Kind.Accepted, call: number, id: string, deduplicated: boolean];
/** A call got no answer. */
export type RefusedMessage = readonly [
  kind: typeof Kind.Refused,
  call: number,
  code: string,
  message: string,
  retryable: boolean,
];
/** Are you alive? */
export type PingMessage = readonly [kind: typeof Kind.Ping, nonce: number];
/** Run preStop within so many ms, flush, and end. */
export type StopMessage = readonly [kind: typeof Kind.Stop, remaining: number];

/** What a Query asked for, as JSON. */
export type ResultMessage = readonly [kind: typeof Kind.Result, call: number, json: string];

/** Give back the memory that is not needed: the instance has grown, and is idle. */
export type GiveBackMessage = readonly [kind: typeof Kind.GiveBack];

export type ToInstance =
  | BootMessage
  | RunMessage
  | AbortMessage
  | AnswerMessage
  | AcceptedMessage
  | RefusedMessage
  | PingMessage
  | StopMessage
  | ResultMessage
  | GiveBackMessage;

/** Loaded and initialized; runs may come. */
export type ReadyMessage = readonly [kind: typeof Kind.Ready];
/** Loading or the initializer failed; the instance ends by itself. `error` is a FunctionErrorPayload as JSON. */
export type LoadFailedMessage = readonly [
  kind: typeof Kind.LoadFailed,
  errorType: 'LoadError' | 'InitError',
  error: string,
];
/** The handler returned. */
export type ReturnedMessage = readonly [kind: typeof Kind.Returned, run: number, payload: WirePayload];
/**
 * The handler failed; `error` is a FunctionErrorPayload as JSON. `retry`: what the error itself says about another run of
 * Async work: {@link NO_RETRY}, ms to wait that use no attempt up (`RetryLater`), or null for nothing.
 */
export type ThrewMessage = readonly [kind: typeof Kind.Threw, run: number, error: string, retry: number | null];

/** Another run would be no use (`NonRetryableError`). */
export const NO_RETRY = -1;
/** The handler returned more than the limit; the value stays in the instance. */
export type TooLargeMessage = readonly [kind: typeof Kind.TooLarge, run: number, size: number];
/** The function calls another: call number, run that made it (0: none), target, type, payload, context, options. */
export type CallMessage = readonly [
  kind: typeof Kind.Call,
  call: number,
  run: number,
  target: string,
  type: 'Sync' | 'Async',
  payload: WireBytes,
  /** base64, as the SDK's caller gave it. */
  invokerContext: string | null,
  /** InvocationRequestOptions as JSON, when any was given. */
  options: string | null,
];
/** The function publishes a message; answered like a call, with Accepted or Refused. */
export type PublishMessage = readonly [
  kind: typeof Kind.Publish,
  call: number,
  run: number,
  topic: string,
  payload: WirePayload,
];
/** Asks about Async invocations; answered with Result or Refused. `args`: JSON, by name (async-api.ts). */
export type QueryMessage = readonly [kind: typeof Kind.Query, call: number, run: number, name: string, args: string];
/** The caller takes a call back. */
export type CancelCallMessage = readonly [kind: typeof Kind.CancelCall, call: number];
/** A line (or several) the function wrote: its invocation (null: none; it may have ended long ago), level, text. */
export type LogMessage = readonly [kind: typeof Kind.Log, requestId: string | null, level: LogLevel, text: string];
export type PongMessage = readonly [kind: typeof Kind.Pong, nonce: number];
/** The instance is about to end: why, the run it can be laid to (0: none), the error as JSON. */
export type DyingMessage = readonly [
  kind: typeof Kind.Dying,
  errorType: 'Uncaught' | 'Exit',
  run: number,
  error: string,
];

export type FromInstance =
  | ReadyMessage
  | LoadFailedMessage
  | ReturnedMessage
  | ThrewMessage
  | TooLargeMessage
  | CallMessage
  | PublishMessage
  | QueryMessage
  | CancelCallMessage
  | LogMessage
  | PongMessage
  | DyingMessage;

export type WireMessage = ToInstance | FromInstance;

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
