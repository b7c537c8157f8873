/** The matchers in Vitest: what passes, and what a failing test is told. */
import { describe, expect, expectTypeOf, it } from 'vitest';
import { createTestHost } from '../../src/create-test-host.ts';
import { fake } from '../../src/fakes/fake.ts';
import type { TestHost } from '../../src/host/test-host.ts';
import '../../src/matchers-vitest.ts';
import { plant } from '../record/support/plant.ts';

async function ranPlant(): Promise<TestHost> {
  const host = await plant();
  await host.invoke('Plant/control', 'go', { invokerContext: { custom: { shift: 'night', no: 7 } } });
  await host.runUntilIdle();
  return host;
}

/** What a failing matcher says, without the tree. */
function told(check: () => void): string[] {
  try {
    check();
  } catch (error) {
    return (error as Error).message.split('\n\nWhat happened:')[0]!.split('\n');
  }
  throw new Error('it passed');
}

describe('toHaveInvoked', () => {
  it('compares text, JSON, bytes, a RegExp, a predicate, and matchers of the runner inside', async () => {
    await using host = await ranPlant();
    expect(host).toHaveInvoked('Plant/valve');
    expect(host).toHaveInvoked('Plant/valve', { payload: 'open' });
    expect(host).toHaveInvoked('Plant/valve', { payload: Buffer.from('open') });
    expect(host).toHaveInvoked('Plant/valve', { payload: /^op/g });
    expect(host).toHaveInvoked('Plant/valve', { payload: expect.stringContaining('pen') as string });
    expect(host).toHaveInvoked('Plant/valve', { payload: ({ text }: { text: string }) => text === 'open' });
    expect(host).toHaveInvoked('Plant/pump', { payload: { litres: 3, missing: undefined } });
    expect(host).toHaveInvoked('Plant/pump', { payload: { litres: expect.any(Number) as number } });
    expect(host).toHaveInvoked('Plant/audit', {
      payload: expect.objectContaining({ responsePayload: 'pumped' }) as object,
    });
    // A message arrives as bytes; 21.5 is JSON, too.
    expect(host).toHaveInvoked('Plant/logbook', { payload: '21.5' });
    expect(host).toHaveInvoked('Plant/logbook', { payload: 21.5 });
    for (const payload of ['close', /^pen/, Buffer.from('opem'), { litres: 3 }, () => false, 3, null]) {
      expect(host).not.toHaveInvoked('Plant/valve', { payload });
    }
    expect(host).not.toHaveInvoked('Plant/pump', { payload: { litres: 4 } });
    expect(host).not.toHaveInvoked('Plant/pump', { payload: { litres: expect.any(String) as string } });
  });

  it('compares context, type, asker, attempts and options', async () => {
    await using host = await ranPlant();
    await host.enqueue('Plant/valve', 'x', { delay: 1000, orderKey: 'o', dedupeKey: 'd', maxRetries: 2 });
    await host.runUntilIdle();
    expect(host).toHaveInvoked('Plant/control', { invokerContext: { custom: { shift: 'night', no: 7 } } });
    expect(host).toHaveInvoked('Plant/control', {
      invokerContext: { custom: expect.objectContaining({ shift: 'night' }) as object },
    });
    expect(host).toHaveInvoked('Plant/control', {
      invokerContext: ({ custom }: { custom?: unknown }) => custom !== undefined,
    });
    expect(host).not.toHaveInvoked('Plant/control', { invokerContext: {} });
    expect(host).toHaveInvoked('Plant/pump', { type: 'Async', from: 'Plant/control', attempt: 2 });
    expect(host).not.toHaveInvoked('Plant/pump', { type: 'Sync' });
    expect(host).not.toHaveInvoked('Plant/pump', { from: 'outside' });
    expect(host).not.toHaveInvoked('Plant/pump', { attempt: 3 });
    expect(host).toHaveInvoked('Plant/logbook', { from: 'route' });
    expect(host).toHaveInvoked('Plant/audit', { from: 'destination' });
    expect(host).toHaveInvoked('Plant/valve', { delay: 1000, orderKey: 'o', dedupeKey: 'd', maxRetries: 2 });
    expect(host).not.toHaveInvoked('Plant/valve', { delay: 1000, orderKey: 'p' });
  });

  it('shows the nearest invocation with the fields that differ, and the tree', async () => {
    await using host = await ranPlant();
    await host.invoke('Plant/valve', 'shut');
    expect(told(() => expect(host).toHaveInvoked('Plant/valve', { payload: 'shut', from: 'Plant/control' }))).toEqual([
      "expected Plant/valve with payload 'shut', from 'Plant/control' to be invoked",
      'of its 2 invocations the nearest, #2, differs in',
      '  payload (- expected, + received)',
      "    - 'shut'",
      "    + 'open'",
    ]);
    expect(told(() => expect(host).toHaveInvoked('Plant/pump', { payload: { litres: 4 } }))).toEqual([
      'expected Plant/pump with payload { litres: 4 } to be invoked',
      'it was invoked once, as #3, which differs in',
      '  payload (- expected, + received)',
      '      {',
      '    -   litres: 4',
      '    +   litres: 3',
      '      }',
    ]);
    expect(() => expect(host).toHaveInvoked('Plant/valve', { type: 'Async' })).toThrow(
      '\n\nWhat happened:\n  #1 outside → Plant/control "go"',
    );
    expect(told(() => expect(host).not.toHaveInvoked('Plant/valve'))).toEqual([
      'expected Plant/valve not to be invoked',
      'it was, 2 times: #2, #6',
    ]);
  });

  it('shows matchers as the runner writes them, and text line by line', async () => {
    await using host = await createTestHost({ fakes: { 'Plant/valve': 'ok' } });
    await host.invoke('Plant/valve', { b: [{ litres: 3 }], a: 1 });
    const payload = { a: expect.any(String) as string, b: [expect.objectContaining({ litres: 4 }) as object] };
    expect(told(() => expect(host).toHaveInvoked('Plant/valve', { payload }))).toEqual([
      'expected Plant/valve with payload { a: Any<String>, b: [ ObjectContaining { litres: 4 } ] } to be invoked',
      'it was invoked once, as #1, which differs in',
      '  payload (- expected, + received)',
      '      {',
      '    -   a: Any<String>,',
      '    +   a: 1,',
      '        b: [',
      '    -     ObjectContaining { litres: 4 }',
      '    +     {',
      '    +       litres: 3',
      '    +     }',
      '        ]',
      '      }',
    ]);
    host.fake('Plant/valve', 'one\ntwo\nthree');
    await host.invoke('Plant/valve');
    expect(told(() => expect(host).toHaveSucceededWith('#2', 'one\n2\nthree')).slice(-4)).toEqual([
      '      one',
      '    - 2',
      '    + two',
      '      three',
    ]);
  });

  it('says what came instead of what was never invoked: near names, a refusal, or all there was', async () => {
    await using host = await createTestHost({ fakes: { 'Plant/valve': 'ok', 'Plant/pump': 'ok' } });
    expect(told(() => expect(host).toHaveInvoked('Else/where'))[1]).toBe('it was not; nothing was invoked');
    await host.invoke('Plant/valve');
    expect(told(() => expect(host).toHaveInvoked('Plant/vavle'))[1]).toBe(
      "it was not. Did you mean 'Plant/valve', which was invoked?",
    );
    expect(told(() => expect(host).toHaveInvoked('Plant/pumps'))[1]).toBe("it was not. Did you mean 'Plant/pump'?");
    expect(told(() => expect(host).toHaveInvoked('Else/where'))[1]).toBe('it was not; invoked were Plant/valve');
    await expect(host.invoke('Plant/vavle')).rejects.toThrow();
    expect(host).not.toHaveInvoked('Plant/vavle');
    const [, refused, , unfaked] = told(() => expect(host).toHaveInvoked('Plant/vavle'));
    expect(refused).toMatch(/^it was asked for and refused, as #2: FunctionNotFound: /);
    expect(unfaked).toBeDefined();
  });

  it('takes nothing that it would not look at', async () => {
    await using host = await createTestHost({ fakes: { 'Plant/valve': 'ok' } });
    // @ts-expect-error -- a wrong key is a mistake for the compiler, too
    const wrongKey = (): void => expect(host).not.toHaveInvoked('Plant/valve', { payloads: 'x' });
    expect(wrongKey).toThrow("toHaveInvoked knows no 'payloads': did you mean 'payload'?");
    // @ts-expect-error -- a payload stands under its name
    const bare = (): void => expect(host).not.toHaveInvoked('Plant/valve', 'x');
    expect(bare).toThrow("write { payload: 'x' }");
    expect(() => expect({}).toHaveInvoked('Plant/valve')).toThrow('write expect(host)');
  });
});

describe('what was invoked altogether', () => {
  it('is counted', async () => {
    await using host = await ranPlant();
    expect(host).toHaveInvokedTimes('Plant/valve', 1);
    expect(host).toHaveInvokedTimes('Plant/pump', 1, { from: 'Plant/control' });
    expect(host).toHaveInvokedTimes('Plant/none', 0);
    expect(host).not.toHaveInvokedTimes('Plant/valve', 2);
    expect(told(() => expect(host).toHaveInvokedTimes('Plant/valve', 2))).toEqual([
      'expected Plant/valve to be invoked 2 times',
      'it was invoked 1 time: #2',
    ]);
    expect(told(() => expect(host).toHaveInvokedTimes('Plant/vavle', 1))).toEqual([
      'expected Plant/vavle to be invoked 1 time',
      'it was invoked 0 times',
      "it was not. Did you mean 'Plant/valve', which was invoked?",
    ]);
    expect(told(() => expect(host).not.toHaveInvokedTimes('Plant/valve', 1))[0]).toMatch(
      /another number of times than 1/,
    );
  });

  it('is seen in order, others between', async () => {
    await using host = await ranPlant();
    expect(host).toHaveInvokedInOrder([
      'Plant/control',
      { target: 'Plant/pump', payload: { litres: 3 } },
      'Plant/audit',
    ]);
    expect(host).not.toHaveInvokedInOrder(['Plant/valve', 'Plant/valve']);
    expect(told(() => expect(host).toHaveInvokedInOrder(['Plant/pump', 'Plant/valve']))).toEqual([
      'expected these to be invoked in this order',
      '  Plant/pump',
      '  Plant/valve',
      'after #3 Plant/pump there was no Plant/valve',
      'there was before: #2',
    ]);
    expect(told(() => expect(host).not.toHaveInvokedInOrder(['Plant/valve', 'Plant/pump'])).at(-1)).toBe(
      'they were: #2 Plant/valve, #3 Plant/pump',
    );
  });

  it('is nothing else', async () => {
    await using host = await ranPlant();
    const all = ['Plant/control', 'Plant/valve', 'Plant/pump', 'Plant/logbook', 'Plant/audit'];
    expect(host).toHaveInvokedOnly(all);
    expect(told(() => expect(host).toHaveInvokedOnly([...all.slice(1), 'Plant/none']))).toEqual([
      'expected only Plant/valve, Plant/pump, Plant/logbook, Plant/audit, Plant/none to be invoked',
      'Plant/control was invoked, too: #1',
      'Plant/none was not invoked',
    ]);
    expect(told(() => expect(host).not.toHaveInvokedOnly(all))[0]).toMatch(/something else/);
  });
});

describe('how invocations ended', () => {
  it('is a success with a payload, by target, id or number', async () => {
    await using host = await ranPlant();
    const pump = host.record.invocations('Plant/pump')[0]!;
    for (const ref of ['Plant/pump', pump.id, '#3']) {
      expect(host).toHaveSucceededWith(ref, 'pumped');
      expect(host).not.toHaveSucceededWith(ref, 'else');
    }
    expect(host).toHaveSucceededWith('Plant/control', { valve: expect.stringMatching(/open/) as string });
    expect(host).toHaveSucceededWith('Plant/valve');
    expect(told(() => expect(host).toHaveSucceededWith('Plant/valve', 'is shut'))).toEqual([
      "expected Plant/valve to succeed with 'is shut'",
      '#2 succeeded with something else',
      '  (- expected, + received)',
      "    - 'is shut'",
      "    + 'is open'",
    ]);
    expect(told(() => expect(host).not.toHaveSucceededWith('Plant/valve'))).toEqual([
      'expected Plant/valve not to succeed',
      '#2 did',
    ]);
  });

  it('is a failure: its message, or its parts, of any run', async () => {
    await using host = await ranPlant();
    expect(host).toHaveFailedWith('Plant/pump', 'offl');
    expect(host).toHaveFailedWith('Plant/pump', /^offline$/);
    expect(host).toHaveFailedWith('Plant/pump', { errorType: 'Error', functionError: 'Handled', attempt: 1 });
    expect(host).not.toHaveFailedWith('Plant/pump', { attempt: 2 });
    expect(host).not.toHaveFailedWith('Plant/pump', { errorType: 'Err' });
    expect(host).not.toHaveFailedWith('Plant/pump', { functionError: 'Unhandled' });
    expect(told(() => expect(host).toHaveFailedWith('Plant/pump', /online/))).toEqual([
      'expected Plant/pump to fail with message /online/',
      'it failed otherwise: Error: offline (Handled, #3)',
    ]);
    expect(told(() => expect(host).toHaveFailedWith('Plant/valve'))).toEqual([
      'expected Plant/valve to fail',
      '#2 Plant/valve: "is open"',
    ]);
    await expect(host.invoke('Plant/nobody')).rejects.toThrow();
    expect(host).toHaveFailedWith('Plant/nobody', { errorType: 'FunctionNotFound', functionError: null });
    // @ts-expect-error -- a wrong key is a mistake for the compiler, too
    expect(() => expect(host).toHaveFailedWith('Plant/pump', { message: 'x' })).toThrow("knows no 'message'");
  });

  it('is a dead letter, after so many attempts', async () => {
    await using host = await createTestHost({
      functions: { 'Plant/pump': { handler: fake.error('dry'), retry: { attempts: 3, minDelay: '1s' } } },
      fakes: { 'Plant/valve': 'ok' },
    });
    const id = await host.enqueue('Plant/pump');
    await host.enqueue('Plant/valve');
    await host.runUntilIdle();
    expect(host).toHaveBeenDeadLettered(id);
    expect(host).toHaveBeenDeadLettered('Plant/pump', /dry/);
    expect(host).toHaveBeenDeadLettered('Plant/pump', { errorType: 'Error', state: 'Failed', attempts: 3 });
    expect(host).not.toHaveBeenDeadLettered('Plant/pump', { attempts: 2 });
    expect(host).not.toHaveBeenDeadLettered('Plant/pump', { state: 'Expired' });
    expect(host).not.toHaveBeenDeadLettered('Plant/valve');
    expect(host).toHaveRetried('Plant/pump');
    expect(host).toHaveRetried(id, 2);
    expect(host).not.toHaveRetried('Plant/valve');
    expect(told(() => expect(host).toHaveBeenDeadLettered('Plant/pump', { errorMessage: 'wet', attempts: 4 }))).toEqual(
      [
        'expected Plant/pump to become a dead letter with message "wet", 4 attempts',
        'it became another: Error: dry (Handled, #1, attempt 3), state Failed, 3 attempts',
      ],
    );
    expect(told(() => expect(host).toHaveBeenDeadLettered('Plant/valve')).at(-1)).toBe('#2 Plant/valve: "ok"');
    expect(told(() => expect(host).toHaveRetried('Plant/pump', 3)).at(-1)).toBe('#1 was tried again 2 times');
  });
});

describe('what was told', () => {
  it('is a message on a topic or one that a filter matches', async () => {
    await using host = await ranPlant();
    expect(host).toHavePublished('plant/level');
    expect(host).toHavePublished('plant/+', '21.5');
    expect(host).toHavePublished('#', 21.5);
    expect(host).not.toHavePublished('plant/+/x');
    expect(told(() => expect(host).toHavePublished('plant/#', 22))).toEqual([
      'expected 22 to be published on plant/#',
      'One was on plant/level',
      '  (- expected, + received)',
      '    - 22',
      '    + 21.5',
    ]);
    expect(told(() => expect(host).toHavePublished('plant/leval')).at(-1)).toBe("did you mean 'plant/level'?");
    expect(() => expect(host).not.toHavePublished('plant/#/x')).toThrow('toHavePublished: the "#"');
  });

  it('is output, of one or of anybody', async () => {
    await using host = await ranPlant();
    expect(host).toHaveLogged('controls');
    expect(host).toHaveLogged(/^controls go$/);
    expect(host).toHaveLogged('Plant/control', 'go');
    expect(host).not.toHaveLogged('Plant/pump', 'go');
    expect(told(() => expect(host).toHaveLogged('Plant/control', /stops/))).toEqual([
      'expected /stops/ to be logged by Plant/control',
      'logged was',
      '  Plant/control info: controls go',
    ]);
    expect(told(() => expect(host).toHaveLogged('Plant/contrl', 'go')).at(-1)).toMatch(/Did you mean 'Plant\/control'/);
  });
});

describe('the types', () => {
  it('know the matchers and what they take', () => {
    type Matching = ReturnType<typeof expect<TestHost>>;
    expectTypeOf<Matching['toHaveInvoked']>().parameter(0).toEqualTypeOf<string>();
    // eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- because that is what a matcher gives
    expectTypeOf<Matching['toHaveInvoked']>().returns.toEqualTypeOf<void>();
    expectTypeOf<Matching['not']['toHaveLogged']>().parameters.toEqualTypeOf<
      [text: string | RegExp] | [target: string, text: string | RegExp]
    >();
    expectTypeOf<Parameters<Matching['toHaveInvokedTimes']>[1]>().toEqualTypeOf<number>();
  });
});
