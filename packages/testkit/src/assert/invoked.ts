/** Checks of what was invoked: whether, how often, in which order, and nothing else. */
import type { RecordedInvocation } from '../record/model.ts';
import type { TestRecord } from '../record/record.ts';
import { count } from '../record/words.ts';
import { STRICT, type Comparison } from './compare.ts';
import { assertExpectation, mismatchesOf, type InvocationExpectation, type Mismatch } from './expectation.ts';
import { printInline } from './print.ts';
import { judge, type Recorded, type Verdict } from './verdict.ts';

/** One of several invocations in order: a target, or one with what to expect of it. */
export type InvocationStep = string | (InvocationExpectation & { readonly target: string });

/** Whether `target` was invoked, that is, accepted, at least once as expected. */
export function checkInvoked(
  { record }: Recorded,
  target: string,
  expected?: InvocationExpectation,
  by: Comparison = STRICT,
): Verdict {
  assertExpectation('toHaveInvoked', expected);
  const found = matching(record, target, expected, by);
  const [first] = found;
  return judge(record, first !== undefined, () =>
    first === undefined
      ? [`expected ${describeStep(target, expected)} to be invoked`, ...whyNot(record, target, expected, by)]
      : [
          `expected ${describeStep(target, expected)} not to be invoked`,
          `it was, ${count(found.length, 'time')}: ${found.map(({ n }) => `#${n}`).join(', ')}`,
        ],
  );
}

/** Whether `target` was invoked exactly so often. */
export function checkInvokedTimes(
  { record }: Recorded,
  target: string,
  times: number,
  expected?: InvocationExpectation,
  by: Comparison = STRICT,
): Verdict {
  assertExpectation('toHaveInvokedTimes', expected);
  const found = matching(record, target, expected, by);
  return judge(record, found.length === times, () => {
    const what = `expected ${describeStep(target, expected)}`;
    if (found.length === times) return [`${what} to be invoked another number of times than ${times}`];
    const which = found.length === 0 ? '' : `: ${found.map(({ n }) => `#${n}`).join(', ')}`;
    return [
      `${what} to be invoked ${count(times, 'time')}`,
      `it was invoked ${count(found.length, 'time')}${which}`,
      ...(found.length === 0 ? whyNot(record, target, expected, by) : []),
    ];
  });
}

/** Whether these were invoked one after the other, others perhaps between them. */
export function checkInvokedInOrder(
  { record }: Recorded,
  steps: readonly InvocationStep[],
  by: Comparison = STRICT,
): Verdict {
  const wanted = steps.map((step) => {
    if (typeof step === 'string') return { target: step, expected: undefined };
    const { target, ...expected } = step;
    assertExpectation('toHaveInvokedInOrder', expected);
    return { target, expected };
  });
  const found: RecordedInvocation[] = [];
  const accepted = acceptedOf(record);
  let next = 0;
  for (const { target, expected = {} } of wanted) {
    const at = accepted.findIndex(
      (one, index) => index >= next && one.target === target && mismatchesOf(one, expected, by).length === 0,
    );
    const one = accepted[at];
    if (one === undefined) break;
    found.push(one);
    next = at + 1;
  }
  const missing = wanted[found.length];
  return judge(record, missing === undefined, () => {
    const list = wanted.map(({ target, expected }) => `  ${describeStep(target, expected)}`);
    const trail = found.map(({ n, target }) => `#${n} ${target}`).join(', ');
    if (missing === undefined)
      return ['expected these not to be invoked in this order', ...list, `they were: ${trail}`];
    const what = describeStep(missing.target, missing.expected);
    const earlier = matching(record, missing.target, missing.expected, by).map(({ n }) => `#${n}`);
    return [
      'expected these to be invoked in this order',
      ...list,
      found.length === 0 ? `${what} was not invoked` : `after ${trail} there was no ${what}`,
      ...(earlier.length > 0 && found.length > 0 ? [`there was before: ${earlier.join(', ')}`] : []),
      ...(earlier.length === 0 ? whyNot(record, missing.target, missing.expected, by) : []),
    ];
  });
}

/** Whether all of these were invoked, and nothing else was. */
export function checkInvokedOnly({ record }: Recorded, targets: readonly string[]): Verdict {
  const accepted = acceptedOf(record);
  const others = accepted.filter(({ target }) => !targets.includes(target));
  const missing = targets.filter((wanted) => !accepted.some(({ target }) => target === wanted));
  return judge(record, others.length + missing.length === 0, () => {
    const list = targets.join(', ') || 'nothing';
    if (others.length + missing.length === 0) return [`expected something else than ${list} to be invoked, too`];
    return [
      `expected only ${list} to be invoked`,
      ...others.map(({ n, target }) => `${target} was invoked, too: #${n}`),
      ...missing.map((target) => `${target} was not invoked`),
    ];
  });
}

/** Invocations that were accepted: what was refused at the door never was one. */
function acceptedOf(record: TestRecord): readonly RecordedInvocation[] {
  return record.invocations().filter(({ state }) => state !== 'Refused');
}

function matching(
  record: TestRecord,
  target: string,
  expected: InvocationExpectation = {},
  by: Comparison,
): readonly RecordedInvocation[] {
  return acceptedOf(record).filter((one) => one.target === target && mismatchesOf(one, expected, by).length === 0);
}

/** Of the invocations of `target`, what the nearest one differs in; or why there is none. */
function whyNot(
  record: TestRecord,
  target: string,
  expected: InvocationExpectation = {},
  by: Comparison,
): readonly string[] {
  const own = acceptedOf(record).filter((one) => one.target === target);
  let nearest: { readonly invocation: RecordedInvocation; readonly differences: readonly Mismatch[] } | undefined;
  for (const invocation of own) {
    const differences = mismatchesOf(invocation, expected, by);
    if (nearest === undefined || differences.length < nearest.differences.length) nearest = { invocation, differences };
  }
  if (nearest === undefined) return whyNever(record, target);
  const { invocation, differences } = nearest;
  const lines = differences.flatMap(({ field, describe }) => [
    `  ${field} (- expected, + received)`,
    ...describe().map((line) => `    ${line}`),
  ]);
  const which =
    own.length === 1
      ? `it was invoked once, as #${invocation.n}, which differs in`
      : `of its ${own.length} invocations the nearest, #${invocation.n}, differs in`;
  return [which, ...lines];
}

/** Why `target` was never invoked, as far as one can see. */
export function whyNever(record: TestRecord, target: string): readonly string[] {
  const refused = record.invocations({ target, state: 'Refused' });
  if (refused.length > 0) {
    return refused.map(({ n, outcome }) => {
      const why = outcome?.kind === 'refused' ? `${outcome.code}: ${outcome.message}` : '';
      return `it was asked for and refused, as #${n}: ${why}`;
    });
  }
  const near = record.nearest(target);
  const names = new Set(acceptedOf(record).map((one) => one.target));
  if (near.length > 0) {
    const known = near.map((name) => `'${name}'${names.has(name) ? ', which was invoked' : ''}`);
    return [`it was not. Did you mean ${known.join(', or ')}?`];
  }
  if (names.size === 0) return ['it was not; nothing was invoked'];
  return [`it was not; invoked were ${[...names].join(', ')}`];
}

function describeStep(target: string, expected: InvocationExpectation = {}): string {
  const fields = Object.entries(expected).filter(([, value]) => value !== undefined);
  if (fields.length === 0) return target;
  return `${target} with ${fields.map(([name, value]) => `${name} ${printInline(value)}`).join(', ')}`;
}
