import { afterEach, describe, expect, it, vi } from 'vitest';
import { FCClient } from '../src/fc-client.ts';
import {
  decodeStatus,
  encodeStatus,
  setTransportProvider,
  type InvocationStatus,
  type QueryOutcome,
} from '../src/internal.ts';
import { calledBack, rejection } from './support/call.ts';
import { removeHost } from './support/host.ts';

afterEach(removeHost);

const status: InvocationStatus = {
  id: 'i-1',
  function: 'EdgeFC/helloworld',
  state: 'Succeeded',
  attempt: 2,
  acceptedAt: 1,
  startedAt: 2,
  endedAt: 3,
  nextAttemptAt: null,
  result: 'Hi.',
  resultCut: false,
  errors: [
    { attempt: 1, functionError: 'Handled', errorType: 'Error', errorMessage: 'no', stackTrace: ['at x'], at: 2 },
  ],
  caller: null,
  orderKey: 'k',
};

interface Question {
  readonly name: string;
  readonly args: object;
}

/** A host that answers every question alike; what it was asked. */
function answering(outcome: QueryOutcome): Question[] {
  const asked: Question[] = [];
  setTransportProvider(() => ({
    limits: { sync: 1, async: 1 },
    invoke: () => Promise.reject(new Error('not asked to')),
    query: (name, args) => {
      asked.push({ name, args });
      return Promise.resolve(outcome);
    },
  }));
  return asked;
}

const result = (value: unknown): QueryOutcome => ({ kind: 'result', json: JSON.stringify(value) });
const found = result(encodeStatus(status));

const fc = new FCClient();
type Method = 'getInvocation' | 'waitForInvocation' | 'stopInvocation' | 'listInvocations';

/** The methods as JavaScript sees them. */
function call(method: Method, ...args: unknown[]): unknown {
  return (fc[method] as (...args: unknown[]) => unknown).call(fc, ...args);
}

describe('a question about an Async invocation', () => {
  it('sends what it needs and gives the status', async () => {
    const asked = answering(found);
    expect(await fc.getInvocation('i-1')).toEqual(status);
    expect(await fc.stopInvocation('i-1')).toEqual(status);
    expect(await fc.waitForInvocation('i-1')).toEqual(status);
    expect(await fc.waitForInvocation('i-1', { timeout: 0 })).toEqual(status);
    expect(asked).toEqual([
      { name: 'get', args: { id: 'i-1' } },
      { name: 'stop', args: { id: 'i-1' } },
      { name: 'wait', args: { id: 'i-1', timeout: 60_000 } },
      { name: 'wait', args: { id: 'i-1', timeout: 0 } },
    ]);
  });

  it('lists many, with the filters that were given and no others', async () => {
    const asked = answering(result([encodeStatus(status), encodeStatus({ ...status, id: 'i-0' })]));
    expect((await fc.listInvocations()).map(({ id }) => id)).toEqual(['i-1', 'i-0']);
    const filter = { function: 'S/f', states: ['Failed', 'Expired'], before: 'i-9', limit: 1000 } as const;
    await fc.listInvocations(filter);
    await fc.listInvocations({ function: null, states: null, before: null, limit: null });
    expect(asked.map(({ args }) => args)).toEqual([{}, filter, {}]);
  });

  it.each<[Method, unknown[]]>([
    ['getInvocation', ['i-1']],
    ['stopInvocation', ['i-1']],
    ['waitForInvocation', ['i-1']],
    ['waitForInvocation', ['i-1', { timeout: 5 }]],
    ['waitForInvocation', ['i-1', undefined]],
  ])(
    'gives it to a callback as the last argument, once and never before it has returned: %s%j',
    async (method, args) => {
      answering(found);
      let calls = 0;
      const outcome = await calledBack((callback) => {
        const returned = call(method, ...args, (...given: unknown[]) => {
          calls += 1;
          callback(...given);
        });
        expect(returned).toBeUndefined();
        expect(calls).toBe(0);
      });
      await new Promise(setImmediate);
      expect(outcome).toEqual([null, status]);
      expect(calls).toBe(1);
    },
  );

  it.each([[[]], [[{ limit: 5 }]], [[null]]])('gives a list to a callback: %j', async (args) => {
    answering(result([encodeStatus(status)]));
    expect(await calledBack((callback) => call('listInvocations', ...args, callback))).toEqual([null, [status]]);
  });

  it('gives what the host refuses with its code, its message and whether to ask again', async () => {
    answering({ kind: 'refused', code: 'InvocationNotFound', message: 'No i-1.', retryable: false });
    const [err, data] = await calledBack((callback) => call('getInvocation', 'i-1', callback));
    expect(err).toMatchObject({
      name: 'EdgefcError',
      code: 'InvocationNotFound',
      message: 'No i-1.',
      retryable: false,
    });
    expect(data).toBeUndefined();
  });

  it('refuses a callback that is none, and asks nothing', () => {
    const asked = answering(found);
    expect(() => call('getInvocation', 'i-1', {})).toThrow(
      new TypeError(
        'FCClient.getInvocation: callback is an object, not a function; give a function (err, data), or leave it out to get a promise.',
      ),
    );
    expect(asked).toEqual([]);
  });

  const id = 'give the id that the Async call gave, a String of 1 to 200 characters.';
  it.each<[Method, unknown[], string]>([
    ['getInvocation', [], `FCClient.getInvocation: id is undefined; ${id}`],
    ['stopInvocation', [7], `FCClient.stopInvocation: id is the number 7; ${id}`],
    ['waitForInvocation', [''], `FCClient.waitForInvocation: id is the string ""; ${id}`],
    [
      'getInvocation',
      ['x'.repeat(201)],
      `FCClient.getInvocation: id is the string "${'x'.repeat(80)}"… (201 characters); ${id}`,
    ],
    [
      'waitForInvocation',
      ['i', { timeout: -1 }],
      'FCClient.waitForInvocation: timeout is the number -1 ms; it must be a number of milliseconds from 0 to 86400000 (1 day).',
    ],
    [
      'waitForInvocation',
      ['i', { timeout: Number.NaN }],
      'FCClient.waitForInvocation: timeout is the number NaN ms; it must be a number of milliseconds from 0 to 86400000 (1 day).',
    ],
    [
      'waitForInvocation',
      ['i', { timeout: 86_400_001 }],
      'FCClient.waitForInvocation: timeout is the number 86400001 ms; it must be a number of milliseconds from 0 to 86400000 (1 day).',
    ],
    [
      'waitForInvocation',
      ['i', { timeout: '5s' }],
      'FCClient.waitForInvocation: timeout is the string "5s"; it must be a number of milliseconds from 0 to 86400000 (1 day).',
    ],
    [
      'waitForInvocation',
      ['i', { signal: {} }],
      "signal is an object; pass an AbortSignal (an AbortController's .signal).",
    ],
    [
      'waitForInvocation',
      ['i', 5000],
      'FCClient.waitForInvocation: options is the number 5000; pass { timeout, signal }, or nothing.',
    ],
    [
      'listInvocations',
      ['S/f'],
      'FCClient.listInvocations: params is the string "S/f"; pass { function, states, before, limit }, or nothing.',
    ],
    [
      'listInvocations',
      [{ limit: 0 }],
      'FCClient.listInvocations: limit is the number 0; it must be a whole number from 1 to 1,000.',
    ],
    [
      'listInvocations',
      [{ limit: 1001 }],
      'FCClient.listInvocations: limit is the number 1001; it must be a whole number from 1 to 1,000.',
    ],
    [
      'listInvocations',
      [{ limit: 1.5 }],
      'FCClient.listInvocations: limit is the number 1.5; it must be a whole number from 1 to 1,000.',
    ],
    [
      'listInvocations',
      [{ states: ['Failed', 'Done'] }],
      'FCClient.listInvocations: states[1] is the string "Done"; give an Array of Enqueued, Running, Retrying, Succeeded, Failed, Expired, Stopped.',
    ],
    [
      'listInvocations',
      [{ states: 'Failed' }],
      'FCClient.listInvocations: states is the string "Failed"; give an Array of Enqueued, Running, Retrying, Succeeded, Failed, Expired, Stopped.',
    ],
    ['listInvocations', [{ before: '' }], `FCClient.listInvocations: before is the string ""; ${id}`],
    [
      'listInvocations',
      [{ function: {} }],
      "FCClient.listInvocations: function is an object; it is 'Service/function', a function's id or its ARN.",
    ],
  ])('with wrong parameters is not asked: %s%j', async (method, args, message) => {
    const asked = answering(found);
    expect(await rejection(call(method, ...args) as Promise<unknown>)).toMatchObject({
      code: 'InvalidArgument',
      message,
      retryable: false,
    });
    expect(asked).toEqual([]);
  });

  it('to an older host says which method is missing and what to update', async () => {
    setTransportProvider(() => ({ limits: { sync: 1, async: 1 }, invoke: () => Promise.reject(new Error('no')) }));
    expect(await rejection(fc.stopInvocation('i-1'))).toMatchObject({
      code: 'NotImplemented',
      message:
        'FCClient.stopInvocation: the host that runs this function is older than its @edgefc/sdk and does not have this; update edgefc (@edgefc/runtime) on the host.',
    });
  });

  it('without a host, or to one over HTTP, says so by its own name', async () => {
    expect(await rejection(fc.listInvocations())).toMatchObject({
      code: 'NoHost',
      message: expect.stringContaining('carries the question of FCClient.listInvocations: this code') as string,
    });
    vi.stubEnv('EDGEFC_ENDPOINT', 'http://127.0.0.1:9000');
    expect(await rejection(fc.getInvocation('i'))).toMatchObject({
      code: 'NotImplemented',
      message: expect.stringMatching(/^FCClient\.getInvocation over HTTP/) as string,
    });
  });
});

describe('waiting with a signal', () => {
  it('that is aborted already is not begun', async () => {
    const asked = answering(found);
    const signal = AbortSignal.abort('enough');
    const error = await rejection(fc.waitForInvocation('i-1', { signal }));
    expect(error).toMatchObject({ code: 'Cancelled', cause: 'enough' });
    expect(error.message).toBe(
      'The question of FCClient.waitForInvocation was not asked: its signal was aborted before.',
    );
    expect(asked).toEqual([]);
  });

  it('hands it to the transport, and the reason of its abort is the cause of the error', async () => {
    const controller = new AbortController();
    setTransportProvider(() => ({
      limits: { sync: 1, async: 1 },
      invoke: () => Promise.reject(new Error('not asked to')),
      query: (_name, _args, signal) =>
        new Promise((resolve) => {
          signal?.addEventListener('abort', () => {
            resolve({ kind: 'refused', code: 'Cancelled', message: 'Taken back.', retryable: false });
          });
          controller.abort('enough');
        }),
    }));
    const { signal } = controller;
    expect(await rejection(fc.waitForInvocation('i-1', { signal }))).toMatchObject({
      code: 'Cancelled',
      message: 'Taken back.',
      cause: 'enough',
    });
  });
});

describe('the encoding of a status', () => {
  it.each([
    ['text', 'é'],
    ['no text', ''],
    ['bytes', Buffer.from([0, 255, 128])],
    ['no bytes', Buffer.alloc(0)],
    ['nothing', null],
  ])('keeps a result of %s across JSON', (_what, value) => {
    const given = { ...status, result: value };
    const encoded = JSON.stringify(encodeStatus(given));
    expect(decodeStatus(JSON.parse(encoded) as ReturnType<typeof encodeStatus>)).toEqual(given);
  });

  it('takes along nothing that is no part of a status', () => {
    expect(encodeStatus({ ...status, payload: 'secret' } as InvocationStatus)).not.toHaveProperty('payload');
  });
});
