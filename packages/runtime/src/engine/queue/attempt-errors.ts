/** The errors of one piece of work: every attempt's, in bounded space (I6): work may be tried for days. */
import type { AttemptError } from './work.ts';

/** Of more attempts than both together, the first and the last ones are kept. */
const FIRST = 10;
const LAST = 40;
/** UTF-16 units of a message, and lines of a stack. */
const MAX_MESSAGE = 8192;
const MAX_STACK = 16;
/** The same for errors that are not among the last few. */
const OLD_MESSAGE = 512;
const OLD_STACK = 2;
const RECENT = 4;

/** `errors` and `error` behind them. */
export function appendError(errors: readonly AttemptError[], error: AttemptError | undefined): readonly AttemptError[] {
  if (error === undefined) return errors;
  const next = [...withoutCalls(errors), shorten(error, MAX_MESSAGE, MAX_STACK)];
  const old = next.length - 1 - RECENT;
  const aged = next[old];
  if (aged !== undefined) next[old] = shorten(aged, OLD_MESSAGE, OLD_STACK);
  if (next.length > FIRST + LAST) next.splice(FIRST, next.length - FIRST - LAST);
  return next;
}

/** What there is to say of them, without what their runs asked of others. */
export function withoutCalls(errors: readonly AttemptError[]): readonly AttemptError[] {
  if (errors.every(({ calls }) => calls === undefined)) return errors;
  return errors.map(({ calls: _calls, ...error }) => error);
}

function shorten(error: AttemptError, message: number, stack: number): AttemptError {
  const { errorMessage, stackTrace } = error;
  if (errorMessage.length <= message && stackTrace.length <= stack) return error;
  const text = errorMessage.length <= message ? errorMessage : `${errorMessage.slice(0, message)}…`;
  return { ...error, errorMessage: text, stackTrace: stackTrace.slice(0, stack) };
}

/** About as many bytes as they take. */
export function errorsSize(errors: readonly AttemptError[]): number {
  let size = 0;
  for (const { errorMessage, stackTrace, calls } of errors) {
    size += 100 + errorMessage.length;
    if (calls !== undefined) size += JSON.stringify(calls).length;
    for (const line of stackTrace) size += line.length;
  }
  return size;
}
