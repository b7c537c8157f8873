/** Async work on the engine: retries, order, dedupe, destinations, stopping, dead letters. */
import { describe, expect, it } from 'vitest';
import { NO_RETRY } from '../../src/engine/protocol.ts';
import { MemoryQueue } from '../../src/engine/queue/memory-queue.ts';
import { MemoryTables } from '../../src/engine/queue/memory-tables.ts';
import { QUEUE_LIMITS } from '../support/queue-limits.ts';
import { TestEngine, type Invoked, type TestEngineOptions } from './support/test-engine.ts';
import { flushPromises, VirtualClock } from './support/virtual-clock.ts';

const READY = { readyAfter: 0 };
const RETRY = { attempts: 4, minDelay: 1000, maxDelay: 300_000, maxAge: 86_400_000 };
const DURABLE = { durability: 'fsync', retry: RETRY } as const;

async function start(options: Omit<TestEngineOptions, 'behaviour'>): Promise<TestEngine> {
  const test = new TestEngine({ ...options, behaviour: READY });
  await test.engine.open();
  return test;
}

/** Lets time pass in steps, so that what promises start can happen on the way. */
async function pass(test: TestEngine, ms: number, steps = 1): Promise<void> {
  for (let n = 0; n < steps; n += 1) {
    await flushPromises();
    test.advance(ms / steps);
    await flushPromises();
    test.advance(0);
  }
  await flushPromises();
}

async function enqueue(
  test: TestEngine,
  target: string,
  options: Parameters<TestEngine['invoke']>[1] = {},
): Promise<string> {
  const invoked: Invoked = test.invoke(target, { ...options, type: 'Async' });
  await flushPromises();
  const { outcome } = invoked;
  if (outcome?.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(outcome)}`);
  return outcome.id;
}

async function stateOf(test: TestEngine, id: string): Promise<string> {
  const found = await test.engine.queries.get(id);
  return found.kind === 'found' ? found.value.state : found.code;
}

describe('Async work', () => {
  it('runs at once where a slot is free, and its result can be fetched by its id', async () => {
    const test = await start({ functions: { 'S/a': DURABLE } });
    const id = await enqueue(test, 'S/a', { payload: 'event' });
    expect(await stateOf(test, id)).toBe('Running');
    await pass(test, 0);
    const run = test.running('event');
    expect([run.requestId, run.attempt]).toEqual([id, 1]);
    run.return('result');
    await flushPromises();
    const found = await test.engine.queries.get(id);
    expect(found).toMatchObject({
      kind: 'found',
      value: { state: 'Succeeded', result: 'result', attempt: 1, errors: [] },
    });
    await test.close();
  });

  it('is tried again with growing delays until its attempts are used up, and is then a dead letter with every error', async () => {
    const test = await start({ functions: { 'S/a': DURABLE } });
    const id = await enqueue(test, 'S/a', { payload: 'x' });
    await pass(test, 0);
    for (const [attempt, delay] of [1000, 2000, 4000].entries()) {
      expect(test.running('x').attempt).toBe(attempt + 1);
      test.running('x').throw(`boom ${attempt + 1}`);
      await flushPromises();
      expect(await stateOf(test, id)).toBe('Retrying');
      await pass(test, delay - 1);
      expect(test.runs).toEqual([]);
      await pass(test, 1);
    }
    test.running('x').throw('boom 4');
    await flushPromises();
    const found = await test.engine.queries.get(id);
    if (found.kind !== 'found') throw new Error(found.message);
    expect(found.value.state).toBe('Failed');
    expect(found.value.errors.map(({ attempt, errorMessage }) => [attempt, errorMessage])).toEqual([
      [1, 'boom 1'],
      [2, 'boom 2'],
      [3, 'boom 3'],
      [4, 'boom 4'],
    ]);
    await test.close();
  });

  it('keeps the order of an order key, one at a time, also over a retry, and blocks no other key', async () => {
    const test = await start({ functions: { 'S/a': { ...DURABLE, maxInstances: 3, asyncConcurrency: 3 } } });
    for (const payload of ['a1', 'a2']) await enqueue(test, 'S/a', { payload, orderKey: 'a' });
    await enqueue(test, 'S/a', { payload: 'b1', orderKey: 'b' });
    await pass(test, 0);
    expect(test.runs.map(({ event }) => event).sort()).toEqual(['a1', 'b1']);
    test.running('a1').throw('not yet');
    test.running('b1').return('ok');
    await pass(test, 500);
    expect(test.runs).toEqual([]);
    await pass(test, 500);
    expect(test.runs.map(({ event }) => event)).toEqual(['a1']);
    test.running('a1').return('ok');
    await pass(test, 0);
    expect(test.runs.map(({ event }) => event)).toEqual(['a2']);
    await test.close();
  });

  it('starts the next of an order key only when a timed-out handler is gone', async () => {
    const test = await start({
      functions: {
        'S/a': { ...DURABLE, timeout: 100, maxInstances: 2, asyncConcurrency: 2, retry: { ...RETRY, attempts: 1 } },
      },
    });
    for (const payload of ['1', '2']) await enqueue(test, 'S/a', { payload, orderKey: 'k' });
    await pass(test, 0);
    await pass(test, 100);
    expect(test.runs.map(({ event }) => event)).toEqual(['1']);
    await pass(test, 600, 6);
    expect(test.runs.map(({ event }) => event)).toEqual(['2']);
    await test.close();
  });

  it('gives a repeat of a dedupe key the id of the first', async () => {
    const test = await start({ functions: { 'S/a': DURABLE } });
    const first = await enqueue(test, 'S/a', { dedupeKey: 'k' });
    expect(await enqueue(test, 'S/a', { dedupeKey: 'k' })).toBe(first);
    await pass(test, 86_400_000 - 1, 10);
    test.runs[0]?.return('ok');
    expect(await enqueue(test, 'S/a', { dedupeKey: 'other' })).not.toBe(first);
    await test.close();
  });

  it('waits for its delay', async () => {
    const test = await start({ functions: { 'S/a': DURABLE } });
    await enqueue(test, 'S/a', { payload: 'late', delay: 5000 });
    await pass(test, 4999);
    expect(test.runs).toEqual([]);
    await pass(test, 1);
    expect(test.running('late').attempt).toBe(1);
    await test.close();
  });

  it('ends at once when the error says that another run is no use, and comes back without using an attempt when it says when', async () => {
    const test = await start({ functions: { 'S/a': { ...DURABLE, maxInstances: 2, asyncConcurrency: 2 } } });
    const never = await enqueue(test, 'S/a', { payload: 'never' });
    const later = await enqueue(test, 'S/a', { payload: 'later', maxRetries: 0 });
    await pass(test, 0);
    test.running('never').throw('no', NO_RETRY);
    test.running('later').throw('busy', 60_000);
    await flushPromises();
    expect(await stateOf(test, never)).toBe('Failed');
    expect(await stateOf(test, later)).toBe('Retrying');
    await pass(test, 60_000);
    expect(test.running('later').attempt).toBe(2);
    test.running('later').return('ok');
    await flushPromises();
    expect(await stateOf(test, later)).toBe('Succeeded');
    await test.close();
  });

  it('expires at its maximum age, and says so to its destination', async () => {
    const test = await start({
      functions: {
        'S/a': {
          ...DURABLE,
          retry: { attempts: Infinity, minDelay: 1000, maxDelay: 1000, maxAge: 2500 },
          onFailure: 'S/b',
        },
        'S/b': DURABLE,
      },
    });
    const id = await enqueue(test, 'S/a', { payload: 'x' });
    for (let n = 0; n < 3; n += 1) {
      await pass(test, n === 0 ? 0 : 1000);
      test.running('x').throw(`down ${n}`);
    }
    await pass(test, 500);
    expect(await stateOf(test, id)).toBe('Expired');
    await pass(test, 0);
    const told = JSON.parse(test.runs[0]!.event) as { requestContext: object };
    expect(told).toMatchObject({ requestContext: { requestId: id, functionName: 'S/a' }, requestPayload: 'x' });
    await test.close();
  });

  it('can be stopped while it waits and while it runs', async () => {
    const test = await start({ functions: { 'S/a': { ...DURABLE, onSuccess: 'S/a', onFailure: 'S/a' } } });
    const [running, waiting] = [
      await enqueue(test, 'S/a', { payload: 'r' }),
      await enqueue(test, 'S/a', { payload: 'w' }),
    ];
    await pass(test, 0);
    expect(await test.engine.queries.stop(waiting)).toMatchObject({ kind: 'found', value: { state: 'Stopped' } });
    const stopped = test.engine.queries.stop(running);
    await flushPromises();
    expect(test.running('r').aborted).toBe('somebody stopped the invocation');
    test.running('r').throw('aborted');
    expect(await stopped).toMatchObject({ kind: 'found', value: { state: 'Stopped' } });
    expect(await test.engine.queries.stop(running)).toMatchObject({ kind: 'refused', code: 'InvocationEnded' });
    await pass(test, 10_000);
    expect(test.runs).toEqual([]);
    await test.close();
  });

  it('comes back from the dead with its id, its attempts anew, and its errors kept', async () => {
    const test = await start({ functions: { 'S/a': { ...DURABLE, retry: { ...RETRY, attempts: 1 } } } });
    const id = await enqueue(test, 'S/a', { payload: 'x' });
    await pass(test, 0);
    test.running('x').throw('boom');
    await flushPromises();
    expect(await test.engine.queries.redrive({ id })).toEqual({ kind: 'found', value: 1 });
    await pass(test, 0);
    expect([test.running('x').requestId, test.running('x').attempt]).toEqual([id, 2]);
    test.running('x').return('ok');
    await flushPromises();
    expect(await test.engine.queries.get(id)).toMatchObject({
      value: { state: 'Succeeded', errors: [{ attempt: 1 }] },
    });
    await test.close();
  });

  it('stays dead when it is asked for by a filter that does not exist', async () => {
    const test = await start({ functions: { 'S/a': { ...DURABLE, retry: { ...RETRY, attempts: 1 } } } });
    const id = await enqueue(test, 'S/a', { payload: 'x' });
    await pass(test, 0);
    test.running('x').throw('boom');
    await flushPromises();
    const filter: object = { target: 'S/other' };
    const message = (what: string, known: string): object => ({
      kind: 'refused',
      code: 'InvalidArgument',
      message: `${what}: a filter has no "target"; it may have ${known}`,
    });
    const { queries } = test.engine;
    expect(await queries.redrive(filter)).toMatchObject(message('redrive', '"id", "function"'));
    expect(await queries.purge(filter)).toMatchObject(message('purge', '"id", "function"'));
    expect(await queries.list(filter)).toMatchObject(message('list', '"function", "states", "before", "limit"'));
    expect(await stateOf(test, id)).toBe('Failed');
    await test.close();
  });

  it('goes back to the queue when the host stops, due at once and without a retry used, and runs after the next start', async () => {
    const tables = new MemoryTables();
    const functions = { 'S/a': { ...DURABLE, retry: { ...RETRY, attempts: 1 } } };
    const first = await start({ functions, queue: new MemoryQueue({ limits: QUEUE_LIMITS, tables }) });
    const id = await enqueue(first, 'S/a', { payload: 'x' });
    await pass(first, 0);
    await first.close();
    const second = await start({
      functions,
      queue: new MemoryQueue({ limits: QUEUE_LIMITS, tables }),
      bootId: 'second',
    });
    await pass(second, 0);
    expect([second.running('x').requestId, second.running('x').attempt]).toEqual([id, 2]);
    second.running('x').return('ok');
    await flushPromises();
    expect(await stateOf(second, id)).toBe('Succeeded');
    await second.close();
  });

  it('never takes the last slot when Sync calls are to have it, and stands back while one waits', async () => {
    const test = await start({ functions: { 'S/a': { ...DURABLE, maxInstances: 2, asyncConcurrency: 1 } } });
    for (const payload of ['1', '2', '3']) await enqueue(test, 'S/a', { payload });
    await pass(test, 0);
    expect(test.runs.map(({ event }) => event)).toEqual(['1']);
    test.invoke('S/a', { payload: 'sync' });
    test.advance(0);
    expect(test.runs.map(({ event }) => event).sort()).toEqual(['1', 'sync']);
    await test.close();
  });

  it('starts when the slot comes back that was kept for a repeat of a dedupe key', async () => {
    const test = await start({ functions: { 'S/a': { ...DURABLE, minInstances: 1 } } });
    await pass(test, 0);
    const first = await enqueue(test, 'S/a', { payload: 'first', dedupeKey: 'k' });
    await pass(test, 0);
    test.running('first').return();
    await enqueue(test, 'S/a', { payload: 'late', delay: 100 });
    await pass(test, 99);
    const repeat = test.invoke('S/a', { type: 'Async', dedupeKey: 'k' });
    // It falls due while the repeat is on its way, for which the only slot is kept.
    test.advance(1);
    await pass(test, 0);
    expect(repeat.outcome).toMatchObject({ id: first, deduplicated: true });
    expect(test.runs.map(({ event }) => event)).toEqual(['late']);
    await test.close();
  });

  it('is claimed for free slots only, also when what was claimed before it has expired', async () => {
    const slots = { instanceConcurrency: 4, asyncConcurrency: 100, maxQueue: 0 };
    const test = await start({ functions: { 'S/a': { ...DURABLE, ...slots, retry: { ...RETRY, maxAge: 1000 } } } });
    test.invoke('S/a', { payload: 'starts the instance' });
    await pass(test, 0);
    test.running('starts the instance').return();
    test.engine.runWork('none');
    await enqueue(test, 'S/a', { payload: 'expired' });
    await pass(test, 900);
    for (let n = 0; n < 12; n += 1) await enqueue(test, 'S/a', { payload: `${n}` });
    await pass(test, 200);
    test.engine.runWork('all');
    await pass(test, 0);
    expect(test.runs.map(({ event }) => event)).toEqual(['0', '1', '2', '3']);
    const waiting = await test.engine.queries.list({ states: ['Enqueued', 'Retrying'] });
    if (waiting.kind === 'refused') throw new Error(waiting.message);
    expect(waiting.value).toHaveLength(8);
    expect(waiting.value.flatMap(({ errors }) => errors)).toEqual([]);
    await test.close();
  });

  it('says when dead letters are removed because there are too many', async () => {
    const limits = { ...QUEUE_LIMITS, deadLetters: { ...QUEUE_LIMITS.deadLetters, count: 1 } };
    const test = await start({ functions: { 'S/a': DURABLE }, queue: new MemoryQueue({ limits }) });
    for (const payload of ['1', '2', '3']) {
      await enqueue(test, 'S/a', { payload, maxRetries: 0 });
      await pass(test, 0);
      test.running(payload).throw('dead');
      await pass(test, 0);
    }
    await pass(test, 60_000);
    expect(test.logs.map(({ level, message }) => [level, message])).toEqual([
      ['warn', expect.stringMatching(/^2 dead letters were removed: .*limits\.deadLetters/)],
    ]);
    expect(await test.engine.queries.stats()).toMatchObject({ accepted: 3, dead: 1, removed: 2 });
    await test.close();
  });

  it('of a timer comes as often as its interval says on a host that is restarted more often', async () => {
    const tables = new MemoryTables();
    const timers = [
      { name: 'daily', schedule: { kind: 'every', interval: 86_400_000 }, payload: '', catchUp: false } as const,
    ];
    let at = Date.UTC(2030, 0, 1);
    for (let n = 0; n < 20; n += 1) {
      const clock = new VirtualClock(at);
      const queue = new MemoryQueue({ limits: QUEUE_LIMITS, tables });
      const test = await start({ functions: { 'S/a': { ...DURABLE, timers } }, queue, clock, bootId: `boot${n}` });
      await pass(test, 43_200_000, 100);
      at += 43_200_000;
      await test.close(1);
    }
    expect(tables.maxSeq()).toBe(10);
  });
});
