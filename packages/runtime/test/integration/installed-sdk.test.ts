/** The SDK's names mean ours also where something of that name is installed, and such a copy works, too (SPEC 2, 8). */
import { describe, expect, it } from 'vitest';
import { writeFiles } from '../support/files.ts';
import { startHost } from '../support/test-host.ts';

/** As a bundle may have it in its node_modules: its own class, on the half that never was in the registry. */
const INSTALLED = `
  const { IPCWrapper, buildArnString } = require('linkedge-common-js');
  exports.FCClient = class {
    invokeFunction({ serviceName, functionName, payload }, callback) {
      const ipc = new IPCWrapper('token');
      const arn = buildArnString('', '', serviceName, functionName);
      ipc.postTask(arn, 'Sync', '', payload, (error, id) => {
        if (error) callback(error);
        else ipc.getTaskResult(arn, id, (failure, body) => callback(failure, { payload: 'the copy: ' + body }));
      });
    }
  };`;

const CALL = `
  exports.handler = (event, context, callback) => {
    new sdk.FCClient().invokeFunction({ serviceName: 'S', functionName: 'hello', payload: 'you' }, (error, data) => {
      callback(error, data?.payload);
    });
  };`;

describe.each(['thread', 'process'] as const)('in a %s, with a linkedge-core-sdk in node_modules', (isolation) => {
  it.each([
    ['its name gives ours', "require('linkedge-core-sdk')", 'hello, you {}'],
    [
      'its path gives the copy, on our linkedge-common-js',
      "require('./node_modules/linkedge-core-sdk')",
      'the copy: hello, you {}',
    ],
  ])('%s', async (_what, required, answer) => {
    const codeUri = writeFiles({
      'index.js': `const sdk = ${required}; ${CALL}`,
      'node_modules/linkedge-core-sdk/index.js': INSTALLED,
    });
    await using host = await startHost({
      isolation,
      functions: { 'S/hello': { handler: 'invoking.hello' }, 'S/f': { codeUri, handler: 'index.handler' } },
    });
    expect(await host.value('S/f')).toBe(answer);
  });
});
