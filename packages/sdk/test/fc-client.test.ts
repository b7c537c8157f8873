import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FCClient, type FCClientOptions } from '../src/fc-client.ts';
import { setTransportProvider, type InvocationOutcome } from '../src/transport.ts';
import { calledBack, rejection } from './support/call.ts';
import { host, removeHost } from './support/host.ts';
import { InProcessTransport } from './support/in-process-transport.ts';

afterEach(removeHost);

const helloworld = { serviceName: 'EdgeFC', functionName: 'helloworld' } as const;
const fc = new FCClient();
/** The same client as JavaScript sees it. */
const untyped = fc as unknown as { invokeFunction(params: unknown, callback: unknown): unknown };

describe('invokeFunction, Sync', () => {
  it('gives what the callee returned, as the document shows', async () => {
    host({
      'EdgeFC/helloworld': (event, { invokerContext }) =>
        `Message from helloworld: ${String(event)} ${JSON.stringify(invokerContext)}`,
    });
    const invokerContext = Buffer.from('{"custom":{"data":1}}').toString('base64');
    const params = { ...helloworld, invocationType: 'Sync', invokerContext, payload: 'Hi.' } as const;
    expect(await fc.invokeFunction(params)).toEqual({
      payload: 'Message from helloworld: Hi. {"custom":{"data":1}}',
      functionError: null,
      statusCode: 200,
    });
  });

  it('gives bytes as a Buffer on the very bytes that came in', async () => {
    const bytes = new Uint8Array([1, 2, 3]);
    host({ 'EdgeFC/helloworld': () => bytes });
    const { payload } = await fc.invokeFunction(helloworld);
    if (typeof payload === 'string') throw new Error('expected bytes');
    expect(Buffer.isBuffer(payload)).toBe(true);
    expect(payload.buffer).toBe(bytes.buffer);
    expect([...payload]).toEqual([1, 2, 3]);
  });

  it('does not take a failing callee for an error of the call', async () => {
    host({
      'EdgeFC/helloworld': () => {
        throw new RangeError('too far');
      },
    });
    const [err, data] = await calledBack((callback) => {
      fc.invokeFunction(helloworld, callback);
    });
    expect(err).toBeNull();
    expect(data).toEqual({
      payload: '{"errorMessage":"too far","errorType":"RangeError","stackTrace":["at callee (test)"]}',
      functionError: 'Handled',
      statusCode: 200,
    });
  });

  it('reports what the host refuses with its code, its message and whether to try again', async () => {
    setTransportProvider(() => ({
      limits: { sync: 1, async: 1 },
      invoke: () => Promise.resolve({ kind: 'refused', code: 'ResourceExhausted', message: 'Full.', retryable: false }),
    }));
    const error = await rejection(fc.invokeFunction(helloworld));
    expect(error).toMatchObject({ name: 'EdgefcError', code: 'ResourceExhausted', message: 'Full.', retryable: false });
  });

  it('sends the options that the caller gave', async () => {
    const transport = host({ 'EdgeFC/helloworld': () => 'x' });
    await fc.invokeFunction({ ...helloworld, timeout: 250 });
    expect(transport.requests[0]?.options).toEqual({ timeout: 250 });
  });
});

describe('invokeFunction, Async', () => {
  it('gives the invocation id', async () => {
    host({ 'EdgeFC/helloworld': () => 'x' });
    expect(await fc.invokeFunction({ ...helloworld, invocationType: 'Async' })).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('gives the invocation id to a callback', async () => {
    host({ 'EdgeFC/helloworld': () => 'x' });
    const [err, id] = await calledBack((callback) => {
      fc.invokeFunction({ ...helloworld, invocationType: 'Async' }, callback);
    });
    expect(err).toBeNull();
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('the callback', () => {
  const cases: readonly [what: string, params: unknown][] = [
    ['an answer', helloworld],
    ['a wrong parameter', { ...helloworld, payload: {} }],
    ['no parameters', undefined],
    ['a refusal', { serviceName: 'EdgeFC', functionName: 'nobody' }],
    ['a signal that is aborted already', { ...helloworld, signal: AbortSignal.abort() }],
  ];

  it.each(cases)('runs once and never before invokeFunction has returned: %s', async (_what, params) => {
    host({ 'EdgeFC/helloworld': () => 'x' });
    const calls: unknown[][] = [];
    await calledBack((callback) => {
      const returned = untyped.invokeFunction(params, (...args: unknown[]) => {
        calls.push(args);
        callback();
      });
      expect(returned).toBeUndefined();
      expect(calls).toHaveLength(0);
    });
    await new Promise(setImmediate);
    expect(calls).toHaveLength(1);
  });

  it('is given nothing but the error when there is one', async () => {
    host();
    const args = await calledBack((callback) => {
      fc.invokeFunction(helloworld, callback);
    });
    expect(args).toMatchObject([{ code: 'FunctionNotFound' }, undefined]);
  });

  it('runs in the async context of the caller', async () => {
    host({ 'EdgeFC/helloworld': () => 'x' });
    const storage = new AsyncLocalStorage<string>();
    const seen = await storage.run('mine', () =>
      calledBack((callback) => {
        fc.invokeFunction(helloworld, () => {
          callback(storage.getStore());
        });
      }),
    );
    expect(seen).toEqual(['mine']);
  });

  it.each([
    ['an object', {}, 'an object'],
    ['null', null, 'null'],
    ['a text', 'done', 'the string "done"'],
  ])('that is %s is refused at once, because nobody else could be told', (_what, callback, named) => {
    host({ 'EdgeFC/helloworld': () => 'x' });
    expect(() => {
      untyped.invokeFunction(helloworld, callback);
    }).toThrow(
      new TypeError(
        `FCClient.invokeFunction: callback is ${named}, not a function; give a function (err, data), or leave it out to get a promise.`,
      ),
    );
  });
});

describe('the transport', () => {
  it('is looked up at each call', async () => {
    const client = new FCClient();
    host({ 'EdgeFC/helloworld': () => 'first' });
    expect(await client.invokeFunction(helloworld)).toMatchObject({ payload: 'first' });
    host({ 'EdgeFC/helloworld': () => 'second' });
    expect(await client.invokeFunction(helloworld)).toMatchObject({ payload: 'second' });
    removeHost();
    expect(await rejection(client.invokeFunction(helloworld))).toMatchObject({ code: 'NoHost' });
  });

  it('is found by whose call it is, when the provider looks at the async context', async () => {
    const current = new AsyncLocalStorage<InProcessTransport>();
    setTransportProvider(() => current.getStore());
    const answers = await Promise.all(
      ['one', 'two'].map((answer) =>
        current.run(new InProcessTransport({ 'EdgeFC/helloworld': () => answer }), () => fc.invokeFunction(helloworld)),
      ),
    );
    expect(answers).toMatchObject([{ payload: 'one' }, { payload: 'two' }]);
  });

  it('that is missing is an error that says what to do', async () => {
    const error = await rejection(fc.invokeFunction(helloworld));
    expect(error.message).toBe(
      'No edgefc host carries the call to "EdgeFC/helloworld": this code does not run inside a function. ' +
        'Run it as one (edgefc invoke <service>/<function> --config <file>, or edgefc start), ' +
        'or inside a test host (createTestHost of @edgefc/testkit).',
    );
    expect(error.retryable).toBe(true);
  });

  it('that is missing does not hide a wrong parameter', async () => {
    expect(await rejection(fc.invokeFunction({}))).toMatchObject({ code: 'InvalidArgument' });
  });

  it('that throws against its contract fails the call, through the callback', async () => {
    setTransportProvider(() => ({
      limits: { sync: 1, async: 1 },
      invoke: (): Promise<InvocationOutcome> => {
        throw new Error('broken adapter');
      },
    }));
    const args = await calledBack((callback) => {
      fc.invokeFunction(helloworld, callback);
    });
    expect(args).toEqual([new Error('broken adapter'), undefined]);
  });
});

describe('an endpoint', () => {
  it.each<[string, FCClientOptions, string | undefined]>([
    ['of the constructor', { endpoint: 'http://127.0.0.1:9000', accessKey: 'k' }, undefined],
    ['of the environment', {}, 'http://127.0.0.1:9000'],
  ])('%s is answered with NotImplemented, which names the method', async (_what, options, variable) => {
    vi.stubEnv('EDGEFC_ENDPOINT', variable);
    const error = await rejection(new FCClient(options).invokeFunction(helloworld));
    expect(error.code).toBe('NotImplemented');
    expect(error.message).toBe(
      'FCClient.invokeFunction over HTTP (endpoint "http://127.0.0.1:9000") is not in this release; ' +
        'call from inside a function that an edgefc host runs.',
    );
  });

  it('of the constructor is not mistaken for the host around the caller', async () => {
    const transport = host({ 'EdgeFC/helloworld': () => 'x' });
    const elsewhere = new FCClient({ endpoint: 'https://gateway.example' });
    expect(await rejection(elsewhere.invokeFunction(helloworld))).toMatchObject({ code: 'NotImplemented' });
    expect(transport.requests).toHaveLength(0);
  });

  it('of the environment does not keep a function from its own host', async () => {
    vi.stubEnv('EDGEFC_ENDPOINT', 'http://127.0.0.1:9000');
    host({ 'EdgeFC/helloworld': () => 'x' });
    expect(await fc.invokeFunction(helloworld)).toMatchObject({ payload: 'x' });
  });

  it.each([
    [
      { endpoint: 'localhost:9000' },
      /^FCClient: endpoint is "localhost:9000"; it must be the http or https URL of a host/,
    ],
    [{ endpoint: 7 }, /^FCClient: endpoint is the number 7; it must be/],
    [{ accessKey: '' }, /^FCClient: accessKey must be a String that is not empty/],
    [null, /^FCClient: options is null; pass \{ endpoint, accessKey \}/],
  ])('that is wrong is refused by the constructor: %o', (options, message) => {
    expect(() => new FCClient(options as FCClientOptions)).toThrow(message);
  });
});

describe('a signal', () => {
  it('that is aborted already cancels without a call', async () => {
    const transport = host({ 'EdgeFC/helloworld': () => 'x' });
    const reason = new Error('enough');
    const error = await rejection(fc.invokeFunction({ ...helloworld, signal: AbortSignal.abort(reason) }));
    expect(error).toMatchObject({ code: 'Cancelled', cause: reason });
    expect(error.message).toBe('The call to "EdgeFC/helloworld" was not made: its signal was aborted before.');
    expect(transport.requests).toHaveLength(0);
  });

  it('that is aborted while the callee runs cancels the call, and its reason is the cause', async () => {
    const controller = new AbortController();
    host({
      'EdgeFC/helloworld': () => {
        controller.abort('enough');
        return new Promise(() => undefined);
      },
    });
    const error = await rejection(fc.invokeFunction({ ...helloworld, signal: controller.signal }));
    expect(error).toMatchObject({ code: 'Cancelled', cause: 'enough' });
  });
});
