import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildArnString, envVars, IPCWrapper, ws } from '../src/linkedge-common-js.ts';
import { UnfetchedResults, type CallEnd } from '../src/unfetched-results.ts';
import { calledBack } from './support/call.ts';
import { host, removeHost } from './support/host.ts';

afterEach(removeHost);

const arn = buildArnString('', '', 'EdgeFC', 'helloworld');

/** What the published SDK does for a Sync call. */
function invokeAsPublished(ipc: IPCWrapper, payload: string | undefined, context = ''): Promise<unknown[]> {
  return calledBack((callback) => {
    ipc.postTask(arn, 'Sync', context, payload, (err, id) => {
      if (id === undefined) callback(err);
      else ipc.getTaskResult(arn, id, callback);
    });
  });
}

describe('IPCWrapper', () => {
  it('carries a Sync call as the published SDK makes it', async () => {
    const transport = host({ 'EdgeFC/helloworld': (event) => `got ${String(event)}` });
    const ipc = new IPCWrapper('token');
    expect(await invokeAsPublished(ipc, 'x')).toEqual([null, 'got x', null, 200]);
    expect(await invokeAsPublished(ipc, undefined)).toEqual([null, 'got ', null, 200]);
    expect(transport.requests.map(({ target, invokerContext }) => ({ target, invokerContext }))).toEqual([
      { target: arn, invokerContext: undefined },
      { target: arn, invokerContext: undefined },
    ]);
  });

  it('gives bytes as a Buffer', async () => {
    host({ 'EdgeFC/helloworld': () => new Uint8Array([1, 2]) });
    expect(await invokeAsPublished(new IPCWrapper(), 'x')).toEqual([null, Buffer.from([1, 2]), null, 200]);
  });

  it('gives the body of a failed callee with its functionError', async () => {
    host({
      'EdgeFC/helloworld': () => {
        throw new Error('no');
      },
    });
    const [err, body, functionError, statusCode] = await invokeAsPublished(new IPCWrapper(), 'x');
    expect([err, functionError, statusCode]).toEqual([null, 'Handled', 200]);
    expect(JSON.parse(String(body))).toMatchObject({ errorMessage: 'no' });
  });

  it('gives the id of a Sync call before the callee has answered, and many calls their own results', async () => {
    const released = Promise.withResolvers<undefined>();
    host({
      'EdgeFC/helloworld': async (event) => {
        await released.promise;
        return event;
      },
    });
    const ipc = new IPCWrapper();
    const ids = await Promise.all(
      ['a', 'b', 'c'].map((payload) =>
        calledBack((callback) => {
          ipc.postTask(arn, 'Sync', '', payload, callback);
        }),
      ),
    );
    released.resolve(undefined);
    const results = await Promise.all(
      ids.map(([, id]) =>
        calledBack((callback) => {
          ipc.getTaskResult(arn, String(id), callback);
        }),
      ),
    );
    expect(results.map(([, body]) => body)).toEqual(['a', 'b', 'c']);
  });

  it('gives the id of an Async call once it is accepted', async () => {
    host({ 'EdgeFC/helloworld': () => 'x' });
    const [err, id] = await calledBack((callback) => {
      new IPCWrapper().postTask(arn, 'Async', '', 'x', callback);
    });
    expect(err).toBeNull();
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('reports wrong parameters from postTask and what the host refuses from getTaskResult', async () => {
    host();
    const ipc = new IPCWrapper();
    const wrong = await calledBack((callback) => {
      ipc.postTask(arn, 'DryRun', '', 'x', callback);
    });
    expect(wrong).toMatchObject([{ code: 'InvalidArgument' }]);
    expect(await invokeAsPublished(ipc, 'x')).toMatchObject([{ code: 'FunctionNotFound' }]);
    removeHost();
    expect(await invokeAsPublished(ipc, 'x')).toMatchObject([{ code: 'NoHost' }]);
  });

  it('gives a result once; after that, as for an id it never gave, it says so', async () => {
    host({ 'EdgeFC/helloworld': () => 'x' });
    const ipc = new IPCWrapper();
    const [, id] = await calledBack((callback) => {
      ipc.postTask(arn, 'Sync', '', 'x', callback);
    });
    const fetch = (): Promise<unknown[]> =>
      calledBack((callback) => {
        ipc.getTaskResult(arn, String(id), callback);
      });
    expect(await fetch()).toEqual([null, 'x', null, 200]);
    expect(await fetch()).toMatchObject([
      {
        code: 'InvalidArgument',
        message: `No result of invocation "${String(id)}" of "${arn}" is kept here: the result of a Sync invocation is given once, to the wrapper that posted it, within 60 s of its end; that of an Async one is not given here.`,
      },
    ]);
  });

  it('never calls back before it has returned', async () => {
    host({ 'EdgeFC/helloworld': () => 'x' });
    const ipc = new IPCWrapper();
    const order: string[] = [];
    await calledBack((callback) => {
      ipc.postTask(arn, 'Sync', '', 'x', (_err, id) => {
        order.push('posted');
        ipc.getTaskResult(arn, String(id), () => {
          order.push('result');
          callback();
        });
        order.push('asked');
      });
      order.push('returned');
    });
    expect(order).toEqual(['returned', 'posted', 'asked', 'result']);
  });

  it('refuses a callback that is none', () => {
    const ipc = new IPCWrapper();
    expect(() => {
      ipc.postTask(arn, 'Sync', '', '', undefined as unknown as () => void);
    }).toThrow(TypeError);
    expect(() => {
      ipc.getTaskResult(arn, '1', undefined as unknown as () => void);
    }).toThrow(TypeError);
  });
});

describe('an Async task for the router', () => {
  const context = (custom: unknown): string => Buffer.from(JSON.stringify({ custom })).toString('base64');

  /** What the published SDK's IoTData.publish does. */
  function post(
    functionId: string | undefined,
    invokerContext: string,
    payload?: string | Uint8Array,
  ): Promise<unknown[]> {
    return calledBack((callback) => {
      new IPCWrapper('token').postTask(String(functionId), 'Async', invokerContext, payload, callback);
    });
  }

  it('publishes its payload on the topic in its context, and gives the id of the message', async () => {
    const transport = host();
    const bytes = new Uint8Array([1, 2]);
    const custom = { source: arn, topic: '/alarms' };
    expect(await post(envVars.ROUTER_FUNCTION_ID, context(custom), 'open')).toEqual([null, 'message-1']);
    expect(await post(envVars.ROUTER_FUNCTION_ID, context(custom), bytes)).toEqual([null, 'message-2']);
    expect(transport.messages).toEqual([
      { topic: '/alarms', payload: 'open' },
      { topic: '/alarms', payload: bytes },
    ]);
    expect(transport.requests).toHaveLength(0);
  });

  it.each([
    ['no context', '', 'x', /^The invoker context of a task for the router has no topic; make it with/],
    ['no topic in it', context({ source: arn }), 'x', /has no topic/],
    ['a context of something else', context(null), 'x', /has no topic/],
    ['a wildcard', context({ topic: '/a/#' }), 'x', /^topic "\/a\/#" has the wildcard "#"/],
    ['no payload', context({ topic: '/a' }), undefined, /^Can't find required parameter "payload"\.$/],
  ])('is refused with %s', async (_what, invokerContext, payload, message) => {
    const transport = host();
    const [err] = await post(envVars.ROUTER_FUNCTION_ID, invokerContext, payload);
    expect(err).toMatchObject({ code: 'InvalidArgument', message: expect.stringMatching(message) as string });
    expect(transport.messages).toHaveLength(0);
  });

  it('is an invocation like any other when ROUTER_FUNCTION_ID names a function', async () => {
    vi.stubEnv('ROUTER_FUNCTION_ID', 'My/router');
    const transport = host({ 'My/router': () => 'x' });
    const [err, id] = await post(envVars.ROUTER_FUNCTION_ID, context({ topic: '/a' }), 'x');
    expect(err).toBeNull();
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(transport.requests).toMatchObject([{ target: 'My/router', type: 'Async' }]);
    expect(transport.messages).toHaveLength(0);
  });
});

describe('results that nobody asks for', () => {
  const ended = (payload: string): Promise<CallEnd> =>
    Promise.resolve({ kind: 'value', answer: { kind: 'answered', payload, functionError: undefined } });

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  async function filled(limits: { lifetime: number; count: number; bytes: number }): Promise<UnfetchedResults> {
    const results = new UnfetchedResults(limits);
    for (const id of ['1', '2', '3']) results.add(id, ended('abcd'));
    await new Promise(setImmediate);
    return results;
  }

  const kept = (results: UnfetchedResults): string[] => ['1', '2', '3'].filter((id) => results.take(id) !== undefined);

  it('expire', async () => {
    const results = await filled({ lifetime: 1000, count: 9, bytes: 999 });
    vi.advanceTimersByTime(999);
    expect(results.take('2')).toBeDefined();
    vi.advanceTimersByTime(1);
    expect(kept(results)).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are bounded in number, the oldest leaving first', async () => {
    expect(kept(await filled({ lifetime: 1000, count: 2, bytes: 999 }))).toEqual(['2', '3']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are bounded in bytes, the oldest leaving first', async () => {
    expect(kept(await filled({ lifetime: 1000, count: 9, bytes: 15 }))).toEqual(['3']);
  });

  it('do not count while their calls run', async () => {
    const running = Promise.withResolvers<CallEnd>();
    const results = new UnfetchedResults({ lifetime: 1, count: 0, bytes: 0 });
    results.add('1', running.promise);
    await new Promise(setImmediate);
    vi.advanceTimersByTime(1000);
    const taken = results.take('1');
    running.resolve({ kind: 'error', error: 'x' });
    expect(await taken).toEqual({ kind: 'error', error: 'x' });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a result that is asked for while its call runs', () => {
  it('is not kept when the call ends', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const running = Promise.withResolvers<CallEnd>();
    const results = new UnfetchedResults({ lifetime: 1000, count: 9, bytes: 999 });
    results.add('1', running.promise);
    const taken = results.take('1');
    running.resolve({ kind: 'error', error: 'x' });
    await taken;
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });
});

describe('envVars', () => {
  it('reads the environment at each access', () => {
    expect(envVars.MY_FUNCTION_ID).toBeUndefined();
    expect(envVars.ROUTER_FUNCTION_ID).toBe('edgefc:router');
    vi.stubEnv('MY_FUNCTION_ID', arn);
    vi.stubEnv('THING_FUNCTION_ID', 'thing');
    vi.stubEnv('ROUTER_FUNCTION_ID', 'router');
    vi.stubEnv('EDGEFC_AUTH_TOKEN', 'token');
    expect({ ...envVars }).toEqual({
      AUTH_TOKEN: 'token',
      MY_FUNCTION_ID: arn,
      THING_FUNCTION_ID: 'thing',
      ROUTER_FUNCTION_ID: 'router',
    });
  });
});

describe('ws.request', () => {
  it('reports NotImplemented through its callback', async () => {
    const args = await calledBack((callback) => {
      ws.request({ method: 'GET', path: '/' }, callback);
    });
    expect(args).toMatchObject([
      { code: 'NotImplemented', message: 'linkedge-common-js ws.request is not in this release of @edgefc/sdk.' },
    ]);
  });
});
