/**
 * The errors around a handler: what a caller gets when the callee failed, and what a handler throws to steer retries.
 */
import { describeValue } from './describe-value.ts';
import { invalid, type EdgefcError, type FunctionErrorPayload } from './errors.ts';

/** Longest time that work may be put off, in ms: 365 days. */
export const MAX_DELAY: number = 365 * 24 * 60 * 60 * 1000;

/** The same in words, for messages. */
export const DELAY_RANGE: string = `from 0 to ${String(MAX_DELAY)} (365 days)`;

/** The error for a number of ms that is none, or out of `range`. */
export function wrongDuration(parameter: string, value: unknown, range: string): EdgefcError {
  const ms = typeof value === 'number' ? ' ms' : '';
  return invalid(`${parameter} is ${describeValue(value)}${ms}; it must be a number of milliseconds ${range}.`);
}

/** How a callee failed: by its handler's own doing, or because something ended around it (LE). */
export type FunctionErrorKind = 'Handled' | 'Unhandled';

/**
 * The callee ran and failed; thrown by the typed references of {@link functionRef}.
 *
 * @example
 * try {
 *   await helloworld.invoke({ who: 'edge' });
 * } catch (error) {
 *   if (error instanceof FunctionError && error.errorType === 'Timeout') console.warn(error.message);
 *   else throw error;
 * }
 */
export class FunctionError extends Error {
  /** `Handled`: the handler failed; `Unhandled`: timeout, crash, out of memory. */
  readonly functionError: FunctionErrorKind;
  /** The callee's error class, or one of the names for an unhandled error, such as `Timeout`. */
  readonly errorType: string;
  /** The callee's stack, line by line. */
  readonly stackTrace: readonly string[];
  /** The function that failed, as the caller named it. */
  readonly target: string;

  constructor(target: string, functionError: FunctionErrorKind, payload: FunctionErrorPayload) {
    super(payload.errorMessage);
    this.name = 'FunctionError';
    this.target = target;
    this.functionError = functionError;
    this.errorType = payload.errorType;
    this.stackTrace = payload.stackTrace;
  }

  /** The callee's message. The same as `message`, under the name it has on the wire. */
  get errorMessage(): string {
    return this.message;
  }
}

/**
 * Thrown by a handler whose Async invocation shall not be tried again. Any error with `retryable === false` does it.
 *
 * @example
 * throw new NonRetryableError('The order has been cancelled.');
 */
export class NonRetryableError extends Error {
  readonly retryable = false as const;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'NonRetryableError';
  }
}

/**
 * Thrown by a handler to put its Async invocation back for later, without using up an attempt.
 *
 * @example
 * throw new RetryLater({ after: 30_000, message: 'The meter is asleep.' });
 */
export class RetryLater extends Error {
  readonly retryable = true as const;
  /** Time to wait before the next run, ms. */
  readonly after: number;

  /**
   * @param options.after - ms to wait, 0 to 365 days
   * @param options.message - why, for the log
   * @throws EdgefcError `InvalidArgument` when `after` is no such number
   */
  constructor(options: { readonly after: number; readonly message?: string; readonly cause?: unknown }) {
    const after: unknown = options.after;
    if (typeof after !== 'number' || !(after >= 0 && after <= MAX_DELAY)) {
      throw wrongDuration('RetryLater: after', after, DELAY_RANGE);
    }
    super(
      options.message ?? `Not now; again after ${String(after)} ms.`,
      'cause' in options ? { cause: options.cause } : undefined,
    );
    this.name = 'RetryLater';
    this.after = after;
  }
}

/** The wait in ms when `error` is a {@link RetryLater}, of this copy of the SDK or another one. */
export function retryLaterDelay(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if (!('name' in error && error.name === 'RetryLater' && 'after' in error)) return undefined;
  return typeof error.after === 'number' && error.after >= 0 ? error.after : undefined;
}
