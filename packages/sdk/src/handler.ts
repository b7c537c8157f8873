/**
 * What a handler is and what it is given. Types only: the worker of the runtime builds the values.
 */

/** What a handler may be sent: text stays text, bytes stay a Buffer, nothing is the empty string (LE). */
export type Event = string | Buffer;

/** Keys that a function may sign cloud requests with (FC). */
export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string;
}

/** Writes to the host's log, tagged with service, function, instance and requestId (FC). */
export interface Logger {
  debug(message?: unknown, ...rest: unknown[]): void;
  info(message?: unknown, ...rest: unknown[]): void;
  warn(message?: unknown, ...rest: unknown[]): void;
  error(message?: unknown, ...rest: unknown[]): void;
  /** The same as `info`. */
  log(message?: unknown, ...rest: unknown[]): void;
}

/** The second argument of a handler (LE, FC; from `deadline` on ours). */
export interface Context {
  /** Unique, also across restarts; for an Async invocation it is the invocation id, the same on every attempt. */
  readonly requestId: string;
  /** What the invoker gave as `invokerContext`, decoded; `{}` when it gave none. */
  readonly invokerContext: Record<string, unknown>;
  readonly function: {
    readonly name: string;
    /** `file.export`, as configured. */
    readonly handler: string;
    /** Configured memory, MB. */
    readonly memory: number;
    /** Configured time for one run, seconds. */
    readonly timeout: number;
  };
  readonly service: { readonly name: string };
  readonly region: string;
  readonly accountId: string;
  readonly credentials: Credentials;
  readonly logger: Logger;
  /** When the handler must have answered, epoch ms. Informative: the host measures by its own clock. */
  readonly deadline: number;
  /** Milliseconds left until the deadline, never negative. */
  getRemainingTimeInMillis(): number;
  /** Aborted at the deadline, or when the invoker takes the call back. */
  readonly signal: AbortSignal;
  /** Which run of the invocation this is, from 1. */
  readonly attempt: number;
}

/** Settles a callback handler: `callback(err)` fails it, `callback(null, result)` answers. The first call counts. */
export type HandlerCallback<Result = unknown> = (err?: unknown, result?: Result) => void;

/** A handler that answers through its callback (LE, FC). */
export type CallbackHandler<In = Event, Result = unknown> = (
  event: In,
  context: Context,
  callback: HandlerCallback<Result>,
) => void;

/** A handler that answers with a promise. */
export type AsyncHandler<In = Event, Result = unknown> = (event: In, context: Context) => PromiseLike<Result>;

/**
 * A handler. One that returns a promise answers with it; any other answers through its callback.
 *
 * @example
 * export const handler: Handler = async (event, context) => `${context.requestId}: ${String(event)}`;
 */
export type Handler<In = Event, Result = unknown> = CallbackHandler<In, Result> | AsyncHandler<In, Result>;

/** Runs once in an instance before its first invocation (FC). */
export type Initializer = (context: Context, callback: (err?: unknown) => void) => void | PromiseLike<void>;

/** Runs once in an instance that is about to be stopped (FC). */
export type PreStop = (context: Context, callback: (err?: unknown) => void) => void | PromiseLike<void>;
