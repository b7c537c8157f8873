/** How many instances there are, and who waits for them (SPEC 3): growth, minimum, idle stop, queue, order. */
import { describe, expect, it } from 'vitest';
import { Latch, script } from '../support/script.ts';
import { startHost } from '../support/test-host.ts';

describe.each(['thread', 'process'] as const)('the pool of a function in a %s', (isolation) => {
  it('grows to maxInstances while calls wait, and no further', async () => {
    const gate = new Latch();
    await using host = await startHost({
      isolation,
      functions: { 'S/f': { handler: 'script.handler', maxInstances: 2 } },
    });
    const work = script(['log', 'begun'], ['wait', gate.path], ['return', 'done']);
    const calls = Array.from({ length: 5 }, () => host.value('S/f', work));
    await host.untilLogged('begun', 1);
    expect(host.host.status()).toMatchObject([{ key: 'S/f', queued: 3, instances: [{ running: 1 }, { running: 1 }] }]);
    gate.open();
    expect(await Promise.all(calls)).toEqual(Array(5).fill('done'));
    expect(host.instances.size).toBe(2);
  });

  it('uses the free slots of an instance before it starts another', async () => {
    const gate = new Latch();
    await using host = await startHost({
      isolation,
      functions: { 'S/f': { handler: 'script.handler', maxInstances: 2, instanceConcurrency: 2 } },
    });
    const work = script(['log', 'begun'], ['wait', gate.path], ['return', 'done']);
    const calls = [host.value('S/f', work)];
    await host.untilLogged('begun');
    calls.push(host.value('S/f', work));
    await host.untilLogged('begun', 1);
    expect(host.instances.size).toBe(1);
    calls.push(host.value('S/f', work));
    await host.untilLogged('begun', 2);
    expect(host.instances.size).toBe(2);
    gate.open();
    expect(await Promise.all(calls)).toEqual(['done', 'done', 'done']);
  });

  it('reuses a warm instance', async () => {
    await using host = await startHost({
      isolation,
      functions: { 'S/f': { handler: 'context.state', maxInstances: 4 } },
    });
    expect(await host.value('S/f')).toBe('1 1');
    expect(await host.value('S/f')).toBe('2 2');
    expect(host.instances.size).toBe(1);
  });

  it('keeps minInstances warm from the start, and replaces one that exits', async () => {
    await using host = await startHost({
      isolation,
      functions: { 'S/f': { handler: 'script.handler', minInstances: 1, maxInstances: 2, idleTimeout: 20 } },
    });
    await host.next('instance:ready');
    await host.value('S/f');
    expect(host.instances.size).toBe(1);
    const replaced = host.next('instance:ready');
    expect(await host.failure('S/f', script(['exit', 1]))).toMatchObject({ errorType: 'Exit' });
    const [instance] = await replaced;
    expect(instance.name).toBe('S/f#2');
  });

  it('stops instances beyond minInstances when they are idle, and no more of them while these are ending', async () => {
    const [gate, farewell] = [new Latch(), new Latch()];
    await using host = await startHost({
      isolation,
      functions: {
        'S/clock': { handler: 'script.handler' },
        'S/f': {
          handler: 'script.handler',
          preStop: 'script.preStop',
          environment: { FAREWELL: farewell.path },
          minInstances: 1,
          maxInstances: 3,
          idleTimeout: 30,
        },
      },
    });
    const work = script(['log', 'begun'], ['wait', gate.path]);
    const calls = [1, 2, 3].map(() => host.value('S/f', work));
    await host.untilLogged('begun', 2);
    gate.open();
    await Promise.all(calls);
    await host.untilLogged('preStop begun', 1);
    await host.value('S/clock', script(['delay', 100]));
    const of = host.host.status().find(({ key }) => key === 'S/f');
    expect(of?.instances.map(({ state }) => state).sort()).toEqual(['ending', 'ending', 'ready']);
    farewell.open();
    while (host.running.length > 2) await host.next('instance:exited');
    expect([...host.instances.values()].filter((reason) => reason !== undefined)).toEqual([
      'it was idle for its idleTimeout',
      'it was idle for its idleTimeout',
    ]);
  });

  it('lets calls wait first in, first out', async () => {
    const gate = new Latch();
    await using host = await startHost({ isolation, functions: { 'S/f': { handler: 'script.handler' } } });
    const order: number[] = [];
    host.host.events.on('invocation:started', ({ payload }) => {
      order.push(Number(/"nr (\d+)"/.exec(String(payload))?.[1]));
    });
    const calls = [host.value('S/f', script(['log', 'nr 0'], ['wait', gate.path]))];
    for (let nr = 1; nr <= 5; nr += 1) calls.push(host.value('S/f', script(['log', `nr ${nr}`])));
    gate.open();
    await Promise.all(calls);
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('refuses what its full queue cannot take, at once, and says so', async () => {
    const gate = new Latch();
    await using host = await startHost({ isolation, functions: { 'S/f': { handler: 'script.handler', maxQueue: 2 } } });
    const work = script(['log', 'begun'], ['wait', gate.path], ['return', 'done']);
    const running = host.value('S/f', work);
    await host.untilLogged('begun');
    const waiting = [host.value('S/f', work), host.value('S/f', work)];
    expect(await host.invoke('S/f', work)).toEqual({
      kind: 'refused',
      code: 'ResourceExhausted',
      retryable: true,
      message:
        'S/f already has 2 calls waiting, its maxQueue; try again later, or raise maxInstances, instanceConcurrency or maxQueue',
    });
    gate.open();
    expect(await Promise.all([running, ...waiting])).toEqual(['done', 'done', 'done']);
  });

  it('gives a slot to Async work as soon as one is free, also after a crash', async () => {
    await using host = await startHost({ isolation, functions: { 'S/f': { handler: 'script.handler' } } });
    const crash = host.failure('S/f', script(['log', 'begun'], ['crash', 'on purpose']));
    const ran = host.untilLogged('async work');
    expect(await host.invoke('S/f', script(['log', 'async work']), { type: 'Async' })).toMatchObject({
      kind: 'accepted',
    });
    expect(await crash).toMatchObject({ errorType: 'Uncaught' });
    expect(await ran).toMatchObject({ instance: 'S/f#2' });
  });
});

describe.each(['thread', 'process'] as const)('maxMemory, shared by functions in a %s', (isolation) => {
  it('stops the longest idle instance for another function', async () => {
    await using host = await startHost({
      isolation,
      // Room for two bare instances, each of which counts with at least 16 MiB.
      settings: { maxMemory: 40 * 1024 * 1024 },
      functions: {
        'S/first': { handler: 'script.handler' },
        'S/second': { handler: 'script.handler' },
        'S/third': { handler: 'script.handler' },
      },
    });
    await host.value('S/first');
    await host.value('S/second');
    await host.value('S/third');
    expect([...host.instances].map(([{ name }, reason]) => [name, reason])).toEqual([
      ['S/first#1', 'another function needs its memory (maxMemory)'],
      ['S/second#1', undefined],
      ['S/third#1', undefined],
    ]);
  });

  it('lets a call wait while nothing is idle', async () => {
    const gate = new Latch();
    await using host = await startHost({
      isolation,
      settings: { maxMemory: 20 * 1024 * 1024 },
      functions: { 'S/busy': { handler: 'script.handler' }, 'S/waits': { handler: 'script.handler' } },
    });
    const busy = host.value('S/busy', script(['log', 'begun'], ['wait', gate.path], ['return', 'done']));
    await host.untilLogged('begun');
    const waits = host.value('S/waits', script(['return', 'got its turn']));
    expect(host.instances.size).toBe(1);
    gate.open();
    expect(await Promise.all([busy, waits])).toEqual(['done', 'got its turn']);
    expect(host.instances.size).toBe(2);
  });
});
