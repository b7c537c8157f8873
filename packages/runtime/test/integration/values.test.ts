/** What a handler is given and what comes back (SPEC 1, event and result), byte for byte. */
import { describe, expect, it } from 'vitest';
import { shareHost } from '../support/test-host.ts';

const MIB = 1024 * 1024;

describe.each(['thread', 'process'] as const)('a value across the wall of a %s', (isolation) => {
  const host = shareHost({
    isolation,
    functions: {
      'S/kind': { handler: 'values.kind' },
      'S/echo': { handler: 'values.echo' },
      'S/keeps': { handler: 'values.keeps' },
      'S/changed': { handler: 'values.changed' },
      'S/result': { handler: 'values.result' },
      'S/byCallback': { handler: 'values.byCallback' },
    },
  });

  it.each([
    ['text', 'hä?', 'string of 3'],
    ['bytes', Buffer.from([0, 255]), 'Buffer of 2'],
    ['a plain Uint8Array', new Uint8Array(3), 'Buffer of 3'],
    ['no bytes at all', Buffer.alloc(0), 'Buffer of 0'],
    ['nothing', undefined, 'string of 0'],
  ])('arrives as the kind that was sent: %s', async (_what, sent, seen) => {
    expect(await host().value('S/kind', sent)).toBe(seen);
  });

  it.each([
    ['text with lone surrogates', 'a\ud800b\udfffc'],
    ['text with every kind of character', 'a ä € 😀 \u0000 \ufeff \r\n'],
    ['1 MiB of ASCII text', 'x'.repeat(MIB)],
    ['1 MiB of characters outside Latin 1', '€😀'.repeat(MIB / 8)],
    ['1 MiB of text with a lone surrogate at its end', `${'ä'.repeat(MIB)}\ud800`],
    ['text of the length from which it crosses as bytes', 'é'.repeat(16 * 1024)],
    ['text of one less', 'é'.repeat(16 * 1024 - 1)],
    ['the empty string', ''],
  ])('comes back as it was: %s', async (_what, text) => {
    const back = await host().value('S/echo', text);
    expect(back === text).toBe(true); // Not toBe: the difference of two megabytes is no help.
  });

  it.each([0, 1, 16 * 1024 - 1, 16 * 1024, 32 * 1024, MIB, 8 * MIB])('comes back as it was: %i bytes', async (size) => {
    const bytes = Buffer.alloc(size);
    for (let at = 0; at < size; at += 1021) bytes[at] = at % 251;
    const back = await host().value('S/echo', bytes);
    expect(Buffer.isBuffer(back)).toBe(true);
    expect(bytes.equals(back as Buffer)).toBe(true);
  });

  it.each([10, MIB])('leaves the %i bytes of the sender to the sender, whatever it does with them', async (size) => {
    const mine = Buffer.alloc(size, 7);
    const answer = host().invoke('S/echo', mine);
    mine.fill(9);
    expect(mine.length).toBe(size);
    const outcome = await answer;
    expect(outcome).toMatchObject({ kind: 'answered', functionError: undefined });
    const back = outcome.kind === 'answered' ? (outcome.payload as Buffer) : Buffer.alloc(0);
    expect(back.every((byte) => byte === 7)).toBe(true);
    expect(await host().value('S/keeps', String(size))).toBe(`own ${size} of 2, back ${size} of 1`);
  });

  it.each([10, MIB])('takes the %i bytes of a result at the moment they are returned', async (size) => {
    const back = (await host().value('S/changed', String(size))) as Buffer;
    expect(back.length).toBe(size);
    expect(back.every((byte) => byte === 1)).toBe(true);
  });

  it.each([
    ['object', '{"a":[1,null,"ä"],"when":"1970-01-01T00:00:00.000Z"}'],
    ['array', '[]'],
    ['number', '0'],
    ['false', 'false'],
    ['undefined', ''],
    ['null', ''],
    ['empty string', ''],
    ['Uint8Array', Buffer.from([1, 2, 3])],
    ['part of a larger buffer', Buffer.from('345')],
  ])('becomes text or bytes: a result of %s', async (result, expected) => {
    expect(await host().value('S/result', result)).toEqual(expected);
    expect(await host().value('S/byCallback', result)).toEqual(expected);
  });

  it.each([
    ['BigInt', 'Do not know how to serialize a BigInt'],
    ['cycle', 'Converting circular structure to JSON'],
    ['symbol', 'it is a symbol, which JSON does not have'],
    ['function', 'it is a function, which JSON does not have'],
    ['a toJSON that throws', 'no JSON of me'],
  ])('that JSON cannot hold fails as Handled and says so: %s', async (result, why) => {
    const failure = await host().failure('S/result', result);
    expect(failure).toMatchObject({ functionError: 'Handled', errorType: 'ResultNotSerializable' });
    expect(failure.errorMessage).toBe(
      `the result cannot be serialized as JSON: ${why}; return a string, a Buffer or a value that JSON.stringify takes`,
    );
  });
});

describe.each(['thread', 'process'] as const)('a payload and an invoker context on the way to a %s', (isolation) => {
  const host = shareHost({
    isolation,
    settings: { maxSyncPayload: 4 * MIB },
    functions: { 'S/sendsBoth': { handler: 'values.sendsBoth' }, 'S/sizes': { handler: 'values.sizes' } },
  });

  it('may each be as large as the limit, together', async () => {
    const size = 4 * MIB;
    expect(await host().value('S/sendsBoth', String(size))).toBe(`${size} and ${(size * 3) / 4 - 20}`);
    expect(host().instances.size).toBe(2);
  });
});

describe.each(['thread', 'process'] as const)('the limits of a %s', (isolation) => {
  const host = shareHost({
    isolation,
    settings: { maxSyncPayload: 1000, maxAsyncPayload: 100 },
    functions: {
      'S/echo': { handler: 'values.echo' },
      'S/long': { handler: 'values.long' },
      'S/longBytes': { handler: 'values.longBytes' },
    },
  });

  it('let the largest payload and the largest result pass', async () => {
    expect(await host().value('S/echo', 'x'.repeat(1000))).toHaveLength(1000);
    expect(await host().value('S/longBytes', '1000')).toHaveLength(1000);
  });

  it.each([
    ['text', 'x'.repeat(1001), 1001],
    ['text, counted in bytes', '€'.repeat(334), 1002],
    ['bytes', Buffer.alloc(1001), 1001],
  ])('refuse a larger payload, saying how large it is: %s', async (_kind, payload, size) => {
    expect(await host().invoke('S/echo', payload)).toEqual({
      kind: 'refused',
      code: 'EntityTooLarge',
      retryable: false,
      message:
        `the payload for S/echo is ${size} bytes, more than limits.syncPayload (1000 bytes, 1000 B); ` +
        'send less, or raise the limit in the configuration',
    });
  });

  it('are others for Async', async () => {
    expect(await host().invoke('S/echo', 'x'.repeat(100), { type: 'Async' })).toMatchObject({ kind: 'accepted' });
    expect(await host().invoke('S/echo', 'x'.repeat(101), { type: 'Async' })).toMatchObject({
      code: 'EntityTooLarge',
      message: expect.stringContaining('limits.asyncPayload (100 bytes') as string,
    });
  });

  it.each(['S/long', 'S/longBytes'])('refuse a larger result, and the instance of %s goes on', async (target) => {
    expect(await host().invoke(target, '1001')).toEqual({
      kind: 'refused',
      code: 'EntityTooLarge',
      retryable: false,
      message:
        `the result of ${target} is 1001 bytes, more than limits.syncPayload (1000 bytes); ` +
        'return less, or raise the limit in the configuration',
    });
    expect(await host().value(target, '5')).toHaveLength(5);
    expect(host().running.filter(({ definition }) => definition.key === target)).toHaveLength(1);
  });
});
