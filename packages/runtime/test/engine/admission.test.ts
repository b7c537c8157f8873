/** Who gets a slot, who waits, and who is refused: pools on scripted instances. */
import { describe, expect, it } from 'vitest';
import { TestEngine } from './support/test-engine.ts';

describe('a function with one slot', () => {
  it('starts an instance for the first call, runs it when the instance is ready, and answers with its payload', () => {
    const test = new TestEngine({ functions: { 'S/a': {} } });
    const call = test.invoke('S/a', { payload: 'hello' });
    expect(test.states).toEqual(['S/a#1 starting']);
    expect(test.runs).toEqual([]);
    test.isolation.last.ready();
    expect(test.running('hello').requestId).toBe('boot-1');
    expect(call.result).toBeUndefined();
    test.running('hello').return('world');
    expect(call.result).toBe('world');
    expect(call.requestId).toBe('boot-1');
  });

  it('runs waiting calls one after the other, first in first out', () => {
    const test = new TestEngine({ functions: { 'S/a': {} }, behaviour: { readyAfter: 0 } });
    const calls = ['1', '2', '3', '4'].map((payload) => test.invoke('S/a', { payload }));
    test.advance(0);
    for (const [index, call] of calls.entries()) {
      expect(test.runs.map(({ event }) => event)).toEqual([String(index + 1)]);
      test.runs[0]!.return(`done ${index + 1}`);
      expect(call.result).toBe(`done ${index + 1}`);
    }
    expect(test.isolation.instances).toHaveLength(1);
  });

  it('refuses a call past maxQueue at once, and says what to raise', () => {
    const test = new TestEngine({ functions: { 'S/a': { maxQueue: 2 } }, behaviour: { readyAfter: 0 } });
    test.invoke('S/a');
    test.advance(0);
    const waiting = [test.invoke('S/a'), test.invoke('S/a')];
    const refused = test.invoke('S/a');
    expect(refused.result).toBe('ResourceExhausted');
    expect(refused.message).toBe(
      'S/a already has 2 calls waiting, its maxQueue; try again later, or raise maxInstances, instanceConcurrency or maxQueue',
    );
    expect(waiting.map(({ result }) => result)).toEqual([undefined, undefined]);
    test.runs[0]!.return();
    expect(test.invoke('S/a').result, 'a place came free').toBeUndefined();
  });

  it('serves a new call behind those that wait already, even from inside of an answer', () => {
    const test = new TestEngine({ functions: { 'S/a': {} }, behaviour: { readyAfter: 0 } });
    test.engine.dispatch({
      target: 'S/a',
      type: 'Sync',
      payload: 'first',
      invokerContext: null,
      options: undefined,
      parent: undefined,
      caller: undefined,
      onOutcome: () => void test.invoke('S/a', { payload: 'third' }),
    });
    test.invoke('S/a', { payload: 'second' });
    test.advance(0);
    test.running('first').return();
    expect(test.runs.map(({ event }) => event)).toEqual(['second']);
    test.running('second').return();
    expect(test.runs.map(({ event }) => event)).toEqual(['third']);
  });
});

describe('maxQueue', () => {
  it('does not count calls for which instances can still be started: they are within the capacity', () => {
    const test = new TestEngine({ functions: { 'S/a': { maxQueue: 1, maxInstances: 2, instanceConcurrency: 2 } } });
    const calls = [1, 2, 3, 4, 5, 6].map(() => test.invoke('S/a'));
    expect(calls.map(({ result }) => result)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      'ResourceExhausted',
    ]);
  });

  it('of 0 lets a cold function start, and then refuses what would have to wait', () => {
    const test = new TestEngine({ functions: { 'S/a': { maxQueue: 0 } }, behaviour: { readyAfter: 0 } });
    const first = test.invoke('S/a', { payload: '1' });
    expect(test.invoke('S/a').result).toBe('ResourceExhausted');
    test.advance(0);
    expect(test.invoke('S/a').result).toBe('ResourceExhausted');
    test.running('1').return('ok');
    expect(first.result).toBe('ok');
    test.invoke('S/a', { payload: '2' });
    expect(test.running('2').instance.name).toBe('S/a#1');
  });
});

describe('growth', () => {
  it('starts as many instances as calls need, up to maxInstances', () => {
    const test = new TestEngine({ functions: { 'S/a': { maxInstances: 3 } } });
    for (let call = 1; call <= 5; call += 1) test.invoke('S/a');
    expect(test.isolation.alive).toEqual(['S/a#1', 'S/a#2', 'S/a#3']);
  });

  it('counts the slots of instances that are still starting', () => {
    const test = new TestEngine({ functions: { 'S/a': { maxInstances: 3, instanceConcurrency: 4 } } });
    for (let call = 1; call <= 4; call += 1) test.invoke('S/a');
    expect(test.isolation.alive).toEqual(['S/a#1']);
    test.invoke('S/a');
    expect(test.isolation.alive).toEqual(['S/a#1', 'S/a#2']);
  });

  it('never runs more at once in an instance than instanceConcurrency', () => {
    const test = new TestEngine({
      functions: { 'S/a': { maxInstances: 2, instanceConcurrency: 2 } },
      behaviour: { readyAfter: 0 },
    });
    for (let call = 1; call <= 7; call += 1) test.invoke('S/a');
    test.advance(0);
    expect(test.runs.map(({ instance }) => instance.name)).toEqual(['S/a#1', 'S/a#1', 'S/a#2', 'S/a#2']);
  });

  it('prefers the instance with the least to do', () => {
    const test = new TestEngine({
      functions: { 'S/a': { maxInstances: 2, minInstances: 2, instanceConcurrency: 3 } },
      behaviour: { readyAfter: 0 },
    });
    void test.engine.open();
    test.advance(0);
    for (let call = 1; call <= 4; call += 1) test.invoke('S/a');
    expect(test.isolation.instances.map(({ runs }) => runs.length)).toEqual([2, 2]);
  });

  it('keeps functions apart: one that is full does not hold up another', () => {
    const test = new TestEngine({ functions: { 'S/a': {}, 'S/b': {} }, behaviour: { readyAfter: 0 } });
    for (let call = 1; call <= 10; call += 1) test.invoke('S/a', { payload: 'a' });
    test.advance(0);
    test.invoke('S/b', { payload: 'b' });
    test.advance(0);
    expect(test.runs.map(({ event }) => event)).toEqual(['a', 'b']);
  });
});

describe('minInstances and idleTimeout', () => {
  it('starts minInstances when the engine opens, without a call', () => {
    const test = new TestEngine({ functions: { 'S/a': { minInstances: 2, maxInstances: 3 }, 'S/b': {} } });
    expect(test.isolation.alive).toEqual([]);
    void test.engine.open();
    expect(test.isolation.alive).toEqual(['S/a#1', 'S/a#2']);
  });

  it('starts one instance of the only function that is asked for, and no other long-lived one', () => {
    const test = new TestEngine({
      functions: { 'S/a': { minInstances: 2, maxInstances: 3 }, 'S/b': { runMode: 'LongLived' } },
    });
    void test.engine.open({ only: 'S/a', work: 'own', timers: false });
    expect(test.isolation.alive).toEqual(['S/a#1']);
  });

  it('stops instances beyond minInstances once they were idle for idleTimeout, each at its own time', () => {
    const test = new TestEngine({
      functions: { 'S/a': { minInstances: 1, maxInstances: 3, idleTimeout: 1000 } },
      behaviour: { readyAfter: 0, stopAfter: 0 },
    });
    void test.engine.open();
    for (const payload of ['1', '2', '3']) test.invoke('S/a', { payload });
    test.advance(0);
    test.running('1').return();
    test.advance(400);
    test.running('2').return();
    test.advance(400);
    test.running('3').return();
    test.advance(199);
    expect(test.isolation.alive).toHaveLength(3);
    test.advance(1);
    expect(test.isolation.alive).toEqual(['S/a#2', 'S/a#3']);
    test.advance(399);
    expect(test.isolation.alive).toHaveLength(2);
    test.advance(1);
    expect(test.isolation.alive).toEqual(['S/a#3']);
    test.advance(100_000);
    expect(test.isolation.alive).toEqual(['S/a#3']);
    expect(test.trace.filter((line) => line.startsWith('exited'))).toEqual([
      'exited S/a#1: it was idle for its idleTimeout',
      'exited S/a#2: it was idle for its idleTimeout',
    ]);
  });

  it('counts idleness from the last handler, not from the start', () => {
    const test = new TestEngine({
      functions: { 'S/a': { idleTimeout: 1000 } },
      behaviour: { readyAfter: 0, stopAfter: 0 },
    });
    test.invoke('S/a', { payload: '1' });
    test.advance(0);
    test.running('1').return();
    test.advance(900);
    test.invoke('S/a', { payload: '2' });
    test.running('2').return();
    test.advance(999);
    expect(test.isolation.alive).toEqual(['S/a#1']);
    test.advance(1);
    expect(test.isolation.alive).toEqual([]);
  });

  it('does not stop a kept instance because another one is on its way out', () => {
    const test = new TestEngine({
      functions: { 'S/a': { minInstances: 1, maxInstances: 2, idleTimeout: 1000 } },
      behaviour: { readyAfter: 0, stopAfter: undefined },
    });
    void test.engine.open();
    for (const payload of ['1', '2']) test.invoke('S/a', { payload });
    test.advance(0);
    test.running('1').return();
    test.running('2').return();
    // The first is stopped and takes its time; the second is the one to keep, and has been idle for long, too.
    test.advance(1000);
    test.invoke('S/a', { payload: '3' });
    test.running('3').return();
    test.advance(2000);
    expect(test.states).toEqual(['S/a#1 ending', 'S/a#2 ready']);
  });

  it('replaces a kept instance that ends by itself', () => {
    const test = new TestEngine({ functions: { 'S/a': { minInstances: 1 } }, behaviour: { readyAfter: 0 } });
    void test.engine.open();
    test.advance(0);
    test.isolation.last.exit({ kind: 'code', code: 1 });
    test.advance(1000);
    expect(test.states).toEqual(['S/a#2 ready']);
  });
});

describe('who is asked for', () => {
  it('refuses what is not there, without an instance', () => {
    const test = new TestEngine({ functions: { 'S/a': {} } });
    expect([test.invoke('T/a').result, test.invoke('S/b').result, test.invoke('nobody').result]).toEqual([
      'ServiceNotFound',
      'FunctionNotFound',
      'FunctionNotFound',
    ]);
    expect(test.trace).toEqual([]);
  });

  it('finds a function by its id and by its ARN', () => {
    const test = new TestEngine({
      functions: { 'S/a': { id: 'my-id', instanceConcurrency: 3 } },
      behaviour: { readyAfter: 0 },
    });
    for (const target of ['my-id', 'acs:fc:::service:S:function:a', 'service:S:function:a']) {
      test.invoke(target, { payload: target });
    }
    test.advance(0);
    expect(test.runs).toHaveLength(3);
  });

  it('refuses a payload over the limit of its type, and takes one that is exactly as large', () => {
    const test = new TestEngine({ functions: { 'S/a': {} }, settings: { maxSyncPayload: 10, maxAsyncPayload: 4 } });
    const large = test.invoke('S/a', { payload: 'äöüäö1' });
    expect(large.result).toBe('EntityTooLarge');
    expect(large.message).toContain('the payload for S/a is 11 bytes, more than limits.syncPayload (10 bytes, 10 B)');
    expect(test.invoke('S/a', { payload: 'äöüäö' }).result).toBeUndefined();
    const async = test.invoke('S/a', { type: 'Async', payload: '12345' });
    expect(async.message).toContain('limits.asyncPayload (4 bytes');
  });
});
