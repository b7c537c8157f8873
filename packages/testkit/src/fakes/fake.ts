/**
 * `fake`: what stands in for a function, written down.
 *
 * What it makes is a description without a state. The host asks it about each call where the call would get its slot, so that
 * timeouts, retries, deadlines and back-off are the engine's own.
 */
import type { FunctionRef, TypedHandler } from '@edgefc/sdk';
import type { ErrorCode, UnhandledErrorType } from '@edgefc/sdk/internal';
import { ERROR_CODES, UNHANDLED_ERROR_TYPES } from '@edgefc/sdk/internal';
import { always, inSequence, makeFake, nthCall, toFake, whenMatches } from './combine.ts';
import { readDuration } from '../duration.ts';
import { describe, encodeError, encodeJson, encodeReply, type FakeErrorOptions } from './encode.ts';
import { typedFake, type TypedFakeBuilder } from './typed.ts';
import {
  FAKE,
  type Effect,
  type Fake,
  type FakeImplementation,
  type FakeMatch,
  type FakeValue,
  type SequenceFake,
} from './types.ts';

export interface FakeBuilder {
  /** Replies: text and bytes as they are, anything else as its JSON, as a handler's result. */
  reply(value: unknown): Fake;
  /** Replies with the JSON of `value`, of text too. */
  json(value: unknown): Fake;
  /** Fails as a handler that throws: `functionError: 'Handled'`. */
  error(thrown: unknown, options?: FakeErrorOptions): Fake;
  /** The instance fails around the handler: `functionError: 'Unhandled'`. `'Timeout'` takes the function's timeout. */
  unhandled(errorType: UnhandledErrorType, message?: string): Fake;
  /** `then`, after `time` (ms, or `'5s'`) of the host's time. */
  delay(time: number | string, then?: FakeValue): Fake;
  /** Never answers: the call ends with its deadline or the function's timeout, which costs the instance. */
  hang(): Fake;
  /** The instance is gone in the middle of the run: before `then` ran, or, with `then`, after it. */
  crash(then?: FakeValue): Fake;
  /** Calls `process.exit(code)` in the middle of the run. */
  exit(code?: number): Fake;
  /** Refused with ResourceExhausted where it would get its slot; a run of Async work is tried again, with back-off. */
  throttle(message?: string): Fake;
  /** Refused with `code`; Async work before it is accepted. */
  refuse(code: ErrorCode, message?: string): Fake;
  /** One after the other; the last one repeats, unless `.thenRepeat(x)`, `.thenFail()` or `.thenPass()` say otherwise. */
  sequence(...values: readonly [FakeValue, ...FakeValue[]]): SequenceFake;
  /** The first call only; the others are passed on. */
  once(value: FakeValue): Fake;
  /** The calls that `match` only: their payload, or what a function says to them; the others are passed on. */
  when(match: FakeMatch, value: FakeValue): Fake;
  /** The n-th call only, from 1; the others are passed on. */
  nth(n: number, value: FakeValue): Fake;
  /** The real function, said so: `fake.delay('2s', fake.real())`, `fake.sequence(fake.error('offline'), fake.real())`. */
  real(): Fake;
  /** Stands before a real function: what `value` passes on, `real` answers (a handler, or where it is, as in `functions`). */
  partial(real: string | URL | FakeImplementation, value: FakeValue): Fake;
  /** Typed: for a reference, or for the handler of `fake.for<typeof handler>()`. */
  for<In, Out>(ref: FunctionRef<In, Out>): TypedFakeBuilder<In, Out>;
  for<H extends TypedHandler<unknown, unknown>>(): TypedFakeBuilder<InputOf<H>, OutputOf<H>>;
}

type Types<H> = H extends { readonly '~types'?: infer T } ? Exclude<T, undefined> : never;
type InputOf<H> = Types<H> extends { readonly input: infer In } ? In : unknown;
type OutputOf<H> = Types<H> extends { readonly output: infer Out } ? Out : unknown;

/**
 * Makes fakes.
 *
 * @example
 * fakes: {
 *   'EdgeFC/helloworld': 'Message from helloworld',
 *   'Cloud/upload': fake.sequence(fake.error('offline'), 'ok'),
 *   'Plant/pump': fake.when({ on: true }, { state: 'on' }).otherwise(fake.delay('2s', { state: 'off' })),
 * }
 */
export const fake: FakeBuilder = {
  reply: (value) => simple(`fake.reply(${describe(value)})`, { kind: 'reply', payload: encodeReply(value) }),
  json: (value) => simple(`fake.json(${describe(value)})`, { kind: 'reply', payload: encodeJson(value, 'fake.json') }),
  error: (thrown, options = {}) =>
    simple(`fake.error(${describe(thrown instanceof Error ? thrown.message : thrown)})`, {
      kind: 'throw',
      ...encodeError(thrown, options),
    }),
  unhandled: failAround,
  delay: (time, then = '') => {
    const ms = readDuration(time, 'fake.delay(time): time');
    const { label, refuses, begin } = toFake(then)[FAKE];
    if (refuses) throw new TypeError(`fake.delay cannot delay ${label}: what is refused never gets to run`);
    const written = then === '' ? '' : `, ${label}`;
    return makeFake({
      label: `fake.delay(${describe(time)}${written})`,
      begin: () => {
        const decide = begin();
        return (call, moment) => {
          const effect = decide(call, moment);
          return effect && { kind: 'delay', ms, then: effect };
        };
      },
    });
  },
  hang: () => simple('fake.hang()', { kind: 'hang' }),
  crash: (then) => {
    const death = { last: undefined, exit: { kind: 'signal', signal: 'SIGSEGV' } } as const;
    if (then === undefined) return simple('fake.crash()', { kind: 'die', death });
    const { label, refuses, begin } = toFake(then)[FAKE];
    if (refuses) throw new TypeError(`fake.crash cannot come after ${label}: what is refused never gets to run`);
    return makeFake({
      label: `fake.crash(${label})`,
      begin: () => {
        const decide = begin();
        return (call, moment) => {
          const effect = decide(call, moment);
          return effect && { kind: 'dieAfter', death, then: effect };
        };
      },
    });
  },
  exit: (code = 0) =>
    simple(`fake.exit(${code})`, {
      kind: 'die',
      death: {
        last: { errorType: 'Exit', message: `the fake called process.exit(${code}) while the handler ran` },
        exit: { kind: 'code', code },
      },
    }),
  throttle: (message = 'the fake is throttled; try again later') =>
    refusal(`fake.throttle()`, { kind: 'refuse', at: 'start', code: 'ResourceExhausted', message }),
  refuse: (code, message) => {
    if (!Object.hasOwn(ERROR_CODES, code)) {
      throw new TypeError(
        `fake.refuse(code): code is ${describe(code)}: allowed ${Object.keys(ERROR_CODES).join(', ')}`,
      );
    }
    const said = message ?? `the fake refused the call: ${ERROR_CODES[code]}`;
    return refusal(`fake.refuse('${code}')`, { kind: 'refuse', at: 'accept', code, message: said });
  },
  sequence: (...values) => inSequence(values),
  once: (value) => toFake(value).once(),
  when: whenMatches,
  nth: nthCall,
  real: () => simple('fake.real()', { kind: 'real' }),
  partial: (real, value) => {
    const inner = toFake(value)[FAKE];
    return makeFake({ ...inner, label: `fake.partial(${describe(real)}, ${inner.label})`, real });
  },
  for: <In, Out>(_ref?: FunctionRef<In, Out>) => typedFake<In, Out>(),
};

function simple(label: string, effect: Effect): Fake {
  return makeFake({ label, begin: always(effect) });
}

function refusal(label: string, effect: Effect & { readonly kind: 'refuse' }): Fake {
  // What is refused at the front door is refused at the start as well: work may have been accepted before.
  return makeFake({
    label,
    refuses: true,
    begin: () => (_call, moment) => (moment === 'start' || effect.at === 'accept' ? effect : undefined),
  });
}

function failAround(errorType: UnhandledErrorType, message?: string): Fake {
  if (!Object.hasOwn(UNHANDLED_ERROR_TYPES, errorType)) {
    const allowed = Object.keys(UNHANDLED_ERROR_TYPES).join(', ');
    throw new TypeError(`fake.unhandled(errorType): errorType is ${describe(errorType)}: allowed ${allowed}`);
  }
  const label = `fake.unhandled('${errorType}'${message === undefined ? '' : `, ${describe(message)}`})`;
  switch (errorType) {
    case 'Timeout':
      return simple(label, { kind: 'hang' });
    case 'OutOfMemory':
      // Nothing is said any more by what has no memory left.
      return simple(label, {
        kind: 'die',
        death: { last: undefined, exit: { kind: 'outOfMemory', detail: message ?? 'the fake said so' } },
      });
    default:
      return simple(label, {
        kind: 'die',
        death: {
          last: { errorType, message: message ?? UNHANDLED_ERROR_TYPES[errorType] },
          exit: { kind: 'code', code: 1 },
        },
      });
  }
}
