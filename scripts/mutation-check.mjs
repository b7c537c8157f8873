/**
 * `pnpm mutation-check`: whether the tests would notice. Takes one promise after another out of the code (the retry, the dedupe,
 * the deadline, settle-once, the order key, the sync before the id), each in a copy of the tree, and runs the Queue suite of
 * `@edgefc/testkit/conformance` and the demo's tests with the testkit on it: for each of them some test has to go red.
 *
 *     --only <text>   only mutations whose name has it
 *     --keep          leaves the copy for a look
 *     --fits          only says whether each still fits the source
 */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { readMutations } from './mutation/mutations.mjs';
import { runCommand } from './run-command.mjs';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    keep: { type: 'boolean', default: false },
    fits: { type: 'boolean', default: false },
  },
});
const root = join(import.meta.dirname, '..');

/** Packages in the order in which they need each other; all mutations are in the runtime. */
const PACKAGES = ['sdk', 'runtime', 'testkit'];
const TESTS = ['packages/testkit/test/conformance/queue.test.ts', 'apps/demo/test'];
/** It runs the demo as a program, half of the time that all of these take, and sees no promise that the others do not. */
const LEFT_OUT = 'apps/demo/test/demo.test.ts';
/** ms for one test: a promise that is taken out may leave it waiting for what never comes. */
const TEST_TIMEOUT = 20_000;
/** ms for all of them. */
const RUN_TIMEOUT = 300_000;

const mutations = readMutations().filter(({ name }) => name.includes(options.only));
if (mutations.length === 0) throw new Error(`no mutation has "${options.only}" in its name`);
if (options.fits) {
  console.log(`all ${mutations.length} fit the source`);
  process.exit(0);
}
const copy = realpathSync(mkdtempSync(join(tmpdir(), 'edgefc-mutations-')));
process.exitCode = 1;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    cleanUp();
    process.exit(1);
  });
}
try {
  copyTree();
  for (const name of PACKAGES) await build(name);
  const green = await runTests();
  if (!green.ok) throw new Error(`the tests fail without any mutation:\n${describe(green)}`);
  console.log(`${green.count} tests, green on the code as it is (${seconds(green.ms)} s)\n`);
  const rows = [];
  for (const mutation of mutations) rows.push({ mutation, ...(await tryMutation(mutation)) });
  report(rows);
  process.exitCode = rows.every(({ red }) => red.length > 0) ? 0 : 1;
} finally {
  cleanUp();
}

function cleanUp() {
  if (options.keep) console.log(`the copy is left in ${copy}`);
  else rmSync(copy, { recursive: true, force: true });
}

/** Everything but what is built, installed or measured; what is installed is linked to. */
function copyTree() {
  const left = new Set(['.git', '.turbo', 'bench', 'dist', 'docs']);
  const installed = join(root, 'node_modules');
  cpSync(root, copy, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) =>
      path !== installed && !(left.has(basename(path)) && !relative(root, path).includes('node_modules')),
  });
  mkdirSync(join(copy, 'node_modules'));
  for (const name of readdirSync(installed)) {
    // Vitest keeps what it knows of its last run there: each tree its own.
    if (name !== '.vite') symlinkSync(join(installed, name), join(copy, 'node_modules', name));
  }
}

async function build(name) {
  const cwd = join(copy, 'packages', name);
  rmSync(join(cwd, 'dist'), { recursive: true, force: true });
  const { code, output } = await runCommand('tsup', ['--no-dts', '--silent'], { cwd });
  if (code !== 0) throw new Error(`packages/${name} does not build:\n${output}`);
  if (name !== 'sdk') return;
  const entries = await runCommand('node', ['build/entries.mjs'], { cwd });
  if (entries.code !== 0) throw new Error(`packages/${name} has no entries:\n${entries.output}`);
}

async function runTests() {
  const results = join(copy, 'results.json');
  rmSync(results, { force: true });
  const start = performance.now();
  const { code, output } = await runCommand(
    'vitest',
    [
      'run',
      ...TESTS,
      `--exclude=${LEFT_OUT}`,
      '--reporter=json',
      `--outputFile=${results}`,
      `--testTimeout=${TEST_TIMEOUT}`,
    ],
    { cwd: copy, timeout: RUN_TIMEOUT },
  );
  const ms = performance.now() - start;
  const { testResults = [], numTotalTests = 0 } = parse(results) ?? {};
  const red = testResults.flatMap(({ name: file, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ ancestorTitles, title }) => ({ file: relative(copy, file), of: ancestorTitles, title })),
  );
  return { ok: code === 0, red, count: numTotalTests, ms, output };
}

function parse(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // It was ended before it could write: its output says why.
    return undefined;
  }
}

async function tryMutation({ name, file, source, mutated }) {
  writeFileSync(join(copy, file), mutated);
  try {
    await build('runtime');
    const result = await runTests();
    const mark = result.red.length > 0 ? styleText('green', 'found   ') : styleText('red', 'SURVIVED');
    console.log(`${mark}  ${name.padEnd(26)} ${String(result.red.length).padStart(3)} red  ${seconds(result.ms)} s`);
    // Something else than a test failed, and nobody knows whether a test would have.
    if (result.red.length === 0 && !result.ok) console.log(result.output);
    return result;
  } finally {
    writeFileSync(join(copy, file), source);
  }
}

/** Of each mutation: what was changed and where, and which tests went red, by file. */
function report(rows) {
  for (const { mutation, red } of rows) {
    const { name, what, file, line } = mutation;
    console.log(`\n${styleText('bold', name)}: ${what}\n    changed  ${file}:${line}`);
    if (red.length === 0) console.log(`    ${styleText('red', 'no test went red')}`);
    for (const [test, tests] of Object.entries(Object.groupBy(red, (one) => one.file))) {
      console.log(`    ${String(tests.length).padStart(3)} red  ${test}`);
      for (const title of titlesOf(tests)) console.log(`             ${title}`);
    }
  }
  const survived = rows.filter(({ red }) => red.length === 0).map(({ mutation }) => mutation.name);
  console.log(survived.length === 0 ? `\nall ${rows.length} were found` : `\nSURVIVED: ${survived.join(', ')}`);
}

/** A case of a suite that went red for several implementations stands there once, with how many. */
function titlesOf(tests) {
  return Object.entries(Object.groupBy(tests, ({ of, title }) => [...of.slice(1), title].join(' › '))).map(
    ([title, same]) => (same.length > 1 ? `${title} (${same.length} times)` : title),
  );
}

function describe({ red, output }) {
  return red.length > 0
    ? red.map(({ file, of, title }) => `${file}: ${[...of, title].join(' › ')}`).join('\n')
    : output;
}

function seconds(ms) {
  return (ms / 1000).toFixed(0).padStart(3);
}
