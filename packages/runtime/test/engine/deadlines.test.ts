/** What a passed deadline and a cancellation mean: for the invoker, for the handler, and for the slot. */
import { describe, expect, it } from 'vitest';
import { Kind } from '../../src/engine/protocol.ts';
import { TestEngine } from './support/test-engine.ts';

const READY = { readyAfter: 0 };

describe('the handler’s deadline', () => {
  it('is told as remaining time: the function’s timeout, or what is left of the call’s deadline', () => {
    const test = new TestEngine({
      functions: { 'S/a': { timeout: 5000, instanceConcurrency: 2 } },
      behaviour: { readyAfter: 300 },
    });
    test.invoke('S/a', { payload: 'long' });
    test.invoke('S/a', { payload: 'short', timeout: 1000 });
    test.advance(300);
    expect(test.running('long').remaining).toBe(5000);
    expect(test.running('short').remaining).toBe(700);
  });

  it('counts from the start of the handler, not from the call', () => {
    const test = new TestEngine({ functions: { 'S/a': { timeout: 1000 } }, behaviour: READY });
    test.invoke('S/a', { payload: '1' });
    const second = test.invoke('S/a', { payload: '2' });
    test.advance(900);
    test.running('1').return();
    test.advance(999);
    expect(second.result).toBeUndefined();
    test.advance(1);
    expect(second.result).toBe('Timeout');
  });

  it('answers the invoker at once with Timeout, which names it and says that nothing came', () => {
    const test = new TestEngine({ functions: { 'S/a': { timeout: 5000 } }, behaviour: READY });
    const call = test.invoke('S/a', { payload: '1' });
    test.advance(4999);
    expect(call.result).toBeUndefined();
    expect(test.running('1').aborted).toBeUndefined();
    test.advance(1);
    expect(call.outcome).toMatchObject({ kind: 'answered', functionError: 'Unhandled' });
    expect(call.error).toMatchObject({
      errorType: 'Timeout',
      errorMessage:
        'S/a did not answer within its timeout of 5 s: ' +
        'nothing was returned (no promise of the handler settled) and callback was not called',
    });
    expect(test.running('1').aborted).toBe('the timeout of 5 s passed');
  });
});

describe('an instance with an overdue handler', () => {
  it('takes nothing new, and is back in service when the handler settles within 500 ms', () => {
    const test = new TestEngine({ functions: { 'S/a': { timeout: 1000 } }, behaviour: READY });
    const late = test.invoke('S/a', { payload: 'late' });
    test.invoke('S/a', { payload: 'next' });
    test.advance(1000);
    expect(test.states).toEqual(['S/a#1 suspect']);
    test.advance(499);
    expect(test.runs.map(({ event }) => event)).toEqual(['late']);
    test.running('late').return('too late');
    expect(test.states).toEqual(['S/a#1 ready']);
    expect(test.runs.map(({ event }) => event)).toEqual(['next']);
    expect(late.result, 'the first answer stays').toBe('Timeout');
    test.advance(600);
    expect(test.states).toEqual(['S/a#1 ready']);
  });

  it('is ended after 500 ms, and replaced for those who wait', () => {
    const test = new TestEngine({ functions: { 'S/a': { timeout: 1000 } }, behaviour: READY });
    test.invoke('S/a', { payload: 'hangs' });
    const next = test.invoke('S/a', { payload: 'next' });
    test.advance(1499);
    expect(test.isolation.named('S/a#1').killed).toBe(false);
    test.advance(1);
    expect(test.isolation.named('S/a#1').killed).toBe(true);
    test.advance(10);
    expect(test.states).toEqual(['S/a#2 ready']);
    expect(test.trace).toContain('exited S/a#1: a handler went on after its timeout');
    test.running('next').return('ok');
    expect(next.result).toBe('ok');
  });

  it('is killed after 200 ms when it does not answer a ping', () => {
    const test = new TestEngine({
      functions: { 'S/a': { timeout: 1000 } },
      behaviour: { ...READY, pongAfter: undefined },
    });
    test.invoke('S/a');
    test.advance(1199);
    expect(test.isolation.last.killed).toBe(false);
    test.advance(1);
    expect(test.isolation.last.killed).toBe(true);
    test.advance(1);
    expect(test.trace.at(-1)).toBe(
      "exited S/a#1: it was stuck: no answer to a ping within 200 ms after a handler's timeout",
    );
  });

  it('is not stuck when it answers the ping at the last moment', () => {
    const test = new TestEngine({ functions: { 'S/a': { timeout: 1000 } }, behaviour: { ...READY, pongAfter: 199 } });
    test.invoke('S/a');
    test.advance(1499);
    expect(test.isolation.last.killed).toBe(false);
  });

  it('answers the neighbours of a stuck handler with InstanceLost, what had settled before with its value', () => {
    const test = new TestEngine({
      functions: { 'S/a': { timeout: 1000, instanceConcurrency: 3 } },
      behaviour: { ...READY, pongAfter: undefined },
    });
    const stuck = test.invoke('S/a', { payload: 'stuck' });
    test.advance(500);
    const settled = test.invoke('S/a', { payload: 'settled' });
    const neighbour = test.invoke('S/a', { payload: 'neighbour' });
    test.running('settled').return('value');
    test.advance(2000);
    expect([stuck.result, settled.result, neighbour.result]).toEqual(['Timeout', 'value', 'InstanceLost']);
  });

  it('lets neighbours end when the overdue handler hangs without blocking, while a new instance serves', () => {
    const test = new TestEngine({
      functions: { 'S/a': { timeout: 1000, instanceConcurrency: 2 } },
      behaviour: READY,
    });
    test.invoke('S/a', { payload: 'hangs' });
    test.advance(900);
    const neighbour = test.invoke('S/a', { payload: 'neighbour' });
    const waiting = test.invoke('S/a', { payload: 'waiting' });
    test.advance(601);
    expect(test.states).toEqual(['S/a#1 retiring', 'S/a#2 ready']);
    test.running('waiting').return('new');
    test.running('neighbour').return('old');
    expect([neighbour.result, waiting.result]).toEqual(['old', 'new']);
    expect(test.isolation.named('S/a#1').killed).toBe(true);
  });

  it('goes in the end, also when a neighbour overruns after it retired', () => {
    const test = new TestEngine({
      functions: { 'S/a': { timeout: 1000, instanceConcurrency: 2 } },
      behaviour: READY,
    });
    test.invoke('S/a', { payload: 'hangs' });
    test.advance(900);
    test.invoke('S/a', { payload: 'hangs too' });
    test.advance(700);
    expect(test.states).toEqual(['S/a#1 retiring']);
    test.advance(900);
    expect(test.states).toEqual([]);
  });

  it('stays suspect until the last overdue handler has settled', () => {
    const test = new TestEngine({
      functions: { 'S/a': { timeout: 1000, instanceConcurrency: 2 } },
      behaviour: READY,
    });
    test.invoke('S/a', { payload: '1' });
    test.advance(100);
    test.invoke('S/a', { payload: '2' });
    test.advance(1100);
    test.running('1').return();
    expect(test.states).toEqual(['S/a#1 suspect']);
    test.running('2').return();
    expect(test.states).toEqual(['S/a#1 ready']);
  });
});

describe('the call’s deadline', () => {
  it('is the function’s timeout + maxQueueWait while the call waits, and says so', () => {
    const test = new TestEngine({
      functions: { 'S/a': { timeout: 5000, maxQueueWait: 2000, initializationTimeout: 60_000 } },
    });
    const call = test.invoke('S/a');
    test.advance(6999);
    expect(call.result).toBeUndefined();
    test.advance(1);
    expect(call.outcome).toMatchObject({ kind: 'refused', code: 'DeadlineExceeded', retryable: true });
    expect(call.message).toBe(
      "S/a: the call's deadline (timeout 5 s + maxQueueWait 2 s) passed while it waited for a free slot (after 7 s)",
    );
  });

  it('is the call’s own timeout, when it has one, queued or mid-run', () => {
    const test = new TestEngine({ functions: { 'S/a': {} }, behaviour: READY });
    const running = test.invoke('S/a', { payload: 'running', timeout: 1000 });
    test.advance(0);
    const queued = test.invoke('S/a', { payload: 'queued', timeout: 250 });
    test.advance(250);
    expect(queued.message).toBe(
      "S/a: the call's timeout of 250 ms passed while it waited for a free slot (after 250 ms)",
    );
    test.advance(750);
    expect(running.message).toBe("S/a: the call's timeout of 1 s passed while its handler ran (after 1 s)");
    expect(running.result).toBe('DeadlineExceeded');
  });

  it('mid-run only aborts: the slot stays held until the handler settles', () => {
    const test = new TestEngine({ functions: { 'S/a': { timeout: 5000 } }, behaviour: READY });
    test.invoke('S/a', { payload: '1', timeout: 1000 });
    test.invoke('S/a', { payload: '2' });
    test.advance(4000);
    expect(test.states).toEqual(['S/a#1 ready']);
    expect(test.running('1').aborted).toContain("the call's timeout of 1 s passed");
    expect(test.runs).toHaveLength(1);
    test.running('1').return();
    expect(test.runs.map(({ event }) => event)).toEqual(['2']);
  });

  it('mid-run leaves the handler its own deadline, after which the instance is suspect', () => {
    const test = new TestEngine({ functions: { 'S/a': { timeout: 5000 } }, behaviour: READY });
    const call = test.invoke('S/a', { payload: '1', timeout: 1000 });
    test.advance(5000);
    expect(test.states).toEqual(['S/a#1 suspect']);
    expect(call.result).toBe('DeadlineExceeded');
  });

  it('that has passed already lets nothing start', () => {
    const test = new TestEngine({ functions: { 'S/a': {} }, behaviour: READY });
    const call = test.invoke('S/a', { timeout: 0 });
    expect(call.message).toBe("S/a: the call's timeout of 0 ms passed before it could start (after 0 ms)");
    test.advance(0);
    expect(test.isolation.instances).toEqual([]);
  });

  it('is never later than its caller’s, and then names the caller', () => {
    const test = new TestEngine({
      functions: { 'S/a': { timeout: 1000 }, 'S/b': { timeout: 5000 } },
      behaviour: READY,
    });
    test.invoke('S/a', { payload: 'a' });
    test.advance(400);
    const call = test.running('a').call('S/b', { payload: 'b' });
    test.advance(0);
    expect(test.running('b').remaining).toBe(600);
    test.advance(600);
    expect(call.result).toBe('DeadlineExceeded');
    expect(call.end).toMatchObject([
      Kind.Refused,
      1,
      'DeadlineExceeded',
      'S/b: the deadline of its caller S/a passed while its handler ran (after 600 ms)',
      true,
    ]);
    expect(test.running('b').aborted).toBeDefined();
  });

  it('travels on: a call’s timeout bounds what its callee calls', () => {
    const test = new TestEngine({ functions: { 'S/a': {}, 'S/b': {}, 'S/c': {} }, behaviour: READY });
    test.invoke('S/a', { payload: 'a' });
    test.advance(0);
    const b = test.running('a').call('S/b', { payload: 'b', timeout: 300 });
    test.advance(100);
    const c = test.running('b').call('S/c', { payload: 'c' });
    test.advance(0);
    expect(test.running('c').remaining).toBe(200);
    test.advance(200);
    expect([b.result, c.result]).toEqual(['DeadlineExceeded', 'DeadlineExceeded']);
    expect(test.running('a').aborted).toBeUndefined();
  });

  it('does not bind a call that a handler makes after it has settled', () => {
    const test = new TestEngine({
      functions: { 'S/a': { timeout: 1000 }, 'S/b': { timeout: 5000 } },
      behaviour: READY,
    });
    test.invoke('S/a', { payload: 'a' });
    test.advance(0);
    const run = test.running('a');
    run.return();
    run.call('S/b', { payload: 'b' });
    test.advance(0);
    expect(test.running('b').remaining).toBe(5000);
  });
});

describe('cancellation', () => {
  it('of a waiting call takes it out of the queue', () => {
    const test = new TestEngine({ functions: { 'S/a': { maxQueue: 1 } }, behaviour: READY });
    test.invoke('S/a', { payload: '1' });
    test.advance(0);
    const waiting = test.invoke('S/a', { payload: '2' });
    waiting.cancel();
    expect(waiting.outcome).toMatchObject({ code: 'Cancelled', message: 'the test cancelled it', retryable: false });
    test.invoke('S/a', { payload: '3' });
    test.running('1').return();
    expect(test.runs.map(({ event }) => event)).toEqual(['3']);
  });

  it('of a running call answers at once, aborts the signal, and holds the slot until the handler settles', () => {
    const test = new TestEngine({ functions: { 'S/a': {} }, behaviour: READY });
    const running = test.invoke('S/a', { payload: '1' });
    test.invoke('S/a', { payload: '2' });
    test.advance(0);
    running.cancel();
    expect(running.result).toBe('Cancelled');
    expect(test.running('1').aborted).toBe('the test cancelled it');
    expect(test.runs.map(({ event }) => event)).toEqual(['1']);
    test.running('1').throw('aborted');
    expect(running.result).toBe('Cancelled');
    expect(test.runs.map(({ event }) => event)).toEqual(['2']);
  });

  it('of a running call does not free its handler of its timeout', () => {
    const test = new TestEngine({ functions: { 'S/a': { timeout: 1000 } }, behaviour: READY });
    const running = test.invoke('S/a', { payload: '1' });
    test.advance(500);
    running.cancel();
    test.advance(500);
    expect(test.states).toEqual(['S/a#1 suspect']);
    expect(running.result).toBe('Cancelled');
  });

  it('twice, or after the answer, changes nothing', () => {
    const test = new TestEngine({ functions: { 'S/a': {} }, behaviour: READY });
    const call = test.invoke('S/a', { payload: '1' });
    test.advance(0);
    test.running('1').return('ok');
    call.cancel();
    call.cancel();
    expect(call.result).toBe('ok');
    expect(test.isolation.last.sent.filter(([kind]) => kind === Kind.Abort)).toEqual([]);
  });

  it('by a function through its signal reaches the callee', () => {
    const test = new TestEngine({ functions: { 'S/a': {}, 'S/b': {} }, behaviour: READY });
    test.invoke('S/a', { payload: 'a' });
    test.advance(0);
    const call = test.running('a').call('S/b', { payload: 'b' });
    test.advance(0);
    call.cancel();
    expect(call.result).toBe('Cancelled');
    expect(test.running('b').aborted).toBe('the caller cancelled the call through its signal');
  });

  it('comes with the end of the caller’s instance: what it called is aborted, what it queued never runs', () => {
    const test = new TestEngine({ functions: { 'S/a': { instanceConcurrency: 2 }, 'S/b': {} }, behaviour: READY });
    const first = test.invoke('S/a', { payload: 'a1' });
    const second = test.invoke('S/a', { payload: 'a2' });
    test.advance(0);
    test.running('a1').call('S/b', { payload: 'b1' });
    test.running('a2').call('S/b', { payload: 'b2' });
    test.advance(0);
    test.isolation.named('S/a#1').exit({ kind: 'signal', signal: 'SIGSEGV' });
    expect([first.result, second.result]).toEqual(['InstanceLost', 'InstanceLost']);
    expect(test.running('b1').aborted).toBe('the instance of the caller S/a#1 ended');
    test.running('b1').return();
    expect(test.runs).toEqual([]);
  });
});
