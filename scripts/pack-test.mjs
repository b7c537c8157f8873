/**
 * Uses the packages as a stranger would: the packed tarballs, installed by npm into an empty folder outside the
 * workspace, used from CommonJS, from an ES module and from TypeScript, and the command run with npx.
 *
 * Nothing of the workspace is used but the tarballs and the Node that runs this.
 *
 *     --tarballs <dir>   takes packed tarballs from there instead of packing (the packages must have been built)
 *     --keep             leaves the folder for a look
 */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { PUBLISHED, packInto, tarballOf } from './pack.mjs';
import { runCommand } from './run-command.mjs';

const { values: options } = parseArgs({
  options: { tarballs: { type: 'string' }, keep: { type: 'boolean', default: false } },
});
const root = join(import.meta.dirname, '..');
const place = realpathSync(mkdtempSync(join(tmpdir(), 'edgefc-pack-')));
const consumer = join(place, 'consumer');
const { version } = readManifest('packages/runtime/package.json');
const { devDependencies } = readManifest('package.json');

/** The files of the stranger's project. */
const PROJECT = {
  'package.json': JSON.stringify({ name: 'consumer', version: '1.0.0', private: true }),

  'commonjs.cjs': `
    'use strict';
    const assert = require('node:assert/strict');
    const { FCClient } = require('@edgefc/sdk');
    const { createVirtualClock } = require('@edgefc/testkit');
    const { systemClock } = require('@edgefc/runtime/engine');
    assert.equal(typeof systemClock.now(), 'number');
    assert.equal(createVirtualClock({ now: 5 }).now(), 5);
    const params = { serviceName: 'EdgeFC', functionName: 'echo', payload: 'hello' };
    new FCClient().invokeFunction(params, (error, data) => {
      assert.equal(error?.code, 'NoHost');
      console.log('commonjs ok');
    });
  `,

  'module.mjs': `
    import assert from 'node:assert/strict';
    import { FCClient } from '@edgefc/sdk';
    import * as runtime from '@edgefc/runtime';
    import { systemClock } from '@edgefc/runtime/engine';
    import { createVirtualClock } from '@edgefc/testkit';
    assert.equal(typeof runtime.createHost, 'function');
    assert.equal(typeof runtime.defineConfig, 'function');
    assert.equal(typeof systemClock.now(), 'number');
    assert.equal(createVirtualClock({ now: 5 }).now(), 5);
    const params = { serviceName: 'EdgeFC', functionName: 'echo', payload: 'hello' };
    await assert.rejects(new FCClient().invokeFunction(params), { code: 'NoHost' });
    console.log('module ok');
  `,

  'types.mts': `
    import { FCClient } from '@edgefc/sdk';
    import { defineConfig } from '@edgefc/runtime';
    import { createVirtualClock, type VirtualClock } from '@edgefc/testkit';
    export const config = defineConfig({
      services: { EdgeFC: { functions: { echo: { codeUri: './echo', handler: 'index.handler' } } } },
    });
    export const clock: VirtualClock = createVirtualClock();
    export const moved: Promise<void> = clock.advance(10);
    export async function call(): Promise<void> {
      const data = await new FCClient().invokeFunction({ serviceName: 'EdgeFC', functionName: 'echo', payload: 'hello' });
      console.log(data);
      // @ts-expect-error -- payload is text or bytes
      await new FCClient().invokeFunction({ serviceName: 'EdgeFC', functionName: 'echo', payload: 5 });
    }
  `,

  'types.cts': `
    import { FCClient } from '@edgefc/sdk';
    import { createVirtualClock, type VirtualClock } from '@edgefc/testkit';
    export const clock: VirtualClock = createVirtualClock();
    // @ts-expect-error -- the clock moves by a number
    export const wrong: Promise<void> = clock.advance('10');
    new FCClient().invokeFunction({ serviceName: 'EdgeFC', functionName: 'echo', payload: 'hello' }, (error, data) => {
      console.log(error, data);
    });
  `,

  'tsconfig.nodenext.json': tsconfig({ module: 'nodenext', moduleResolution: 'nodenext' }, ['types.mts', 'types.cts']),
  'tsconfig.bundler.json': tsconfig({ module: 'preserve', moduleResolution: 'bundler' }, ['types.mts', 'types.cts']),

  'edgefc.config.json': JSON.stringify({
    services: { EdgeFC: { functions: { echo: { codeUri: './echo', handler: 'index.handler' } } } },
  }),
  'echo/index.js': `
    exports.handler = (event, context, callback) => callback(null, 'echo: ' + event);
  `,
};

/** In order; each throws when something is not as it should be. */
const STEPS = [
  { name: 'install', run: install },
  { name: 'CommonJS', run: () => expectOutput('node', ['commonjs.cjs'], 'commonjs ok') },
  { name: 'ES module', run: () => expectOutput('node', ['module.mjs'], 'module ok') },
  {
    name: 'TypeScript, nodenext',
    run: () => expectOutput('npx', ['--no', '--', 'tsc', '-p', 'tsconfig.nodenext.json'], ''),
  },
  {
    name: 'TypeScript, bundler',
    run: () => expectOutput('npx', ['--no', '--', 'tsc', '-p', 'tsconfig.bundler.json'], ''),
  },
  { name: 'edgefc --version', run: () => expectOutput('npx', ['--no', '--', 'edgefc', '--version'], version) },
  { name: 'edgefc invoke', run: invokeEcho },
];

try {
  let failed = 0;
  for (const { name, run } of STEPS) {
    const complaint = await run();
    if (complaint === undefined) console.log(`ok      ${name}`);
    else console.log(`FAILED  ${name}\n${complaint.trimEnd().replace(/^/gm, '        ')}`);
    failed += complaint === undefined ? 0 : 1;
    if (failed > 0 && name === 'install') break;
  }
  process.exitCode = failed > 0 ? 1 : 0;
} finally {
  if (options.keep) console.log(`kept: ${consumer}`);
  else rmSync(place, { recursive: true, force: true });
}

async function install() {
  if (options.tarballs === undefined) {
    const packed = await packInto(place);
    if (packed.code !== 0) return packed.output;
  }
  for (const [name, text] of Object.entries(PROJECT)) {
    mkdirSync(dirname(join(consumer, name)), { recursive: true });
    writeFileSync(join(consumer, name), text);
  }
  const packages = [
    ...PUBLISHED.map((folder) => tarballOf(folder, options.tarballs ?? place)),
    ...['typescript', '@types/node'].map((name) => `${name}@${devDependencies[name]}`),
  ];
  const result = await outside('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages]);
  return result.code === 0 ? undefined : result.output;
}

function invokeEcho() {
  const args = ['invoke', 'EdgeFC/echo', '--config', 'edgefc.config.json', '--payload', 'hello'];
  return expectOutput('npx', ['--no', '--', 'edgefc', ...args], 'echo: hello');
}

/** Runs a command there; what is wrong unless it ends with 0 and its stdout is `expected`. */
async function expectOutput(command, args, expected) {
  const { code, output, stdout } = await outside(command, args);
  if (code !== 0) return `exit code ${code}\n${output}`;
  if (stdout.trim() !== expected) return `expected on stdout: ${expected}\n${output}`;
  return undefined;
}

/** Runs a command in the stranger's project, without anything that pnpm or this workspace put into the environment. */
function outside(command, args) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(?:npm|pnpm)_/i.test(name) || /^npm_config_(?:registry|https?_?proxy|noproxy|cafile|cache)$/i.test(name),
    ),
  );
  const path = (process.env.PATH ?? '').split(delimiter).filter((entry) => !entry.startsWith(root));
  env.PATH = [dirname(process.execPath), ...path].join(delimiter);
  delete env.NODE_PATH;
  delete env.NODE_OPTIONS;
  return runCommand(command, args, { cwd: consumer, env, timeout: 180_000 });
}

function tsconfig(compilerOptions, files) {
  const strict = { strict: true, exactOptionalPropertyTypes: true, noEmit: true, skipLibCheck: false };
  return JSON.stringify({
    compilerOptions: { ...strict, target: 'es2023', types: ['node'], ...compilerOptions },
    files,
  });
}

function readManifest(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}
