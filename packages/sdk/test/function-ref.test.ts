import { afterEach, describe, expect, it } from 'vitest';
import { defineHandler } from '../src/define-handler.ts';
import { FunctionError } from '../src/function-error.ts';
import { functionRef } from '../src/function-ref.ts';
import type { Context } from '../src/handler.ts';
import { calledBack, rejection } from './support/call.ts';
import { host, removeHost } from './support/host.ts';

afterEach(removeHost);

const handler = defineHandler((input: { who: string }, context) => ({
  greeting: `Hello, ${input.who}.`,
  custom: context.invokerContext['custom'],
}));

function hostHelloworld(): ReturnType<typeof host> {
  return host({
    'EdgeFC/helloworld': (event, context) =>
      handler(typeof event === 'string' ? event : Buffer.from(event), context as Context),
  });
}

describe('functionRef.invoke', () => {
  it('sends and receives values, with an invoker context given as an object', async () => {
    const transport = hostHelloworld();
    const helloworld = functionRef<typeof handler>('EdgeFC/helloworld');
    expect(await helloworld.invoke({ who: 'é' }, { timeout: 99, invokerContext: { custom: 'é' } })).toEqual({
      greeting: 'Hello, é.',
      custom: 'é',
    });
    expect(transport.requests[0]).toMatchObject({ type: 'Sync', payload: '{"who":"é"}', options: { timeout: 99 } });
  });

  it('reads bytes as JSON and nothing as undefined', async () => {
    host({ 'S/bytes': () => Buffer.from('[1]'), 'S/nothing': () => undefined });
    expect(await functionRef<undefined, number[]>('S/bytes').invoke()).toEqual([1]);
    expect(await functionRef<undefined, string | undefined>('S/nothing').invoke()).toBeUndefined();
  });

  it('throws a FunctionError with all that the callee said when the callee failed', async () => {
    host({
      'S/fail': () => {
        throw new RangeError('too far');
      },
    });
    const error = await rejection(functionRef<undefined, undefined>('S/fail').invoke());
    expect(error).toBeInstanceOf(FunctionError);
    expect(error).toMatchObject({
      name: 'FunctionError',
      message: 'too far',
      errorMessage: 'too far',
      errorType: 'RangeError',
      stackTrace: ['at callee (test)'],
      functionError: 'Handled',
      target: 'S/fail',
    });
  });

  it('throws the text of a callee that answered with something else than JSON', async () => {
    host({ 'S/text': () => 'plain' });
    await expect(functionRef<undefined, string>('S/text').invoke()).rejects.toThrow(
      /^S\/text answered, but not with JSON/,
    );
  });

  it('rejects with the code of a call that had no answer', async () => {
    host();
    expect(await rejection(functionRef<undefined, undefined>('S/nobody').invoke())).toMatchObject({
      code: 'FunctionNotFound',
    });
  });

  it('rejects input that JSON cannot hold, before the call', async () => {
    const transport = hostHelloworld();
    const error = await rejection(functionRef<bigint, undefined>('EdgeFC/helloworld').invoke(1n));
    expect(error.code).toBe('InvalidArgument');
    expect(error.message).toMatch(/^The input for EdgeFC\/helloworld cannot be sent as JSON/);
    expect(transport.requests).toHaveLength(0);
  });
});

describe('functionRef.enqueue', () => {
  it('gives the id, and says when a dedupeKey found an earlier one', async () => {
    const transport = hostHelloworld();
    const helloworld = functionRef<typeof handler>('EdgeFC/helloworld');
    const options = { delay: 5, dedupeKey: 'd', orderKey: 'o', maxRetries: 2 };
    const first = await helloworld.enqueue({ who: 'edge' }, options);
    expect(first.deduplicated).toBe(false);
    expect(await helloworld.enqueue({ who: 'edge' }, options)).toEqual({ id: first.id, deduplicated: true });
    expect(transport.requests[0]).toMatchObject({ type: 'Async', payload: '{"who":"edge"}', options });
  });
});

describe('functionRef', () => {
  it.each([
    ['', 'functionRef: the target is the string ""; pass'],
    [undefined, 'functionRef: the target is undefined; pass'],
  ])('refuses the target %o', (target, message) => {
    expect(() => functionRef<string, string>(target as string)).toThrow(message);
  });

  it('is of use where callbacks are: its promise settles once', async () => {
    hostHelloworld();
    const args = await calledBack((callback) => {
      void functionRef<typeof handler>('EdgeFC/helloworld').invoke({ who: 'x' }).then(callback);
    });
    expect(args).toMatchObject([{ greeting: 'Hello, x.' }]);
  });
});
