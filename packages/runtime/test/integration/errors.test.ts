/** Whatever a handler throws reaches its invoker as errorMessage, errorType and stackTrace (Bad input). */
import { describe, expect, it } from 'vitest';
import { shareHost } from '../support/test-host.ts';

const TABLE: [what: string, errorType: string, errorMessage: string | RegExp][] = [
  ['a string', 'string', 'just text'],
  ['undefined', 'undefined', 'undefined was thrown or passed instead of an Error'],
  ['null', 'null', 'null was thrown or passed instead of an Error'],
  ['an object', 'object', '{"code":7}'],
  ['a cycle', 'object', /^\[object Object\] \(not serializable: Converting circular structure/],
  ['an error of its own class', 'WeatherError', 'rain'],
  ['a refusal of its call', 'ResourceExhausted', 'The queue is full.'],
  ['a refusal that this release does not know', 'EdgefcError', 'It rains in.'],
  ['a typed call that failed', 'FunctionError', 'Home/pump failed (RangeError): the valve is open'],
  ['a getter that throws', 'Error', "(the error's message cannot be read: its getter throws)"],
  ['a stack that throws', 'Error', 'visible'],
  ['a frozen error', 'Error', 'frozen'],
  ['an AggregateError', 'AggregateError', 'all of them [one; two; three]'],
  ['an error with a cause', 'Error', 'outer'],
  ['an error that causes itself', 'Error', 'self'],
  ['a revoked proxy', 'object', /./],
  ['a symbol', 'symbol', 'Symbol(sign)'],
  ['a long message', 'Error', /^x{65536}… \(934464 more characters\)$/],
];

describe.each(['thread', 'process'] as const)('thrown in a %s', (isolation) => {
  const host = shareHost({
    isolation,
    functions: {
      'S/thrown': { handler: 'throwing.thrown' },
      'S/rejected': { handler: 'throwing.rejected' },
      'S/refused': { handler: 'throwing.refused' },
    },
  });

  it.each(TABLE)('%s is Handled, with a type and a message', async (what, errorType, errorMessage) => {
    for (const target of ['S/thrown', 'S/rejected']) {
      const failure = await host().failure(target, what);
      expect(failure).toMatchObject({ functionError: 'Handled', errorType });
      if (typeof errorMessage === 'string') expect(failure.errorMessage).toBe(errorMessage);
      else expect(failure.errorMessage).toMatch(errorMessage);
      expect(failure.stackTrace.length).toBeLessThanOrEqual(64);
    }
    expect(host().instances.size, 'the instances live on').toBe(2);
  });

  it('a refusal has the frames of the function, and not those of the SDK', async () => {
    const { stackTrace } = await host().failure('S/refused', '');
    expect(stackTrace).toEqual([expect.stringMatching(/^at .*throwing\.cjs:\d+:\d+\)?$/)]);
  });

  it('an error has the frames of the function in its stack, and the causes after them', async () => {
    const { stackTrace } = await host().failure('S/thrown', 'an error with a cause');
    expect(stackTrace[0]).toMatch(/^at .*throwing\.cjs:\d+:\d+\)?$/);
    expect(stackTrace.filter((line) => line.startsWith('Caused by'))).toEqual([
      'Caused by: inner',
      'Caused by: innermost',
    ]);
    expect(stackTrace.join('\n')).not.toMatch(/node:internal|-entry\.cjs/);
  });
});
