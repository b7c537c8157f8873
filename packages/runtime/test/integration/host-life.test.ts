/** start, check, stop (SPEC 3, 4 stopping; I9): what a host takes on, and what is left of it: nothing. */
import { describe, expect, it } from 'vitest';
import { createHost } from '../../src/host.ts';
import { writeFiles } from '../support/files.ts';
import { Latch, script } from '../support/script.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { defineTestHost, startHost } from '../support/test-host.ts';

const f = { handler: 'script.handler' };

describe.each(['thread', 'process'] as const)('a host of functions in a %s', (isolation) => {
  it('starts only what start({ only }) names', async () => {
    await using host = await startHost({
      isolation,
      start: { only: 'S/wanted' },
      functions: {
        'S/wanted': { ...f, minInstances: 2, maxInstances: 2 },
        'S/warm': { ...f, minInstances: 1 },
        'S/long': { ...f, runMode: 'LongLived', minInstances: 1 },
      },
    });
    await host.next('instance:ready');
    expect([...host.instances.keys()].map(({ name }) => name)).toEqual(['S/wanted#1']);
    expect(await host.value('S/warm', script(['return', 'on demand']))).toBe('on demand');
  });

  it('takes nothing before it was started, and starts once', async () => {
    const definition = defineTestHost({ isolation, functions: { 'S/f': f } }, makeTempDir());
    await using host = createHost(definition);
    await expect(host.invoke({ target: 'S/f' })).rejects.toThrow('the host has not been started: call start() first');
    await host.start();
    await expect(host.start()).rejects.toThrow('the host is running; a host starts once');
  });

  it('that was never started, or had nothing to do, stops', async () => {
    const definition = defineTestHost({ isolation, functions: { 'S/f': f } }, makeTempDir());
    await createHost(definition).stop();
    await using host = await startHost({ isolation, functions: { 'S/f': f } });
    await Promise.all([host.stop(), host.host.stop()]);
  });

  it('checks that a handler loads, without its initializer and without invoking it', async () => {
    const codeUri = writeFiles({
      'good.js':
        "exports.handler = async () => console.log('invoked'); exports.init = () => console.log('initialized');",
      'bad.js': "throw new Error('no such device');",
    });
    await using host = await startHost({
      isolation,
      functions: {
        'S/good': { codeUri, handler: 'good.handler', initializer: 'good.init' },
        'S/bad': { codeUri, handler: 'bad.handler' },
        'S/no-initializer': { codeUri, handler: 'good.handler', initializer: 'good.missing' },
      },
    });
    expect(await host.host.check('S/good')).toEqual({ ok: true, loadMs: expect.any(Number) as number });
    expect(await host.host.check('S/bad')).toMatchObject({
      ok: false,
      errorType: 'LoadError',
      error: { errorMessage: `${codeUri}/bad.js could not be loaded: Error: no such device` },
    });
    expect(await host.host.check('S/no-initializer')).toMatchObject({
      ok: false,
      error: { errorMessage: expect.stringContaining('does not export "missing"') as string },
    });
    expect(await host.host.check('S/god')).toMatchObject({
      ok: false,
      errorType: 'FunctionNotFound',
      error: { errorMessage: 'the service "S" has no function "god"; did you mean "good" or "bad"?' },
    });
    expect(host.logs).toEqual([]);
  });

  it('that stops lets running work finish, with the calls it makes, and refuses everything new', async () => {
    await using host = await startHost({ isolation, functions: { 'S/f': f, 'S/g': f } });
    const gate = new Latch();
    const running = host.value(
      'S/f',
      script(['log', 'begun'], ['wait', gate.path], ['call', 'S/g', script(['return', 'done'])]),
    );
    await host.untilLogged('begun');
    const stopped = host.stop(10_000);
    expect(await host.invoke('S/g')).toEqual({
      kind: 'refused',
      code: 'Stopping',
      message: 'the host is stopping and accepts no new invocations',
      retryable: true,
    });
    gate.open();
    expect(await running).toBe('done');
    await stopped;
    expect(await host.invoke('S/g')).toMatchObject({ code: 'Stopping' });
  });

  it('that stops runs the calls that wait, too, and leaves Async work that waits in its queue', async () => {
    await using host = await startHost({ isolation, functions: { 'S/f': f } });
    const work = script(['log', 'ran'], ['return', 'done']);
    const calls = [host.value('S/f', work), host.value('S/f', work)];
    expect(await host.invoke('S/f', work, { type: 'Async', delay: 60_000 })).toMatchObject({ kind: 'accepted' });
    await host.stop(10_000);
    expect(await Promise.all(calls)).toEqual(['done', 'done']);
    expect(host.logged('ran')).toHaveLength(2);
  });

  it('that stops answers with Stopping what did not finish in time: running, waiting, and not yet started', async () => {
    await using host = await startHost({
      isolation,
      functions: { 'S/f': f, 'S/slow': { ...f, initializer: 'lifecycle.initializeNever' } },
    });
    const running = host.invoke('S/f', script(['log', 'begun'], ['aborted'], ['hang']));
    const waiting = host.invoke('S/f', script());
    const starting = host.invoke('S/slow', script());
    await host.untilLogged('begun');
    await host.stop(50);
    expect(await running).toMatchObject({
      code: 'Stopping',
      message: 'S/f was stopped while the handler ran: the host is stopping',
    });
    expect(await waiting).toMatchObject({ code: 'Stopping', message: 'the host stopped before S/f could run' });
    expect(await starting).toMatchObject({ code: 'Stopping', message: 'the host stopped before S/slow could run' });
    expect(host.logged('aborted: the invocation was aborted: the host is stopping')).toHaveLength(1);
  });

  it('that stops lets what it aborts clean up, before preStop', async () => {
    await using host = await startHost({
      isolation,
      functions: { 'S/f': { ...f, preStop: 'script.sayGoodbye', maxInstances: 2 } },
    });
    const calls = [
      host.invoke('S/f', script(['log', 'begun'], ['cleanUp'], ['return', 'tidy'])),
      host.invoke('S/f', script(['log', 'begun'], ['hang'])),
    ];
    await host.untilLogged('begun', 1);
    const startedAt = performance.now();
    await host.stop(0);
    expect(performance.now() - startedAt, 'what does not settle is not waited for').toBeLessThan(1900);
    expect(await Promise.all(calls)).toMatchObject([{ kind: 'answered', payload: 'tidy' }, { code: 'Stopping' }]);
    // Whichever of the two was ready first had the first call.
    const [tidy] = host.logged('cleaned up');
    const said = host.logs.filter(({ instance }) => instance === tidy?.instance).map(({ message }) => message);
    expect(said).toEqual(['begun', 'cleaned up', 'goodbye, without haste']);
    expect(host.logged('goodbye')).toHaveLength(2);
  });

  it('that stops says how much Async work lived in memory only and is dropped, and starts no more of it', async () => {
    await using host = await startHost({ isolation, functions: { 'S/f': f } });
    const begun = host.untilLogged('begun');
    await host.invoke('S/f', script(['log', 'begun'], ['hang']), { type: 'Async' });
    await host.invoke('S/f', script(['log', 'begun'], ['hang']), { type: 'Async' });
    await begun;
    await host.stop(20);
    expect(host.logs.filter(({ source }) => source === 'host')).toMatchObject([
      { level: 'warn', message: "2 Async invocations with durability 'memory' had not ended and are dropped" },
    ]);
    expect(host.host.status()).toMatchObject([{ queued: 0, instances: [] }]);
  });

  it('that stops ends busy loops as soon as they miss a ping, not only when its two seconds are over', async () => {
    await using host = await startHost({ isolation, functions: { 'S/f': { ...f, maxInstances: 2 } } });
    const spinning = [
      host.invoke('S/f', script(['log', 'spins'], ['spin'])),
      host.invoke('S/f', script(['log', 'spins'], ['spin'])),
    ];
    await host.untilLogged('spins', 1);
    const startedAt = performance.now();
    await host.stop(50);
    expect(performance.now() - startedAt).toBeLessThan(1900);
    expect(await Promise.all(spinning)).toMatchObject([{ code: 'Stopping' }, { code: 'Stopping' }]);
  });
});
