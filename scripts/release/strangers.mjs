/**
 * What strangers write in their empty folders, by what they have installed. Nothing here knows of this repository.
 */

/** In the manner of Link IoT Edge: the SDK under its published name, a callback, a call by service and function. */
const INVOKER = `'use strict';

const { FCClient } = require('linkedge-core-sdk');

const client = new FCClient();

/** @type {import('linkedge-core-sdk').CallbackHandler} */
exports.handler = function greet(event, context, callback) {
  const passedOn = JSON.stringify({ from: context.function.name });
  const request = {
    serviceName: 'EdgeFC',
    functionName: 'helloworld',
    invocationType: 'Sync',
    invokerContext: Buffer.from(passedOn).toString('base64'),
    payload: 'greetings, ' + event,
  };
  client.invokeFunction(request, (error, answer) => {
    if (error) return callback(error);
    console.log('helloworld says', answer.payload);
    callback(null, answer.payload);
  });
};
`;

const HELLOWORLD = `'use strict';

/** @type {import('linkedge-core-sdk').CallbackHandler} */
exports.handler = (event, context, callback) => {
  callback(null, 'got "' + event + '" with ' + JSON.stringify(context.invokerContext));
};
`;

/** What Invoker answers to "hi" on a host that has both. */
export const INVOKED = 'got "greetings, hi" with {"from":"Invoker"}';

/** Two functions and the host's configuration. */
const FUNCTIONS = {
  'Invoker/index.js': INVOKER,
  'helloworld/index.js': HELLOWORLD,
  'edgefc.config.json': JSON.stringify({
    services: {
      EdgeFC: {
        functions: {
          Invoker: { codeUri: './Invoker', handler: 'index.handler' },
          helloworld: { codeUri: './helloworld', handler: 'index.handler' },
        },
      },
    },
  }),
};

/** With the SDK alone: both module systems, and the error that says what is missing. */
const CALLERS = {
  'commonjs.cjs': `
    const { FCClient } = require('@edgefc/sdk');
    new FCClient().invokeFunction({ functionId: 'EdgeFC/helloworld', payload: 'hi' }, (error) => console.log(error.code));
  `,
  'module.mjs': `
    import { FCClient, isEdgefcError } from '@edgefc/sdk';
    const call = new FCClient().invokeFunction({ functionId: 'EdgeFC/helloworld', payload: 'hi' });
    console.log(await call.catch((error) => isEdgefcError(error, 'NoHost') ? 'NoHost' : error));
  `,
};

/** With the testkit: a function and its test, for the runner that Node has. */
const TESTED = {
  'Invoker/index.js': INVOKER,
  'Invoker.test.mjs': `
    import assert from 'node:assert/strict';
    import { it } from 'node:test';
    import { withTestHost } from '@edgefc/testkit';

    it('asks helloworld and gives its answer', async () => {
      const options = {
        functions: { 'EdgeFC/Invoker': './Invoker/index.handler' },
        fakes: { 'EdgeFC/helloworld': 'a fake greeting' },
      };
      await withTestHost(options, async (host) => {
        const { payload } = await host.invoke('EdgeFC/Invoker', 'hi');
        assert.equal(payload, 'a fake greeting');
      });
    });
  `,
};

/** With the SDK under the name that Link IoT Edge published: the functions' types are checked, with nothing left out. */
const CHECKED = {
  ...FUNCTIONS,
  'outside.cjs': CALLERS['commonjs.cjs'].replace('@edgefc/sdk', 'linkedge-core-sdk'),
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      target: 'es2023',
      module: 'nodenext',
      types: ['node'],
      strict: true,
      allowJs: true,
      checkJs: true,
      noEmit: true,
    },
    include: ['Invoker', 'helloworld'],
  }),
};

/** One folder each: what is installed there, what is written there, and what is done with it. */
export const STRANGERS = /** @type {const} */ ({
  sdk: { packages: ['@edgefc/sdk'], files: CALLERS, does: ['node commonjs.cjs', 'node module.mjs'] },
  runtime: { packages: ['@edgefc/runtime'], files: FUNCTIONS, does: ['host'] },
  testkit: { packages: ['@edgefc/testkit'], files: TESTED, does: ['node --test'] },
  alias: {
    packages: ['linkedge-core-sdk@npm:@edgefc/sdk', '@edgefc/runtime'],
    files: CHECKED,
    does: ['node outside.cjs', 'types', 'host'],
  },
});
