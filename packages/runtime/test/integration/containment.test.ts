/** What a function does to its instance hurts that instance alone, and everybody gets an answer (SPEC 3, Must show 4). */
import { describe, expect, it } from 'vitest';
import { Kind } from '../../src/engine/protocol.ts';
import { script } from '../support/script.ts';
import { shareHost, startHost } from '../support/test-host.ts';

const EXITS: [offence: string, errorType: string, errorMessage: string][] = [
  ['process.exit', 'Exit', 'S/f called process.exit(3) while the handler ran'],
  ['process.exit with process.exitCode', 'Exit', 'S/f called process.exit(5) while the handler ran'],
  [
    'an uncaught exception',
    'Uncaught',
    'an uncaught exception ended the instance of S/f: RangeError: nobody caught it',
  ],
  [
    'an unhandled rejection',
    'Uncaught',
    'an unhandled rejection ended the instance of S/f: RangeError: nobody handled it',
  ],
  ['a thrown string', 'Uncaught', 'an uncaught exception ended the instance of S/f: just text'],
];

const PROCESS_EXITS: typeof EXITS = [
  ['process.abort', 'Exit', 'S/f called process.abort() while the handler ran'],
  ['SIGKILL', 'Exit', 'the instance of S/f was ended by SIGKILL while the handler ran'],
];

describe.each([
  ['thread', EXITS],
  ['process', [...EXITS, ...PROCESS_EXITS]],
] as const)('in a %s', (isolation, exits) => {
  const host = shareHost({
    isolation,
    functions: {
      'S/f': { handler: 'offenders.handler' },
      'S/neighbour': { handler: 'context.state' },
      'S/answerAndExit': { handler: 'offenders.answerAndExit' },
      'S/sayAndExit': { handler: 'offenders.sayAndExit' },
      'S/breakLater': { handler: 'offenders.breakLater' },
      'S/warnOnly': { handler: 'offenders.warnOnly', onUnhandledRejection: 'warn' },
      'S/beside': { handler: 'offenders.beside', instanceConcurrency: 3 },
    },
  });

  it.each(exits)('%s is an Unhandled answer, and the next call has a new instance', async (offence, type, message) => {
    const lives = Number(String(await host().value('S/neighbour')).split(' ')[0]);
    expect(await host().failure('S/f', offence)).toMatchObject({
      functionError: 'Unhandled',
      errorType: type,
      errorMessage: message,
    });
    expect(await host().value('S/f', 'a listener of its own')).toBe('survived');
    expect(await host().value('S/neighbour')).toBe(`${lives + 1} ${lives + 1}`);
  });

  it('an uncaught exception has the stack of the function', async () => {
    const { stackTrace } = await host().failure('S/f', 'an uncaught exception');
    expect(stackTrace[0]).toContain('offenders.cjs');
  });

  it('an exception that the function listens for itself ends nothing', async () => {
    expect(await host().value('S/f', 'a listener of its own')).toBe('survived');
    expect(host().logged('took care of the exception').length).toBeGreaterThan(0);
  });

  it('what had settled before is delivered first: 8 MiB, then process.exit', async () => {
    const answer = (await host().value('S/answerAndExit')) as Buffer;
    expect(answer.length).toBe(8 * 1024 * 1024);
    expect(answer.every((byte) => byte === 7)).toBe(true);
  });

  it('what had been written before is logged first', async () => {
    expect(await host().failure('S/sayAndExit')).toMatchObject({ errorType: 'Exit' });
    expect(
      host()
        .logs.filter((line) => line.function === 'sayAndExit')
        .map(({ message }) => message),
    ).toEqual(['last words', 'without an end']);
  });

  it('an idle instance that breaks is gone, with the reason, and nobody is hurt', async () => {
    const exited = host().next('instance:exited', ({ definition }) => definition.name === 'breakLater');
    expect(await host().value('S/breakLater')).toBe('fine so far');
    expect((await exited).map(String)[1]).toContain('much later');
    expect(await host().value('S/breakLater')).toBe('fine so far');
    await host().next('instance:exited', ({ definition }) => definition.name === 'breakLater');
  });

  it("an unhandled rejection is only warned about with onUnhandledRejection: 'warn'", async () => {
    expect(await host().value('S/warnOnly')).toBe('went on');
    expect(await host().untilLogged('unhandled rejection in S/warnOnly')).toMatchObject({
      level: 'warn',
      message: expect.stringContaining('only warned about') as string,
      requestId: expect.any(String) as string,
    });
    expect(host().running.filter(({ definition }) => definition.name === 'warnOnly')).toHaveLength(1);
  });

  it('the invocation that ended the instance has the error, its neighbours are told InstanceLost', async () => {
    const neighbours = [host().failure('S/beside', 'one'), host().failure('S/beside', 'two')];
    await Promise.all([host().untilLogged('one begun'), host().untilLogged('two begun')]);
    expect(await host().failure('S/beside', 'offender')).toMatchObject({
      errorType: 'Exit',
      errorMessage: 'S/beside called process.exit(3) while the handler ran',
    });
    for (const answer of await Promise.all(neighbours)) {
      expect(answer).toMatchObject({
        functionError: 'Unhandled',
        errorType: 'InstanceLost',
        errorMessage:
          'the instance of S/beside was lost, and it cannot be told that this invocation was the cause: another invocation ended it',
      });
    }
  });
});

describe.each(['thread', 'process'] as const)('a function in a %s that speaks to the host itself', (isolation) => {
  const host = shareHost({
    isolation,
    functions: { 'S/forger': { handler: 'forger.handler' }, 'S/healthy': { handler: 'offenders.handler' } },
  });

  it.each([
    ['noise', 'noise'],
    ['a call of nobody', JSON.stringify([Kind.Call, 1, 1, null, 'Sync', null, null, null])],
    ['a call with options that are no JSON', JSON.stringify([Kind.Call, 1, 1, 'S/healthy', 'Sync', null, null, '{'])],
    ['a result of no kind', JSON.stringify([Kind.Returned, 1, 42])],
  ])('is ended, and nobody else is hurt: %s', async (_what, message) => {
    const told = host().logged('the instance broke the protocol: ').length;
    expect(await host().failure('S/forger', message)).toMatchObject({ functionError: 'Unhandled', errorType: 'Exit' });
    expect(host().logged('the instance broke the protocol: ')).toHaveLength(told + 1);
    expect(await host().value('S/healthy', 'a listener of its own')).toBe('survived');
  });
});

describe('in a thread', () => {
  const host = shareHost({
    isolation: 'thread',
    functions: { 'S/f': { handler: 'offenders.handler' }, 'S/looks': { handler: 'forger.looks' } },
  });

  it('a function is not given the port of the host', async () => {
    expect(await host().value('S/looks')).toBe('["boot"]');
  });

  it('process.abort, which a thread cannot do, is an error of the handler', async () => {
    expect(await host().failure('S/f', 'process.abort')).toMatchObject({
      functionError: 'Handled',
      errorMessage: expect.stringContaining('process.abort()') as string,
    });
    expect(await host().value('S/f', 'a listener of its own')).toBe('survived');
    expect(host().running.filter(({ definition }) => definition.name === 'f')).toHaveLength(1);
    expect([...host().instances.keys()].filter(({ definition }) => definition.name === 'f')).toHaveLength(1);
  });
});

describe('a thread that blocks in native code', () => {
  it('is given up after a second, and the next call has a new one', async () => {
    await using host = await startHost({
      isolation: 'thread',
      functions: { 'S/f': { handler: 'offenders.handler', timeout: 100 } },
    });
    const exited = host.next('instance:exited');
    const startedAt = performance.now();
    expect(await host.failure('S/f', 'a blocking call that ends')).toMatchObject({ errorType: 'Timeout' });
    expect(await host.value('S/f', 'a listener of its own')).toBe('survived');
    await exited;
    expect(performance.now() - startedAt, 'it did not wait for the call to end').toBeLessThan(2400);
  });
});

describe('a child process', () => {
  it('that is killed from outside answers all it was running as lost, and what waits runs in the next one', async () => {
    await using host = await startHost({
      isolation: 'process',
      functions: { 'S/f': { handler: 'script.handler', instanceConcurrency: 2 } },
    });
    const hang = script(['log', 'begun'], ['hang']);
    const running = [host.failure('S/f', hang), host.failure('S/f', hang)];
    await host.untilLogged('begun', 1);
    const waiting = host.value('S/f', script(['return', 'in the next one']));
    process.kill(host.running[0]!.pid!, 'SIGKILL');
    expect(await Promise.all(running)).toMatchObject([{ errorType: 'InstanceLost' }, { errorType: 'InstanceLost' }]);
    expect(await waiting).toBe('in the next one');
  });

  it('that blocks in native code is killed at its timeout, with what it started', async () => {
    await using host = await startHost({
      isolation: 'process',
      functions: { 'S/f': { handler: 'offenders.handler', timeout: 100 } },
    });
    expect(await host.failure('S/f', 'a blocking call')).toMatchObject({ errorType: 'Timeout' });
    await host.next('instance:exited');
  });
});
