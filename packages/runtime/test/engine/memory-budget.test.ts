/** The host's memory shared out among functions: who has to go, who has to wait, and who is next. */
import { describe, expect, it } from 'vitest';
import { INSTANCE_FLOOR, MemoryBudget, type BudgetedPool } from '../../src/engine/instance/memory-budget.ts';
import type { Instance } from '../../src/engine/instance/instance.ts';
import type { InstanceState } from '../../src/engine/views.ts';
import { MiB, TestEngine } from './support/test-engine.ts';
import { flushPromises } from './support/virtual-clock.ts';

const READY = { readyAfter: 0, stopAfter: 0 };

/** Room for so many instances that nobody has seen the memory of yet. */
function roomFor(instances: number): { readonly maxMemory: number } {
  return { maxMemory: instances * INSTANCE_FLOOR };
}

describe('before a start would exceed maxMemory', () => {
  it('the longest-idle instance of any function is stopped', () => {
    const test = new TestEngine({
      functions: { 'S/a': {}, 'S/b': {}, 'S/c': {} },
      settings: roomFor(2),
      behaviour: READY,
    });
    for (const key of ['S/a', 'S/b']) {
      test.invoke(key, { payload: key });
      test.advance(0);
    }
    test.running('S/b').return();
    test.advance(10);
    test.running('S/a').return();
    test.invoke('S/c', { payload: 'c' });
    test.advance(0);
    expect(test.states).toEqual(['S/a#1 ready', 'S/c#1 ready']);
    expect(test.trace).toContain('exited S/b#1: another function needs its memory (maxMemory)');
    expect(test.running('c')).toBeDefined();
  });

  it('it is the longest-idle one of its function, too, whichever was started first', () => {
    const test = new TestEngine({
      functions: { 'S/a': { minInstances: 1, maxInstances: 2 }, 'S/b': {} },
      settings: roomFor(2),
      behaviour: READY,
    });
    void test.engine.open();
    for (const payload of ['1', '2']) test.invoke('S/a', { payload });
    test.advance(0);
    const [first, second] = ['1', '2'].map((event) => test.running(event));
    second!.return();
    test.advance(10);
    first!.return();
    test.invoke('S/b');
    test.advance(0);
    expect(test.states).toEqual([`${first!.instance.name} ready`, 'S/b#1 ready']);
    expect(first!.instance.name).toBe('S/a#1');
  });

  it('the call waits when none is idle, and starts when one is', () => {
    const test = new TestEngine({ functions: { 'S/a': {}, 'S/b': {} }, settings: roomFor(1), behaviour: READY });
    test.invoke('S/a', { payload: 'a' });
    test.advance(0);
    test.invoke('S/b', { payload: 'b' });
    test.advance(1000);
    expect(test.runs.map(({ event }) => event)).toEqual(['a']);
    test.running('a').return();
    test.advance(0);
    expect(test.runs.map(({ event }) => event)).toEqual(['b']);
  });

  it('an instance that minInstances keeps, and a long-lived one, stay', () => {
    const test = new TestEngine({
      functions: { 'S/kept': { minInstances: 1 }, 'S/long': { runMode: 'LongLived' }, 'S/b': {} },
      settings: roomFor(2),
      behaviour: READY,
    });
    void test.engine.open();
    test.advance(0);
    const call = test.invoke('S/b', { timeout: 1000 });
    test.advance(1000);
    expect(test.states).toEqual(['S/kept#1 ready', 'S/long#1 ready']);
    expect(call.result, 'the wait has a deadline').toBe('DeadlineExceeded');
  });

  it('what instances were seen to hold counts, and for a new one what its siblings hold', () => {
    const test = new TestEngine({
      functions: { 'S/a': { maxInstances: 2 } },
      settings: { maxMemory: 150 * MiB },
      behaviour: READY,
    });
    test.invoke('S/a');
    test.advance(0);
    test.isolation.last.memory = 80 * MiB;
    test.invoke('S/a');
    expect(test.isolation.instances).toHaveLength(1);
    test.isolation.last.memory = 70 * MiB;
    test.invoke('S/a');
    expect(test.isolation.instances).toHaveLength(2);
  });

  it('one instance may run however little there is', () => {
    const test = new TestEngine({ functions: { 'S/a': {} }, settings: { maxMemory: 1 }, behaviour: READY });
    test.invoke('S/a');
    test.advance(0);
    expect(test.runs).toHaveLength(1);
  });

  it('only one idle instance is stopped at a time: the memory of one that is ending comes free anyway', () => {
    const test = new TestEngine({
      functions: { 'S/a': {}, 'S/b': {}, 'S/c': {} },
      settings: roomFor(2),
      behaviour: { ...READY, stopAfter: 100 },
    });
    for (const key of ['S/a', 'S/b']) {
      test.invoke(key, { payload: key });
      test.advance(0);
      test.running(key).return();
    }
    test.invoke('S/c');
    test.invoke('S/c');
    expect(test.states).toEqual(['S/a#1 ending', 'S/b#1 ready']);
    test.advance(100);
    expect(test.states).toEqual(['S/b#1 ready', 'S/c#1 ready']);
  });
});

describe('functions that wait for memory', () => {
  it('are served in the order in which they came', () => {
    const test = new TestEngine({
      functions: { 'S/a': {}, 'S/b': {}, 'S/c': {}, 'S/d': {} },
      settings: roomFor(1),
      behaviour: READY,
    });
    const order: string[] = [];
    test.events.on('instance:ready', ({ name }) => order.push(name));
    for (const key of ['S/a', 'S/c', 'S/b', 'S/d']) {
      test.invoke(key, { payload: key });
      test.advance(0);
    }
    while (test.runs.length > 0) {
      test.runs[0]!.return();
      test.advance(0);
    }
    expect(order).toEqual(['S/a#1', 'S/c#1', 'S/b#1', 'S/d#1']);
  });

  it('still get the instance that minInstances keeps when a call is given up meanwhile', () => {
    const test = new TestEngine({
      functions: { 'S/a': {}, 'S/kept': { minInstances: 1 } },
      settings: roomFor(1),
      behaviour: READY,
    });
    test.invoke('S/a', { payload: 'a' });
    test.advance(0);
    void test.engine.open();
    test.invoke('S/kept', { timeout: 100 });
    test.advance(100);
    test.running('a').return();
    test.advance(0);
    expect(test.states).toEqual(['S/kept#1 ready']);
  });

  it('let Async work of their own go on when the call they waited with is given up', async () => {
    const test = new TestEngine({ functions: { 'S/a': {}, 'S/b': {} }, settings: roomFor(1), behaviour: READY });
    test.invoke('S/a', { payload: 'a' });
    test.advance(0);
    const call = test.invoke('S/b', { payload: 'sync' });
    test.invoke('S/b', { type: 'Async', payload: 'async' });
    await flushPromises();
    call.cancel();
    test.running('a').return();
    await flushPromises();
    test.advance(0);
    expect(test.runs.map(({ event }) => event)).toEqual(['async']);
  });

  it('keep their place when what came free is not enough for them', () => {
    const budget = new MemoryBudget(100 * MiB);
    const asked: string[] = [];
    const large = new FakePool('large', budget, asked, [fakeInstance(60 * MiB)]);
    const other = new FakePool('other', budget, asked, [fakeInstance(39 * MiB)]);
    const small = new FakePool('small', budget, asked, []);
    large.wants = 2;
    expect([budget.mayStart(large), budget.mayStart(small)]).toEqual([false, false]);
    other.instances = [fakeInstance(30 * MiB)];
    budget.freed();
    budget.freed();
    expect(asked, 'the first is asked, in vain, and stays the first').toEqual(['large', 'large']);
    large.instances = [];
    other.instances = [];
    budget.freed();
    expect(asked).toEqual(['large', 'large', 'large', 'small']);
  });

  it('are not overtaken by one that comes later and would fit', () => {
    const test = new TestEngine({
      functions: { 'S/large': { maxInstances: 2 }, 'S/small': {}, 'S/busy': {} },
      settings: { maxMemory: 100 * MiB },
      behaviour: READY,
    });
    test.invoke('S/large', { payload: 'large 1' });
    test.invoke('S/busy', { payload: 'busy' });
    test.advance(0);
    test.isolation.named('S/large#1').memory = 50 * MiB;
    test.invoke('S/large', { payload: 'large 2' });
    test.invoke('S/small', { payload: 'small' });
    test.advance(0);
    expect(test.states).toEqual(['S/large#1 ready', 'S/busy#1 ready']);
    test.running('large 1').return();
    test.advance(0);
    expect(
      test.runs.map(({ event }) => event),
      'served by the instance it has, it stands in nobody’s way',
    ).toEqual(['large 2', 'busy', 'small']);
  });

  it('let those behind them have a try when their call is given up', () => {
    const test = new TestEngine({
      functions: { 'S/large': { maxInstances: 2 }, 'S/small': {} },
      settings: { maxMemory: 100 * MiB },
      behaviour: READY,
    });
    test.invoke('S/large', { payload: 'large 1' });
    test.advance(0);
    test.isolation.last.memory = 60 * MiB;
    test.invoke('S/large', { payload: 'large 2', timeout: 100 });
    test.invoke('S/small', { payload: 'small' });
    test.advance(99);
    expect(test.runs.map(({ event }) => event)).toEqual(['large 1']);
    test.advance(1);
    expect(test.runs.map(({ event }) => event)).toEqual(['large 1', 'small']);
  });

  it('get the room of an instance that is ready when nobody needs it any more', () => {
    const test = new TestEngine({
      functions: { 'S/a': {}, 'S/b': {} },
      settings: roomFor(1),
      behaviour: { readyAfter: 100, stopAfter: 0 },
    });
    const call = test.invoke('S/a');
    test.invoke('S/b', { payload: 'b' });
    call.cancel();
    test.advance(200);
    expect(test.runs.map(({ event }) => event)).toEqual(['b']);
  });

  it('are left out when they want nothing any more', () => {
    const budget = new MemoryBudget(INSTANCE_FLOOR);
    const asked: string[] = [];
    const busy = new FakePool('busy', budget, asked, [fakeInstance(0)]);
    const [gone, next] = [new FakePool('gone', budget, asked, []), new FakePool('next', budget, asked, [])];
    expect([budget.mayStart(gone), budget.mayStart(next)]).toEqual([false, false]);
    gone.wants = 0;
    busy.instances = [];
    budget.freed();
    budget.freed();
    expect(asked).toEqual(['gone', 'next']);
  });

  it('get one start each before anybody gets a second one', () => {
    const budget = new MemoryBudget(2 * INSTANCE_FLOOR);
    const asked: string[] = [];
    const busy = new FakePool('busy', budget, asked, [fakeInstance(0), fakeInstance(0)]);
    const [one, other] = [new FakePool('one', budget, asked, []), new FakePool('other', budget, asked, [])];
    one.wants = 3;
    other.wants = 3;
    expect([budget.mayStart(one), budget.mayStart(other)]).toEqual([false, false]);
    busy.instances = [fakeInstance(0)];
    budget.freed();
    expect([one.instances.length, other.instances.length]).toEqual([1, 0]);
    busy.instances = [];
    budget.freed();
    expect([one.instances.length, other.instances.length]).toEqual([1, 1]);
  });
});

function fakeInstance(memory: number, state: InstanceState = 'ready', running = 1): Instance {
  // The budget looks at these four only.
  const seen: Partial<Instance> = { memory, state, running, idleSince: 0 };
  return seen as Instance;
}

class FakePool implements BudgetedPool {
  readonly #name: string;
  readonly #budget: MemoryBudget;
  readonly #asked: string[];
  instances: Instance[];
  wants = 1;
  readonly spare = 0;

  constructor(name: string, budget: MemoryBudget, asked: string[], instances: Instance[]) {
    this.#name = name;
    this.#budget = budget;
    this.#asked = asked;
    this.instances = instances;
    budget.add(this);
  }

  stopIdle(): void {
    throw new Error('nothing here is idle');
  }

  retryStart(): void {
    this.#asked.push(this.#name);
    while (this.instances.length < this.wants && this.#budget.mayStart(this)) this.instances.push(fakeInstance(0));
  }
}
