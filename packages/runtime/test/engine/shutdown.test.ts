/** Draining, closing, Async work, and what is told on the event bus. */
import { describe, expect, it } from 'vitest';
import { MemoryQueue } from '../../src/engine/queue/memory-queue.ts';
import { QUEUE_LIMITS } from '../support/queue-limits.ts';
import { flushPromises } from './support/virtual-clock.ts';
import { TestEngine } from './support/test-engine.ts';

const READY = { readyAfter: 0 };

describe('drain', () => {
  it('refuses new calls, lets running and waiting ones end, and then resolves', async () => {
    const test = new TestEngine({ functions: { 'S/a': {} }, behaviour: READY });
    const calls = ['1', '2'].map((payload) => test.invoke('S/a', { payload }));
    test.advance(0);
    expect(await test.isIdle()).toBe(false);
    const refused = test.invoke('S/a');
    expect(refused.outcome).toMatchObject({ code: 'Stopping', retryable: true });
    test.running('1').return('one');
    test.running('2').return('two');
    expect(calls.map(({ result }) => result)).toEqual(['one', 'two']);
    expect(await test.isIdle()).toBe(true);
  });

  it('lets running handlers call others, so that they can end', async () => {
    const test = new TestEngine({ functions: { 'S/a': {}, 'S/b': {} }, behaviour: READY });
    test.invoke('S/a', { payload: 'a' });
    test.advance(0);
    void test.engine.drain(1000);
    const call = test.running('a').call('S/b', { payload: 'b' });
    test.advance(0);
    test.running('b').return('ok');
    expect(call.result).toBe('ok');
  });

  it('gives up after its grace', async () => {
    const test = new TestEngine({ functions: { 'S/a': { timeout: 100_000 } }, behaviour: READY });
    test.invoke('S/a');
    test.advance(0);
    let over = false;
    void test.engine.drain(3000).then(() => {
      over = true;
    });
    test.advance(2999);
    await flushPromises();
    expect(over).toBe(false);
    test.advance(1);
    await flushPromises();
    expect(over).toBe(true);
  });

  it('leaves no timer when it ends before its grace', async () => {
    const test = new TestEngine({ functions: { 'S/a': {} } });
    await test.engine.drain(3000);
    expect(test.clock.pending).toBe(0);
  });
});

describe('close', () => {
  it('answers what waits and what runs with Stopping, and ends every instance', async () => {
    const test = new TestEngine({ functions: { 'S/a': {}, 'S/b': { minInstances: 1 } }, behaviour: READY });
    void test.engine.open();
    const calls = ['1', '2'].map((payload) => test.invoke('S/a', { payload }));
    test.advance(0);
    await test.close();
    expect(calls.map(({ result }) => result)).toEqual(['Stopping', 'Stopping']);
    expect(calls[0]!.message).toBe('S/a was stopped while the handler ran: the host is stopping');
    expect(test.states).toEqual([]);
    expect(test.clock.pending).toBe(0);
  });

  it('aborts what runs, so that a handler can end by itself', async () => {
    const test = new TestEngine({ functions: { 'S/a': {} }, behaviour: { ...READY, stopAfter: 100 } });
    const call = test.invoke('S/a', { payload: '1' });
    test.advance(0);
    const closed = test.engine.close(2000);
    expect(test.running('1').aborted).toBe('the host is stopping');
    test.running('1').return('just in time');
    test.advance(100);
    await closed;
    expect(call.result).toBe('just in time');
  });

  it('kills what has not ended after its grace', async () => {
    const test = new TestEngine({ functions: { 'S/a': {} }, behaviour: { ...READY, stopAfter: undefined } });
    test.invoke('S/a');
    test.advance(0);
    const closed = test.engine.close(2000);
    test.advance(1999);
    expect(test.isolation.last.killed).toBe(false);
    test.advance(2);
    await closed;
    expect(test.isolation.last.killed).toBe(true);
  });

  it('does not wait for what is stuck longer than for the answer to a ping', async () => {
    const test = new TestEngine({
      functions: { 'S/a': {} },
      behaviour: { ...READY, stopAfter: undefined, pongAfter: undefined },
    });
    const call = test.invoke('S/a');
    test.advance(0);
    const closed = test.engine.close(2000);
    test.advance(199);
    expect(test.isolation.last.killed).toBe(false);
    test.advance(2);
    await closed;
    expect(call.result).toBe('Stopping');
  });

  it('ends instances that are still starting, and starts none again', async () => {
    const test = new TestEngine({ functions: { 'S/a': { minInstances: 1 }, 'S/l': { runMode: 'LongLived' } } });
    void test.engine.open();
    const waiting = test.invoke('S/a');
    await test.close();
    test.advance(1_000_000);
    expect(waiting.result).toBe('Stopping');
    expect(test.isolation.instances).toHaveLength(2);
    expect(test.clock.pending).toBe(0);
  });

  it('leaves Async work in its queue, begun or not', async () => {
    const queue = new MemoryQueue({ limits: QUEUE_LIMITS });
    const test = new TestEngine({ functions: { 'S/a': { durability: 'fsync' } }, behaviour: READY, queue });
    for (const payload of ['begun', 'not begun']) test.invoke('S/a', { type: 'Async', payload });
    await flushPromises();
    test.advance(0);
    await test.close();
    const rows = queue.tables.list({ states: undefined, target: undefined, before: undefined, limit: 10 });
    expect(rows.map(({ seq, state, starts, losses }) => [seq, state, starts, losses])).toEqual([
      [2, 'Enqueued', 0, 0],
      [1, 'Retrying', 1, 0],
    ]);
  });

  it('refuses what a handler still calls, when that would need an instance', () => {
    const test = new TestEngine({ functions: { 'S/a': {}, 'S/b': {} }, behaviour: { ...READY, stopAfter: 100 } });
    test.invoke('S/a', { payload: 'a' });
    test.advance(0);
    void test.engine.close(2000);
    const call = test.running('a').call('S/b');
    expect(call.result).toBe('Stopping');
    expect(call.end?.[3]).toBe('the host is stopping and starts no instance of S/b');
  });

  it('cancels a pending restart', async () => {
    const test = new TestEngine({ functions: { 'S/l': { runMode: 'LongLived' } }, behaviour: READY });
    void test.engine.open();
    test.advance(0);
    test.isolation.last.exit({ kind: 'code', code: 1 });
    await test.close();
    test.advance(1_000_000);
    expect(test.isolation.instances).toHaveLength(1);
  });
});

describe('Async', () => {
  it('gives the id after the work is stored, runs it under that id, and is over when it has ended', async () => {
    const stored = Promise.withResolvers<undefined>();
    const onCommit = (done: boolean): Promise<undefined> | undefined => (done ? stored.promise : undefined);
    const queue = new MemoryQueue({ limits: QUEUE_LIMITS, onCommit });
    const test = new TestEngine({ functions: { 'S/a': {} }, behaviour: READY, queue });
    const call = test.invoke('S/a', { type: 'Async', payload: 'later' });
    await flushPromises();
    expect(call.result, 'nothing is stored yet').toBeUndefined();
    expect(test.isolation.instances, 'nothing runs before it is stored').toEqual([]);
    stored.resolve(undefined);
    await flushPromises();
    expect(call.outcome).toEqual({ kind: 'accepted', id: 'boot.M1', deduplicated: false });
    test.advance(0);
    expect(test.running('later').requestId).toBe('boot.M1');
    expect(test.engine.pending).toBe(1);
    test.running('later').return('nobody hears this');
    await flushPromises();
    expect(test.engine.pending).toBe(0);
    expect(await test.isIdle()).toBe(true);
  });

  it('tells a full queue as ResourceExhausted, and one that was closed as Stopping', async () => {
    const limits = { ...QUEUE_LIMITS, maxQueueBytes: 300 };
    const full = new TestEngine({ functions: { 'S/a': {} }, queue: new MemoryQueue({ limits }) });
    full.invoke('S/a', { type: 'Async' });
    const refused = full.invoke('S/a', { type: 'Async' });
    await flushPromises();
    expect([refused.result, refused.message]).toEqual([
      'ResourceExhausted',
      'the queue of Async work is full: 1 invocations with 200 B wait or run, maxQueueBytes is 300 B; ' +
        'try again later, or raise maxQueueBytes in the configuration',
    ]);
    const onCommit = (): never => {
      throw new Error('the power was cut');
    };
    const queue = new MemoryQueue({ limits: QUEUE_LIMITS, onCommit });
    const broken = new TestEngine({ functions: { 'S/a': {} }, queue });
    const lost = broken.invoke('S/a', { type: 'Async' });
    await flushPromises();
    expect([lost.result, lost.message]).toEqual(['Stopping', 'the work was not accepted: the queue was closed']);
    expect(broken.engine.pending).toBe(0);
  });

  it('runs in order, as many at once as there are slots, and waits in its queue and not in the pool', async () => {
    const test = new TestEngine({ functions: { 'S/a': { maxInstances: 2 } }, behaviour: READY });
    for (const payload of ['1', '2', '3', '4', '5']) test.invoke('S/a', { type: 'Async', payload });
    await flushPromises();
    test.advance(0);
    await flushPromises();
    test.advance(0);
    const order: string[] = [];
    test.events.on('invocation:started', ({ payload }) => order.push(String(payload)));
    order.push(...test.runs.map(({ event }) => event));
    while (test.runs.length > 0) {
      expect(test.runs.length).toBeLessThanOrEqual(2);
      expect([...test.engine.pools].map(({ queued }) => queued)).toEqual([0]);
      test.runs[0]!.return();
      await flushPromises();
      test.advance(0);
    }
    expect(order).toEqual(['1', '2', '3', '4', '5']);
  });

  it('lets a Sync call go first when a slot comes free', async () => {
    const test = new TestEngine({ functions: { 'S/a': {} }, behaviour: READY });
    for (const payload of ['async 1', 'async 2']) test.invoke('S/a', { type: 'Async', payload });
    await flushPromises();
    test.advance(0);
    test.invoke('S/a', { payload: 'sync' });
    test.running('async 1').return();
    await flushPromises();
    expect(test.runs.map(({ event }) => event)).toEqual(['sync']);
    test.running('sync').return();
    await flushPromises();
    expect(test.runs.map(({ event }) => event)).toEqual(['async 2']);
  });

  it('goes on with the next after a timeout, a crash and a failed start', async () => {
    const test = new TestEngine({ functions: { 'S/a': { timeout: 1000 } } });
    for (const payload of ['hangs', 'crashes', 'never starts', 'last']) test.invoke('S/a', { type: 'Async', payload });
    await flushPromises();
    test.isolation.last.ready();
    test.advance(2000);
    await flushPromises();
    test.isolation.last.ready();
    expect(test.running('crashes').instance.name).toBe('S/a#2');
    test.isolation.last.exit({ kind: 'code', code: 1 });
    await flushPromises();
    test.isolation.last.failToLoad('broken');
    await flushPromises();
    test.isolation.last.ready();
    test.running('last').return();
    await flushPromises();
    expect(test.engine.pending).toBe(0);
  });

  it('is started although its function lets no call wait', async () => {
    const test = new TestEngine({ functions: { 'S/a': { maxQueue: 0 } }, behaviour: READY });
    test.invoke('S/a', { type: 'Async', payload: 'work' });
    await flushPromises();
    test.advance(0);
    expect(test.runs.map(({ event }) => event)).toEqual(['work']);
  });

  it('is accepted from a running handler while the engine drains, and left in the queue', async () => {
    const test = new TestEngine({ functions: { 'S/a': {}, 'S/b': {} }, behaviour: READY });
    test.invoke('S/a', { payload: 'a' });
    test.advance(0);
    void test.engine.drain(1_000_000);
    const call = test.running('a').call('S/b', { type: 'Async', payload: 'b' });
    await flushPromises();
    expect(call.result).toBe('boot.M1');
    test.running('a').return();
    expect(await test.isIdle()).toBe(true);
    expect(test.runs).toEqual([]);
    expect(test.engine.pending).toBe(1);
  });
});

describe('events', () => {
  it('tell the life of an invocation and of its instance in order', async () => {
    const test = new TestEngine({ functions: { 'S/a': {}, 'S/b': {} }, behaviour: READY });
    test.invoke('S/a', { payload: 'a' });
    test.advance(0);
    test.running('a').call('S/b', { payload: 'b' });
    test.advance(0);
    test.running('b').throw('no');
    test.running('a').return();
    await test.close();
    expect(test.trace).toEqual([
      'accepted boot-1 S/a',
      'starting S/a#1',
      'ready S/a#1',
      'started boot-1 in S/a#1',
      'accepted boot-2 S/b',
      'starting S/b#1',
      'ready S/b#1',
      'started boot-2 in S/b#1',
      'settled boot-2 Handled',
      'settled boot-1 ok',
      'exited S/a#1: the host is stopping',
      'exited S/b#1: the host is stopping',
    ]);
  });

  it('tell a refusal as accepted and settled, without a start', () => {
    const test = new TestEngine({ functions: { 'S/a': { maxQueue: 0 } } });
    test.invoke('S/a');
    test.invoke('S/a');
    expect(test.trace.slice(2)).toEqual(['accepted boot-2 S/a', 'settled boot-2 ResourceExhausted']);
  });

  it('say who called, also Async and after the caller’s own invocation has settled', async () => {
    const test = new TestEngine({ functions: { 'S/a': {}, 'S/b': { maxInstances: 4 } }, behaviour: READY });
    const callers = new Map<string, string | undefined>();
    test.events.on('invocation:accepted', ({ payload, caller }) => callers.set(String(payload), caller));
    test.invoke('S/a', { payload: 'from outside' });
    test.invoke('S/b', { payload: 'Async from outside', type: 'Async' });
    test.advance(0);
    const run = test.running('from outside');
    run.call('S/b', { payload: 'of a handler' });
    run.call('S/b', { payload: 'Async of a handler', type: 'Async' });
    run.return();
    run.call('S/b', { payload: 'of a handler that has settled' });
    for (let turn = 0; turn < 5; turn += 1) {
      for (const one of test.runs) one.return();
      await flushPromises();
      test.advance(0);
    }
    expect(Object.fromEntries(callers)).toEqual({
      'from outside': undefined,
      'Async from outside': undefined,
      'of a handler': 'S/a',
      'Async of a handler': 'S/a',
      'of a handler that has settled': 'S/a',
    });
  });

  it('tag output with its instance, and with the invocation when only one runs', () => {
    const test = new TestEngine({ functions: { 'S/a': { instanceConcurrency: 2 } }, behaviour: READY });
    test.invoke('S/a');
    test.advance(0);
    test.isolation.last.output('warn', 'raw');
    test.invoke('S/a');
    test.isolation.last.output('warn', 'whose?');
    test.isolation.last.tell([38, 'boot-2', 'info', 'mine']);
    const common = { service: 'S', function: 'a', instance: 'S/a#1', source: 'function', time: test.clock.now() };
    expect(test.logs).toEqual([
      { ...common, level: 'warn', message: 'raw', requestId: 'boot-1' },
      { ...common, level: 'warn', message: 'whose?' },
      { ...common, level: 'info', message: 'mine', requestId: 'boot-2' },
    ]);
  });

  it('reach listeners that throw without hurting the invocation', () => {
    const test = new TestEngine({ functions: { 'S/a': {} }, behaviour: READY });
    for (const event of [
      'invocation:accepted',
      'invocation:started',
      'invocation:settled',
      'instance:ready',
    ] as const) {
      test.events.on(event, () => {
        throw new Error(`a listener of ${event} is broken`);
      });
    }
    const call = test.invoke('S/a', { payload: '1' });
    test.advance(0);
    test.running('1').return('ok');
    expect(call.result).toBe('ok');
    expect(test.logs.map(({ level, source, message }) => [level, source, message.split('\n')[0]])).toContainEqual([
      'error',
      'host',
      'a listener of "invocation:settled" threw: Error: a listener of invocation:settled is broken',
    ]);
  });
});
