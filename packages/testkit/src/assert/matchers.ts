/**
 * The matchers, for any `expect.extend`: Vitest's and Jest's alike. They compare by the rules of the runner, so that its
 * asymmetric matchers (`expect.objectContaining`) and custom testers work inside of what is expected.
 */
import { toLogged, type LogExpectation } from './assertions.ts';
import type { Comparison, PayloadExpectation } from './compare.ts';
import {
  checkDeadLettered,
  checkFailedWith,
  checkRetried,
  checkSucceededWith,
  type DeadLetterExpectation,
  type FailureExpectation,
} from './ended.ts';
import type { InvocationExpectation } from './expectation.ts';
import {
  checkInvoked,
  checkInvokedInOrder,
  checkInvokedOnly,
  checkInvokedTimes,
  type InvocationStep,
} from './invoked.ts';
import { checkLogged, checkPublished } from './told.ts';
import type { Recorded, Verdict } from './verdict.ts';

/** What `expect(host)` has besides; `R`: what a matcher gives. */
export interface EdgefcMatchers<R = void> {
  /** `target` was invoked, at least once as expected; what was refused at the door does not count. */
  toHaveInvoked(target: string, expected?: InvocationExpectation): R;
  /** `target` was invoked exactly so often. */
  toHaveInvokedTimes(target: string, times: number, expected?: InvocationExpectation): R;
  /** These were invoked one after the other, others perhaps between them. */
  toHaveInvokedInOrder(steps: readonly InvocationStep[]): R;
  /** All of these were invoked, and nothing else. */
  toHaveInvokedOnly(targets: readonly string[]): R;
  /** An invocation of `ref` (`Service/function`, an id, or `'#3'` of the tree) succeeded, with this payload. */
  toHaveSucceededWith(ref: string, payload?: PayloadExpectation): R;
  /** A run of `ref` failed so: a part of its message, or `{ errorType, errorMessage, functionError, attempt }`. */
  toHaveFailedWith(ref: string, expected?: FailureExpectation): R;
  /** Async work failed for good or became too old; also if it was redriven since. */
  toHaveBeenDeadLettered(ref: string, expected?: string | RegExp | DeadLetterExpectation): R;
  /** Async work was tried again; exactly `times` times if that is given. */
  toHaveRetried(ref: string, times?: number): R;
  /** A message was published on a topic, or on one that a filter (`plant/+`) matches. */
  toHavePublished(filter: string, payload?: PayloadExpectation): R;
  /** A part of what was printed: `(/low/)`, or by whom: `('EdgeFC/pump', /low/)`. */
  toHaveLogged(...what: LogExpectation): R;
}

/** Of a runner's matcher context, what is used. */
export interface MatcherContext {
  readonly equals: (a: unknown, b: unknown, customTesters?: never) => boolean;
  readonly customTesters?: unknown;
}

export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/** For `expect.extend(matchers)`. */
export type Matchers = {
  readonly [K in keyof EdgefcMatchers]: (
    this: MatcherContext,
    received: unknown,
    ...expected: Parameters<EdgefcMatchers[K]>
  ) => MatcherResult;
};

export const matchers: Matchers = {
  toHaveInvoked(received, target, expected) {
    return toResult(checkInvoked(toRecorded(received), target, expected, toComparison(this)));
  },
  toHaveInvokedTimes(received, target, times, expected) {
    return toResult(checkInvokedTimes(toRecorded(received), target, times, expected, toComparison(this)));
  },
  toHaveInvokedInOrder(received, steps) {
    return toResult(checkInvokedInOrder(toRecorded(received), steps, toComparison(this)));
  },
  toHaveInvokedOnly(received, targets) {
    return toResult(checkInvokedOnly(toRecorded(received), targets));
  },
  toHaveSucceededWith(received, ref, payload) {
    return toResult(checkSucceededWith(toRecorded(received), ref, payload, toComparison(this)));
  },
  toHaveFailedWith(received, ref, expected) {
    return toResult(checkFailedWith(toRecorded(received), ref, expected));
  },
  toHaveBeenDeadLettered(received, ref, expected) {
    return toResult(checkDeadLettered(toRecorded(received), ref, expected));
  },
  toHaveRetried(received, ref, times) {
    return toResult(checkRetried(toRecorded(received), ref, times));
  },
  toHavePublished(received, filter, payload) {
    return toResult(checkPublished(toRecorded(received), filter, payload, toComparison(this)));
  },
  toHaveLogged(received, ...what) {
    return toResult(checkLogged(toRecorded(received), ...toLogged(what)));
  },
};

function toResult(verdict: Verdict): MatcherResult {
  return { pass: verdict.pass, message: () => verdict.message };
}

function toComparison({ equals, customTesters }: MatcherContext): Comparison {
  return { equals: (received, expected) => equals(received, expected, customTesters as never) };
}

/** Told by what it has: another copy of the testkit may have made it. */
function toRecorded(received: unknown): Recorded {
  const isHost =
    typeof received === 'object' &&
    received !== null &&
    'record' in received &&
    typeof (received as Recorded).record.invocations === 'function';
  if (isHost) return received as Recorded;
  throw new TypeError('this matcher looks at a test host: write expect(host), with the host that createTestHost gave');
}
