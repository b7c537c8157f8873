/**
 * What Jest's preset loads in `setupFilesAfterEnv`: `expect` has the matchers, and a test that fails shows what happened in its
 * hosts, where the tests are run by jest-circus, as they are unless somebody says otherwise.
 */
import './matchers-jest.ts';
import { beginTest, endTest, tellRecords, type ShownError } from './record/failing.ts';

interface JestGlobals {
  readonly beforeEach?: (hook: () => void) => void;
  readonly afterEach?: (hook: () => void) => void;
}

/** Of the state of jest-circus, what is looked at; it keeps that at the global object, for hooks in other copies of it. */
interface CircusState {
  readonly currentlyRunningTest?: { readonly errors?: readonly unknown[] } | null;
}

const { beforeEach, afterEach } = globalThis as JestGlobals;

beforeEach?.(() => {
  beginTest();
});

afterEach?.(() => {
  const records = endTest();
  for (const error of currentErrors()) tellRecords(error, records);
});

function currentErrors(): readonly ShownError[] {
  const symbol = Object.getOwnPropertySymbols(globalThis).find(
    ({ description }) => description === 'JEST_STATE_SYMBOL',
  );
  if (symbol === undefined) return [];
  const state = (globalThis as unknown as Record<symbol, CircusState | undefined>)[symbol];
  // An error, or one with where the test was declared beside it.
  const errors = (state?.currentlyRunningTest?.errors ?? []).map((one: unknown) =>
    Array.isArray(one) ? (one[0] as unknown) : one,
  );
  return errors.filter((error) => error instanceof Error);
}
