/** The shapes in which a test waits for an outcome. */
import type { EdgefcError } from '../../src/errors.ts';

/** All the arguments of the callback that `start` is given, once it is called. */
export function calledBack(start: (callback: (...args: unknown[]) => void) => unknown): Promise<unknown[]> {
  return new Promise((resolve) => {
    start((...args) => {
      resolve(args);
    });
  });
}

/** The error that `promise` rejects with; a FunctionError has no code. */
export async function rejection(promise: Promise<unknown>): Promise<Error & Partial<EdgefcError>> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(outcome instanceof Error)) throw new Error('expected a rejection with an Error');
  return outcome;
}
