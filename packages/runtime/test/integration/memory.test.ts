/** memorySize is a ceiling for heap and external memory; who passes it is OutOfMemory, alone (SPEC 3, containment). */
import { describe, expect, it } from 'vitest';
import { startHost } from '../support/test-host.ts';

const MIB = 1024 * 1024;

describe.each([
  ['thread', 'external memory'],
  ['thread', 'external memory in a busy loop'],
  ['process', 'external memory'],
  ['process', 'external memory in a busy loop'],
  ['process', 'heap'],
] as const)('a %s that grows by %s', (isolation, growth) => {
  it('is ended when it holds more than memorySize, and its neighbour lives on', async () => {
    await using host = await startHost({
      isolation,
      functions: {
        'S/grows': { handler: 'offenders.handler', memorySize: 96 * MIB },
        'S/neighbour': { handler: 'context.state' },
      },
    });
    await host.value('S/neighbour');
    expect(await host.failure('S/grows', growth)).toMatchObject({
      functionError: 'Unhandled',
      errorType: 'OutOfMemory',
      errorMessage: expect.stringMatching(
        /^S\/grows ran out of memory: (?:it held [\d.]+ [MG]iB|its heap was exhausted) \(memorySize 96 MiB\)$/,
      ) as string,
    });
    expect(await host.value('S/neighbour')).toBe('2 2');
    expect(await host.value('S/grows', 'a listener of its own')).toBe('survived');
  });
});
