/** Functions that ask about Async work, publish, and steer retries, each through the SDK and across a real wall. */
import { describe, expect, it } from 'vitest';
import { writeFiles } from '../support/files.ts';
import { startHost, type TestFunction } from '../support/test-host.ts';

const SOURCES = {
  'main.cjs': `
    const { FCClient, IoTData, NonRetryableError, RetryLater, functionRef } = require('linkedge-core-sdk');
    const fc = new FCClient();
    const start = (functionName, payload) =>
      fc.invokeFunction({ serviceName: 'S', functionName, payload, invocationType: 'Async', orderKey: 'k' });

    module.exports = {
      echo: async (event) => (event === 'bytes' ? Buffer.from([0, 255]) : event),
      asks: async (event) => {
        const id = await start('echo', event);
        const { state, result, function: key, caller, orderKey, attempt } = await fc.waitForInvocation(id, { timeout: 9_000 });
        const again = await fc.getInvocation(id);
        const [listed] = await fc.listInvocations({ function: 'S/echo', limit: 1 });
        const stop = await fc.stopInvocation(id).catch((error) => error.code);
        const unknown = await fc.getInvocation('no such id').catch((error) => error.code);
        return {
          state, key, caller, orderKey, attempt, stop, unknown,
          result: Buffer.isBuffer(result) ? [...result] : result,
          same: again.id === id && listed.id === id,
        };
      },
      hangs: (_event, context) => new Promise((resolve) => context.signal.addEventListener('abort', () => resolve('aborted'))),
      stops: async () => {
        const id = await start('hangs', '');
        const late = await fc.waitForInvocation(id, { timeout: 0 }).catch((error) => error.code);
        const controller = new AbortController();
        const waiting = fc.waitForInvocation(id, { signal: controller.signal }).catch((error) => error.code);
        controller.abort();
        return { late, cancelled: await waiting, state: (await fc.stopInvocation(id)).state };
      },
      never: async () => { throw new NonRetryableError('never again'); },
      later: async (_event, { attempt }) => {
        if (attempt < 3) throw new RetryLater({ after: 1 });
        return 'at last';
      },
      fails: async () => { throw new Error('again and again'); },
      ends: async (event) => {
        const id = event === 'fails'
          ? (await functionRef('S/fails').enqueue(undefined, { maxRetries: 0 })).id
          : await start(event, '');
        const { state, attempt, result, errors } = await fc.waitForInvocation(id);
        return { state, attempt, result, errors: errors.map((error) => error.errorMessage) };
      },
      receives: async (event, context) => {
        const { source, topic } = context.invokerContext.custom;
        console.log('received', Buffer.isBuffer(event), String(event), 'of', source, 'on', topic);
      },
      publishes: (event, context, callback) => {
        new IoTData().publish({ topic: '/alarms/door', payload: event }, callback);
      },
      publishesAsPublished: (event, context, callback) => {
        // As a copy of the published SDK does that the function carries itself.
        const { IPCWrapper, envVars } = require('linkedge-common-js');
        const custom = { source: envVars.MY_FUNCTION_ID, topic: '/alarms/window' };
        const invokerContext = Buffer.from(JSON.stringify({ custom })).toString('base64');
        new IPCWrapper(envVars.AUTH_TOKEN).postTask(envVars.ROUTER_FUNCTION_ID, 'Async', invokerContext, event, callback);
      },
    };
  `,
} as const;

const NAMES = ['echo', 'asks', 'hangs', 'stops', 'never', 'later', 'fails', 'ends', 'receives', 'publishes'] as const;

function functions(): Readonly<Record<string, TestFunction>> {
  const codeUri = writeFiles(SOURCES);
  return Object.fromEntries(
    [...NAMES, 'publishesAsPublished'].map((name) => [`S/${name}`, { handler: `main.${name}`, codeUri }]),
  );
}

describe.each(['thread', 'process'] as const)('a function in a %s', (isolation) => {
  it('waits for, looks at and lists what it enqueued, and cannot stop what is over', async () => {
    await using host = await startHost({ isolation, functions: functions() });
    for (const [event, result] of [
      ['Hi.', 'Hi.'],
      ['bytes', [0, 255]],
    ] as const) {
      expect(JSON.parse(String(await host.value('S/asks', event)))).toEqual({
        state: 'Succeeded',
        key: 'S/echo',
        caller: 'S/asks',
        orderKey: 'k',
        attempt: 1,
        result,
        same: true,
        stop: 'InvocationEnded',
        unknown: 'InvocationNotFound',
      });
    }
  });

  it('stops what runs, and its own waiting ends by time or by a signal while the work goes on', async () => {
    await using host = await startHost({ isolation, functions: functions() });
    expect(JSON.parse(String(await host.value('S/stops')))).toEqual({
      late: 'DeadlineExceeded',
      cancelled: 'Cancelled',
      state: 'Stopped',
    });
  });

  it('steers its retries by what it throws, and its caller by maxRetries', async () => {
    await using host = await startHost({ isolation, functions: functions() });
    const end = async (name: string): Promise<unknown> => JSON.parse(String(await host.value('S/ends', name)));
    expect(await end('never')).toEqual({ state: 'Failed', attempt: 1, result: null, errors: ['never again'] });
    expect(await end('later')).toMatchObject({ state: 'Succeeded', attempt: 3, result: 'at last' });
    expect(await end('fails')).toEqual({ state: 'Failed', attempt: 1, result: null, errors: ['again and again'] });
  });

  it('publishes to the functions that its messages are routed to, with our SDK and with the published one', async () => {
    const route = { source: undefined, filter: '/alarms/#', target: 'S/receives' };
    await using host = await startHost({ isolation, functions: functions(), routes: [route] });
    expect(await host.value('S/publishes', 'open')).toEqual(expect.any(String));
    await host.untilLogged('received true open of S/publishes on /alarms/door');
    await host.value('S/publishesAsPublished', 'broken');
    await host.untilLogged('received true broken of S/publishesAsPublished on /alarms/window');
  });
});
