/** How instances start, fail to, come back and end, and what that means for the calls in and before them. */
import { describe, expect, it } from 'vitest';
import { Kind } from '../../src/engine/protocol.ts';
import { TestEngine } from './support/test-engine.ts';
import { flushPromises } from './support/virtual-clock.ts';

const READY = { readyAfter: 0 };

describe('a start that fails', () => {
  it('answers the calls that wait for it with its error, and the next call tries again', () => {
    const test = new TestEngine({ functions: { 'S/a': {} } });
    const waiting = [test.invoke('S/a'), test.invoke('S/a')];
    test.isolation.last.failToLoad('Cannot find module "x"');
    expect(waiting.map(({ result }) => result)).toEqual(['LoadError', 'LoadError']);
    expect(waiting[0]!.message).toBe('Cannot find module "x"');
    const next = test.invoke('S/a', { payload: 'next' });
    expect(test.states).toEqual(['S/a#2 starting']);
    test.isolation.last.ready();
    test.running('next').return('ok');
    expect(next.result).toBe('ok');
  });

  it('tells a failed initializer by its type', () => {
    const test = new TestEngine({ functions: { 'S/a': {} } });
    const call = test.invoke('S/a');
    test.isolation.last.failToLoad('no database', 'InitError');
    expect(call.error).toMatchObject({ errorType: 'InitError', errorMessage: 'no database' });
    expect(call.outcome).toMatchObject({ functionError: 'Unhandled' });
  });

  it('is given up after initializationTimeout, and names it', () => {
    const test = new TestEngine({ functions: { 'S/a': { initializationTimeout: 1500 } } });
    const call = test.invoke('S/a');
    test.advance(1499);
    expect(call.result).toBeUndefined();
    test.advance(1);
    expect(call.error).toMatchObject({
      errorType: 'InitError',
      errorMessage: 'S/a did not finish loading and initializing within its initializationTimeout of 1.5 s',
    });
    test.advance(1);
    expect(test.states).toEqual([]);
  });

  it('by a crash says how the instance ended', () => {
    const test = new TestEngine({ functions: { 'S/a': {} } });
    const ends = [
      { kind: 'code', code: 3 },
      { kind: 'signal', signal: 'SIGSEGV' },
      { kind: 'spawnFailed', detail: 'ENOENT' },
      { kind: 'outOfMemory', detail: 'it held 600 MiB' },
    ] as const;
    const told = ends.map((exit) => {
      const call = test.invoke('S/a');
      test.isolation.last.exit(exit);
      return [call.result, call.message];
    });
    expect(told).toEqual([
      ['LoadError', 'the instance of S/a exited with code 3 before it was ready'],
      ['LoadError', 'the instance of S/a was ended by SIGSEGV before it was ready'],
      ['LoadError', 'the instance of S/a could not be started: ENOENT'],
      ['OutOfMemory', 'the instance of S/a ran out of memory: it held 600 MiB before it was ready'],
    ]);
  });

  it('leaves the calls to the instances that still start, and answers them when the last one failed', () => {
    const test = new TestEngine({ functions: { 'S/a': { maxInstances: 2 } } });
    const calls = [test.invoke('S/a'), test.invoke('S/a')];
    test.isolation.named('S/a#1').failToLoad('first');
    expect(calls.map(({ result }) => result)).toEqual([undefined, undefined]);
    test.isolation.named('S/a#2').failToLoad('second');
    expect(calls.map(({ message }) => message)).toEqual(['second', 'second']);
  });

  it('answers the calls that wait when all that is left beside it is on its way out', () => {
    const test = new TestEngine({ functions: { 'S/a': { instanceConcurrency: 2, timeout: 1000 } } });
    test.invoke('S/a', { payload: 'overruns' });
    test.isolation.last.ready();
    test.advance(900);
    test.invoke('S/a', { payload: 'neighbour' });
    test.advance(600);
    expect(test.states).toEqual(['S/a#1 retiring']);
    const waiting = test.invoke('S/a');
    expect(test.states).toEqual(['S/a#1 retiring', 'S/a#2 starting']);
    test.isolation.last.failToLoad('broken');
    expect(waiting.message).toBe('broken');
  });

  it('is tried again at a pace while other instances serve: after 1 s, 2 s, 4 s', () => {
    const test = new TestEngine({ functions: { 'S/a': { maxInstances: 2, timeout: 60_000 } } });
    test.invoke('S/a', { payload: 'busy' });
    test.isolation.last.ready();
    const waiting = test.invoke('S/a', { payload: 'waiting' });
    for (const delay of [1000, 2000, 4000]) {
      const before = test.isolation.instances.length;
      test.isolation.last.failToLoad('broken');
      test.advance(delay - 1);
      expect(test.isolation.instances).toHaveLength(before);
      test.advance(1);
      expect(test.isolation.instances).toHaveLength(before + 1);
    }
    expect(waiting.result).toBeUndefined();
    test.isolation.last.ready();
    expect(test.running('waiting').instance.name).toBe('S/a#5');
  });
});

describe('a crash', () => {
  it('of a kept instance does not hold up those that calls need', () => {
    const test = new TestEngine({ functions: { 'S/a': { minInstances: 2, maxInstances: 4 } }, behaviour: READY });
    void test.engine.open();
    test.advance(0);
    test.isolation.named('S/a#1').exit({ kind: 'code', code: 1 });
    for (const payload of ['1', '2', '3']) test.invoke('S/a', { payload });
    test.advance(0);
    expect(test.runs.map(({ event }) => event)).toEqual(['1', '2', '3']);
  });

  it('of a kept instance that nobody needs is made good after a second', () => {
    const test = new TestEngine({ functions: { 'S/a': { minInstances: 2, maxInstances: 4 } }, behaviour: READY });
    void test.engine.open();
    test.advance(0);
    test.isolation.named('S/a#1').exit({ kind: 'code', code: 1 });
    test.advance(999);
    expect(test.states).toEqual(['S/a#2 ready']);
    test.advance(1);
    expect(test.states).toEqual(['S/a#2 ready', 'S/a#3 ready']);
  });
});

describe('a long-lived function', () => {
  const LONG = { 'S/l': { runMode: 'LongLived', timeout: 1000 } } as const;

  it('is loaded when the engine opens, and is never stopped for being idle', () => {
    const test = new TestEngine({ functions: LONG, behaviour: READY });
    void test.engine.open();
    test.advance(10_000_000);
    expect(test.states).toEqual(['S/l#1 ready']);
  });

  it('is restarted when it ends: after 1 s, 2 s, 4 s … at most a minute', () => {
    const test = new TestEngine({ functions: LONG });
    void test.engine.open();
    const delays: number[] = [];
    for (let restart = 1; restart <= 9; restart += 1) {
      test.isolation.last.ready();
      test.isolation.last.exit({ kind: 'code', code: 1 });
      const before = test.clock.monotonic();
      while (test.isolation.instances.length === restart) test.advance(500);
      delays.push(test.clock.monotonic() - before);
    }
    expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it('begins again with 1 s once it lived for a minute', () => {
    const test = new TestEngine({ functions: LONG, behaviour: READY });
    void test.engine.open();
    for (const wait of [1000, 2000]) {
      test.advance(0);
      test.isolation.last.exit({ kind: 'code', code: 1 });
      test.advance(wait);
    }
    test.advance(60_000);
    test.isolation.last.exit({ kind: 'code', code: 1 });
    test.advance(999);
    expect(test.isolation.instances).toHaveLength(3);
    test.advance(1);
    expect(test.isolation.instances).toHaveLength(4);
  });

  it('keeps its back-off when calls wait: they wait for the restart', () => {
    const test = new TestEngine({ functions: LONG, behaviour: READY });
    void test.engine.open();
    test.advance(0);
    test.isolation.last.exit({ kind: 'code', code: 1 });
    const call = test.invoke('S/l', { payload: 'patient' });
    test.advance(999);
    expect(test.isolation.instances).toHaveLength(1);
    test.advance(1);
    test.running('patient').return('ok');
    expect(call.result).toBe('ok');
  });

  it('is gone before the next one starts, also after a timeout', () => {
    const test = new TestEngine({ functions: LONG, behaviour: { ...READY, dieAfter: 5000 } });
    void test.engine.open();
    test.advance(0);
    test.invoke('S/l');
    test.advance(6499);
    expect(test.states).toEqual(['S/l#1 ending']);
    expect(test.isolation.instances).toHaveLength(1);
    test.advance(1001);
    expect(test.states).toEqual(['S/l#2 ready']);
  });
});

describe('a long-lived function that was given up', () => {
  it('is not started again before the old one has really ended, and keeps its back-off', async () => {
    const test = new TestEngine({
      functions: { 'S/l': { runMode: 'LongLived', timeout: 1000 } },
      behaviour: { ...READY, dieAfter: undefined },
    });
    void test.engine.open();
    test.advance(0);
    const old = Promise.withResolvers<undefined>();
    test.isolation.last.exit({ kind: 'givenUp', ended: old.promise });
    const call = test.invoke('S/l', { payload: 'patient', timeout: 10_000_000 });
    test.advance(1_000_000);
    expect(test.states).toEqual([]);
    old.resolve(undefined);
    await flushPromises();
    test.advance(0);
    test.running('patient').return('served by the second');
    expect(call.result).toBe('served by the second');

    test.isolation.last.exit({ kind: 'givenUp', ended: Promise.resolve() });
    await flushPromises();
    expect(test.states, 'it ended at once, but it keeps ending').toEqual([]);
    test.advance(60_000);
    expect(test.states).toEqual(['S/l#3 ready']);
  });

  it('is not started again when the engine has closed meanwhile', async () => {
    const test = new TestEngine({ functions: { 'S/l': { runMode: 'LongLived' } }, behaviour: READY });
    void test.engine.open();
    test.advance(0);
    const old = Promise.withResolvers<undefined>();
    test.isolation.last.exit({ kind: 'givenUp', ended: old.promise });
    test.advance(10_000);
    await test.close();
    old.resolve(undefined);
    await flushPromises();
    test.advance(1_000_000);
    expect(test.isolation.instances).toHaveLength(1);
  });
});

describe('the end of an instance', () => {
  it.each<[how: string, expected: boolean, end: (test: TestEngine) => void]>([
    ['it was idle', true, (test) => test.advance(400_000)],
    ['the host stops', true, (test) => void test.engine.close(2000)],
    ['it crashed', false, (test) => test.isolation.last.exit({ kind: 'signal', signal: 'SIGSEGV' })],
    ['it called process.exit', false, (test) => test.isolation.last.dying('called process.exit(0)')],
    [
      'it was stuck',
      false,
      (test) => {
        test.isolation.last.behaviour = { ...test.isolation.behaviour, pongAfter: undefined };
        test.invoke('S/a');
        test.advance(5200);
      },
    ],
    [
      'a handler went on after its timeout',
      false,
      (test) => {
        test.invoke('S/a');
        test.advance(5500);
      },
    ],
  ])('says whether the host wanted it: %s', (_how, expected, end) => {
    const test = new TestEngine({ functions: { 'S/a': {} }, behaviour: READY });
    const ends: boolean[] = [];
    test.events.on('instance:exited', (_instance, _reason, wanted) => ends.push(wanted));
    test.invoke('S/a', { payload: 'first' });
    test.advance(0);
    test.running('first').return();
    end(test);
    test.advance(10_000);
    expect(ends).toEqual([expected]);
  });
});

describe('an instance that ends while handlers run', () => {
  it('fails a handler that was alone with Exit and how it ended', () => {
    const test = new TestEngine({ functions: { 'S/a': {} }, behaviour: READY });
    const call = test.invoke('S/a');
    test.advance(0);
    test.isolation.last.exit({ kind: 'signal', signal: 'SIGABRT' });
    expect(call.error).toMatchObject({
      errorType: 'Exit',
      errorMessage: 'the instance of S/a was ended by SIGABRT while the handler ran',
    });
  });

  it('fails a handler that was alone with OutOfMemory when that is what happened', () => {
    const test = new TestEngine({ functions: { 'S/a': {} }, behaviour: READY });
    const call = test.invoke('S/a');
    test.advance(0);
    test.isolation.last.exit({ kind: 'outOfMemory', detail: 'it held 600 MiB' });
    expect(call.error).toMatchObject({
      errorType: 'OutOfMemory',
      errorMessage: 'S/a ran out of memory: it held 600 MiB',
    });
  });

  it('gives the error to the handler it can be laid to, and InstanceLost to the others', () => {
    const test = new TestEngine({ functions: { 'S/a': { instanceConcurrency: 3 } }, behaviour: READY });
    const calls = ['1', '2', '3'].map((payload) => test.invoke('S/a', { payload }));
    test.advance(0);
    test.isolation.last.dying('boom', test.running('2').number);
    test.isolation.last.exit({ kind: 'code', code: 1 });
    expect(calls.map(({ result }) => result)).toEqual(['InstanceLost', 'Uncaught', 'InstanceLost']);
    expect(calls[1]!.message).toBe('boom');
  });

  it('gives InstanceLost to all when nobody can be blamed, also to the one that is released last', () => {
    const test = new TestEngine({ functions: { 'S/a': { instanceConcurrency: 3 } }, behaviour: READY });
    const calls = ['1', '2', '3'].map((payload) => test.invoke('S/a', { payload }));
    test.advance(0);
    test.isolation.last.exit({ kind: 'code', code: 1 });
    expect(calls.map(({ result }) => result)).toEqual(['InstanceLost', 'InstanceLost', 'InstanceLost']);
  });

  it('delivers first what had settled before', () => {
    const test = new TestEngine({ functions: { 'S/a': { instanceConcurrency: 2 } }, behaviour: READY });
    const calls = ['1', '2'].map((payload) => test.invoke('S/a', { payload }));
    test.advance(0);
    test.running('1').return('value');
    test.isolation.last.exit({ kind: 'code', code: 0 });
    expect(calls.map(({ result }) => result)).toEqual(['value', 'Exit']);
  });

  it('is replaced at once for those who wait', () => {
    const test = new TestEngine({ functions: { 'S/a': {} }, behaviour: READY });
    test.invoke('S/a');
    test.invoke('S/a', { payload: 'next' });
    test.advance(0);
    test.isolation.last.exit({ kind: 'code', code: 1 });
    test.advance(0);
    expect(test.running('next').instance.name).toBe('S/a#2');
  });

  it('takes nothing more once it said that it is dying, and is killed if it does not get there', () => {
    const test = new TestEngine({
      functions: { 'S/a': { instanceConcurrency: 2, timeout: 60_000 } },
      behaviour: READY,
    });
    const call = test.invoke('S/a', { payload: '1' });
    test.advance(0);
    test.isolation.last.dying('boom');
    test.invoke('S/a', { payload: '2' });
    test.advance(0);
    expect(test.running('2').instance.name).toBe('S/a#2');
    test.advance(4999);
    expect(test.isolation.named('S/a#1').killed).toBe(false);
    test.advance(2);
    expect(call.message).toBe('boom');
    expect(test.isolation.alive).not.toContain('S/a#1');
  });

  it('that cannot be killed is answered for when its adapter gives it up', () => {
    const test = new TestEngine({
      functions: { 'S/a': { timeout: 1000, instanceConcurrency: 2 } },
      behaviour: { ...READY, dieAfter: undefined },
    });
    test.invoke('S/a');
    test.advance(500);
    const neighbour = test.invoke('S/a');
    test.advance(3000);
    expect(neighbour.result).toBe('Timeout');
    test.isolation.named('S/a#1').exit({ kind: 'givenUp', ended: new Promise(() => undefined) });
    expect(test.states).toEqual([]);
  });
});

describe('messages that no longer mean anything', () => {
  it('are ignored: a second settlement, an unknown run, an old pong, a second ready', () => {
    const test = new TestEngine({ functions: { 'S/a': {} }, behaviour: READY });
    const call = test.invoke('S/a');
    test.advance(0);
    const run = test.isolation.last.run;
    run.return('first');
    run.return('second');
    test.isolation.last.tell([34, 99, 'nobody']);
    test.isolation.last.tell([39, 7]);
    test.isolation.last.ready();
    expect(call.result).toBe('first');
    expect(test.states).toEqual(['S/a#1 ready']);
  });

  it.each<[what: string, message: readonly unknown[]]>([
    ['a kind there is none of', [99]],
    ['a message to an instance', [Kind.Stop, 5]],
    ['a call of nobody', [Kind.Call, 1, 1, null, 'Sync', null, null, null]],
    ['a call of a third type', [Kind.Call, 1, 1, 'S/a', 'sync', null, null, null]],
    ['options that are no JSON', [Kind.Call, 1, 1, 'S/a', 'Sync', null, null, '{']],
    ['options that are no object', [Kind.Call, 1, 1, 'S/a', 'Sync', null, null, '7']],
    ['a time that is none', [Kind.Call, 1, 1, 'S/a', 'Sync', null, null, '{"timeout":"soon"}']],
    ['a result of no kind', [Kind.Returned, 1, 42]],
    ['a result of nothing', [Kind.Returned, 1, null]],
    ['an error of no kind', [Kind.Threw, 1, { message: 'no' }]],
    ['a line of an unknown level', [Kind.Log, null, 'fatal', 'text']],
    ['nothing', []],
  ])('are not those that the protocol does not have: %s', (_what, message) => {
    const test = new TestEngine({ functions: { 'S/a': {} }, behaviour: READY });
    const call = test.invoke('S/a');
    test.advance(0);
    expect(() => {
      test.isolation.last.tell(message as never);
    }).toThrow(/what the protocol says|JSON/);
    expect(call.result, 'nothing has come of it').toBeUndefined();
    expect(test.states).toEqual(['S/a#1 ready']);
    test.isolation.last.exit({ kind: 'signal', signal: 'SIGKILL' });
    expect(call.result).toBe('Exit');
  });

  it('a result over the limit is refused with both sizes', () => {
    const test = new TestEngine({ functions: { 'S/a': {} }, behaviour: READY });
    const call = test.invoke('S/a');
    test.advance(0);
    test.isolation.last.run.returnTooMuch(40_000_000);
    expect(call.result).toBe('EntityTooLarge');
    expect(call.message).toContain(
      'the result of S/a is 40000000 bytes, more than limits.syncPayload (33554432 bytes)',
    );
  });
});
