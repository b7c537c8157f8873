/** Replies, errors and durations of fakes as they travel; what is wrong is told when the fake is made. */
import { inspect } from 'node:util';
import { NO_RETRY, toErrorJson } from '@edgefc/runtime/testing';
import { readDuration } from '../duration.ts';
import { MAX_DELAY, retryLaterDelay } from '@edgefc/sdk/internal';

/** A value as a handler's result would travel: text and bytes as they are, anything else as its JSON. */
export function encodeReply(value: unknown): string | Uint8Array {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  return value instanceof Uint8Array ? new Uint8Array(value) : encodeJson(value, 'fake.reply');
}

/** The JSON of a value, text included. */
export function encodeJson(value: unknown, who: string): string {
  let json: unknown;
  let why = `it is ${describe(value)}, which JSON does not have`;
  try {
    json = JSON.stringify(value);
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
  }
  if (typeof json === 'string') return json;
  const hint = typeof value === 'function' ? '; give the function itself as the fake, and it is called' : '';
  throw new TypeError(`${who}: the reply has no JSON: ${why}${hint}`);
}

export interface FakeErrorOptions {
  /** `false`: as NonRetryableError, another run of Async work would be no use. Default: what the error itself says. */
  readonly retryable?: boolean;
  /** As RetryLater: run again after this time (ms, or `'5s'`), which uses no attempt up. */
  readonly retryAfter?: number | string;
  /** `errorType`, when a message is given. Default: `'Error'`. */
  readonly name?: string;
}

/** What a handler that failed so would send. */
export function encodeError(thrown: unknown, options: FakeErrorOptions): { error: string; retry: number | null } {
  if (typeof thrown !== 'string') return { error: toErrorJson(thrown), retry: retryOf(thrown, options) };
  const { name = 'Error' } = options;
  return {
    error: JSON.stringify({ errorMessage: thrown, errorType: name, stackTrace: [] }),
    retry: retryOf(undefined, options),
  };
}

function retryOf(thrown: unknown, { retryable, retryAfter }: FakeErrorOptions): number | null {
  if (retryAfter !== undefined) return readDuration(retryAfter, 'fake.error: retryAfter');
  if (retryable !== undefined) return retryable ? null : NO_RETRY;
  const later = retryLaterDelay(thrown);
  if (later !== undefined) return Math.min(later, MAX_DELAY);
  return typeof thrown === 'object' && thrown !== null && 'retryable' in thrown && thrown.retryable === false
    ? NO_RETRY
    : null;
}

/** How often, or the which-th. */
export function readCount(count: number, who: string): number {
  if (Number.isInteger(count) && count > 0) return count;
  throw new TypeError(`${who} is ${describe(count)}: give a whole number from 1`);
}

/** A value in a message, on one line and not too long. */
export function describe(value: unknown): string {
  const text =
    typeof value === 'function'
      ? value.name === ''
        ? 'a function'
        : value.name
      : inspect(value, { depth: 2, breakLength: Infinity });
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
