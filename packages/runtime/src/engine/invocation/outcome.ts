/**
 * How an invocation ends: one of three, and the caller is a `switch`.
 *
 * `answered` is the callee's (its value, or how it failed), `refused` means there is no answer of the callee.
 */
import {
  isRetryableCode,
  type ErrorCode,
  type FunctionErrorPayload,
  type UnhandledErrorType,
} from '@edgefc/sdk/internal';
import type { WirePayload } from '../protocol.ts';

export interface Answered {
  readonly kind: 'answered';
  /** The value, or a FunctionErrorPayload as JSON when `functionError` is set. */
  readonly payload: WirePayload;
  readonly functionError: 'Handled' | 'Unhandled' | undefined;
  /** What the error itself says about another run of Async work; see ThrewMessage. */
  readonly retry: number | null;
}

export interface Accepted {
  readonly kind: 'accepted';
  readonly id: string;
  readonly deduplicated: boolean;
}

export interface Refused {
  readonly kind: 'refused';
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
}

export type Outcome = Answered | Accepted | Refused;

/** Whoever asked. */
export interface OutcomeReceiver {
  /** Told the outcome, once; may be called before `dispatch` has returned. */
  onOutcome(outcome: Outcome, requestId?: string): void;
}

export function returned(payload: WirePayload): Answered {
  return { kind: 'answered', payload, functionError: undefined, retry: null };
}

/** The handler failed in a way it could have handled; `error` is a FunctionErrorPayload as JSON. */
export function handled(error: string, retry: number | null = null): Answered {
  return { kind: 'answered', payload: error, functionError: 'Handled', retry };
}

/** The instance failed around the handler. */
export function unhandled(
  errorType: UnhandledErrorType,
  errorMessage: string,
  stackTrace: readonly string[] = [],
): Answered {
  const error: FunctionErrorPayload = { errorMessage, errorType, stackTrace };
  return { kind: 'answered', payload: JSON.stringify(error), functionError: 'Unhandled', retry: null };
}

/** The instance failed around the handler, with the error as JSON already. */
export function unhandledPayload(error: string): Answered {
  return { kind: 'answered', payload: error, functionError: 'Unhandled', retry: null };
}

export function refused(code: ErrorCode, message: string): Refused {
  return { kind: 'refused', code, message, retryable: isRetryableCode(code) };
}

/** What a FunctionErrorPayload says, for people; the text itself when it is none (an instance can send anything). */
export function errorMessageOf(json: string): string {
  try {
    const error: unknown = JSON.parse(json);
    if (typeof error === 'object' && error !== null && 'errorMessage' in error) return String(error.errorMessage);
  } catch {
    // Falls through.
  }
  return json;
}
