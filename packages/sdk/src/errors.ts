/**
 * Every error the SDK and the host can give, in one table.
 *
 * A code is stable: programs compare codes (`isEdgefcError(err, 'FunctionNotFound')`), never classes across
 * packages and never message texts. A message says what, with which value, and how to mend it.
 */

/** A stable error code. */
export type ErrorCode =
  | 'InvalidArgument'
  | 'ServiceNotFound'
  | 'FunctionNotFound'
  | 'InvocationNotFound'
  | 'InvocationEnded'
  | 'EntityTooLarge'
  | 'ResourceExhausted'
  | 'DeadlockDetected'
  | 'DeadlineExceeded'
  | 'Cancelled'
  | 'Stopping'
  | 'NoHost'
  | 'NotImplemented';

/** The codes of errors that mean "no answer of the callee", with what each one says. */
export const ERROR_CODES: Readonly<Record<ErrorCode, string>> = {
  InvalidArgument: 'A parameter is missing, of the wrong type or out of range.',
  ServiceNotFound: 'No service of that name is configured.',
  FunctionNotFound: 'The service has no function of that name, or no function has that id.',
  InvocationNotFound: 'No Async invocation of that id is known, or it is not kept any more.',
  InvocationEnded: 'The invocation is over already; there is nothing to stop.',
  EntityTooLarge: 'The payload or the result is larger than the configured limit.',
  ResourceExhausted: 'The queue of the callee (or the host) is full; try again later.',
  DeadlockDetected: 'The call could never get a slot: every slot waits, directly or not, for the caller.',
  DeadlineExceeded: 'The deadline of the call passed before the callee answered.',
  Cancelled: 'The caller took the call back through its signal, or its instance ended.',
  Stopping: 'The host is stopping and accepts nothing new.',
  NoHost: 'No edgefc host is there to carry the call.',
  NotImplemented: 'This release does not have the method yet.',
};

/** Codes after which the same call may succeed later. */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set(['ResourceExhausted', 'DeadlineExceeded', 'Stopping', 'NoHost']);

/** An `errorType` of `functionError: 'Unhandled'`. */
export type UnhandledErrorType =
  'Timeout' | 'Exit' | 'OutOfMemory' | 'Uncaught' | 'InitError' | 'LoadError' | 'InstanceLost';

/** What `errorType` says when an instance failed around the handler (`functionError: 'Unhandled'`). */
export const UNHANDLED_ERROR_TYPES: Readonly<Record<UnhandledErrorType, string>> = {
  Timeout: 'The handler did not settle within the function’s timeout.',
  Exit: 'The instance exited (process.exit, a signal, a native crash) while the handler ran.',
  OutOfMemory: 'The instance used more than its memorySize.',
  Uncaught: 'An uncaught exception or an unhandled rejection ended the instance.',
  InitError: 'The initializer failed.',
  LoadError: 'The handler could not be loaded.',
  InstanceLost: 'The instance was lost for a reason that was not this invocation’s.',
};

/** The base of every error edgefc gives. */
export class EdgefcError extends Error {
  /** One of {@link ERROR_CODES}. */
  readonly code: ErrorCode;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; retryable?: boolean } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'EdgefcError';
    this.code = code;
    this.retryable = options.retryable ?? isRetryableCode(code);
  }
}

/** A parameter is not what it must be. */
export function invalid(message: string, options?: { cause?: unknown }): EdgefcError {
  return new EdgefcError('InvalidArgument', message, options);
}

/** Whether errors of this code are worth trying again. */
export function isRetryableCode(code: ErrorCode): boolean {
  return RETRYABLE.has(code);
}

/** Whether `value` is an edgefc error (of `code`, when given), by its code and not by its class. */
export function isEdgefcError(value: unknown, code?: ErrorCode): value is EdgefcError {
  if (typeof value !== 'object' || value === null || !('code' in value)) return false;
  const found = value.code;
  return typeof found === 'string' && (code === undefined ? Object.hasOwn(ERROR_CODES, found) : found === code);
}

/** The body of a failed invocation: what `data.payload` holds as JSON when `data.functionError` is set. */
export interface FunctionErrorPayload {
  readonly errorMessage: string;
  readonly errorType: string;
  readonly stackTrace: readonly string[];
}
