import { describe, expect, it } from 'vitest';
import { describeValue, formatBytes } from '../src/describe-value.ts';

describe('a value in a message', () => {
  const hostile = {
    get [Symbol.toStringTag]() {
      throw new Error('no');
    },
    toString() {
      throw new Error('no');
    },
  };
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();

  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    ['a\n"b"', 'the string "a\\n\\"b\\""'],
    [7, 'the number 7'],
    [true, 'the boolean true'],
    [1n, 'a BigInt'],
    [Symbol('x'), 'a symbol'],
    [() => 1, 'a function'],
    [[], 'an Array'],
    [new Date(NaN), 'a Date'],
    [Promise.resolve(), 'a Promise (await it first)'],
    [new ArrayBuffer(1), 'an ArrayBuffer'],
    [new Uint16Array(1), 'a Uint16Array'],
    [new DataView(new ArrayBuffer(1)), 'a DataView'],
    [new RangeError('x'), 'an Error'],
    [new Map(), 'a Map'],
    [new Set(), 'a Set'],
    [{}, 'an object'],
    [Object.create(null), 'an object'],
  ])('%# is described', (value, expected) => {
    expect(describeValue(value)).toBe(expected);
  });

  it('is described whatever it does', () => {
    expect(describeValue(hostile)).toBe('an object');
    expect(describeValue(revoked.proxy)).toBe('a Proxy');
  });
});

describe('a size in a message', () => {
  it.each([
    [10, '10 bytes'],
    [1024, '1,024 bytes (1 KiB)'],
    [1_572_864, '1,572,864 bytes (1.5 MiB)'],
    [33_554_433, '33,554,433 bytes (32 MiB)'],
    [3 * 1024 ** 3, '3,221,225,472 bytes (3 GiB)'],
  ])('%d is exact and readable', (bytes, expected) => {
    expect(formatBytes(bytes)).toBe(expected);
  });
});
