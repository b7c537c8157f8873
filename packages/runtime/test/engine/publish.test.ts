/** Messages: which functions get them, what they get, and where they end. */
import { describe, expect, it } from 'vitest';
import { MemoryQueue } from '../../src/engine/queue/memory-queue.ts';
import { QUEUE_LIMITS } from '../support/queue-limits.ts';
import { TestEngine, type TestEngineOptions } from './support/test-engine.ts';
import { flushPromises } from './support/virtual-clock.ts';

const DURABLE = { durability: 'fsync' } as const;

function start(options: TestEngineOptions): TestEngine {
  return new TestEngine({ ...options, behaviour: { readyAfter: 0 } });
}

async function settle(test: TestEngine): Promise<void> {
  for (let n = 0; n < 3; n += 1) {
    await flushPromises();
    test.advance(0);
  }
}

/** Publishes from a handler of `S/source`, and gives the answer's kind of message, with its text. */
async function publish(test: TestEngine, topic: string, payload = 'hello'): Promise<readonly unknown[] | undefined> {
  test.invoke('S/source', { payload: `publishes ${topic}` });
  test.advance(0);
  const call = test.running(`publishes ${topic}`).publish(topic, payload);
  await settle(test);
  test.running(`publishes ${topic}`).return();
  return call.end;
}

describe('a published message', () => {
  it('invokes each function that a route leads to, once, however many routes match, with bytes and where it comes from', async () => {
    const test = start({
      functions: { 'S/source': {}, 'S/a': DURABLE, 'S/b': DURABLE, 'S/c': DURABLE },
      routes: [
        { source: undefined, filter: 'plant/+/temperature', target: 'S/a' },
        { source: undefined, filter: 'plant/#', target: 'S/a' },
        { source: 'S/source', filter: 'plant/1/temperature', target: 'S/b' },
        { source: 'S/other', filter: '#', target: 'S/c' },
      ],
    });
    await publish(test, 'plant/1/temperature', '21.5');
    const runs = test.runs.filter(({ event }) => event !== 'publishes plant/1/temperature');
    expect(runs.map(({ instance }) => instance.name).sort()).toEqual(['S/a#1', 'S/b#1']);
    for (const { message } of runs) {
      expect(message[2]).toEqual(new Uint8Array(Buffer.from('21.5')));
      const context: unknown = JSON.parse(Buffer.from(message[4]!, 'base64').toString());
      expect(context).toMatchObject({ custom: { source: 'S/source', topic: 'plant/1/temperature' } });
    }
  });

  it('is accepted although nobody listens', async () => {
    const test = start({ functions: { 'S/source': {} } });
    expect((await publish(test, 'nobody'))?.[0]).toBe(4);
  });

  it('is stored for all that get it before the publisher is told', async () => {
    const stored = Promise.withResolvers<undefined>();
    const queue = new MemoryQueue({
      limits: QUEUE_LIMITS,
      onCommit: (done, commands) => (done && commands.some(({ kind }) => kind === 'put') ? stored.promise : undefined),
    });
    const test = start({
      functions: { 'S/source': {}, 'S/a': DURABLE, 'S/b': DURABLE },
      routes: ['S/a', 'S/b'].map((target) => ({ source: undefined, filter: 't', target })),
      queue,
    });
    test.invoke('S/source', { payload: 'publisher' });
    test.advance(0);
    const call = test.running('publisher').publish('t', 'x');
    await settle(test);
    expect(call.end).toBeUndefined();
    stored.resolve(undefined);
    await settle(test);
    expect(call.end?.[0]).toBe(4);
    expect(test.runs).toHaveLength(3);
  });

  it('goes to nobody when there is no room for all', async () => {
    const test = start({
      functions: { 'S/source': {}, 'S/a': DURABLE, 'S/b': DURABLE },
      routes: ['S/a', 'S/b'].map((target) => ({ source: undefined, filter: 't', target })),
      queue: new MemoryQueue({ limits: { ...QUEUE_LIMITS, maxQueueBytes: 500 } }),
    });
    expect((await publish(test, 't'))?.[2]).toBe('ResourceExhausted');
    expect(test.runs).toEqual([]);
  });

  it('goes to all once some have it: the rest of a full queue in memory makes no refusal of it', async () => {
    const limits = { ...QUEUE_LIMITS, maxQueueBytes: 1000 };
    const test = start({
      functions: { 'S/source': {}, 'S/filler': {}, 'S/durable': DURABLE, 'S/memory': {} },
      routes: ['S/durable', 'S/memory'].map((target) => ({ source: undefined, filter: 't', target })),
      settings: { queue: limits },
      queue: new MemoryQueue({ limits }),
    });
    const stored = test.invoke('S/filler', { type: 'Async', payload: 'x'.repeat(700) });
    await settle(test);
    const beyond = test.invoke('S/filler', { type: 'Async', payload: 'x'.repeat(700) });
    await settle(test);
    expect([stored.result, beyond.result]).toEqual(['accepted', 'ResourceExhausted']);
    expect((await publish(test, 't', 'x'.repeat(300)))?.[0]).toBe(4);
    expect(test.runs.map(({ instance }) => instance.name).sort()).toEqual(['S/durable#1', 'S/filler#1', 'S/memory#1']);
  });

  it.each([
    ['', 'topic'],
    ['a/+', '+'],
    ['a/#', '#'],
  ])('is refused on the topic "%s"', async (topic, named) => {
    const test = start({ functions: { 'S/source': {} } });
    const end = await publish(test, topic);
    expect(end?.[2]).toBe('InvalidArgument');
    expect(end?.[3]).toContain(named);
  });

  it('ends after 16 routings, when functions publish to one another in a circle', async () => {
    const test = start({
      functions: { 'S/source': {}, 'S/a': DURABLE },
      routes: [{ source: undefined, filter: 'round', target: 'S/a' }],
    });
    await publish(test, 'round');
    let routings = 0;
    for (; test.runs.length > 0; routings += 1) {
      const [run] = test.runs;
      run!.publish('round', 'again');
      await settle(test);
      run!.return();
      await settle(test);
      expect(routings).toBeLessThan(20);
    }
    expect(routings).toBe(16);
    expect(test.logs.map(({ message }) => message)).toEqual([
      expect.stringMatching(/is not routed to S\/a: 16 routings/),
    ]);
  });

  it('is tried again and dies like any Async invocation', async () => {
    const test = start({
      functions: {
        'S/source': {},
        'S/a': { ...DURABLE, retry: { attempts: 2, minDelay: 10, maxDelay: 10, maxAge: 1e6 } },
      },
      routes: [{ source: undefined, filter: 't', target: 'S/a' }],
    });
    await publish(test, 't');
    for (const attempt of [1, 2]) {
      expect(test.runs.map((run) => run.attempt)).toEqual([attempt]);
      test.runs[0]!.throw('no');
      await flushPromises();
      test.advance(10);
      await settle(test);
    }
    const dead = await test.engine.queries.list({ states: ['Failed'] });
    expect(dead).toMatchObject({ value: [{ function: 'S/a', caller: 'S/source', errors: [{}, {}] }] });
  });
});
