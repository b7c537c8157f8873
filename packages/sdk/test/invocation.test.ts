import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { EdgefcError } from '../src/errors.ts';
import { toRequest, type InvokeFunctionParams } from '../src/invocation.ts';
import type { InvocationRequest } from '../src/transport.ts';

const limits = { sync: 100, async: 10 };
const named = { serviceName: 'EdgeFC', functionName: 'helloworld' };
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** What a JavaScript caller may pass: anything. */
function check(
  params: unknown,
  checked: { text: string | undefined } = { text: undefined },
): InvocationRequest | EdgefcError {
  return toRequest(params as InvokeFunctionParams, limits, checked);
}

function request(params: unknown): InvocationRequest {
  const result = check(params);
  if (result instanceof EdgefcError) throw result;
  return result;
}

function refusal(params: unknown): string {
  const result = check(params);
  if (!(result instanceof EdgefcError)) throw new Error('expected an error');
  return `${result.code}: ${result.message}`;
}

describe('parameters that are right', () => {
  it('become a request with the defaults', () => {
    expect(check(named)).toEqual({
      target: 'EdgeFC/helloworld',
      type: 'Sync',
      payload: undefined,
      invokerContext: undefined,
      signal: undefined,
      options: undefined,
    });
  });

  it('may be null wherever they may be left out', () => {
    const nothing = {
      functionId: null,
      invocationType: null,
      payload: null,
      invokerContext: null,
      signal: null,
      timeout: null,
      delay: null,
      dedupeKey: null,
      orderKey: null,
      maxRetries: null,
    };
    expect(check({ ...named, ...nothing })).toEqual(check(named));
  });

  it.each(['id-1', 'EdgeFC/helloworld', 'acs:fc:::service:EdgeFC:function:helloworld'])(
    'may name the function by the id %s, which wins over names',
    (functionId) => {
      expect(request({ functionId, serviceName: 'not valid', functionName: 7 }).target).toBe(functionId);
    },
  );

  it('keep text as text and bytes as the same bytes', () => {
    const bytes = new Uint8Array([1, 2, 3]);
    expect(request({ ...named, payload: '' }).payload).toBe('');
    expect(request({ ...named, payload: bytes }).payload).toBe(bytes);
  });

  it('may hold the empty invoker context that the published SDK sends for none', () => {
    expect(request({ ...named, invokerContext: '' }).invokerContext).toBeUndefined();
  });

  it('keep the invoker context as it was given', () => {
    const invokerContext = base64('{"custom":{"data":"é"}}');
    expect(request({ ...named, invokerContext }).invokerContext).toBe(invokerContext);
  });

  it('may hold a signal of another realm', () => {
    const signal: unknown = runInNewContext('({ aborted: false, addEventListener() {} })');
    expect(request({ ...named, signal }).signal).toBe(signal);
  });

  it('keep the options that were given, and only those', () => {
    expect(request({ ...named, timeout: 0.5 }).options).toEqual({ timeout: 0.5 });
    const given = { delay: 0, dedupeKey: 'd', orderKey: 'o', maxRetries: 0 };
    expect(request({ ...named, invocationType: 'Async', ...given }).options).toEqual(given);
    const year = 365 * 24 * 3_600_000;
    expect(request({ ...named, invocationType: 'Async', delay: year, orderKey: null }).options).toEqual({
      delay: year,
    });
  });

  it('may be as large as the limit of their type', () => {
    expect(request({ ...named, payload: 'x'.repeat(100) }).payload).toHaveLength(100);
    expect(request({ ...named, payload: 'é'.repeat(50) }).payload).toHaveLength(50);
    expect(request({ ...named, invocationType: 'Async', payload: Buffer.alloc(10) }).payload).toHaveLength(10);
  });
});

describe('the same invoker context again', () => {
  it('is decoded once', () => {
    const parse = vi.spyOn(JSON, 'parse');
    const checked = { text: undefined };
    const one = base64('{"a":1}');
    for (let call = 0; call < 3; call += 1) check({ ...named, invokerContext: one }, checked);
    expect(parse).toHaveBeenCalledTimes(1);
    check({ ...named, invokerContext: base64('{"a":2}') }, checked);
    expect(parse).toHaveBeenCalledTimes(2);
  });

  it('is decoded each time when it is wrong', () => {
    const checked = { text: undefined };
    const wrong = { ...named, invokerContext: base64('[]') };
    expect(check(wrong, checked)).toBeInstanceOf(EdgefcError);
    expect(check(wrong, checked)).toBeInstanceOf(EdgefcError);
  });
});

describe('parameters that are wrong are refused with a message that says how to mend them:', () => {
  const async = { ...named, invocationType: 'Async' };
  const lone = Buffer.from([0x22, 0xff, 0x22]).toString('base64');
  const cases: readonly [what: string, params: unknown, message: string][] = [
    [
      'no object',
      undefined,
      'InvalidArgument: params is undefined, not an object; pass { serviceName, functionName, payload, … }.',
    ],
    [
      'a text',
      'EdgeFC/x',
      'InvalidArgument: params is the string "EdgeFC/x", not an object; pass { serviceName, functionName, payload, … }.',
    ],
    [
      'no names',
      {},
      'InvalidArgument: serviceName and functionName are missing; give both serviceName and functionName, or functionId.',
    ],
    [
      'no serviceName',
      { functionName: 'f' },
      'InvalidArgument: serviceName is missing; give both serviceName and functionName, or functionId.',
    ],
    [
      'a null functionName',
      { serviceName: 'S', functionName: null },
      'InvalidArgument: functionName is missing; give both serviceName and functionName, or functionId.',
    ],
    [
      'an empty functionId',
      { functionId: '' },
      'InvalidArgument: serviceName and functionName are missing; give both serviceName and functionName, or functionId.',
    ],
    [
      'a serviceName of the wrong type',
      { ...named, serviceName: 7 },
      'InvalidArgument: serviceName is the number 7; it must be a String.',
    ],
    [
      'a serviceName that is no name',
      { ...named, serviceName: '9 lives' },
      'InvalidArgument: serviceName is "9 lives"; a name is a letter followed by up to 127 letters, digits, "_" or "-".',
    ],
    [
      'a functionName that is no name',
      { ...named, functionName: 'a/b' },
      'InvalidArgument: functionName is "a/b"; a name is a letter followed by up to 127 letters, digits, "_" or "-".',
    ],
    [
      'a functionId of the wrong type',
      { functionId: ['x'] },
      "InvalidArgument: functionId is an Array; it is a String: a function's id, its ARN, or 'Service/function'.",
    ],
    [
      'a functionId without end',
      { functionId: 'x'.repeat(1025) },
      "InvalidArgument: functionId has 1,025 characters, more than 1,024; it is a function's id, its ARN, or 'Service/function'.",
    ],
    [
      'another invocationType',
      { ...named, invocationType: 'DryRun' },
      "InvalidArgument: invocationType is the string \"DryRun\"; it is 'Sync' (the default) or 'Async'.",
    ],
    [
      'an object as payload',
      { ...named, payload: { a: 1 } },
      'InvalidArgument: payload is an object; it must be a String or a Buffer/Uint8Array. Use JSON.stringify(payload) to send a value.',
    ],
    [
      'a number as payload',
      { ...named, payload: 0 },
      'InvalidArgument: payload is the number 0; it must be a String or a Buffer/Uint8Array. Use JSON.stringify(payload) to send a value.',
    ],
    [
      'a promise as payload',
      { ...named, payload: Promise.resolve('x') },
      'InvalidArgument: payload is a Promise (await it first); it must be a String or a Buffer/Uint8Array. Use JSON.stringify(payload) to send a value.',
    ],
    [
      'bytes of another shape',
      { ...named, payload: new Float64Array(1) },
      'InvalidArgument: payload is a Float64Array; it must be a String or a Buffer/Uint8Array. Wrap its bytes (Buffer.from(buffer, byteOffset, byteLength)), or send its values as text with JSON.stringify.',
    ],
    [
      'a payload that is too large',
      { ...named, payload: 'é'.repeat(51) },
      "EntityTooLarge: payload has 102 bytes, more than the 100 bytes that a Sync invocation may send; send less, or raise limits.syncPayload in the host's configuration.",
    ],
    [
      'an Async payload that is too large',
      { ...async, payload: Buffer.alloc(2048) },
      "EntityTooLarge: payload has 2,048 bytes (2 KiB), more than the 10 bytes that an Async invocation may send; send less, or raise limits.asyncPayload in the host's configuration.",
    ],
    [
      'an invokerContext of the wrong type',
      { ...named, invokerContext: { custom: 1 } },
      "InvalidArgument: invokerContext is an object; make it with Buffer.from(JSON.stringify({ … })).toString('base64').",
    ],
    [
      'an invokerContext that is not base64',
      { ...named, invokerContext: '{"a":1}' },
      'InvalidArgument: invokerContext is not base64 (the standard alphabet, padded with "="); make it with Buffer.from(JSON.stringify({ … })).toString(\'base64\').',
    ],
    [
      'an invokerContext without padding',
      { ...named, invokerContext: base64('{"a":1}').replace(/=+$/, '') },
      'InvalidArgument: invokerContext is not base64 (the standard alphabet, padded with "="); make it with Buffer.from(JSON.stringify({ … })).toString(\'base64\').',
    ],
    [
      'an invokerContext that is a JSON array',
      { ...named, invokerContext: base64('[1]') },
      "InvalidArgument: invokerContext is the base64 of a JSON array, not of a JSON object; make it with Buffer.from(JSON.stringify({ … })).toString('base64').",
    ],
    [
      'an invokerContext that is JSON null',
      { ...named, invokerContext: base64('null') },
      "InvalidArgument: invokerContext is the base64 of a JSON null, not of a JSON object; make it with Buffer.from(JSON.stringify({ … })).toString('base64').",
    ],
    [
      'an invokerContext that is too large',
      { ...named, invokerContext: 'A'.repeat(104) },
      "EntityTooLarge: invokerContext has 104 bytes, more than the 100 bytes that a Sync invocation may send; send less, or raise limits.syncPayload in the host's configuration.",
    ],
    [
      'a controller as signal',
      { ...named, signal: new AbortController() },
      "InvalidArgument: signal is an object; pass an AbortSignal (an AbortController's .signal).",
    ],
    [
      'a timeout with a unit',
      { ...named, timeout: '5s' },
      'InvalidArgument: timeout is the string "5s"; it must be a number of milliseconds above 0 and at most 86400000 (1 day).',
    ],
    [
      'a timeout of nothing',
      { ...named, timeout: 0 },
      'InvalidArgument: timeout is the number 0 ms; it must be a number of milliseconds above 0 and at most 86400000 (1 day).',
    ],
    [
      'a timeout that is no number',
      { ...named, timeout: NaN },
      'InvalidArgument: timeout is the number NaN ms; it must be a number of milliseconds above 0 and at most 86400000 (1 day).',
    ],
    [
      'a timeout with Async',
      { ...async, timeout: 5 },
      "InvalidArgument: timeout belongs to Sync invocations; an Async one has the callee's own timeout and retry settings. Leave it out, or configure it at the callee.",
    ],
    [
      'a delay with Sync',
      { ...named, delay: 5 },
      "InvalidArgument: delay belongs to Async invocations, and this one is Sync; leave it out, or set invocationType: 'Async'.",
    ],
    [
      'a dedupeKey with Sync',
      { ...named, dedupeKey: 'x' },
      "InvalidArgument: dedupeKey belongs to Async invocations, and this one is Sync; leave it out, or set invocationType: 'Async'.",
    ],
    [
      'an orderKey with Sync',
      { ...named, orderKey: 'x' },
      "InvalidArgument: orderKey belongs to Async invocations, and this one is Sync; leave it out, or set invocationType: 'Async'.",
    ],
    [
      'maxRetries with Sync',
      { ...named, maxRetries: 1 },
      "InvalidArgument: maxRetries belongs to Async invocations, and this one is Sync; leave it out, or set invocationType: 'Async'.",
    ],
    [
      'a delay of more than a year',
      { ...async, delay: 31_536_000_001 },
      'InvalidArgument: delay is the number 31536000001 ms; it must be a number of milliseconds from 0 to 31536000000 (365 days).',
    ],
    [
      'a delay in the past',
      { ...async, delay: -1 },
      'InvalidArgument: delay is the number -1 ms; it must be a number of milliseconds from 0 to 31536000000 (365 days).',
    ],
    [
      'an empty dedupeKey',
      { ...async, dedupeKey: '' },
      'InvalidArgument: dedupeKey is the empty string; it must be a String of 1 to 1,024 characters.',
    ],
    [
      'an orderKey of the wrong type',
      { ...async, orderKey: 7 },
      'InvalidArgument: orderKey is the number 7; it must be a String of 1 to 1,024 characters.',
    ],
    [
      'half a retry',
      { ...async, maxRetries: 0.5 },
      'InvalidArgument: maxRetries is the number 0.5; it must be a whole number from 0 to 1,000,000, the first run not counted.',
    ],
  ];

  it.each(cases)('%s', (_what, params, message) => {
    expect(refusal(params)).toBe(message);
  });

  it('an invokerContext that is base64 of something else than JSON', () => {
    const message = /^InvalidArgument: invokerContext is base64, but not of JSON \(.+\); make it with Buffer\.from/;
    expect(refusal({ ...named, invokerContext: base64('hello') })).toMatch(message);
    expect(refusal({ ...named, invokerContext: base64('\uFEFF{}') })).toMatch(message);
    expect(refusal({ ...named, invokerContext: lone })).toMatch(message);
  });

  it('a long text, which is cut', () => {
    expect(refusal({ ...named, serviceName: '-'.repeat(5000) })).toMatch(
      /^InvalidArgument: serviceName is "-{80}"… \(5,000 characters\); a name/,
    );
  });
});
