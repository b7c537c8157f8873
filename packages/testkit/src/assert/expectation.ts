/** What a test may expect of an invocation, and in which fields one differs from that. */
import { nearestNames } from '@edgefc/sdk/internal';
import type { RecordedInvocation } from '../record/model.ts';
import { askerOf, isFrom } from '../record/record.ts';
import {
  describeDifference,
  describePayloadDifference,
  equalsAsJson,
  matchesPayload,
  type Comparison,
  type PayloadExpectation,
} from './compare.ts';
import { printInline } from './print.ts';

/** Everything that is given has to fit. */
export interface InvocationExpectation {
  readonly payload?: PayloadExpectation | undefined;
  /** The decoded context, or a function that looks at it. */
  readonly invokerContext?: object | ((context: Readonly<Record<string, unknown>>) => boolean) | undefined;
  readonly type?: 'Sync' | 'Async' | undefined;
  /** `Service/function` that asked, or `'outside'`, `'timer'`, `'route'`, `'destination'`, `'stored'`. */
  readonly from?: string | undefined;
  /** It came to a run with this number, 1-based. */
  readonly attempt?: number | undefined;
  /** ms before it might start. */
  readonly delay?: number | undefined;
  readonly dedupeKey?: string | undefined;
  readonly orderKey?: string | undefined;
  readonly maxRetries?: number | undefined;
}

/** A field that is not as expected; what it says is put together when it is asked for. */
export interface Mismatch {
  readonly field: string;
  readonly describe: () => readonly string[];
}

type Field = keyof InvocationExpectation;

const FIELDS: readonly Field[] = [
  'payload',
  'invokerContext',
  'type',
  'from',
  'attempt',
  'delay',
  'dedupeKey',
  'orderKey',
  'maxRetries',
];

/** @throws TypeError when `expected` is none: what is not looked at would make a test pass that checks nothing */
export function assertExpectation(what: string, expected: unknown): void {
  if (expected === undefined) return;
  if (typeof expected !== 'object' || expected === null || Array.isArray(expected)) {
    throw new TypeError(`${what} takes an object of what to expect: write { payload: ${printInline(expected)} }`);
  }
  assertKeys(what, expected, FIELDS);
}

/** @throws TypeError when `object` has another key */
export function assertKeys(what: string, object: object, known: readonly string[]): void {
  const wrong = Object.keys(object).find((key) => !known.includes(key));
  if (wrong === undefined) return;
  const [near] = nearestNames(wrong, known, 1);
  const hint = near === undefined ? '' : `did you mean '${near}'? `;
  throw new TypeError(`${what} knows no '${wrong}': ${hint}there are ${known.join(', ')}`);
}

/** The fields in which `invocation` is not as expected. */
export function mismatchesOf(
  invocation: RecordedInvocation,
  expected: InvocationExpectation,
  by: Comparison,
): readonly Mismatch[] {
  return FIELDS.flatMap((field) => {
    const describe = compareField(field, invocation, expected, by);
    return describe === undefined ? [] : [{ field, describe }];
  });
}

function compareField(
  field: Field,
  invocation: RecordedInvocation,
  expected: InvocationExpectation,
  by: Comparison,
): Mismatch['describe'] | undefined {
  switch (field) {
    case 'payload': {
      const { payload } = expected;
      if (payload === undefined || matchesPayload(invocation, payload, by)) return undefined;
      return () => describePayloadDifference(invocation, payload);
    }
    case 'invokerContext': {
      const wanted = expected.invokerContext;
      const received = invocation.invokerContext;
      if (wanted === undefined) return undefined;
      if (typeof wanted === 'function') {
        const says = wanted as (context: typeof received) => boolean;
        return says(received) ? undefined : () => [`the predicate says no to ${printInline(received)}`];
      }
      return equalsAsJson(received, wanted, by) ? undefined : () => describeDifference(received, wanted);
    }
    case 'from': {
      const { from } = expected;
      if (from === undefined || isFrom(invocation, from)) return undefined;
      return () => describeDifference(askerOf(invocation.origin) ?? invocation.origin.kind, from);
    }
    case 'attempt': {
      const { attempt } = expected;
      const runs = invocation.attempts.map((one) => one.attempt);
      if (attempt === undefined || runs.includes(attempt)) return undefined;
      return () => [
        `expected a run ${attempt}; there ${runs.length === 1 ? 'was' : 'were'} ${runs.join(', ') || 'none'}`,
      ];
    }
    case 'type':
    case 'delay':
    case 'dedupeKey':
    case 'orderKey':
    case 'maxRetries': {
      const wanted = expected[field];
      const received = invocation[field];
      if (wanted === undefined || by.equals(received, wanted)) return undefined;
      return () => describeDifference(received, wanted);
    }
  }
}
