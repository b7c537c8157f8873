import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);

describe('a callback that throws', () => {
  it.each([
    ['answer', 'answer'],
    ['error', 'InvalidArgument'],
  ])('is an uncaught exception of the program and is not called again (%s)', async (mode, call) => {
    const { stdout } = await run(process.execPath, [join(import.meta.dirname, 'fixtures/throwing-callback.mjs'), mode]);
    expect(JSON.parse(stdout)).toEqual({
      calls: [call],
      // With the async context of the call, by which a host knows whose exception it is.
      uncaught: [{ message: 'thrown by the callback', origin: 'uncaughtException', context: 'request 1' }],
      rejections: 0,
    });
  });
});
