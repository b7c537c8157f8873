/**
 * Assertions for runners without matchers, such as node:test: each throws an AssertionError whose message says what was
 * expected, what came nearest to it, and what happened.
 */
import { AssertionError } from 'node:assert';
import type { PayloadExpectation } from './compare.ts';
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

/**
 * `target` was invoked, at least once as expected.
 *
 * @throws AssertionError
 * @example
 * assertInvoked(host, 'EdgeFC/helloworld', { payload: 'String message from Invoker.' });
 */
export function assertInvoked(host: Recorded, target: string, expected?: InvocationExpectation): void {
  hold(checkInvoked(host, target, expected), assertInvoked);
}

/** `target` was never invoked, or never as described. @throws AssertionError */
export function assertNotInvoked(host: Recorded, target: string, expected?: InvocationExpectation): void {
  hold(negate(checkInvoked(host, target, expected)), assertNotInvoked);
}

/** `target` was invoked exactly so often. @throws AssertionError */
export function assertInvokedTimes(
  host: Recorded,
  target: string,
  times: number,
  expected?: InvocationExpectation,
): void {
  hold(checkInvokedTimes(host, target, times, expected), assertInvokedTimes);
}

/** These were invoked one after the other, others perhaps between them. @throws AssertionError */
export function assertInvokedInOrder(host: Recorded, steps: readonly InvocationStep[]): void {
  hold(checkInvokedInOrder(host, steps), assertInvokedInOrder);
}

/** All of these were invoked, and nothing else. @throws AssertionError */
export function assertInvokedOnly(host: Recorded, targets: readonly string[]): void {
  hold(checkInvokedOnly(host, targets), assertInvokedOnly);
}

/**
 * An invocation succeeded, with this payload.
 *
 * @param ref - `Service/function`: any of its invocations; or the id of one
 * @throws AssertionError
 */
export function assertSucceededWith(host: Recorded, ref: string, payload?: PayloadExpectation): void {
  hold(checkSucceededWith(host, ref, payload), assertSucceededWith);
}

/** A run failed so. @throws AssertionError */
export function assertFailedWith(host: Recorded, ref: string, expected?: FailureExpectation): void {
  hold(checkFailedWith(host, ref, expected), assertFailedWith);
}

/** Async work became a dead letter. @throws AssertionError */
export function assertDeadLettered(
  host: Recorded,
  ref: string,
  expected?: string | RegExp | DeadLetterExpectation,
): void {
  hold(checkDeadLettered(host, ref, expected), assertDeadLettered);
}

/** Async work was tried again; exactly `times` times if that is given. @throws AssertionError */
export function assertRetried(host: Recorded, ref: string, times?: number): void {
  hold(checkRetried(host, ref, times), assertRetried);
}

/** A message was published on a topic, or on one that a filter matches. @throws AssertionError */
export function assertPublished(host: Recorded, filter: string, payload?: PayloadExpectation): void {
  hold(checkPublished(host, filter, payload), assertPublished);
}

/** No such message was published. @throws AssertionError */
export function assertNotPublished(host: Recorded, filter: string, payload?: PayloadExpectation): void {
  hold(negate(checkPublished(host, filter, payload)), assertNotPublished);
}

/** A function printed this, or the host said it: `assertLogged(host, /low/)`, `assertLogged(host, 'EdgeFC/pump', /low/)`. @throws AssertionError */
export function assertLogged(host: Recorded, ...what: LogExpectation): void {
  hold(checkLogged(host, ...toLogged(what)), assertLogged);
}

/** Nobody printed this. @throws AssertionError */
export function assertNotLogged(host: Recorded, ...what: LogExpectation): void {
  hold(negate(checkLogged(host, ...toLogged(what))), assertNotLogged);
}

/** A part of what was printed; with a `Service/function` before it, only what that one printed. */
export type LogExpectation = [text: string | RegExp] | [target: string, text: string | RegExp];

export function toLogged(what: LogExpectation): [target: string | undefined, text: string | RegExp] {
  return what.length === 1 ? [undefined, what[0]] : [what[0], what[1]];
}

function negate({ pass, ...rest }: Verdict): Verdict {
  return { ...rest, pass: !pass };
}

/** `assertion`: the stack begins where the test called it. */
function hold({ pass, message }: Verdict, assertion: (...args: never) => void): void {
  if (!pass) throw new AssertionError({ message, operator: assertion.name, stackStartFn: assertion });
}
