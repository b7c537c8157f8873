/**
 * Fakes made of fakes: first this, then that; only for some calls; otherwise another one.
 *
 * Each keeps its count in `begin`, so that one description serves many hosts. A call that is only asked about at the front
 * door (Async work, before it is accepted) is counted there if it is refused there, and not otherwise: it comes again when it runs.
 */
import { isDeepStrictEqual } from 'node:util';
import { describe, encodeReply, readCount } from './encode.ts';
import {
  FAKE,
  type Decide,
  type Effect,
  type Fake,
  type FakeCall,
  type FakeImplementation,
  type FakeMatch,
  type FakeParts,
  type FakeValue,
  type Moment,
  type SequenceFake,
} from './types.ts';

/** By what it carries, not by its class: another copy of the testkit may have made it. */
export function isFake(value: unknown): value is Fake {
  return typeof value === 'object' && value !== null && FAKE in value;
}

/** The function that `fake.partial` stands before: a handler, or where it is. */
export function realOf(value: FakeValue): unknown {
  return isFake(value) ? value[FAKE].real : undefined;
}

/** What a test gave as a fake. */
export function toFake(value: FakeValue | undefined): Fake {
  if (isFake(value)) return value;
  if (typeof value === 'function') {
    const effect: Effect = { kind: 'perform', implementation: value as FakeImplementation };
    return makeFake({ label: describe(value), begin: always(effect) });
  }
  return makeFake({ label: describe(value), begin: always({ kind: 'reply', payload: encodeReply(value) }) });
}

export function makeFake(parts: Pick<FakeParts, 'label' | 'begin'> & Partial<FakeParts>): Fake {
  return new MadeFake({ refuses: false, real: undefined, ...parts });
}

/** The same for every call that gets to run. */
export function always(effect: Effect): () => Decide {
  return () => (_call, moment) => (moment === 'start' ? effect : undefined);
}

class MadeFake implements Fake {
  readonly [FAKE]: FakeParts;

  constructor(parts: FakeParts) {
    this[FAKE] = parts;
  }

  once(): Fake {
    return this.times(1);
  }

  times(count: number): Fake {
    const { label, begin, ...rest } = this[FAKE];
    const most = readCount(count, `${label}.times(count): count`);
    return new MadeFake({
      ...rest,
      label: most === 1 ? `${label}.once()` : `${label}.times(${most})`,
      begin: () => {
        const decide = begin();
        let used = 0;
        return (call, moment) => {
          if (used >= most) return undefined;
          const effect = decide(call, moment);
          // What it passes on itself is none of its calls.
          if (effect !== undefined) used += 1;
          return effect;
        };
      },
    });
  }

  otherwise(next: FakeValue): Fake {
    const first = this[FAKE];
    const second = toFake(next)[FAKE];
    return new MadeFake({
      label: `${first.label}.otherwise(${second.label})`,
      refuses: first.refuses || second.refuses,
      real: first.real ?? second.real,
      begin: () => {
        const [decide, orElse] = [first.begin(), second.begin()];
        return (call, moment) => {
          // At the front door the first only says whether it refuses: whether it answers at all is seen when the work runs.
          return decide(call, moment) ?? orElse(call, moment);
        };
      },
    });
  }

  when(match: FakeMatch, value: FakeValue): Fake {
    return this.otherwise(whenMatches(match, value));
  }

  toString(): string {
    return this[FAKE].label;
  }
}

/** `value` for the calls that `match`; the others are passed on. */
export function whenMatches(match: FakeMatch, value: FakeValue): Fake {
  const inner = toFake(value)[FAKE];
  const matches = toPredicate(match);
  return makeFake({
    ...inner,
    label: `fake.when(${describe(match)}, ${inner.label})`,
    begin: () => {
      const decide = inner.begin();
      return (call, moment) => (matches(call) ? decide(call, moment) : undefined);
    },
  });
}

function toPredicate(match: FakeMatch): (call: FakeCall) => boolean {
  if (typeof match === 'function') return (call) => Boolean(match(call));
  if (typeof match === 'string') return ({ text }) => text === match;
  if (match instanceof Uint8Array) return ({ payload }) => Buffer.from(payload).equals(match);
  return ({ json }) => isDeepStrictEqual(json, match);
}

/** `value` for the call of this number, counted from 1; the others are passed on. */
export function nthCall(n: number, value: FakeValue): Fake {
  const wanted = readCount(n, 'fake.nth(n): n');
  const inner = toFake(value)[FAKE];
  return makeFake({
    ...inner,
    label: `fake.nth(${wanted}, ${inner.label})`,
    begin: () => {
      const decide = inner.begin();
      let seen = 0;
      return (call, moment) => {
        const effect = seen + 1 === wanted ? decide(call, moment) : undefined;
        if (moment === 'start' || effect !== undefined) seen += 1;
        return effect;
      };
    },
  });
}

/** What a sequence does when it is over. */
type After =
  | { readonly kind: 'repeat' }
  | { readonly kind: 'pass' }
  | { readonly kind: 'fail' }
  | { readonly kind: 'other'; readonly fake: Fake };

/** One after the other. */
export function inSequence(values: readonly FakeValue[]): SequenceFake {
  if (values.length === 0) throw new TypeError('fake.sequence() is empty: give the answers, one after the other');
  return new Sequence(values.map(toFake), { kind: 'repeat' });
}

class Sequence extends MadeFake implements SequenceFake {
  readonly #steps: readonly Fake[];

  constructor(steps: readonly Fake[], after: After) {
    const label = `fake.sequence(${steps.join(', ')})${describeAfter(after)}`;
    const last = after.kind === 'other' ? [after.fake] : [];
    super({
      label,
      refuses: [...steps, ...last].some((step) => step[FAKE].refuses),
      real: undefined,
      begin: () => {
        const decides = steps.map((step) => step[FAKE].begin());
        const afterwards = last[0]?.[FAKE].begin();
        let used = 0;
        return (call, moment) => {
          const over = used >= decides.length;
          if (over && after.kind === 'fail') return tooMany(label, decides.length, moment);
          if (over && after.kind === 'pass') return undefined;
          const decide = over ? (afterwards ?? decides.at(-1)) : decides[used];
          const effect = decide?.(call, moment);
          if (moment === 'start' || effect !== undefined) used += 1;
          return effect;
        };
      },
    });
    this.#steps = steps;
  }

  thenRepeat(value: FakeValue): Fake {
    return new Sequence(this.#steps, { kind: 'other', fake: toFake(value) });
  }

  thenFail(): Fake {
    return new Sequence(this.#steps, { kind: 'fail' });
  }

  thenPass(): Fake {
    return new Sequence(this.#steps, { kind: 'pass' });
  }
}

function tooMany(label: string, length: number, moment: Moment): Effect | undefined {
  if (moment === 'accept') return undefined;
  return {
    kind: 'unexpected',
    message: `${label} has ${length} ${length === 1 ? 'answer' : 'answers'}, and this is one call more`,
  };
}

function describeAfter(after: After): string {
  switch (after.kind) {
    case 'repeat':
      return '';
    case 'pass':
      return '.thenPass()';
    case 'fail':
      return '.thenFail()';
    case 'other':
      return `.thenRepeat(${after.fake.toString()})`;
  }
}
