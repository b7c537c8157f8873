/** What handlers return and throw, whatever it is: never an exception, always something that can travel. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toErrorJson, toErrorPayload, toTypedErrorJson } from '../../src/engine/handler/error-payload.ts';
import { encodeResult } from '../../src/engine/handler/result.ts';

/** What a program does not do by accident, and a library may do all the same. */
const NASTY: Readonly<Record<string, () => unknown>> = {
  'a revoked proxy of an object': () => revoked({}),
  'a revoked proxy of a function': () => revoked(() => undefined),
  'a revoked proxy of an error': () => revoked(new Error('gone')),
  'a revoked proxy of an array': () => revoked([]),
  'a proxy whose every trap throws': () => new Proxy({}, new Proxy({}, { get: () => () => raise(new Error('trap')) })),
  'a proxy whose every trap throws a revoked proxy': () =>
    new Proxy({}, new Proxy({}, { get: () => () => raise(revoked({})) })),
  'an error whose getters throw': () =>
    withGetters(new Error('hidden'), ['message', 'name', 'stack', 'cause', 'errors'], () => raise(new Error('getter'))),
  'an object whose getters throw': () =>
    withGetters({}, ['message', 'stack', 'toJSON'], () => raise(new Error('getter'))),
  'an object whose getters throw themselves': () => {
    const object: object = withGetters({}, ['a'], () => raise(object));
    return object;
  },
  'a toJSON that throws its own object': () => {
    const object = { toJSON: () => raise(object) };
    return object;
  },
  'a toJSON that throws a new one of its kind': () => endless(),
  'a toStringTag that throws': () => ({
    toJSON: () => undefined,
    get [Symbol.toStringTag]() {
      return raise(new Error('tag'));
    },
  }),
  'a toJSON that returns undefined': () => ({ toJSON: () => undefined }),
  'a toJSON that throws a revoked proxy': () => ({ toJSON: () => raise(revoked({})) }),
  'a toJSON that throws a symbol': () => ({ toJSON: () => raise(Symbol('why')) }),
  'a toJSON that throws an object without a prototype': () => ({ toJSON: () => raise(Object.create(null)) }),
  'an error whose message is no string': () => Object.assign(new Error(), { message: 42, name: {}, stack: [] }),
  'a toJSON that throws an error without a proper message': () => ({
    toJSON: () => raise(Object.assign(new Error(), { message: 42 })),
  }),
  'a function whose toString throws': () => Object.assign(() => undefined, { toString: () => raise(new Error('no')) }),
  'a function whose toString gives no string': () => Object.assign(() => undefined, { toString: () => ({}) }),
  'a very long function': () => Object.assign(() => undefined, { toString: () => 'x'.repeat(1_000_000) }),
  'an object without a prototype': () => Object.create(null) as unknown,
  'a cycle': () => {
    const object: Record<string, unknown> = {};
    object['self'] = object;
    return object;
  },
  'an error that is its own cause': () => {
    const error = new Error('circular');
    error.cause = error;
    return error;
  },
  'errors that are each other’s cause': () => {
    const [one, other] = [new Error('one'), new Error('other')];
    one.cause = other;
    other.cause = one;
    return one;
  },
  'an AggregateError of itself': () => {
    const error = new AggregateError([], 'all');
    error.errors = Array.from({ length: 100 }, () => error);
    return error;
  },
  'an error whose errors are a revoked proxy': () => Object.assign(new Error('e'), { errors: revoked([]) }),
  'an error whose errors cannot be read': () =>
    Object.assign(new Error('e'), { errors: new Proxy([1, 2], { get: () => raise(new Error('trap')) }) }),
  'an error whose errors are endlessly many': () => Object.assign(new Error('e'), { errors: new Array(4_000_000_000) }),
  'an error whose errors have a slice of their own': () =>
    Object.assign(new Error('e'), { errors: Object.assign([1], { slice: () => 'no array' }) }),
  'an AggregateError of itself with a message of 8 MB': () => {
    const error = new AggregateError([], 'x'.repeat(8_000_000));
    error.errors = Array.from({ length: 100 }, () => error);
    return error;
  },
  'a frozen error': () => Object.freeze(new Error('frozen')),
  'a message of 8 MB': () => new Error('x'.repeat(8_000_000)),
  'a string of 8 MB': () => 'x'.repeat(8_000_000),
  'a stack of 100,000 lines': () =>
    Object.assign(new Error('deep'), { stack: 'Error\n' + '    at f (a.js:1:1)\n'.repeat(100_000) }),
  'a name of 1 MB': () => Object.assign(new Error('e'), { name: 'N'.repeat(1_000_000) }),
  'lone surrogates': () => new Error('\ud800 and \udc00'),
  nothing: () => undefined,
  null: () => null,
  'a symbol': () => Symbol('s'),
  'a BigInt': () => 2n ** 64n,
  'a BigInt inside': () => ({ deep: [1n] }),
  'a date that is none': () => new Date(NaN),
  NaN: () => NaN,
  'a map': () => new Map([[1, 2]]),
  'a deep nest': () => {
    let nest: unknown = [];
    for (let depth = 0; depth < 100_000; depth += 1) nest = [nest];
    return nest;
  },
  'a buffer whose memory was given away': () => {
    const bytes = new Uint8Array(8);
    structuredClone(bytes, { transfer: [bytes.buffer] });
    return bytes;
  },
  'a subclass of Uint8Array': () => new (class extends Uint8Array {})(4),
};

const anything = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withNullPrototype: true,
      withTypedArray: true,
      withSparseArray: true,
    }),
  },
  {
    weight: 1,
    arbitrary: fc
      .record(
        {
          message: fc.anything(),
          name: fc.anything(),
          stack: fc.anything(),
          cause: fc.anything(),
          errors: fc.anything(),
        },
        { requiredKeys: [] },
      )
      .map((own) => Object.assign(new Error('base'), own)),
  },
);

describe('toErrorPayload', () => {
  it.each(Object.keys(NASTY))('makes a bounded payload of %s', (name) => {
    expectBounded(NASTY[name]!());
  });

  it('makes a bounded payload of anything', () => {
    fc.assert(
      fc.property(anything, (thrown) => {
        expectBounded(thrown);
      }),
      { numRuns: 1000, seed: 20261122 },
    );
  });

  it('does not follow for ever what throws again when it is asked what it is', () => {
    expect(toErrorPayload(endless()).errorMessage.length).toBeLessThan(300);
  });

  it('keeps the message, the name and the frames of an ordinary error', () => {
    class PaymentError extends Error {
      override readonly name = 'PaymentError';
    }
    const payload = toErrorPayload(new PaymentError('no money', { cause: new Error('empty account') }));
    expect(payload).toMatchObject({ errorMessage: 'no money', errorType: 'PaymentError' });
    expect(payload.stackTrace[0]).toMatch(/^at .*settle-payloads/);
    expect(payload.stackTrace).toContain('Caused by: empty account');
  });

  it('says what was thrown when it was no error', () => {
    const said = ['text', 42, undefined, null, { code: 7 }, true, Symbol('s')].map((thrown) => {
      const { errorType, errorMessage } = toErrorPayload(thrown);
      return [errorType, errorMessage];
    });
    expect(said).toEqual([
      ['string', 'text'],
      ['number', '42'],
      ['undefined', 'undefined was thrown or passed instead of an Error'],
      ['null', 'null was thrown or passed instead of an Error'],
      ['object', '{"code":7}'],
      ['boolean', 'true'],
      ['symbol', 'Symbol(s)'],
    ]);
  });

  it('tells what an AggregateError is made of, ten of them at most', () => {
    const errors = Array.from({ length: 12 }, (_, n) => new Error(`e${n}`));
    expect(toErrorPayload(new AggregateError(errors, 'all failed')).errorMessage).toBe(
      'all failed [e0; e1; e2; e3; e4; e5; e6; e7; e8; e9; and 2 more]',
    );
  });
});

describe('encodeResult', () => {
  it.each(Object.keys(NASTY))('encodes or explains %s', (name) => {
    expectEncoded(NASTY[name]!());
  });

  it('encodes or explains anything', () => {
    fc.assert(
      fc.property(anything, (value) => {
        expectEncoded(value);
      }),
      { numRuns: 1000, seed: 20261122 },
    );
  });

  it('gives text and bytes back as they are, anything else as its JSON text, nothing as the empty string', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array(), fc.jsonValue(), fc.constant(undefined)),
        (value) => {
          const encoded = encodeResult(value);
          if (encoded.kind !== 'value') throw encoded.error;
          if (typeof value === 'string' || value instanceof Uint8Array) expect(encoded.value).toEqual(value);
          else if (value === undefined || value === null) expect(encoded.value).toBe('');
          else expect(encoded.value).toBe(JSON.stringify(value));
        },
      ),
      { numRuns: 150, seed: 20261122 },
    );
  });

  it('says why a value cannot be serialized, and what to do', () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    const why = [1n, circular, () => 1, Symbol('s')].map((value) => {
      const encoded = encodeResult(value);
      return encoded.kind === 'value' ? encoded.value : encoded.error.message;
    });
    expect(why).toEqual([
      'the result cannot be serialized as JSON: Do not know how to serialize a BigInt; return a string, a Buffer or a value that JSON.stringify takes',
      'the result cannot be serialized as JSON: Converting circular structure to JSON; return a string, a Buffer or a value that JSON.stringify takes',
      'the result cannot be serialized as JSON: it is a function, which JSON does not have; return a string, a Buffer or a value that JSON.stringify takes',
      'the result cannot be serialized as JSON: it is a symbol, which JSON does not have; return a string, a Buffer or a value that JSON.stringify takes',
    ]);
  });
});

function expectBounded(thrown: unknown): void {
  const json = toErrorJson(thrown);
  expect(json.length).toBeLessThan(1_000_000);
  const payload = JSON.parse(json) as Record<string, unknown>;
  expect(Object.keys(payload).sort()).toEqual(['errorMessage', 'errorType', 'stackTrace']);
  expect(typeof payload['errorMessage']).toBe('string');
  expect(typeof payload['errorType']).toBe('string');
  const { stackTrace } = toErrorPayload(thrown);
  expect(stackTrace.length).toBeLessThanOrEqual(64);
  expect(stackTrace.every((line) => typeof line === 'string')).toBe(true);
  const typed = JSON.parse(toTypedErrorJson('LoadError', thrown, 'cannot load it: ')) as Record<string, unknown>;
  expect(typed['errorType']).toBe('LoadError');
  expect(String(typed['errorMessage']).startsWith('cannot load it: ')).toBe(true);
}

function expectEncoded(value: unknown): void {
  const encoded = encodeResult(value);
  if (encoded.kind === 'unserializable') {
    expect(encoded.error.message).toMatch(/^the result cannot be serialized as JSON: .+; return a string, a Buffer/s);
    expect(encoded.error.message.length).toBeLessThan(10_000);
  } else if (typeof encoded.value !== 'string') {
    // What travels is a copy.
    expect(new Uint8Array(encoded.value).byteLength).toBe(encoded.value.byteLength);
  }
}

function raise(thrown: unknown): never {
  throw thrown;
}

function revoked<T extends object>(target: T): T {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function withGetters<T extends object>(object: T, names: readonly string[], get: () => unknown): T {
  for (const name of names) Object.defineProperty(object, name, { get, enumerable: true });
  return object;
}

/** Each attempt to serialize it throws another one like it. */
function endless(): object {
  return { toJSON: () => raise(endless()) };
}
