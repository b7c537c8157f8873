/** A process that crashes below JavaScript hurts itself alone (SPEC 3, containment). */
import { describe, expect, it } from 'vitest';
import { script } from '../support/script.ts';
import { startHost } from '../support/test-host.ts';

describe('a crash in native code, in a process', () => {
  it.each(['SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE'])(
    'by %s is an answer, and its neighbour works on',
    async (signal) => {
      await using host = await startHost({
        isolation: 'process',
        functions: { 'S/crashes': { handler: 'script.handler' }, 'S/neighbour': { handler: 'context.state' } },
      });
      await host.value('S/neighbour');
      expect(await host.failure('S/crashes', script(['kill', signal]))).toMatchObject({
        functionError: 'Unhandled',
        errorType: 'Exit',
        errorMessage: `the instance of S/crashes was ended by ${signal} while the handler ran`,
      });
      expect(await host.value('S/crashes', script(['return', 'a new one']))).toBe('a new one');
      expect(await host.value('S/neighbour')).toBe('2 2');
    },
  );
});
