/** Which buffers are moved to the other thread. */
import { describe, expect, it } from 'vitest';
import { fromWire, Kind, LONG_TEXT, toWire, wireSize } from '../../src/engine/protocol.ts';
import { transferables } from '../../src/wall/transferables.ts';

describe('transferables', () => {
  it('are large buffers that are wholly the message’s own, bytes and long text alike', () => {
    const large = toWire(new Uint8Array(20_000));
    const text = toWire('x'.repeat(LONG_TEXT));
    const small = toWire(new Uint8Array(100));
    const part = new Uint8Array(40_000).subarray(0, 20_000);
    const found = transferables([
      [Kind.Returned, 1, large],
      [Kind.Returned, 2, text],
      [Kind.Returned, 3, small],
      [Kind.Returned, 4, part],
      [Kind.Returned, 5, 'short'],
      [Kind.Ready],
    ]);
    expect(found.map(({ byteLength }) => byteLength)).toEqual([20_000, LONG_TEXT]);
  });

  it('are none of the sender’s: payloads are copied before they leave', () => {
    const mine = Buffer.alloc(20_000, 1);
    const moved = structuredClone(toWire(mine), { transfer: transferables([[Kind.Returned, 1, toWire(mine)]]) });
    mine.fill(2);
    expect((moved as Uint8Array)[0]).toBe(1);
    expect(mine.byteLength).toBe(20_000);
  });
});

describe('payloads on the wall', () => {
  it.each([
    ['short text', 'größe', 7],
    ['long text', 'ä'.repeat(LONG_TEXT), 2 * LONG_TEXT],
    ['long text with a lone surrogate', `${'x'.repeat(LONG_TEXT)}\ud800`, LONG_TEXT + 3],
    ['nothing', '', 0],
  ])('%s comes back as it was, and its size is that of its UTF-8', (_name, text, size) => {
    const wire = toWire(text);
    expect(fromWire(wire)).toBe(text);
    expect(wireSize(wire)).toBe(size);
  });

  it('bytes come back as a Buffer of the same bytes', () => {
    const back = fromWire(toWire(new Uint8Array([0, 255, 10])));
    expect(Buffer.isBuffer(back)).toBe(true);
    expect(back).toEqual(Buffer.from([0, 255, 10]));
  });
});
