/** The SDK under all its names, in a folder where nothing is installed; and old bundles that carry their own (SPEC 2, 8). */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeFiles } from '../support/files.ts';
import { FUNCTIONS, shareHost, startHost } from '../support/test-host.ts';

const CALL = "fc.invokeFunction({ serviceName: 'EdgeFC', functionName: 'helloworld', payload: 'you' })";
const ANSWER = `exports.handler = async () => (await ${CALL}).payload;`;
const EXPORTED = `export const handler = async () => (await ${CALL}).payload;`;
const ENV = "exports.handler = async () => [typeof common.IPCWrapper, common.envVars.MY_FUNCTION_ID].join(' ');";

describe.each(['thread', 'process'] as const)('in a %s, with nothing installed', (isolation) => {
  const helloworld = { handler: 'invoking.hello' };

  it.each([
    ['index.js', `const sdk = require('linkedge-core-sdk'); const fc = new sdk.FCClient(); ${ANSWER}`],
    ['index.cjs', `const { FCClient } = require('@edgefc/sdk'); const fc = new FCClient(); ${ANSWER}`],
    ['index.mjs', `import { FCClient } from '@edgefc/sdk'; const fc = new FCClient(); ${EXPORTED}`],
    ['index.mjs', `import { FCClient } from 'linkedge-core-sdk'; const fc = new FCClient(); ${EXPORTED}`],
    ['index.mjs', `const { FCClient } = await import('linkedge-core-sdk'); const fc = new FCClient(); ${EXPORTED}`],
    ['index.ts', `import { FCClient } from '@edgefc/sdk'; const fc: FCClient = new FCClient(); ${EXPORTED}`],
    [
      'index.js',
      `const fc = { invokeFunction: async (p) => new ((await import('@edgefc/sdk')).FCClient)().invokeFunction(p) }; ${ANSWER}`,
    ],
  ])('%s finds the SDK: %s', async (file, source) => {
    await using host = await startHost({
      isolation,
      functions: {
        'EdgeFC/helloworld': helloworld,
        'S/f': { codeUri: writeFiles({ [file]: source }), handler: 'index.handler' },
      },
    });
    expect(await host.value('S/f')).toBe('hello, you {}');
  });

  it.each([
    ['index.js', `const common = require('linkedge-common-js'); ${ENV}`],
    [
      'index.mjs',
      `import * as common from 'linkedge-common-js'; ${ENV.replace('exports.handler', 'export const handler')}`,
    ],
  ])('%s finds linkedge-common-js, with the ARN of the function', async (file, source) => {
    await using host = await startHost({
      isolation,
      functions: { 'S/f': { codeUri: writeFiles({ [file]: source }), handler: 'index.handler' } },
    });
    expect(await host.value('S/f')).toBe('function acs:fc:here:4711:service:S:function:f');
  });

  it('one SDK answers to all its names', async () => {
    const source =
      "const all = ['@edgefc/sdk', 'linkedge-core-sdk']; exports.handler = async () => " +
      'new Set([...all.map((name) => require(name).FCClient), ...all.map((name) => require(name).IoTData)]).size;';
    await using host = await startHost({
      isolation,
      functions: { 'S/f': { codeUri: writeFiles({ 'index.js': source }), handler: 'index.handler' } },
    });
    expect(await host.value('S/f')).toBe('2');
  });

  it('other names that are not installed stay unknown', async () => {
    const source =
      "exports.handler = async () => { try { require('linkedge-sdk') } catch (error) { return error.code } };";
    await using host = await startHost({
      isolation,
      functions: { 'S/f': { codeUri: writeFiles({ 'index.js': source }), handler: 'index.handler' } },
    });
    expect(await host.value('S/f')).toBe('MODULE_NOT_FOUND');
  });
});

describe.each(['thread', 'process'] as const)('in a %s, a bundle with its own copy of an SDK', (isolation) => {
  const host = shareHost({
    isolation,
    functions: {
      'EdgeFC/helloworld': { handler: 'invoking.hello' },
      'EdgeFC/bundle': { codeUri: join(FUNCTIONS, 'old-bundle'), handler: 'index.handler' },
    },
  });

  it('built on linkedge-common-js invokes helloworld', async () => {
    expect(JSON.parse(String(await host().value('EdgeFC/bundle')))).toEqual({
      said: 'hello, from the bundle {"custom":{"from":"an old bundle"}}',
      functionError: null,
      status: 200,
    });
  });
});
