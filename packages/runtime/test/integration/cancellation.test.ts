/** A call is taken back (SPEC 3): its invoker has `Cancelled` at once, its handler is only told. */
import { describe, expect, it } from 'vitest';
import { writeFiles } from '../support/files.ts';
import { Latch, script } from '../support/script.ts';
import { startHost } from '../support/test-host.ts';

describe.each(['thread', 'process'] as const)('a cancelled call of a function in a %s', (isolation) => {
  const functions = { 'S/f': { handler: 'script.handler' } };

  it('that waits leaves the queue', async () => {
    await using host = await startHost({ isolation, functions });
    const gate = new Latch();
    const running = host.value('S/f', script(['log', 'begun'], ['wait', gate.path], ['return', 'done']));
    await host.untilLogged('begun');
    const controller = new AbortController();
    const waiting = host.invoke('S/f', script(['log', 'never']), { signal: controller.signal });
    expect(host.host.status()).toMatchObject([{ queued: 1 }]);
    controller.abort();
    expect(await waiting).toEqual({
      kind: 'refused',
      code: 'Cancelled',
      message: 'the invoker cancelled the call through its signal',
      retryable: false,
    });
    expect(host.host.status()).toMatchObject([{ queued: 0 }]);
    gate.open();
    expect(await running).toBe('done');
    expect(await host.value('S/f', script(['return', 'next']))).toBe('next');
    expect(host.logged('never')).toEqual([]);
  });

  it('that runs has its signal aborted and keeps its slot until it settles', async () => {
    await using host = await startHost({ isolation, functions });
    const gate = new Latch();
    const controller = new AbortController();
    const work = script(['log', 'begun'], ['aborted'], ['wait', gate.path], ['log', 'ended']);
    const call = host.invoke('S/f', work, { signal: controller.signal });
    await host.untilLogged('begun');
    controller.abort();
    expect(await call).toMatchObject({ code: 'Cancelled' });
    await host.untilLogged('aborted: the invocation was aborted: the invoker cancelled the call');
    const next = host.value('S/f', script(['return', 'next']));
    expect(host.host.status()).toMatchObject([{ queued: 1, instances: [{ state: 'ready', running: 1 }] }]);
    gate.open();
    expect(await next).toBe('next');
    expect(host.logged('ended')).toHaveLength(1);
    expect(host.instances.size).toBe(1);
  });

  it('whose handler never settles is ended at the timeout of the function', async () => {
    await using host = await startHost({
      isolation,
      functions: { 'S/f': { handler: 'script.handler', timeout: 150 } },
    });
    const controller = new AbortController();
    const call = host.invoke('S/f', script(['log', 'begun'], ['hang']), { signal: controller.signal });
    await host.untilLogged('begun');
    controller.abort();
    expect(await call).toMatchObject({ code: 'Cancelled' });
    expect(await host.value('S/f', script(['return', 'next']))).toBe('next');
    expect([...host.instances.values()]).toEqual(['a handler went on after its timeout', undefined]);
  });

  it('does not begin when the signal was aborted before', async () => {
    await using host = await startHost({ isolation, functions });
    await host.value('S/f');
    expect(await host.invoke('S/f', script(['log', 'ran']), { signal: AbortSignal.abort() })).toEqual({
      kind: 'refused',
      code: 'Cancelled',
      message: 'the call of S/f was not made: its signal was aborted before',
      retryable: false,
    });
    await host.value('S/f');
    expect(host.logged('ran')).toEqual([]);
  });

  it('of another function is Cancelled with the reason as its cause, and the callee is told', async () => {
    const codeUri = writeFiles({
      'index.mjs': `
        import { FCClient } from '@edgefc/sdk';
        const fc = new FCClient();
        export const handler = async (event) => {
          const controller = new AbortController();
          const call = fc.invokeFunction({ functionId: 'S/f', payload: event, signal: controller.signal });
          controller.abort(new Error('changed my mind'));
          return call.catch((error) => [error.code, error.cause?.message, error.retryable].join());
        };`,
    });
    await using host = await startHost({
      isolation,
      functions: { ...functions, 'S/caller': { codeUri, handler: 'index.handler' } },
    });
    await host.value('S/f');
    expect(await host.value('S/caller', script(['aborted']))).toBe('Cancelled,changed my mind,false');
    await host.untilLogged('aborted: the invocation was aborted: the caller cancelled the call through its signal');
  });

  it('is cancelled, too, when the instance of its caller ends', async () => {
    await using host = await startHost({
      isolation,
      functions: { ...functions, 'S/caller': { handler: 'script.handler', instanceConcurrency: 2 } },
    });
    const caller = host.failure('S/caller', script(['call', 'S/f', script(['log', 'called'], ['aborted'])]));
    await host.untilLogged('called');
    const settled = host.next('invocation:settled', ({ definition }) => definition.key === 'S/f');
    expect(await host.failure('S/caller', script(['exit', 1]))).toMatchObject({ errorType: 'Exit' });
    expect(await caller).toMatchObject({ errorType: 'InstanceLost' });
    expect((await settled)[0].outcome).toMatchObject({
      code: 'Cancelled',
      message: 'the instance of the caller S/caller#1 ended',
    });
    await host.untilLogged('aborted: the invocation was aborted: the instance of the caller');
  });
});
