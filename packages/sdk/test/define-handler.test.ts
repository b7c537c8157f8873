import { describe, expect, it } from 'vitest';
import { defineHandler, type StandardSchema } from '../src/define-handler.ts';
import type { Context } from '../src/handler.ts';

const context = contextOf({ requestId: 'r-1' });

/** As much of a context as these handlers look at. */
function contextOf(part: Partial<Context>): Context {
  return part as Context;
}

/** A schema as a library would write it: an order needs a positive count. */
const order: StandardSchema<{ count: string }, { count: number }> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate(value) {
      const count: unknown = (value as { count?: unknown } | undefined)?.count;
      if (value === undefined) return { issues: [{ message: 'Required' }] };
      return typeof count === 'string' && Number(count) > 0
        ? { value: { count: Number(count) } }
        : {
            issues: [
              { message: 'Expected a positive number', path: ['items', 0, { key: 'count' }] },
              { message: 'Expected an order', path: [] },
            ],
          };
    },
  },
};

describe('defineHandler', () => {
  it('decodes the event and encodes the result', async () => {
    const handler = defineHandler((input: { who: string }, { requestId }) => ({
      greeting: `${input.who}, ${requestId}`,
    }));
    expect(await handler('{"who":"edge"}', context)).toBe('{"greeting":"edge, r-1"}');
    expect(await handler(Buffer.from('{"who":"é"}'), context)).toBe('{"greeting":"é, r-1"}');
  });

  it('takes nothing for undefined, in both directions', async () => {
    const handler = defineHandler((input: unknown) => input);
    expect(await handler('', context)).toBe('');
    expect(await handler('null', context)).toBe('null');
  });

  it('waits for a promise', async () => {
    const handler = defineHandler(async (input: number) => Promise.resolve(input + 1));
    expect(await handler('1', context)).toBe('2');
  });

  it('fails as its function fails', async () => {
    const failure = new RangeError('no');
    const handler = defineHandler(() => {
      throw failure;
    });
    await expect(handler('1', context)).rejects.toBe(failure);
  });

  it('fails with InvalidInput, not to be retried, when the event is not JSON', async () => {
    const handler = defineHandler((input: unknown) => input);
    await expect(handler('{oops', context)).rejects.toMatchObject({
      name: 'InvalidInput',
      retryable: false,
      message: expect.stringMatching(
        /^The input is not JSON \(.+\); send JSON\.stringify\(value\), or call through functionRef\.$/,
      ) as string,
    });
  });

  it('says so when the result is nothing that JSON can hold', async () => {
    const handler = defineHandler(() => 1n);
    await expect(handler('1', context)).rejects.toThrow(
      /^The result cannot be sent as JSON \(.*BigInt.*\); return plain values without cycles and BigInts\.$/,
    );
  });
});

describe('defineHandler with a schema', () => {
  const handler = defineHandler({ input: order }, ({ count }) => count * 2);

  it('gives the function what the schema makes of the input', async () => {
    expect(await handler('{"count":"21"}', context)).toBe('42');
  });

  it('fails with InvalidInput, not to be retried, listing the issues with their paths', async () => {
    await expect(handler('{"count":"-1"}', context)).rejects.toMatchObject({
      name: 'InvalidInput',
      retryable: false,
      message: 'The input is not valid: items[0].count: Expected a positive number; input: Expected an order.',
    });
    await expect(handler('', context)).rejects.toThrow('The input is not valid: input: Required.');
  });

  it('waits for a schema that validates asynchronously, and cuts a long list of issues', async () => {
    const picky: StandardSchema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: () =>
          Promise.resolve({ issues: Array.from({ length: 12 }, (_, at) => ({ message: 'No', path: [at] })) }),
      },
    };
    const handler = defineHandler({ input: picky }, () => 1);
    await expect(handler('1', context)).rejects.toThrow(/\[9\]: No; and 2 more\.$/);
  });

  it.each<[options: unknown, run: unknown, message: string]>([
    [{ input: {} }, () => 1, 'defineHandler: input is an object; it must be a Standard Schema'],
    [{}, () => 1, 'defineHandler: input is undefined; it must be a Standard Schema'],
    [null, () => 1, 'defineHandler: input is undefined; it must be a Standard Schema'],
    [{ input: order }, undefined, 'defineHandler: the handler is undefined; pass defineHandler(fn) or'],
  ])('refuses what is no schema or no function: %o', (options, run, message) => {
    expect(() => defineHandler(options as { input: typeof order }, run as () => number)).toThrow(message);
  });
});
