/** Calls that could never get a slot are refused at once, with the chain; those that can, are not (SPEC 3, Must show 5). */
import { describe, expect, it } from 'vitest';
import { Latch, script, type Step } from '../support/script.ts';
import { startHost } from '../support/test-host.ts';

const one = { handler: 'script.handler' };
const call = (target: string, ...steps: Step[]): Step => ['call', target, script(...steps)];

describe.each(['thread', 'process'] as const)('functions with one slot each, in a %s', (isolation) => {
  it('A → B → A is refused with the chain, at once', async () => {
    await using host = await startHost({ isolation, functions: { 'S/a': one, 'S/b': one } });
    const startedAt = performance.now();
    const refusal = host.next('invocation:settled', ({ parent }) => parent?.definition.key === 'S/b');
    expect(await host.failure('S/a', script(call('S/b', call('S/a'))))).toMatchObject({
      errorMessage: 'Handled DeadlockDetected',
    });
    expect((await refusal)[0].outcome).toEqual({
      kind: 'refused',
      code: 'DeadlockDetected',
      retryable: false,
      message:
        'the call can never get a slot: S/b → S/a → S/b; the only slot of S/a is held by invocations that wait for this one; ' +
        'raise maxInstances or instanceConcurrency, or call with Async',
    });
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect(await host.value('S/a', script(call('S/b', ['return', 'both are free again'])))).toBe('both are free again');
  });

  it('a ring of three is refused, too', async () => {
    await using host = await startHost({ isolation, functions: { 'S/a': one, 'S/b': one, 'S/c': one } });
    const refusal = host.next('invocation:settled', ({ parent }) => parent?.definition.key === 'S/c');
    await host.failure('S/a', script(call('S/b', call('S/c', call('S/a')))));
    expect((await refusal)[0].outcome).toMatchObject({
      code: 'DeadlockDetected',
      message: expect.stringContaining('S/c → S/a → S/b → S/c') as string,
    });
  });

  it('two that call each other: the call that closes the ring has the error, the other one its answer', async () => {
    await using host = await startHost({ isolation, functions: { 'S/a': one, 'S/b': one } });
    const gate = new Latch();
    const outcomes: unknown[] = [];
    host.host.events.on('invocation:settled', ({ parent, outcome }) => {
      if (parent !== undefined) outcomes.push(outcome);
    });
    const both = [
      host.invoke('S/a', script(['log', 'a begun'], ['wait', gate.path], call('S/b', ['return', 'from b']))),
      host.invoke('S/b', script(['log', 'b begun'], ['wait', gate.path], call('S/a', ['return', 'from a']))),
    ];
    await Promise.all([host.untilLogged('a begun'), host.untilLogged('b begun')]);
    gate.open();
    const answers = await Promise.all(both);
    expect(outcomes).toMatchObject([{ code: 'DeadlockDetected' }, { kind: 'answered', functionError: undefined }]);
    expect(answers.map((answer) => (answer.kind === 'answered' ? answer.functionError : answer)).sort()).toEqual([
      'Handled',
      undefined,
    ]);
  });

  it('a function that calls itself is refused', async () => {
    await using host = await startHost({ isolation, functions: { 'S/a': one } });
    const refusal = host.next('invocation:settled', ({ parent }) => parent !== undefined);
    await host.failure('S/a', script(call('S/a')));
    expect((await refusal)[0].outcome).toMatchObject({
      code: 'DeadlockDetected',
      message: expect.stringContaining('S/a → S/a; the only slot of S/a') as string,
    });
  });

  it('a call that was made and not waited for does not count once its maker has ended', async () => {
    await using host = await startHost({ isolation, functions: { 'S/a': one, 'S/b': one } });
    const gate = new Latch();
    const b = script(['log', 'b begun'], ['wait', gate.path], call('S/a', ['log', 'a again']), ['log', 'b ended']);
    await host.value('S/a', script(['start', 'S/b', b], ['return', 'ended first']));
    await host.untilLogged('b begun');
    gate.open();
    await host.untilLogged('b ended');
    expect(host.logged('a again')).toHaveLength(1);
  });

  it('a call that waits behind work that does not wait is none', async () => {
    await using host = await startHost({ isolation, functions: { 'S/a': one, 'S/b': one } });
    const gate = new Latch();
    const busy = host.value('S/b', script(['log', 'busy'], ['wait', gate.path]));
    await host.untilLogged('busy');
    const a = host.value('S/a', script(call('S/b', ['return', 'after the work'])));
    await host.next('invocation:accepted', ({ parent }) => parent !== undefined);
    gate.open();
    expect(await a).toBe('after the work');
    await busy;
  });

  it('of two calls at once, the hopeless one is refused and the other one answered', async () => {
    await using host = await startHost({ isolation, functions: { 'S/a': one, 'S/b': one } });
    const steps = script(['all', ['S/b', script(['return', 'from b'])], ['S/a', script()]]);
    expect(await host.value('S/a', steps)).toBe('["from b","DeadlockDetected"]');
  });
});

describe.each(['thread', 'process'] as const)('functions with more slots, in a %s', (isolation) => {
  it.each([
    ['instances', { maxInstances: 3 }],
    ['slots in one instance', { instanceConcurrency: 3 }],
  ])('a recursion as deep as there are %s works, and one deeper is refused', async (_what, slots) => {
    await using host = await startHost({ isolation, functions: { 'S/a': { ...one, ...slots } } });
    expect(await host.value('S/a', script(call('S/a', call('S/a', ['return', 'the bottom']))))).toBe('the bottom');
    const refusal = host.next('invocation:settled', ({ outcome }) => outcome?.kind === 'refused');
    await host.failure('S/a', script(call('S/a', call('S/a', call('S/a')))));
    expect((await refusal)[0].outcome).toMatchObject({
      code: 'DeadlockDetected',
      message: expect.stringContaining('all 3 slots of S/a are held by invocations that wait for this one') as string,
    });
  });

  it('a recursion is not refused while another slot is busy with work that will end', async () => {
    await using host = await startHost({ isolation, functions: { 'S/a': { ...one, maxInstances: 2 } } });
    const gate = new Latch();
    const busy = host.value('S/a', script(['log', 'busy'], ['wait', gate.path]));
    await host.untilLogged('busy');
    const recursion = host.value('S/a', script(call('S/a', ['return', 'got the slot'])));
    await host.next('invocation:accepted', ({ parent }) => parent !== undefined);
    gate.open();
    expect(await recursion).toBe('got the slot');
    await busy;
  });
});
