/** A function calls another through the SDK (SPEC 2): what is `err`, what is `functionError`, and how they come back. */
import { describe, expect, it } from 'vitest';
import { shareHost } from '../support/test-host.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
/** What is the same however it came back: a message tells how long something took. */
const shape = ({ code, err, data, retryable, isError }: Record<string, unknown>): object => {
  return { code, err, data, retryable, isError };
};
const callee = (functionName: string, more: object = {}): object => ({ serviceName: 'S', functionName, ...more });

describe.each(['thread', 'process'] as const)('invokeFunction in a %s', (isolation) => {
  const host = shareHost({
    isolation,
    settings: { maxSyncPayload: 1000, maxAsyncPayload: 100 },
    functions: {
      'S/byCallback': { handler: 'invoking.byCallback' },
      'S/byPromise': { handler: 'invoking.byPromise' },
      'S/throwing': { handler: 'invoking.throwing' },
      'S/notYet': { handler: 'invoking.notYet' },
      'S/hello': { handler: 'invoking.hello', id: 'the-greeter' },
      'S/bytes': { handler: 'invoking.bytes' },
      'S/nothing': { handler: 'invoking.nothing' },
      'S/fails': { handler: 'invoking.fails' },
      'S/exits': { handler: 'invoking.exits' },
      'S/large': { handler: 'invoking.large' },
      'S/times-out': { handler: 'script.handler', timeout: 60 },
    },
  });
  const call = async (params: object, how = 'byCallback'): Promise<Record<string, unknown>> =>
    JSON.parse(String(await host().value(`S/${how}`, JSON.stringify(params)))) as Record<string, unknown>;
  const both = async (params: object): Promise<Record<string, unknown>> => {
    const told = await call(params, 'byPromise');
    const again = await call(params);
    expect(again).toMatchObject({ sooner: false, times: 1, result: 'undefined' });
    expect(shape(again)).toEqual(shape(told));
    return told;
  };

  it('gives payload, functionError and statusCode, by callback and by promise', async () => {
    expect(await both(callee('hello', { payload: 'you', invokerContext: base64('{"a":1}') }))).toEqual({
      err: null,
      data: { payload: 'hello, you {"a":1}', kind: 'string', functionError: null, statusCode: 200 },
    });
  });

  it('gives bytes as a Buffer, and nothing as the empty string', async () => {
    expect(await both(callee('bytes', { payload: 'abc' }))).toMatchObject({ data: { payload: 'abc', kind: 'Buffer' } });
    expect(await both(callee('nothing'))).toMatchObject({ data: { payload: '', kind: 'string' } });
  });

  it.each([
    'the-greeter',
    'S/hello',
    'service:S:function:hello',
    'acs:fc:here:4711:service:S:function:hello',
    'acs:fc:::service:S:function:hello',
  ])('finds its callee by functionId, before the two names: %s', async (functionId) => {
    expect(await both(callee('fails', { functionId, payload: 'you' }))).toMatchObject({
      data: { payload: 'hello, you {}', functionError: null },
    });
  });

  it('gives the id of an Async invocation, as text', async () => {
    const told = await call(callee('hello', { invocationType: 'Async' }), 'byPromise');
    expect(told).toEqual({ err: null, data: expect.stringMatching(/^\S+\.\w+$/) as string });
  });

  it('tells a failing callee as functionError, not as err', async () => {
    const told = await both(callee('fails'));
    expect(told).toMatchObject({ err: null, data: { functionError: 'Handled', statusCode: 200 } });
    expect(JSON.parse((told['data'] as { payload: string }).payload)).toMatchObject({
      errorType: 'RangeError',
      errorMessage: 'callee failed',
      stackTrace: [expect.stringContaining('invoking.cjs')],
    });
  });

  it.each([
    ['exits', undefined, 'Exit'],
    ['times-out', '[["hang"]]', 'Timeout'],
  ])('tells a callee that %s as Unhandled', async (name, payload, errorType) => {
    const told = await call(callee(name, payload === undefined ? {} : { payload }));
    expect(told).toMatchObject({ err: null, data: { functionError: 'Unhandled', statusCode: 200 } });
    expect(JSON.parse((told['data'] as { payload: string }).payload)).toMatchObject({ errorType });
  });

  it.each([
    ['no names', {}, 'InvalidArgument', /serviceName and functionName are missing/],
    ['half a name', { serviceName: 'S' }, 'InvalidArgument', /functionName is missing/],
    ['a wrong name', callee('a b'), 'InvalidArgument', /functionName is .*"a b"/],
    ['a wrong type', callee('hello', { invocationType: 'sync' }), 'InvalidArgument', /"sync".*'Sync'.*'Async'/],
    ['an object as payload', callee('hello', { payload: { a: 1 } }), 'InvalidArgument', /JSON\.stringify/],
    [
      'context that is not base64',
      callee('hello', { invokerContext: '%' }),
      'InvalidArgument',
      /invokerContext .*base64/,
    ],
    [
      'context that is no JSON',
      callee('hello', { invokerContext: base64('{') }),
      'InvalidArgument',
      /invokerContext .*JSON/,
    ],
    [
      'context that is no object',
      callee('hello', { invokerContext: base64('1') }),
      'InvalidArgument',
      /invokerContext .*object/,
    ],
    ['an unknown service', { serviceName: 'T', functionName: 'hello' }, 'ServiceNotFound', /"T"; did you mean "S"\?/],
    ['an unknown function', callee('helo'), 'FunctionNotFound', /"S" has no function "helo"; did you mean "hello"\?/],
    ['an unknown id', { functionId: 'the-greater' }, 'FunctionNotFound', /"the-greater"; did you mean "the-greeter"\?/],
    ['a large payload', callee('hello', { payload: { $text: 1001 } }), 'EntityTooLarge', /payload .*1,?001.*1,?000/],
    ['large bytes', callee('hello', { payload: { $bytes: 1001 } }), 'EntityTooLarge', /payload .*1,?001.*1,?000/],
    ['a large result', callee('large', { payload: '1001' }), 'EntityTooLarge', /the result of S\/large is 1001 bytes/],
  ])('refuses with err and says what to do: %s', async (_what, params, code, message) => {
    const started = host().logs.length;
    expect(await both(params)).toEqual({
      code,
      message: expect.stringMatching(message) as string,
      retryable: false,
      isError: true,
    });
    expect(host().logs.slice(started)).toEqual([]);
  });

  it('refuses a deadline that passes with DeadlineExceeded, which is worth trying again', async () => {
    expect(await both(callee('times-out', { payload: '[["hang"]]', timeout: 30 }))).toMatchObject({
      code: 'DeadlineExceeded',
      retryable: true,
      message: expect.stringMatching(/^S\/times-out: the call's timeout of 30 ms passed /) as string,
    });
  });

  it('makes an uncaught exception of a callback that throws, and does not call it again', async () => {
    const exit = host().untilLogged('called ');
    expect(await host().failure('S/throwing', JSON.stringify(callee('hello')))).toMatchObject({
      functionError: 'Unhandled',
      errorType: 'Uncaught',
      errorMessage: 'an uncaught exception ended the instance of S/throwing: thrown in the callback',
    });
    expect((await exit).message).toBe('called 1 times');
  });

  it('is there beside what is not built yet, which says so', async () => {
    expect(JSON.parse(String(await host().value('S/notYet')))).toEqual({
      code: 'NotImplemented',
      message: 'IoTData.getThingsWithTags is not in this release of @edgefc/sdk.',
    });
  });
});

describe.each(['thread', 'process'] as const)('the host as an invoker of a %s', (isolation) => {
  const host = shareHost({
    isolation,
    functions: { 'EdgeFC/helloworld': { handler: 'invoking.hello' }, 'EdgeFC/other': { handler: 'invoking.hello' } },
  });

  it.each([
    ['a payload of another kind', { payload: 7 as never }, /payload is .*JSON\.stringify/],
    ['a context that is not base64', { invokerContext: '%' }, /invokerContext .*base64/],
    ['a wrong type', { type: 'sync' as never }, /invocationType is .*"sync"/],
    ['a timeout that is none', { timeout: -1 }, /timeout is .*-1 ms/],
  ])('is refused %s, and the function does not run', async (_what, options, message) => {
    const started = host().instances.size;
    expect(await host().invoke('EdgeFC/helloworld', undefined, options)).toMatchObject({
      kind: 'refused',
      code: 'InvalidArgument',
      message: expect.stringMatching(message) as string,
    });
    expect(host().instances.size).toBe(started);
  });

  it.each([
    [
      'EdgeFC/helloword',
      'FunctionNotFound',
      'the service "EdgeFC" has no function "helloword"; did you mean "helloworld"?',
    ],
    ['EdgeFC/x', 'FunctionNotFound', 'the service "EdgeFC" has no function "x"; there is "helloworld", "other"'],
    ['EdgFC/helloworld', 'ServiceNotFound', 'no service is named "EdgFC"; did you mean "EdgeFC"?'],
    ['helloworld', 'FunctionNotFound', expect.stringMatching(/^no function has the id "helloworld"/) as string],
  ])('is told what there is instead of %s', async (target, code, message) => {
    expect(await host().invoke(target)).toEqual({ kind: 'refused', code, message, retryable: false });
  });
});
