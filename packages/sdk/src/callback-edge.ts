/**
 * The callback edge: the one place where a promise becomes a Node callback.
 *
 * A callback runs exactly once, never before the function that took it has returned, in the async context of whoever
 * gave it. What it throws is an uncaught exception of the program: not a second call with the error, and not a
 * rejection, which a host may be told to tolerate.
 */

import { describeValue } from './describe-value.ts';

/**
 * A Node callback: `(err)` when the call failed, `(null, data)` otherwise. In TypeScript `data` narrows with `err`.
 */
export type NodeCallback<T, E = Error> = (...outcome: [err: null, data: T] | [err: E, data: undefined]) => void;

/** Throws a TypeError when `callback` is given and no function: there is no one else to tell. */
export function assertCallback(method: string, callback: unknown): void {
  if (typeof callback !== 'function') {
    throw new TypeError(
      `${method}: callback is ${describeValue(callback)}, not a function; ` +
        'give a function (err, data), or leave it out to get a promise.',
    );
  }
}

/**
 * The promise that `start` makes, or, with a callback, its outcome given to that.
 *
 * @throws TypeError when `callback` is given and no function; nothing is started then
 */
export function atEdge<T, E>(
  method: string,
  callback: NodeCallback<T, E> | undefined,
  start: () => Promise<T>,
): Promise<T> | undefined {
  if (callback === undefined) return start();
  assertCallback(method, callback);
  deliver(start(), callback);
  return undefined;
}

/** Gives the outcome of `promise` to a Node callback. */
export function deliver<T, E>(promise: Promise<T>, callback: NodeCallback<T, E>): void {
  whenSettled(
    promise,
    (value) => {
      callback(null, value);
    },
    (error) => {
      callback(error as E, undefined); // The promise core documents what it rejects with; E is that type.
    },
  );
}

/** Runs one of two functions, exactly once and never synchronously, outside the reach of promises. */
export function whenSettled<T>(
  promise: Promise<T>,
  onValue: (value: T) => void,
  onError: (error: unknown) => void,
): void {
  // Both handlers catch everything, so the derived promise can be dropped.
  void promise.then(
    (value) => {
      runOutside(onValue, value);
    },
    (error: unknown) => {
      runOutside(onError, error);
    },
  );
}

function runOutside<T>(run: (value: T) => void, value: T): void {
  try {
    run(value);
  } catch (error) {
    // No rejection, and no microtask on Node 22: this keeps the async context up to the uncaughtException event.
    process.nextTick(() => {
      throw error;
    });
  }
}
