/** Checks of how invocations ended: with what, after how many runs, as dead letters. */
import type { RecordedInvocation, RecordedOutcome } from '../record/model.ts';
import type { TestRecord } from '../record/record.ts';
import { count, Words } from '../record/words.ts';
import {
  describePayloadDifference,
  findsText,
  matchesPayload,
  STRICT,
  type Comparison,
  type PayloadExpectation,
} from './compare.ts';
import { assertKeys } from './expectation.ts';
import { whyNever } from './invoked.ts';
import { printInline } from './print.ts';
import { judge, type Recorded, type Verdict } from './verdict.ts';

/** What a failure is to be: a part of its message, or its parts. Everything that is given has to fit. */
export type FailureExpectation = string | RegExp | FailureFields;

export interface FailureFields {
  /** Of an error its name (`'TypeError'`), of what was refused the code (`'DeadlineExceeded'`). */
  readonly errorType?: string | RegExp | undefined;
  /** A part of the message. */
  readonly errorMessage?: string | RegExp | undefined;
  /** `null`: there was no answer of the function. */
  readonly functionError?: 'Handled' | 'Unhandled' | null | undefined;
  /** The run that failed so, 1-based. Default: any. */
  readonly attempt?: number | undefined;
}

export interface DeadLetterExpectation extends Omit<FailureFields, 'attempt'> {
  /** `Failed`: its attempts were used up, or another was no use. `Expired`: it became too old. */
  readonly state?: 'Failed' | 'Expired' | undefined;
  /** Runs that it had. */
  readonly attempts?: number | undefined;
}

/** A failure in the fields that an expectation has. */
interface Failure {
  readonly n: number;
  readonly attempt: number | undefined;
  readonly outcome: RecordedOutcome | undefined;
  readonly errorType: string;
  readonly errorMessage: string;
  readonly functionError: 'Handled' | 'Unhandled' | null;
}

const FAILURE_FIELDS = ['errorType', 'errorMessage', 'functionError', 'attempt'];
const DEAD_LETTER_FIELDS = ['errorType', 'errorMessage', 'functionError', 'state', 'attempts'];

/**
 * Whether an invocation succeeded, with this payload if one is given.
 *
 * @param ref - `Service/function`: any of its invocations; or the id of one, or its number in the tree (`'#3'`)
 */
export function checkSucceededWith(
  { record }: Recorded,
  ref: string,
  payload?: PayloadExpectation,
  by: Comparison = STRICT,
): Verdict {
  const wanted = select(record, ref);
  const found = wanted.flatMap(({ n, state, outcome }) =>
    state === 'Succeeded' && outcome?.kind === 'succeeded' ? [{ n, outcome }] : [],
  );
  const fitting = payload === undefined ? found : found.filter(({ outcome }) => matchesPayload(outcome, payload, by));
  return judge(record, fitting.length > 0, () => {
    const what = payload === undefined ? '' : ` with ${printInline(payload)}`;
    if (fitting.length > 0) return [`expected ${ref} not to succeed${what}`, `${list(fitting)} did`];
    const lines = [`expected ${ref} to succeed${what}`];
    const [first] = found;
    if (first === undefined || payload === undefined) return [...lines, ...describeEnds(record, ref, wanted)];
    const other = found.length === 1 ? '' : `, and so did ${found.length - 1} more`;
    const difference = describePayloadDifference(first.outcome, payload).map((line) => `    ${line}`);
    return [...lines, `#${first.n} succeeded with something else${other}`, '  (- expected, + received)', ...difference];
  });
}

/**
 * Whether a run failed so; that of a Sync call, or any run of Async work, also when a later one succeeded.
 *
 * @param ref - as for {@link checkSucceededWith}
 */
export function checkFailedWith({ record }: Recorded, ref: string, expected?: FailureExpectation): Verdict {
  const fields = toFields('toHaveFailedWith', expected, FAILURE_FIELDS);
  const wanted = select(record, ref);
  const failures = wanted.flatMap(failuresOf);
  const fitting = failures.filter((failure) => fits(failure, fields));
  return judge(record, fitting.length > 0, () => {
    const what = describeFields(fields);
    if (fitting.length > 0) return [`expected ${ref} not to fail${what}`, `${list(fitting)} did`];
    const lines = [`expected ${ref} to fail${what}`];
    if (failures.length === 0) return [...lines, ...describeEnds(record, ref, wanted)];
    return [...lines, ...failures.map((failure) => `it failed otherwise: ${describeFailure(failure)}`)];
  });
}

/**
 * Whether Async work became a dead letter: it failed for good, or became too old. Also when it was redriven since.
 *
 * @param ref - as for {@link checkSucceededWith}
 */
export function checkDeadLettered(
  { record }: Recorded,
  ref: string,
  expected?: string | RegExp | DeadLetterExpectation,
): Verdict {
  const fields = toFields('toHaveBeenDeadLettered', expected, DEAD_LETTER_FIELDS);
  const { state, attempts } = typeof expected === 'object' && !isText(expected) ? expected : {};
  const wanted = select(record, ref);
  const dead = wanted.filter(({ deadLettered }) => deadLettered !== undefined);
  const fitting = dead.filter((one) => {
    if (state !== undefined && one.state !== state) return false;
    if (attempts !== undefined && one.attempts.length !== attempts) return false;
    if (!isDemanding(fields)) return true;
    const failure = failuresOf(one).at(-1);
    return failure !== undefined && fits(failure, fields);
  });
  return judge(record, fitting.length > 0, () => {
    const parts = [
      ...(state === undefined ? [] : [`state ${state}`]),
      ...(attempts === undefined ? [] : [count(attempts, 'attempt')]),
    ];
    const what = `${describeFields(fields)}${parts.length === 0 ? '' : `, ${parts.join(', ')}`}`;
    if (fitting.length > 0) return [`expected ${ref} not to become a dead letter${what}`, `${list(fitting)} did`];
    const lines = [`expected ${ref} to become a dead letter${what}`];
    if (dead.length === 0) return [...lines, ...describeEnds(record, ref, wanted)];
    return [
      ...lines,
      ...dead.map((one) => {
        const failure = failuresOf(one).at(-1);
        const why = failure === undefined ? one.state : describeFailure(failure);
        return `it became another: ${why}, state ${one.state}, ${count(one.attempts.length, 'attempt')}`;
      }),
    ];
  });
}

/**
 * Whether Async work was tried again; exactly `times` times if that is given.
 *
 * @param ref - as for {@link checkSucceededWith}
 */
export function checkRetried({ record }: Recorded, ref: string, times?: number): Verdict {
  const wanted = select(record, ref);
  const fitting = wanted.filter((one) => (times === undefined ? retriesOf(one) > 0 : retriesOf(one) === times));
  return judge(record, fitting.length > 0, () => {
    const what = times === undefined ? '' : ` ${count(times, 'time')}`;
    if (fitting.length > 0) return [`expected ${ref} not to be tried again${what}`, `${list(fitting)} was`];
    if (wanted.length === 0) return [`expected ${ref} to be tried again${what}`, ...whyNever(record, ref)];
    return [
      `expected ${ref} to be tried again${what}`,
      ...wanted.map((one) => `#${one.n} was tried again ${count(retriesOf(one), 'time')}`),
    ];
  });
}

/** One invocation by its id or number, or all of a target. */
function select(record: TestRecord, ref: string): readonly RecordedInvocation[] {
  const one = record.invocation(ref);
  return one === undefined ? record.invocations({ target: ref }) : [one];
}

function retriesOf({ attempts }: RecordedInvocation): number {
  return Math.max(0, attempts.length - 1);
}

function failuresOf({ n, attempts, outcome }: RecordedInvocation): Failure[] {
  // What was refused at the door had no run.
  const ends: readonly { readonly attempt: number | undefined; readonly outcome: RecordedOutcome | undefined }[] =
    attempts.length > 0 ? attempts : [{ attempt: undefined, outcome }];
  return ends.flatMap((end): Failure[] => {
    const { attempt } = end;
    switch (end.outcome?.kind) {
      case undefined:
      case 'succeeded':
        return [];
      case 'failed': {
        const { errorType, errorMessage, functionError } = end.outcome;
        return [{ n, attempt, outcome: end.outcome, errorType, errorMessage, functionError }];
      }
      case 'refused': {
        const { code, message } = end.outcome;
        return [{ n, attempt, outcome: end.outcome, errorType: code, errorMessage: message, functionError: null }];
      }
      case 'lost': {
        const why = 'the host was killed';
        return [{ n, attempt, outcome: end.outcome, errorType: 'Lost', errorMessage: why, functionError: null }];
      }
    }
  });
}

function toFields(
  what: string,
  expected: FailureExpectation | DeadLetterExpectation | undefined,
  known: readonly string[],
): FailureFields {
  if (expected === undefined) return {};
  if (isText(expected)) return { errorMessage: expected };
  assertKeys(what, expected, known);
  return expected;
}

function isText(value: FailureExpectation | DeadLetterExpectation): value is string | RegExp {
  return typeof value === 'string' || Object.prototype.toString.call(value) === '[object RegExp]';
}

function isDemanding({ errorType, errorMessage, functionError }: FailureFields): boolean {
  return errorType !== undefined || errorMessage !== undefined || functionError !== undefined;
}

function fits(failure: Failure, { errorType, errorMessage, functionError, attempt }: FailureFields): boolean {
  if (typeof errorType === 'string' ? failure.errorType !== errorType : !isFound(failure.errorType, errorType)) {
    return false;
  }
  if (!isFound(failure.errorMessage, errorMessage)) return false;
  if (functionError !== undefined && failure.functionError !== functionError) return false;
  return attempt === undefined || failure.attempt === attempt;
}

function isFound(text: string, expected: string | RegExp | undefined): boolean {
  return expected === undefined || findsText(text, expected);
}

function describeFields({ errorType, errorMessage, functionError, attempt }: FailureFields): string {
  const parts = [
    ...(errorType === undefined ? [] : [`errorType ${show(errorType)}`]),
    ...(errorMessage === undefined ? [] : [`message ${show(errorMessage)}`]),
    ...(functionError === undefined ? [] : [`functionError ${String(functionError)}`]),
    ...(attempt === undefined ? [] : [`attempt ${attempt}`]),
  ];
  return parts.length === 0 ? '' : ` with ${parts.join(', ')}`;
}

function show(text: string | RegExp): string {
  return typeof text === 'string' ? JSON.stringify(text) : String(text);
}

function describeFailure({ n, attempt, errorType, errorMessage, functionError }: Failure): string {
  const run = attempt === undefined || attempt === 1 ? '' : `, attempt ${attempt}`;
  const how = functionError ?? 'no answer';
  return `${errorType}: ${errorMessage} (${how}, #${n}${run})`;
}

/** How the invocations ended that did not end as expected; or why there are none. */
function describeEnds(record: TestRecord, ref: string, wanted: readonly RecordedInvocation[]): readonly string[] {
  if (wanted.length === 0) return whyNever(record, ref);
  const words = new Words(500, () => undefined);
  return wanted.map((one) => `#${one.n} ${one.target}: ${words.state(one)}`);
}

function list(found: readonly { readonly n: number }[]): string {
  return [...new Set(found.map(({ n }) => `#${n}`))].join(', ');
}
