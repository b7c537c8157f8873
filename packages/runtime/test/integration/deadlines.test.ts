/** Deadlines (SPEC 3): whose it was, what the handler is told, and what becomes of its instance. */
import { describe, expect, it } from 'vitest';
import { Latch, script } from '../support/script.ts';
import { failureOf, startHost } from '../support/test-host.ts';

const HANG = script(['log', 'begun'], ['hang']);

describe.each(['thread', 'process'] as const)('a deadline in a %s', (isolation) => {
  it('of the call passes while it waits for a slot', async () => {
    await using host = await startHost({ isolation, functions: { 'S/f': { handler: 'script.handler' } } });
    const gate = new Latch();
    const running = host.value('S/f', script(['log', 'begun'], ['wait', gate.path], ['return', 'done']));
    await host.untilLogged('begun');
    expect(await host.invoke('S/f', HANG, { timeout: 50 })).toEqual({
      kind: 'refused',
      code: 'DeadlineExceeded',
      retryable: true,
      message: expect.stringMatching(
        /^S\/f: the call's timeout of 50 ms passed while it waited for a free slot \(after \d+(\.\d)? ms\)$/,
      ) as string,
    });
    expect(host.host.status()).toMatchObject([{ queued: 0 }]);
    gate.open();
    expect(await running).toBe('done');
  });

  it('is by default the timeout and maxQueueWait of the function', async () => {
    await using host = await startHost({
      isolation,
      functions: { 'S/f': { handler: 'script.handler', timeout: 300, maxQueueWait: 40 } },
    });
    const first = host.invoke('S/f', HANG, { timeout: 9000 });
    await host.untilLogged('begun');
    const message =
      "S/f: the call's deadline (timeout 300 ms + maxQueueWait 40 ms) passed while it waited for a free slot";
    expect(await host.invoke('S/f', HANG)).toMatchObject({
      code: 'DeadlineExceeded',
      message: expect.stringContaining(message) as string,
    });
    expect(failureOf(await first)).toMatchObject({ errorType: 'Timeout' });
  });

  it('of the call passes while the handler runs: the handler is told, and keeps its slot until it settles', async () => {
    await using host = await startHost({ isolation, functions: { 'S/f': { handler: 'script.handler' } } });
    const gate = new Latch();
    await host.value('S/f');
    const work = script(['log', 'begun'], ['aborted'], ['wait', gate.path], ['log', 'ended']);
    const call = host.invoke('S/f', work, { timeout: 100 });
    expect(await call).toMatchObject({
      code: 'DeadlineExceeded',
      message: expect.stringContaining("the call's timeout of 100 ms passed while its handler ran") as string,
    });
    await host.untilLogged('aborted: the invocation was aborted: S/f: the call');
    expect(host.host.status()).toMatchObject([{ instances: [{ state: 'ready', running: 1 }] }]);
    const next = host.value('S/f', script(['return', 'next']));
    gate.open();
    expect(await next).toBe('next');
    expect(host.logged('ended')).toHaveLength(1);
    expect(host.instances.size).toBe(1);
  });

  it('is never later than the one of its caller', async () => {
    await using host = await startHost({
      isolation,
      functions: { 'S/caller': { handler: 'script.handler', timeout: 400 }, 'S/f': { handler: 'script.handler' } },
    });
    await host.value('S/f');
    const remaining = Number(await host.value('S/caller', script(['call', 'S/f', script(['remaining'])])));
    expect(remaining).toBeLessThanOrEqual(400);
    expect(remaining).toBeGreaterThan(100);
    const settled = host.next('invocation:settled', ({ definition }) => definition.key === 'S/f');
    expect(await host.failure('S/caller', script(['call', 'S/f', script(['aborted'])]))).toMatchObject({
      errorType: 'Timeout',
    });
    const [callee] = await settled;
    expect(callee.outcome).toMatchObject({
      code: 'DeadlineExceeded',
      message: expect.stringContaining('the deadline of its caller S/caller passed while its handler ran') as string,
    });
  });

  it('of the caller that has passed leaves nothing for a new call', async () => {
    await using host = await startHost({
      isolation,
      functions: { 'S/caller': { handler: 'script.handler', timeout: 100 }, 'S/f': { handler: 'script.handler' } },
    });
    const late = script(['aborted'], ['call', 'S/f', script(['log', 'ran'])]);
    await host.failure('S/caller', late);
    await host.next('invocation:settled', ({ definition }) => definition.key === 'S/f');
    expect(host.logged('ran')).toEqual([]);
  });
});

describe.each(['thread', 'process'] as const)('at its timeout in a %s', (isolation) => {
  it('a handler that settles within the grace keeps its instance, and its late result is dropped', async () => {
    await using host = await startHost({
      isolation,
      functions: { 'S/f': { handler: 'script.handler', timeout: 100 } },
    });
    const failure = await host.failure('S/f', script(['aborted'], ['return', 'too late']));
    expect(failure).toMatchObject({ errorType: 'Timeout' });
    expect(await host.value('S/f', script(['return', 'next']))).toBe('next');
    expect(host.logged('aborted: the invocation was aborted: the timeout of 100 ms passed')).toHaveLength(1);
    expect(host.instances.size).toBe(1);
  });

  it('an instance takes nothing more until the handler settles', async () => {
    await using host = await startHost({
      isolation,
      functions: { 'S/f': { handler: 'script.handler', timeout: 100, instanceConcurrency: 2 } },
    });
    const gate = new Latch();
    await host.failure('S/f', script(['wait', gate.path], ['log', 'settled at last']));
    const next = host.value('S/f', script(['return', 'next']));
    expect(host.host.status()).toMatchObject([{ queued: 1, instances: [{ state: 'suspect', running: 1 }] }]);
    gate.open();
    expect(await next).toBe('next');
    expect(host.logged('settled at last')).toHaveLength(1);
    expect(host.instances.size).toBe(1);
  });

  it('a handler that goes on for ever loses its instance, and a new one takes over', async () => {
    await using host = await startHost({
      isolation,
      functions: { 'S/f': { handler: 'script.handler', timeout: 100 } },
    });
    await host.failure('S/f', HANG);
    expect(await host.value('S/f', script(['return', 'next']))).toBe('next');
    expect([...host.instances.values()]).toEqual(['a handler went on after its timeout', undefined]);
  });

  it('a busy loop is killed, its invoker has had its answer, and the next call runs', async () => {
    await using host = await startHost({
      isolation,
      functions: { 'S/f': { handler: 'script.handler', timeout: 100 } },
    });
    const startedAt = performance.now();
    expect(await host.failure('S/f', script(['spin']))).toMatchObject({
      functionError: 'Unhandled',
      errorType: 'Timeout',
    });
    expect(host.running, 'the answer does not wait for the kill').toHaveLength(1);
    expect(await host.value('S/f', script(['return', 'next']))).toBe('next');
    expect([...host.instances.values()]).toEqual([
      "it was stuck: no answer to a ping within 200 ms after a handler's timeout",
      undefined,
    ]);
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });

  const OLD = {
    'S/f': { handler: 'script.handler', timeout: 1500, instanceConcurrency: 2 },
    'S/clock': { handler: 'script.handler' },
  };

  it('a busy loop takes its neighbours along, which are told InstanceLost', async () => {
    await using host = await startHost({ isolation, functions: OLD });
    const gate = new Latch();
    const looping = host.failure('S/f', script(['log', 'begun'], ['wait', gate.path], ['spin']));
    await host.untilLogged('begun');
    // So much younger that its own timeout passes long after the kill.
    await host.value('S/clock', script(['delay', 700]));
    const neighbour = host.failure('S/f', script(['log', 'neighbour'], ['hang']));
    await host.untilLogged('neighbour');
    gate.open();
    expect(await looping).toMatchObject({ errorType: 'Timeout' });
    expect(await neighbour).toMatchObject({
      functionError: 'Unhandled',
      errorType: 'InstanceLost',
      errorMessage:
        'the instance of S/f was lost, and it cannot be told that this invocation was the cause: ' +
        "it was stuck: no answer to a ping within 200 ms after a handler's timeout",
    });
  });

  it('a handler that goes on lets its neighbours finish before it loses its instance', async () => {
    await using host = await startHost({ isolation, functions: OLD });
    const gate = new Latch();
    const hanging = host.failure('S/f', HANG);
    await host.untilLogged('begun');
    await host.value('S/clock', script(['delay', 700]));
    const neighbour = host.value('S/f', script(['log', 'neighbour'], ['wait', gate.path], ['return', 'finished']));
    await host.untilLogged('neighbour');
    expect(await hanging).toMatchObject({ errorType: 'Timeout' });
    const [first] = [...host.instances.keys()].filter(({ name }) => name === 'S/f#1');
    const next = host.value('S/f', script(['return', 'next']));
    expect(await next, 'in an instance of its own').toBe('next');
    expect(first).toMatchObject({ state: 'retiring', running: 2 });
    const exit = host.next('instance:exited');
    gate.open();
    expect(await neighbour).toBe('finished');
    expect((await exit).map(String)[1]).toBe('a handler went on after its timeout');
  });

  it('handlers that go on one after the other lose their instance all the same', async () => {
    await using host = await startHost({ isolation, functions: OLD });
    const first = host.failure('S/f', HANG);
    await host.untilLogged('begun');
    await host.value('S/clock', script(['delay', 700]));
    const second = host.failure('S/f', HANG);
    const exit = host.next('instance:exited');
    expect(await Promise.all([first, second])).toMatchObject([{ errorType: 'Timeout' }, { errorType: 'Timeout' }]);
    expect((await exit).map(String)[1]).toBe('a handler went on after its timeout');
  });
});
