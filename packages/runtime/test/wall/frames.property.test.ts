/** The frame codec: whatever a message holds and however its bytes arrive, it comes out as it went in, or not at all. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromWire, Kind, toWire, type WireMessage, type WirePayload } from '../../src/engine/protocol.ts';
import { FrameError, FrameReader, FrameWriter } from '../../src/wall/frames.ts';

const NO_LIMIT = 0xffff_ffff;

/** Text of every kind: plain, many-byte, with lone surrogates, and long enough for a chunk of its own. */
const text = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 3, arbitrary: fc.array(fc.nat(0xffff), { maxLength: 20 }).map((units) => String.fromCharCode(...units)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('x', 'ä', '漢', '😀', '\ud800'), fc.integer({ min: 9_000, max: 40_000 }))
      .map(([unit, times]) => unit.repeat(times)),
  },
);
const bytes = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat(255), fc.integer({ min: 30_000, max: 100_000 }))
      .map(([byte, size]) => new Uint8Array(size).fill(byte)),
  },
);
const field = fc.oneof(
  fc.constantFrom(null, true, false),
  fc.integer(),
  fc.double().map((value) => (Object.is(value, -0) ? 0 : value)),
  text,
  bytes,
  bytes.map((utf8) => [utf8] as const),
);
/** The codec knows no kinds: a message is its kind and any fields. */
const message = fc
  .tuple(fc.integer({ min: 0, max: 41 }), fc.array(field, { maxLength: 7 }))
  .map(([kind, fields]) => [kind, ...fields] as unknown as WireMessage);

describe('frames', () => {
  it('come out as they went in, however they are cut on the way', () => {
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 1, maxLength: 12 }),
        fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 70_000 })), {
          minLength: 1,
          maxLength: 30,
        }),
        fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
        (messages, sizes, takes) => {
          const writer = new FrameWriter();
          const chunks: Uint8Array[] = [];
          for (const [n, one] of messages.entries()) {
            writer.write(one);
            expect(writer.empty).toBe(false);
            if (takes[n] === true) chunks.push(...writer.take());
          }
          chunks.push(...writer.take());
          expect(writer.empty).toBe(true);
          expect(read(recut(chunks, sizes))).toEqual(messages.map(plain));
        },
      ),
      { numRuns: 300, seed: 20261122 },
    );
  });

  it('keep every payload a function can send', () => {
    fc.assert(
      fc.property(fc.oneof(text, bytes), (payload) => {
        const writer = new FrameWriter();
        writer.write([Kind.Returned, 1, toWire(payload)]);
        const back: unknown[] = [];
        new FrameReader(NO_LIMIT, (one) => back.push(fromWire(one[2] as WirePayload))).push(
          Buffer.concat(writer.take()),
        );
        expect(back).toEqual([typeof payload === 'string' ? payload : Buffer.from(payload)]);
      }),
      { numRuns: 300, seed: 20261122 },
    );
  });

  it('never share memory with what was read, so that a buffer that is used again changes nothing', () => {
    const writer = new FrameWriter();
    writer.write([Kind.Returned, 1, new Uint8Array([1, 2, 3])]);
    const chunk = Buffer.concat(writer.take());
    const got: WireMessage[] = [];
    const reader = new FrameReader(NO_LIMIT, (one) => got.push(one));
    reader.push(chunk);
    chunk.fill(0);
    expect(got.map(plain)).toEqual([[Kind.Returned, 1, { bytes: '010203' }]]);
    expect((got[0]![2] as Uint8Array).buffer.byteLength, 'nor with other buffers').toBe(3);
  });

  it('do not keep a large frame alive for a small part of it', () => {
    const writer = new FrameWriter();
    writer.write([Kind.Call, 1, 0, 'S/a', 'Sync', new Uint8Array(100_000), null, null]);
    writer.write([Kind.Run, 1, new Uint8Array([1, 2, 3]), 'x'.repeat(100_000), null, 1, 1]);
    const got: WireMessage[] = [];
    const reader = new FrameReader(NO_LIMIT, (one) => got.push(one));
    for (const piece of recut(writer.take(), [5000])) reader.push(piece);
    const [large, small] = [got[0]![5], got[1]![2]] as [Uint8Array, Uint8Array];
    expect(small.buffer.byteLength, 'a copy').toBe(3);
    expect(large.buffer.byteLength, 'no copy: it is most of its frame').toBeGreaterThan(100_000);
  });

  it('leave what was taken alone when more is written', () => {
    const writer = new FrameWriter();
    writer.write([Kind.Ping, 1]);
    const first = Buffer.concat(writer.take().map((chunk) => chunk.slice()));
    writer.write([Kind.Ping, 1]);
    const taken = writer.take();
    const before = Buffer.concat(taken).toString('hex');
    for (let n = 0; n < 10_000; n += 1) writer.write([Kind.Ping, n]);
    expect(Buffer.concat(taken).toString('hex')).toBe(before);
    expect(first.toString('hex')).toBe(before);
  });
});

describe('bytes that are no frames', () => {
  it('give messages or a FrameError, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (garbage, sizes) => {
          expectFramesOrError(recut([garbage], sizes), 64);
        },
      ),
      { numRuns: 2000, seed: 20261122 },
    );
  });

  it('give messages or a FrameError also when a good frame was damaged', () => {
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 1, maxLength: 3 }),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (messages, damage) => {
          const writer = new FrameWriter();
          for (const one of messages) writer.write(one);
          const all = Buffer.concat(writer.take());
          for (const [at, byte] of damage) all[at % all.length] = byte;
          expectFramesOrError([all], 1_000_000);
        },
      ),
      { numRuns: 1000, seed: 20261122 },
    );
  });

  it.each([
    ['a frame over the limit', frame([], 1001), 'a frame of 1001 bytes, more than the 1000 that any message may have'],
    ['the largest length there is', frame([], 0xffff_ffff), 'a frame of 4294967295 bytes'],
    [
      'a text longer than its frame',
      frame([4, 6, 0, 0, 0, 5, 9, 0, 0, 0, 65]),
      'a field that is longer than its frame',
    ],
    [
      'bytes longer than their frame',
      frame([4, 6, 0, 0, 0, 7, 255, 255, 255, 255]),
      'a field that is longer than its frame',
    ],
    ['a number cut short', frame([4, 6, 0]), 'a field that is longer than its frame'],
    ['a double cut short', frame([3, 1, 2, 3, 4]), 'a field that is longer than its frame'],
    ['a length cut short', frame([4, 6, 0, 0, 0, 5, 1]), 'a field that is longer than its frame'],
    ['an unknown tag', frame([4, 6, 0, 0, 0, 99, 0, 0, 0, 0]), 'a field of an unknown kind (99)'],
    ['an unknown tag at the end', frame([4, 6, 0, 0, 0, 99]), 'a field that is longer than its frame'],
    ['no field at all', frame([]), 'a frame that does not begin with the kind of its message'],
    [
      'text where the kind should be',
      frame([5, 1, 0, 0, 0, 65]),
      'a frame that does not begin with the kind of its message',
    ],
  ])('%s is a FrameError that says so', (_name, garbage, message) => {
    // What follows in the same buffer must not be taken for the rest of it.
    const following = frame([4, 39, 0, 0, 0, 4, 1, 0, 0, 0]);
    const got: WireMessage[] = [];
    const reader = new FrameReader(1000, (one) => got.push(one));
    expect(() => {
      reader.push(Buffer.concat([garbage, following]));
    }).toThrow(FrameError);
    const bytewise = new FrameReader(1000, (one) => got.push(one));
    expect(() => {
      for (const byte of garbage) bytewise.push(Buffer.from([byte]));
    }).toThrow(message);
    expect(got).toEqual([]);
  });

  it('of exactly the largest size are taken', () => {
    const got: WireMessage[] = [];
    const body = [4, 34, 0, 0, 0, 4, 1, 0, 0, 0, 7, 5, 0, 0, 0, 1, 2, 3, 4, 5];
    new FrameReader(body.length, (one) => got.push(one)).push(frame(body));
    expect(got.map(plain)).toEqual([[34, 1, { bytes: '0102030405' }]]);
    expect(() => {
      new FrameReader(body.length - 1, () => undefined).push(frame(body));
    }).toThrow(FrameError);
  });
});

function frame(body: readonly number[], length = body.length): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt32LE(length);
  return Buffer.concat([header, Buffer.from(body)]);
}

function expectFramesOrError(chunks: readonly Buffer[], limit: number): void {
  const got: WireMessage[] = [];
  const reader = new FrameReader(limit, (one) => got.push(one));
  try {
    for (const chunk of chunks) reader.push(chunk);
  } catch (error) {
    expect(error).toBeInstanceOf(FrameError);
  }
  for (const one of got) expect(typeof one[0]).toBe('number');
}

function read(chunks: readonly Buffer[]): unknown[] {
  const got: WireMessage[] = [];
  const reader = new FrameReader(NO_LIMIT, (one) => got.push(one));
  for (const chunk of chunks) reader.push(chunk);
  return got.map(plain);
}

/** The same bytes in pieces of these sizes, over and over. */
function recut(chunks: readonly Uint8Array[], sizes: readonly number[]): Buffer[] {
  const all = Buffer.concat(chunks);
  const pieces: Buffer[] = [];
  for (let at = 0, n = 0; at < all.length; n += 1) {
    const size = sizes[n % sizes.length]!;
    // Small sizes are for the headers; the middle of a large payload need not come byte by byte.
    const step = n > 500 ? Math.max(size, 4096) : size;
    pieces.push(Buffer.from(all.subarray(at, at + step)));
    at += step;
  }
  return pieces;
}

/** Comparable: bytes are bytes, whatever class they have. */
function plain(one: WireMessage): unknown[] {
  return one.map(plainField);
}

function plainField(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('hex') };
  return Array.isArray(value) ? [plainField(value[0])] : value;
}
