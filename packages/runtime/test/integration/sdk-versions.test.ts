/** A function may carry a copy of the SDK in its bundle, of another version than the host's: it works, or says what to update. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeFiles } from '../support/files.ts';
import { startHost } from '../support/test-host.ts';

const CARRIED = readFileSync(join(dirname(createRequire(import.meta.url).resolve('@edgefc/sdk')), 'core.cjs'), 'utf8');

const CALL = `
  const { FCClient } = require('./carried.cjs');
  exports.handler = (event, context, callback) => {
    new FCClient().invokeFunction({ serviceName: 'S', functionName: 'hello', payload: 'you' }, (error, data) => {
      callback(null, error ? error.code + ' ' + error.message : data.payload);
    });
  };`;

/** The SDK as it will be when the transport has another version than today's 1, which stands before the name. */
function sdkOfTransport(version: number): string {
  const changed = CARRIED.replace(/(?<==)1(?=,\s*\w+="edgefc\.transport\.v")/, String(version));
  expect(changed).not.toBe(CARRIED);
  return changed;
}

describe.each(['thread', 'process'] as const)('a function in a %s with an SDK in its bundle', (isolation) => {
  async function answerWith(sdk: string): Promise<unknown> {
    const codeUri = writeFiles({ 'index.js': CALL, 'carried.cjs': sdk });
    await using host = await startHost({
      isolation,
      functions: { 'S/hello': { handler: 'invoking.hello' }, 'S/f': { codeUri, handler: 'index.handler' } },
    });
    return await host.value('S/f');
  }

  it('calls when both have the same transport', async () => {
    expect(await answerWith(CARRIED)).toBe('hello, you {}');
  });

  it('says that the host is to be updated when the SDK is newer', async () => {
    expect(await answerWith(sdkOfTransport(2))).toMatch(
      /^NotImplemented FCClient\.invokeFunction: .* older than its @edgefc\/sdk .* update edgefc \(@edgefc\/runtime\)/,
    );
  });

  it('says that the SDK is to be updated when it is older', async () => {
    expect(await answerWith(sdkOfTransport(0))).toMatch(
      /^NotImplemented FCClient\.invokeFunction: the host is newer than this @edgefc\/sdk; update that where/,
    );
  });
});
