/** How a handler may answer (SPEC 1, signatures): every way, in both isolations. */
import { describe, expect, it } from 'vitest';
import { shareHost } from '../support/test-host.ts';

describe.each(['thread', 'process'] as const)('a handler in a %s', (isolation) => {
  const host = shareHost({
    isolation,
    functions: {
      'S/answers': { handler: 'handlers.handler' },
      'S/forgets': { handler: 'handlers.handler', timeout: 100, maxInstances: 2 },
    },
  });

  it.each([
    ['callback with a value', 'by callback'],
    ['callback later', 'by callback, later'],
    ['callback with nothing', ''],
    ['callback and a value that is no promise', 'by callback'],
    ['no parameters, a promise', 'by promise'],
    ['one rest parameter', 'given 3 arguments'],
    ['a thenable that is no promise', 'by thenable'],
    ['callback inside async', 'by callback inside async'],
  ])('answers by %s, without a warning', async (way, answer) => {
    const before = host().logs.length;
    expect(await host().value('S/answers', way)).toBe(answer);
    expect(host().logs.slice(before)).toEqual([]);
  });

  it.each([
    ['callback with an error', 'RangeError', 'out of range'],
    ['a rejected promise', 'TypeError', 'rejected'],
    ['a throw', 'TypeError', 'thrown'],
    ['a thenable that fails', 'Error', 'thenable failed'],
    ['a thenable that throws', 'Error', 'then threw'],
  ])('fails by %s as Handled, with its type, message and stack', async (way, errorType, errorMessage) => {
    const failure = await host().failure('S/answers', way);
    expect(failure).toMatchObject({ functionError: 'Handled', errorType, errorMessage });
    expect(failure.stackTrace[0]).toContain('handlers.cjs');
  });

  it.each([
    ['callback twice', 'callback', 'callback'],
    ['callback, then an error', 'callback', 'callback'],
    ['callback and a throw', 'callback', 'throwing'],
    ['callback and a promise with a value', 'callback', 'the returned promise'],
    ['a promise, callback afterwards', 'the returned promise', 'callback'],
  ])('settles once by %s: the first counts, the second is dropped with a warning', async (way, first, second) => {
    const warned = host().logged('settled twice').length;
    expect(await host().value('S/answers', way)).toBe('first');
    const warning = await host().untilLogged('settled twice', warned);
    expect(warning).toMatchObject({ level: 'warn', service: 'S', function: 'answers' });
    expect(warning.message).toBe(
      `S/answers settled twice: first by ${first}, then by ${second}; the first counts, the second is dropped`,
    );
  });

  it('takes the first settlement of a thenable that resolves twice', async () => {
    expect(await host().value('S/answers', 'a thenable that resolves twice')).toBe('first');
  });

  it.each(['never, without a promise', 'never, with a promise'])(
    'that answers %s times out, and the message says what is missing',
    async (way) => {
      expect(await host().failure('S/forgets', way)).toEqual({
        functionError: 'Unhandled',
        errorType: 'Timeout',
        errorMessage:
          'S/forgets did not answer within its timeout of 100 ms: nothing was returned ' +
          '(no promise of the handler settled) and callback was not called',
        stackTrace: [],
      });
    },
  );

  it('that returns a text instead of a promise is told so when it times out', async () => {
    await host().failure('S/forgets', 'with a text and no promise');
    await host().untilLogged('make the handler async');
    expect(host().logged('S/forgets returned a string, which is no answer')).toMatchObject([{ level: 'warn' }]);
  });
});
