/** The instance's side of what a function asks and publishes, and of what its errors say about another run. */
import { EdgefcError, NonRetryableError, RetryLater } from '@edgefc/sdk';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/engine/clock.ts';
import { retryHint } from '../../src/engine/handler/retry-hint.ts';
import { Run } from '../../src/engine/handler/run.ts';
import { Kind, NO_RETRY, type FromInstance, type RunMessage } from '../../src/engine/protocol.ts';
import { InFunctionTransport } from '../../src/engine/handler/in-function-transport.ts';
import { defineTestHost } from '../support/test-host.ts';

function createTransport(): { transport: InFunctionTransport; sent: FromInstance[] } {
  const sent: FromInstance[] = [];
  const transport = new InFunctionTransport(
    { maxSyncPayload: 9, maxAsyncPayload: 9 },
    () => 0,
    (message) => {
      sent.push(message);
    },
  );
  return { transport, sent };
}

describe('the transport of an instance', () => {
  it('publishes, and settles with the id of the message or with the refusal', async () => {
    const { transport, sent } = createTransport();
    const accepted = transport.publish({ topic: '/a', payload: 'x' });
    const refused = transport.publish({ topic: '/b', payload: 'y' });
    expect(sent).toEqual([
      [Kind.Publish, 1, 0, '/a', 'x'],
      [Kind.Publish, 2, 0, '/b', 'y'],
    ]);
    transport.settle([Kind.Refused, 2, 'ResourceExhausted', 'full', true]);
    transport.settle([Kind.Accepted, 1, 'm-1', false]);
    expect(await accepted).toEqual({ kind: 'accepted', id: 'm-1', deduplicated: false });
    expect(await refused).toEqual({ kind: 'refused', code: 'ResourceExhausted', message: 'full', retryable: true });
  });

  it('asks, and settles with the answer as JSON or with the refusal', async () => {
    const { transport, sent } = createTransport();
    const answered = transport.query('wait', { id: 'i-1', timeout: 5 });
    const refused = transport.query('list', {});
    expect(sent).toEqual([
      [Kind.Query, 1, 0, 'wait', '{"id":"i-1","timeout":5}'],
      [Kind.Query, 2, 0, 'list', '{}'],
    ]);
    transport.settle([Kind.Result, 1, '{"id":"i-1"}']);
    transport.settle([Kind.Refused, 2, 'InvocationNotFound', 'none', false]);
    expect(await answered).toEqual({ kind: 'result', json: '{"id":"i-1"}' });
    expect(await refused).toMatchObject({ kind: 'refused', code: 'InvocationNotFound' });
  });

  it('settles a question at once when its signal aborts, and drops the answer that comes later', async () => {
    const { transport } = createTransport();
    const controller = new AbortController();
    const waiting = transport.query('wait', { id: 'i-1', timeout: 5 }, controller.signal);
    controller.abort();
    expect(await waiting).toEqual({
      kind: 'refused',
      code: 'Cancelled',
      message: 'The question about i-1 was taken back through its signal; the work itself goes on.',
      retryable: false,
    });
    transport.settle([Kind.Result, 1, '{}']);
  });

  it('lets go of the signal when the answer is there', async () => {
    const { transport } = createTransport();
    const { signal } = new AbortController();
    const listening = new Set<unknown>();
    signal.addEventListener = (_type: string, listener: unknown) => void listening.add(listener);
    signal.removeEventListener = (_type: string, listener: unknown) => void listening.delete(listener);
    const waiting = transport.query('wait', { id: 'i-1', timeout: 5 }, signal);
    expect(listening.size).toBe(1);
    transport.settle([Kind.Result, 1, '{}']);
    await waiting;
    expect(listening.size).toBe(0);
  });

  it('refuses an answer to something else than was asked', async () => {
    const { transport } = createTransport();
    const message = transport.publish({ topic: '/a', payload: 'x' });
    const question = transport.query('get', { id: 'i' });
    transport.settle([Kind.Result, 1, '{}']);
    transport.settle([Kind.Accepted, 2, 'm-1', false]);
    expect(await message).toMatchObject({ kind: 'refused', code: 'NotImplemented' });
    expect(await question).toMatchObject({ kind: 'refused', code: 'NotImplemented' });
  });
});

describe('what an error says about another run', () => {
  const throwing = {
    get retryable(): boolean {
      throw new Error('no');
    },
  };
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();

  it.each<[string, unknown, number | null]>([
    ['NonRetryableError', new NonRetryableError('no'), -1],
    ['retryable === false of anybody', Object.assign(new Error('no'), { retryable: false }), -1],
    ['RetryLater', new RetryLater({ after: 30_000 }), 30_000],
    ['RetryLater at once', new RetryLater({ after: 0 }), 0],
    ['a look-alike that asks for ever', { name: 'RetryLater', after: Number.POSITIVE_INFINITY }, 31_536_000_000],
    ['a look-alike that asks for the past', { name: 'RetryLater', after: -5 }, null],
    ['a look-alike without a number', { name: 'RetryLater', after: Number.NaN }, null],
    ['an error', new Error('no'), null],
    ['retryable that is not exactly false', { retryable: 0 }, null],
    ['a text', 'no', null],
    ['null', null, null],
    ['undefined', undefined, null],
    ['a getter that throws', throwing, null],
    ['a revoked proxy', revoked.proxy, null],
  ])('%s', (_what, thrown, hint) => {
    expect(retryHint(thrown)).toBe(hint);
  });
});

describe('a run', () => {
  const { functions, settings } = defineTestHost({ isolation: 'thread', functions: { 'S/f': { handler: 'a.b' } } }, '');
  const [definition] = functions;
  const message: RunMessage = [Kind.Run, 1, null, 'i-1', null, 1, 1000];

  /** What a run says that is aborted, or not, and then throws. */
  async function saidAfter(error: Error, aborted: boolean): Promise<FromInstance> {
    const said = Promise.withResolvers<FromInstance>();
    const failing = Promise.withResolvers<undefined>();
    const boot = { protocolVersion: 0, instance: 'S/f#1', definition: definition!, loadOnly: false, settings };
    const run = new Run(
      {
        boot,
        clock: systemClock,
        logger: console,
        handler: () => failing.promise,
        send: said.resolve,
        warn: () => undefined,
        onSettled: () => undefined,
      },
      message,
    );
    run.start(message);
    if (aborted) run.abort('the host stops');
    failing.reject(error);
    return await said.promise;
  }

  it('that threw tells what its error says about another run, beside the same JSON as ever', async () => {
    const said = await saidAfter(new NonRetryableError('no'), false);
    expect(said).toEqual([Kind.Threw, 1, expect.any(String), NO_RETRY]);
    expect(Object.keys(JSON.parse(String(said[2])) as object)).toEqual(['errorMessage', 'errorType', 'stackTrace']);
    expect(await saidAfter(new Error('no'), false)).toEqual([Kind.Threw, 1, expect.any(String), null]);
  });

  it('that was aborted does not forbid another one, but may ask for it', async () => {
    const cancelled = new EdgefcError('Cancelled', 'a call of the handler, cancelled with it');
    expect(cancelled.retryable).toBe(false);
    expect(await saidAfter(cancelled, true)).toEqual([Kind.Threw, 1, expect.any(String), null]);
    expect(await saidAfter(new RetryLater({ after: 5 }), true)).toEqual([Kind.Threw, 1, expect.any(String), 5]);
  });
});
