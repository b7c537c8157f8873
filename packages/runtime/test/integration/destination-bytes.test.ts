/** A destination is told what the function got (SPEC 4), also when that were bytes, which a thread takes away from its host. */
import { describe, expect, it } from 'vitest';
import { writeFiles } from '../support/files.ts';
import { startHost } from '../support/test-host.ts';

/** Large enough to be moved to a thread rather than copied. */
const PAYLOAD = 'bytes '.repeat(5000);

const HANDLERS = `
  exports.fail = async () => { throw new Error('always'); };
  exports.succeed = async () => Buffer.from('result');
  exports.told = async (event) => { console.log('told ' + event); };
`;

describe.each(['thread', 'process'] as const)('a destination of a function in a %s', (isolation) => {
  it('is told the bytes that the function got', async () => {
    const codeUri = writeFiles({ 'f.cjs': HANDLERS });
    const retry = { attempts: 1, minDelay: 1, maxDelay: 1, maxAge: 60_000 };
    await using host = await startHost({
      isolation,
      functions: {
        'S/fail': { codeUri, handler: 'f.fail', onFailure: 'S/told', retry },
        'S/succeed': { codeUri, handler: 'f.succeed', onSuccess: 'S/told' },
        'S/told': { codeUri, handler: 'f.told' },
      },
    });
    for (const [target, condition] of [
      ['S/fail', 'Failed: Error'],
      ['S/succeed', 'Succeeded'],
    ] as const) {
      const told = host.next('log', ({ message }) => message.startsWith('told '));
      await host.invoke(target, Buffer.from(PAYLOAD), { type: 'Async' });
      const [{ message }] = await told;
      const { requestContext, requestPayload } = JSON.parse(message.slice(5)) as {
        readonly requestContext: { readonly condition: string };
        readonly requestPayload: { readonly base64: string };
      };
      expect(requestContext.condition).toBe(condition);
      expect(Buffer.from(requestPayload.base64, 'base64').toString()).toBe(PAYLOAD);
    }
  });
});
