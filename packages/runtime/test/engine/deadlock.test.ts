/** Which calls are refused because they could never get a slot, what they are told, and which ones are let wait. */
import { describe, expect, it } from 'vitest';
import { TestEngine } from './support/test-engine.ts';
import type { FunctionDefinition } from '../../src/engine/definition.ts';

const READY = { readyAfter: 0 };

function engineWith(functions: Readonly<Record<string, Partial<FunctionDefinition>>>): TestEngine {
  return new TestEngine({ functions, behaviour: READY });
}

/** The message of a refusal. */
function refusal(end: readonly unknown[] | undefined): unknown {
  return end?.[3];
}

describe('a call that closes a circle is refused at once', () => {
  it('A → B → A with one slot each, with the chain and what to do', () => {
    const test = engineWith({ 'S/A': {}, 'S/B': {} });
    const outer = test.invoke('S/A', { payload: 'a' });
    test.advance(0);
    const first = test.running('a').call('S/B', { payload: 'b' });
    test.advance(0);
    const second = test.running('b').call('S/A');
    expect(second.result).toBe('DeadlockDetected');
    expect(refusal(second.end)).toBe(
      'the call can never get a slot: S/B → S/A → S/B; the only slot of S/A is held by invocations that wait for this one; ' +
        'raise maxInstances or instanceConcurrency, or call with Async',
    );
    expect([first.result, outer.result], 'nobody else is refused').toEqual([undefined, undefined]);
  });

  it('A → A, a function that calls itself with its only slot', () => {
    const test = engineWith({ 'S/A': {} });
    test.invoke('S/A', { payload: 'a' });
    test.advance(0);
    expect(refusal(test.running('a').call('S/A').end)).toContain('can never get a slot: S/A → S/A;');
  });

  it('two callers that call each other’s function', () => {
    const test = engineWith({ 'S/A': {}, 'S/B': {} });
    test.invoke('S/A', { payload: 'a' });
    test.invoke('S/B', { payload: 'b' });
    test.advance(0);
    const first = test.running('a').call('S/B', { payload: 'from a' });
    expect(first.result).toBeUndefined();
    const second = test.running('b').call('S/A');
    expect(second.result).toBe('DeadlockDetected');
    test.running('b').return();
    test.running('from a').return('ok');
    expect(first.result).toBe('ok');
  });

  it('a long way round, with every function on the way in the chain', () => {
    const keys = ['S/A', 'S/B', 'S/C', 'S/D'];
    const test = engineWith(Object.fromEntries(keys.map((key) => [key, {}])));
    test.invoke('S/A', { payload: 'S/A' });
    for (const [index, key] of keys.entries()) {
      test.advance(0);
      const next = keys[index + 1];
      const call = test.running(key).call(next ?? 'S/A', { payload: next ?? 'last' });
      if (next === undefined)
        expect(refusal(call.end)).toContain('S/D → S/A → S/B → S/C → S/D; the only slot of S/A is');
    }
  });

  it('a recursion that has used up all slots, and says how many', () => {
    const test = engineWith({ 'S/A': { maxInstances: 2, instanceConcurrency: 2 } });
    test.invoke('S/A', { payload: '1' });
    for (let depth = 1; depth <= 3; depth += 1) {
      test.advance(0);
      expect(test.running(String(depth)).call('S/A', { payload: String(depth + 1) }).result).toBeUndefined();
    }
    test.advance(0);
    const last = test.running('4').call('S/A');
    expect(refusal(last.end)).toContain('all 4 slots of S/A are held by invocations that wait for this one');
  });

  it('several calls of one handler that are all stuck', () => {
    const test = engineWith({ 'S/A': {}, 'S/B': {}, 'S/C': {} });
    test.invoke('S/A', { payload: 'a' });
    test.advance(0);
    test.running('a').call('S/B', { payload: 'b' });
    test.running('a').call('S/C', { payload: 'c' });
    test.advance(0);
    const stuck = test.running('b').call('S/A');
    expect(stuck.result, 'S/C may still end').toBeUndefined();
    expect(test.running('c').call('S/A').result).toBe('DeadlockDetected');
  });
});

describe('a call that can still get a slot waits', () => {
  it('while its target can start another instance', () => {
    const test = engineWith({ 'S/A': { maxInstances: 3 } });
    test.invoke('S/A', { payload: '1' });
    test.advance(0);
    const second = test.running('1').call('S/A', { payload: '2' });
    test.advance(0);
    const third = test.running('2').call('S/A', { payload: '3' });
    test.advance(0);
    test.running('3').return('3');
    expect(third.result).toBe('3');
    test.running('2').return('2');
    expect(second.result).toBe('2');
  });

  it('while a slot of its target is held by a handler that works', () => {
    const test = engineWith({ 'S/A': { instanceConcurrency: 2 }, 'S/B': {} });
    test.invoke('S/A', { payload: 'a' });
    test.invoke('S/A', { payload: 'works' });
    test.advance(0);
    test.running('a').call('S/B', { payload: 'b' });
    test.advance(0);
    const waiting = test.running('b').call('S/A', { payload: 'late' });
    expect(waiting.result).toBeUndefined();
    test.running('works').return();
    test.running('late').return('ok');
    expect(waiting.result).toBe('ok');
  });

  it('when the handler that started the chain has ended without waiting for it', () => {
    const test = engineWith({ 'S/A': {}, 'S/B': {} });
    test.invoke('S/A', { payload: 'a' });
    test.advance(0);
    test.running('a').call('S/B', { payload: 'b' });
    test.advance(0);
    test.running('a').return();
    const back = test.running('b').call('S/A', { payload: 'back' });
    test.running('back').return('ok');
    expect(back.result).toBe('ok');
  });

  it('when the circle is closed by an Async call', () => {
    const test = engineWith({ 'S/A': {}, 'S/B': {} });
    test.invoke('S/A', { payload: 'a' });
    test.advance(0);
    test.running('a').call('S/B', { payload: 'b' });
    test.advance(0);
    expect(test.running('b').call('S/A', { type: 'Async' }).result).not.toBe('DeadlockDetected');
  });

  it('when the handler it waits for has lost its invoker and was told to stop', () => {
    const test = engineWith({ 'S/A': {}, 'S/B': {} });
    const outer = test.invoke('S/A', { payload: 'a' });
    test.advance(0);
    test.running('a').call('S/B', { payload: 'b' });
    test.advance(0);
    outer.cancel();
    expect(test.running('b').call('S/A').result).toBeUndefined();
  });

  it('for the slot that came free with the very answer that made its caller wait for it alone', () => {
    const test = engineWith({ 'S/A': { instanceConcurrency: 2 } });
    test.invoke('S/A', { payload: 'a' });
    test.advance(0);
    const [first, second] = ['1', '2'].map((payload) => test.running('a').call('S/A', { payload }));
    test.running('1').return('one');
    expect([first!.result, second!.result]).toEqual(['one', undefined]);
    test.running('2').return('two');
    expect(second!.result).toBe('two');
  });

  it('when its long-lived target ends and will be started again', () => {
    const test = engineWith({ 'S/L': { runMode: 'LongLived' }, 'S/B': {} });
    test.invoke('S/L', { payload: 'l' });
    test.advance(0);
    test.running('l').call('S/B', { payload: 'b' });
    test.advance(0);
    test.isolation.named('S/L#1').dying('boom');
    const back = test.running('b').call('S/L', { payload: 'back' });
    expect(back.result).toBeUndefined();
    test.isolation.named('S/L#1').exit({ kind: 'code', code: 1 });
    test.advance(1000);
    expect(test.running('back').instance.name).toBe('S/L#2');
  });

  it('when its target is about to be replaced', () => {
    const test = engineWith({ 'S/A': { timeout: 1000, instanceConcurrency: 2 }, 'S/B': {} });
    test.invoke('S/A', { payload: 'hangs' });
    test.advance(900);
    test.invoke('S/A', { payload: 'a' });
    test.running('a').call('S/B', { payload: 'b' });
    test.advance(700);
    expect(test.states[0]).toBe('S/A#1 retiring');
    const back = test.running('b').call('S/A', { payload: 'back' });
    test.advance(1);
    test.running('back').return('ok');
    expect(back.result).toBe('ok');
  });
});

describe('calls that have become hopeless later are refused then', () => {
  it('when the last healthy one of several calls of a handler has ended', () => {
    const test = engineWith({ 'S/A': {}, 'S/B': {}, 'S/C': {} });
    test.invoke('S/A', { payload: 'a' });
    test.advance(0);
    const healthy = test.running('a').call('S/C', { payload: 'c' });
    const itself = test.running('a').call('S/A');
    test.advance(0);
    expect(itself.result).toBeUndefined();
    test.running('c').return('ok');
    expect([healthy.result, itself.result]).toEqual(['ok', 'DeadlockDetected']);
  });

  it('also when the stuck call is not the handler’s own, but further down', () => {
    const test = engineWith({ 'S/A': {}, 'S/B': {}, 'S/C': {} });
    test.invoke('S/A', { payload: 'a' });
    test.advance(0);
    const b = test.running('a').call('S/B', { payload: 'b' });
    test.running('a').call('S/C', { payload: 'c' });
    test.advance(0);
    const back = test.running('b').call('S/A');
    expect(back.result, 'S/C may still end').toBeUndefined();
    test.running('c').return('ok');
    expect(back.result).toBe('DeadlockDetected');
    expect(refusal(back.end)).toContain('S/B → S/A → S/B;');
    test.running('b').return('recovered');
    expect(b.result).toBe('recovered');
  });

  it('one after the other, until those that are left can move', () => {
    const test = engineWith({ 'S/A': {}, 'S/B': {} });
    test.invoke('S/A', { payload: 'a' });
    test.advance(0);
    const healthy = test.running('a').call('S/B', { payload: 'b' });
    const stuck = [test.running('a').call('S/A'), test.running('a').call('S/A')];
    test.advance(0);
    test.running('b').return('ok');
    expect(healthy.result).toBe('ok');
    expect(stuck.map(({ result }) => result)).toEqual(['DeadlockDetected', 'DeadlockDetected']);
  });
});
