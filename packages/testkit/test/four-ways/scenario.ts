/**
 * One scenario with its assertions, of everything that may happen between functions, written once for every way to run it.
 *
 * On real time somebody waits for each delay of it: they are short. What follows on a step is waited for before the next one, so
 * that the order of what is asked for is the same everywhere.
 */
import { expect } from 'vitest';
import { fake } from '../../src/fakes/fake.ts';
import type { TestHost } from '../../src/host/test-host.ts';
import type { TestHostOptions } from '../../src/options.ts';
import '../../src/matchers-vitest.ts';

const names = [
  ...['echo', 'describe', 'ask', 'chain', 'fails', 'failsByCallback', 'exits', 'throwsLater', 'hangs'],
  ...['succeedsAtLast', 'neverSucceeds', 'isHopeless', 'comesBack', 'logs', 'fetches', 'publishes', 'hears'],
];
const soon = { attempts: 3, minDelay: '10ms', maxDelay: '20ms' } as const;

export function plant(): TestHostOptions {
  return {
    root: new URL('.', import.meta.url),
    functions: {
      ...Object.fromEntries(names.map((name) => [`Plant/${name}`, `./fixtures/plant.${name}`])),
      'Plant/hangs': { handler: './fixtures/plant.hangs', timeout: '150ms' },
      'Plant/neverSucceeds': { handler: './fixtures/plant.neverSucceeds', onFailure: 'Cloud/alarm' },
      'Plant/succeedsAtLast': { handler: './fixtures/plant.succeedsAtLast', onSuccess: 'Cloud/alarm' },
      'Plant/typed': './fixtures/typed.mts',
    },
    fakes: {
      'Cloud/alarm': 'noted',
      'Cloud/sensor': { level: 7.5 },
      'Cloud/upload': fake.sequence(fake.error('offline'), fake.throttle(), fake.delay('20ms', 'stored')),
      'Cloud/broken': fake.crash(),
      topics: { 'plant/#': 'heard' },
    },
    routes: [{ topic: 'plant/+/level', target: 'Plant/hears' }],
    // Three cold starts on a busy machine have to fit into one call.
    defaults: { retry: soon, timeout: '20s' },
    credentials: { accessKeyId: 'id', accessKeySecret: 'secret' },
    region: 'cellar',
  };
}

export async function play(host: TestHost): Promise<void> {
  await sendEachKind(host);
  await callEachOther(host);
  await failInEachWay(host);
  await retry(host);
  await keepOrder(host);
  await publish(host);
  await print(host);
}

async function sendEachKind(host: TestHost): Promise<void> {
  const bytes = Buffer.from([0, 255, 128, 10]);
  expect((await host.invoke('Plant/echo', 'text, 21 °C')).payload).toBe('text, 21 °C');
  expect((await host.invoke('Plant/echo', bytes)).payload).toEqual(bytes);
  expect((await host.invoke('Plant/echo', { n: [1, null] })).json()).toEqual({ n: [1, null] });
  expect((await host.invoke('Plant/echo')).payload).toBe('');

  const invokerContext = { custom: { data: 'from outside' } };
  const { requestId, ...described } = (await host.invoke('Plant/describe', bytes, { invokerContext })).json<{
    requestId: string;
  }>();
  expect(host.record.invocation(requestId)?.target).toBe('Plant/describe');
  expect(described).toMatchObject({ kind: '4 bytes', invokerContext, attempt: 1, of: { name: 'describe' } });
}

async function callEachOther(host: TestHost): Promise<void> {
  const { payload } = (await host.invoke('Plant/chain', 'down')).json<{ payload: string }>();
  expect(JSON.parse(payload)).toMatchObject({ kind: 'text of 4', invokerContext: { deep: true } });
  expect(host).toHaveInvokedInOrder(['Plant/chain', 'Plant/ask', 'Plant/describe']);

  const bytes = { functionId: 'Plant/echo', base64: 'AP8=' };
  expect((await host.invoke('Plant/ask', bytes)).json()).toMatchObject({ kind: 'bytes', statusCode: 200 });
  expect((await host.invoke('Plant/typed', { tank: 'north', full: 10 })).json()).toEqual({
    tank: 'north',
    missing: 2.5,
  });
  expect((await host.invoke('Plant/fetches', 'later')).json()).toMatchObject({ state: 'Succeeded', result: 'later' });
  expect(host).toHaveInvoked('Plant/echo', { type: 'Async', from: 'Plant/fetches', payload: 'later' });
}

async function failInEachWay(host: TestHost): Promise<void> {
  const ask = async (name: string): Promise<unknown> =>
    (await host.invoke('Plant/ask', { serviceName: 'Plant', functionName: name, payload: '' })).json();

  expect(await ask('fails')).toMatchObject({ functionError: 'Handled', errorType: 'RangeError', statusCode: 200 });
  expect(await ask('failsByCallback')).toMatchObject({ functionError: 'Handled', errorMessage: 'no number' });
  expect(await ask('exits')).toMatchObject({ functionError: 'Unhandled', errorType: 'Exit' });
  expect(await ask('throwsLater')).toMatchObject({ functionError: 'Unhandled', errorMessage: /nobody catches this/ });
  expect(await ask('hangs')).toMatchObject({ functionError: 'Unhandled', errorType: 'Timeout' });
  expect(await ask('hears of nobody')).toMatchObject({ refused: 'InvalidArgument' });
  expect(await ask('echoo')).toMatchObject({ refused: 'FunctionNotFound' });
  expect((await host.invoke('Cloud/broken')).functionError).toBe('Unhandled');
  expect(host).toHaveFailedWith('Plant/fails', 'the valve says that it is 140 % open');
}

async function retry(host: TestHost): Promise<void> {
  const end = async (target: string, maxRetries?: number): Promise<unknown> => {
    const id = await host.enqueue(target, target, maxRetries === undefined ? {} : { maxRetries });
    const ended = await host.waitForInvocation(id);
    await host.runUntilIdle();
    return ended;
  };
  expect(await end('Plant/succeedsAtLast')).toMatchObject({ state: 'Succeeded', attempt: 3 });
  expect(await end('Plant/neverSucceeds', 1)).toMatchObject({ state: 'Failed', attempt: 2 });
  expect(await end('Plant/isHopeless')).toMatchObject({ state: 'Failed', attempt: 1 });
  expect(await end('Plant/comesBack', 0)).toMatchObject({ state: 'Succeeded', attempt: 2 });
  expect(await end('Plant/exits', 1)).toMatchObject({ state: 'Failed', attempt: 2 });
  expect(await end('Plant/hangs', 0)).toMatchObject({ state: 'Failed', attempt: 1 });
  expect(await end('Cloud/upload')).toMatchObject({ state: 'Succeeded', result: 'stored' });

  expect(host).toHaveBeenDeadLettered('Plant/neverSucceeds', { errorMessage: 'no power, 2', attempts: 2 });
  expect(host).toHaveInvoked('Cloud/alarm', { from: 'Plant/neverSucceeds', payload: /"requestPayload":"Plant\/never/ });
  expect(host).toHaveInvoked('Cloud/alarm', { from: 'Plant/succeedsAtLast', payload: /done at attempt 3/ });
  expect(await host.redrive({ function: 'Plant/neverSucceeds' })).toBe(1);
  await host.runUntilIdle();
  expect(await host.deadLetters()).toHaveLength(4);
}

async function keepOrder(host: TestHost): Promise<void> {
  const once = host.fake('Plant/echo', fake.when('first', fake.once(fake.error('stuck'))));
  const ids = [];
  for (const text of ['first', 'second', 'third']) {
    ids.push(await host.enqueue('Plant/echo', text, { orderKey: 'tank', dedupeKey: text }));
  }
  expect(await host.enqueue('Plant/echo', 'again', { dedupeKey: 'third' })).toBe(ids[2]);
  await host.enqueue('Plant/echo', 'delayed', { delay: 40 });
  await host.runUntilIdle();

  const runs = once.calls.map(({ text, attempt }) => `${text} ${attempt}`).filter((run) => !run.startsWith('delayed'));
  expect(runs).toEqual(['first 1', 'first 2', 'second 1', 'third 1']);
  once.restore();
}

async function publish(host: TestHost): Promise<void> {
  await host.invoke('Plant/publishes', Buffer.from([1, 2, 3]));
  await host.runUntilIdle();
  await host.publish('plant/door', 'open');
  await host.runUntilIdle();
  await host.publish('street/door', 'open');
  expect(host).toHavePublished('plant/tank/level', Buffer.from([1, 2, 3]));
  expect(host).toHaveLogged('Plant/hears', '3 bytes on plant/tank/level from Plant/publishes');
  expect(host).toHaveInvokedTimes('Plant/hears', 1);
}

async function print(host: TestHost): Promise<void> {
  await host.invoke('Plant/logs', 'one');
  await host.settle();
  expect(host).toHaveLogged('Plant/logs', 'text, one and 42');
  expect(host).toHaveLogged('Plant/logs', 'written');
}
