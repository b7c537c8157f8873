/** functionRef and defineHandler through a real host (SPEC 2): values on both sides, JSON between them. */
import { describe, expect, it } from 'vitest';
import { writeFiles } from '../support/files.ts';
import { startHost } from '../support/test-host.ts';

const CALLEE = `
  import { defineHandler } from '@edgefc/sdk';
  const input = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) =>
        typeof value?.who === 'string' ? { value } : { issues: [{ message: 'Expected a text', path: ['who'] }] },
    },
  };
  export const handler = defineHandler({ input }, ({ who }, { invokerContext }) => {
    if (who === 'nobody') throw new RangeError('nobody is there');
    return { greeting: 'Hello, ' + who + '.', custom: invokerContext.custom };
  });`;

const CALLER = `
  import { functionRef } from '@edgefc/sdk';
  const greet = functionRef('S/greet');
  export const handler = async (event) => {
    const { input, options, enqueue } = JSON.parse(event);
    try {
      return enqueue ? await greet.enqueue(input) : await greet.invoke(input, options);
    } catch ({ name, functionError, errorType, message }) {
      return { name, functionError, errorType, message };
    }
  };`;

describe.each(['thread', 'process'] as const)('a typed function in a %s', (isolation) => {
  it('takes and gives values, fails with a FunctionError, and refuses input that its schema does not take', async () => {
    const codeUri = writeFiles({ 'greet.mjs': CALLEE, 'caller.mjs': CALLER });
    await using host = await startHost({
      isolation,
      functions: {
        'S/greet': { codeUri, handler: 'greet.handler' },
        'S/caller': { codeUri, handler: 'caller.handler' },
      },
    });
    const call = async (event: object): Promise<unknown> =>
      JSON.parse(String(await host.value('S/caller', JSON.stringify(event))));
    expect(await call({ input: { who: 'edge' }, options: { invokerContext: { custom: 'é' } } })).toEqual({
      greeting: 'Hello, edge.',
      custom: 'é',
    });
    expect(await call({ input: { who: 'nobody' } })).toEqual({
      name: 'FunctionError',
      functionError: 'Handled',
      errorType: 'RangeError',
      message: 'nobody is there',
    });
    expect(await call({ input: { who: 7 } })).toEqual({
      name: 'FunctionError',
      functionError: 'Handled',
      errorType: 'InvalidInput',
      message: 'The input is not valid: who: Expected a text.',
    });
    const settled = host.next('invocation:settled', ({ type }) => type === 'Async');
    const accepted = await call({ input: { who: 'later' }, enqueue: true });
    const [{ requestId, outcome }] = await settled;
    expect(accepted).toEqual({ id: requestId, deduplicated: false });
    expect(outcome).toMatchObject({ functionError: undefined, payload: '{"greeting":"Hello, later."}' });
  });
});
