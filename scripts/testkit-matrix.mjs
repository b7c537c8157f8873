/**
 * Tests functions with the testkit as a stranger would: the packed tarballs and a runner, installed by npm into an empty folder,
 * in Vitest, Jest and node:test, on the oldest Node that the packages take and on the workspace's own.
 *
 * Functions: one as they were written for Link IoT Edge (`require('linkedge-core-sdk')`, callbacks), an ES module, and one in
 * TypeScript. Given as paths they need no configuration at all; imported by the test they need one line. No test file is
 * longer than 25 lines.
 *
 *     --tarballs <dir>   takes packed tarballs from there instead of packing (the packages must have been built)
 *     --keep             leaves the folders for a look
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { installNode, OLDEST_NODE, outside, readManifest } from './outside.mjs';
import { PUBLISHED, packInto, tarballOf } from './pack.mjs';

const { values: options } = parseArgs({
  options: { tarballs: { type: 'string' }, keep: { type: 'boolean', default: false } },
});
const place = realpathSync(mkdtempSync(join(tmpdir(), 'edgefc-testkit-')));
const { devDependencies } = readManifest('package.json');
const JEST = '30.5.2';
const MAX_LINES = 25;

const FUNCTIONS = {
  'Invoker/index.js': `
    'use strict';

    const { FCClient } = require('linkedge-core-sdk');

    const fc = new FCClient();

    module.exports.handler = (event, context, callback) => {
      const params = { serviceName: 'EdgeFC', functionName: 'helloworld', invocationType: 'Sync', payload: 'from ' + event };
      fc.invokeFunction(params, (err, data) => {
        if (err) {
          console.log(err);
          callback(err);
          return;
        }
        console.log(data.payload);
        callback(null, data.payload);
      });
    };
  `,
  'module/index.mjs': `
    import leSdk from 'linkedge-core-sdk';

    const fc = new leSdk.FCClient();

    export async function handler(event) {
      const { payload } = await fc.invokeFunction({ functionId: 'EdgeFC/helloworld', payload: 'from ' + event });
      return payload;
    }
  `,
  'typed/index.mts': `
    import { functionRef, type Context } from '@edgefc/sdk';

    const helloworld = functionRef<string, string>('EdgeFC/helloworld');

    export async function handler(event: string, context: Context): Promise<string> {
      return await helloworld.invoke('from ' + event + ', attempt ' + context.attempt);
    }
  `,
  'careless/index.js': `
    'use strict';

    exports.handler = (event, context, callback) => {
      const ends = {
        exit: () => process.exit(1),
        throw: () => setTimeout(() => callback.nothing(), 10),
        reject: () => Promise.reject(new Error('forgotten')),
      };
      console.log('about to ' + event);
      ends[event]();
    };
  `,
};

/** What the test of a function does, however its runner has it written: what a fake answers arrives. */
const answers = (name, handler, reply, check) => `
      const options = {
        functions: { 'EdgeFC/${name}': ${handler} },
        fakes: { 'EdgeFC/helloworld': '${reply}' },
      };
      await withTestHost(options, async (host) => {
        const { payload } = await host.invoke('EdgeFC/${name}', 'the test');
        ${check('payload', "'hello'")}
      });`;

/** However a function ends, the test goes on, and so does the runner. */
const contains = (name, handler, check) => `
      await withTestHost({ functions: { 'EdgeFC/${name}': ${handler} } }, async (host) => {
        for (const end of ['exit', 'throw', 'reject']) {
          const { functionError } = await host.invoke('EdgeFC/${name}', end);
          ${check('functionError', "'Unhandled'")}
        }
      });`;

const CASES = [
  { name: 'Invoker', file: 'Invoker/index.js', body: (handler, check) => answers('Invoker', handler, 'hello', check) },
  { name: 'module', file: 'module/index.mjs', body: (handler, check) => answers('module', handler, 'hello', check) },
  // References are JSON on both sides.
  { name: 'typed', file: 'typed/index.mts', body: (handler, check) => answers('typed', handler, '"hello"', check) },
  { name: 'careless', file: 'careless/index.js', body: (handler, check) => contains('careless', handler, check) },
];

const esm = (runner, check) => (body, from) => `
    ${runner}
    import { withTestHost } from '@edgefc/testkit';
    ${from === undefined ? '' : `import { handler } from '${from}';`}

    it('does as it should', async () => {${body(check)}
    });
  `;
const expecting = (actual, expected) => `expect(${actual}).toBe(${expected});`;
const asserting = (actual, expected) => `assert.equal(${actual}, ${expected});`;

/** With the line of configuration: the runner's `expect` has the matchers, and a test that fails shows what happened. */
const failing = `
    it('fails', async () => {
      const functions = { 'EdgeFC/Invoker': './Invoker/index.handler' };
      const host = await createTestHost({ functions, fakes: { 'EdgeFC/helloworld': 'hello' } });
      try {
        await host.invoke('EdgeFC/Invoker', 'the test');
        expect(host).toHaveInvokedTimes('EdgeFC/helloworld', 1);
        expect('this').toBe('that');
      } finally {
        await host.stop();
      }
    });
  `;
/** What a test that fails has to show of its host. */
const SHOWN = ['What happened:', '→ EdgeFC/helloworld "from the test" ⇒ "hello"'];

const RUNNERS = [
  {
    name: 'vitest',
    packages: [`vitest@${devDependencies.vitest}`],
    extension: 'test.mjs',
    write: esm(`import { expect, it } from 'vitest';`, expecting),
    imports: ['Invoker', 'module', 'typed', 'careless'],
    failing: `
    import { createTestHost } from '@edgefc/testkit';
    import { expect, it } from 'vitest';
    ${failing}`,
    configuration: {
      'vitest.config.mjs': `
        import { edgefc } from '@edgefc/testkit/vitest';
        export default { plugins: [edgefc()] };
      `,
    },
    command: (files) => ['node_modules/vitest/vitest.mjs', 'run', ...files],
  },
  {
    name: 'jest',
    packages: [`jest@${JEST}`],
    extension: 'test.js',
    write: (body, from) => `
      const { withTestHost } = require('@edgefc/testkit');
      ${from === undefined ? '' : `const { handler } = require('${from}');`}

      it('does as it should', async () => {${body(expecting)}
      });
    `,
    // Without flags Jest loads neither ES modules nor TypeScript.
    imports: ['Invoker', 'careless'],
    failing: `
    const { createTestHost } = require('@edgefc/testkit');
    ${failing}`,
    configuration: {
      'jest.config.json': `
        { "preset": "@edgefc/testkit/jest" }
      `,
    },
    command: (files) => ['node_modules/jest/bin/jest.js', ...files],
  },
  {
    name: 'node:test',
    packages: [],
    extension: 'test.mjs',
    write: esm(`import assert from 'node:assert/strict';\n    import { it } from 'node:test';`, asserting),
    imports: ['Invoker', 'module', 'typed', 'careless'],
    failing: esm(
      `import assert from 'node:assert/strict';\n    import { it } from 'node:test';`,
      asserting,
    )((check) => answers('Invoker', `'./Invoker/index.handler'`, 'hello', (actual) => check(actual, `'that'`))),
    configuration: {},
    command: (files, configured) => [
      ...(configured ? ['--import', '@edgefc/testkit/register'] : []),
      '--test',
      ...files,
    ],
  },
];

let failed = 0;
try {
  const tarballs = options.tarballs ?? place;
  if (options.tarballs === undefined) await must('pack', packInto(place));
  const [oldest] = await Promise.all([
    installNode(OLDEST_NODE, join(place, 'oldest-node')),
    ...RUNNERS.map((runner) => install(runner, tarballs)),
  ]);
  const nodes = [oldest, process.execPath];
  for (const node of nodes) {
    for (const runner of RUNNERS) {
      await report(runner, node, 'as paths', false);
      await report(runner, node, 'imported', true);
      await reportFailing(runner, node);
    }
  }
  process.exitCode = failed > 0 ? 1 : 0;
} catch (error) {
  console.log(error.message);
  process.exitCode = 1;
} finally {
  if (options.keep) console.log(`kept: ${place}`);
  else rmSync(place, { recursive: true, force: true });
}

/** Runs one runner on one Node: without any configuration on paths, or with its line on what the tests import. */
async function report(runner, node, how, configured) {
  const folder = folderOf(runner);
  for (const [file, text] of Object.entries(runner.configuration)) {
    if (configured) writeFileSync(join(folder, file), unindent(text));
    else rmSync(join(folder, file), { force: true });
  }
  const names = configured ? runner.imports : CASES.map(({ name }) => name);
  const files = names.map((name) => testFile(runner, name, configured));
  const { code, output } = await outside(node, runner.command(files, configured), folder);
  const version = (await outside(node, ['--version'], folder)).stdout.trim();
  const title = `${runner.name}, Node ${version}, ${how}: ${names.join(', ')}`;
  if (code === 0) console.log(`ok      ${title}`);
  else console.log(`FAILED  ${title}\n${output.trimEnd().replace(/^/gm, '        ')}`);
  failed += code === 0 ? 0 : 1;
}

/** Runs a test that has to fail, and to say why. */
async function reportFailing(runner, node) {
  const file = `failing.${runner.extension}`;
  write(folderOf(runner), file, unindent(runner.failing));
  const { code, output } = await outside(node, runner.command([file], true), folderOf(runner));
  rmSync(join(folderOf(runner), file));
  const missing = SHOWN.filter((text) => !output.includes(text));
  const isRight = code === 1 && missing.length === 0;
  console.log(`${isRight ? 'ok    ' : 'FAILED'}  ${runner.name}: a test that fails shows what happened`);
  if (!isRight) console.log(`        lacks ${missing.join(', ')}\n${output.trimEnd().replace(/^/gm, '        ')}`);
  failed += isRight ? 0 : 1;
}

/** The project of somebody who tests with `runner`. */
async function install(runner, tarballs) {
  const folder = folderOf(runner);
  write(folder, 'package.json', JSON.stringify({ name: 'gateway-functions', version: '1.0.0', private: true }));
  for (const [file, text] of Object.entries(FUNCTIONS)) write(folder, file, unindent(text));
  for (const { name, file, body } of CASES) {
    const path = `'./${file.replace(/[.]\w+$/, '')}.handler'`;
    writeTest(
      runner,
      name,
      false,
      runner.write((check) => body(path, check)),
    );
    if (!runner.imports.includes(name)) continue;
    writeTest(
      runner,
      name,
      true,
      runner.write((check) => body('handler', check), `./${file}`),
    );
  }
  const packages = [...PUBLISHED.map((published) => tarballOf(published, tarballs)), ...runner.packages];
  const flags = ['--no-audit', '--no-fund', '--prefer-offline'];
  await must(`install for ${runner.name}`, outside('npm', ['install', ...flags, ...packages], folder));
}

function writeTest(runner, name, configured, text) {
  const lines = unindent(text);
  const count = lines.split('\n').length - 1;
  if (count > MAX_LINES) throw new Error(`the test of ${name} in ${runner.name} has ${count} lines, over ${MAX_LINES}`);
  write(folderOf(runner), testFile(runner, name, configured), lines);
}

function testFile(runner, name, configured) {
  return `${name}${configured ? '.imported' : ''}.${runner.extension}`;
}

function folderOf(runner) {
  return join(place, runner.name.replace(':', '-'));
}

async function must(what, running) {
  const { code, output } = await running;
  if (code !== 0) throw new Error(`FAILED  ${what}\n${output}`);
}

function write(folder, name, text) {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

/** A template as a file: without the indentation it has here, and without its first and last line. */
function unindent(text) {
  const lines = text.split('\n').slice(1, -1);
  const indent = Math.min(...lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(indent)).join('\n') + '\n';
}
