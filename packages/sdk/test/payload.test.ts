import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asBuffer, isPayload, sizeAbove } from '../src/payload.ts';

describe('a payload', () => {
  it('may be text or bytes, also those of another realm', () => {
    const foreign: unknown = runInNewContext('new Uint8Array([1, 2])');
    expect(foreign).not.toBeInstanceOf(Uint8Array);
    for (const value of ['', 'text', Buffer.from('x'), new Uint8Array(2), foreign]) expect(isPayload(value)).toBe(true);
  });

  it.each([undefined, null, 1, {}, [], new ArrayBuffer(2), new DataView(new ArrayBuffer(2)), new Uint16Array(2)])(
    'may not be %o',
    (value) => {
      expect(isPayload(value)).toBe(false);
    },
  );

  it('has its size counted in bytes exactly where it is above the limit', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, limit) => {
        const size = Buffer.byteLength(text);
        expect(sizeAbove(text, limit)).toBe(size > limit ? size : undefined);
        expect(sizeAbove(Buffer.from(text), limit)).toBe(size > limit ? size : undefined);
      }),
    );
  });

  it('becomes a Buffer without being copied', () => {
    const bytes = new Uint8Array([0, 1, 2, 3]).subarray(1, 3);
    const buffer = asBuffer(bytes);
    bytes[0] = 9;
    expect([...buffer]).toEqual([9, 2]);
    expect(asBuffer(buffer)).toBe(buffer);
  });
});
