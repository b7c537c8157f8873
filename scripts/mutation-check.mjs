/**
 * `pnpm mutation-check`: whether the tests would notice. Takes one promise after another out of the code (the retry, the dedupe,
 * the deadline, settle-once, the order key, the sync before the id), each in a copy of the tree, and runs the conformance
 * suites of the testkit and the demo's tests on it: for each of them some test has to go red.
 *
 * A mutation is an exact edit of the source. One that no longer fits ends the check before anything is run: whoever changed
 * the line says here how the promise is taken out now.
 *
 *     --only <text>   only mutations whose name has it
 *     --keep          leaves the copy for a look
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
import { runCommand } from './run-command.mjs';

const { values: options } = parseArgs({
  options: { only: { type: 'string', default: '' }, keep: { type: 'boolean', default: false } },
});
const root = join(import.meta.dirname, '..');

/** Packages in the order in which they need each other; all mutations are in the runtime. */
const PACKAGES = ['sdk', 'runtime', 'testkit'];
const TESTS = ['packages/testkit/test/conformance', 'apps/demo/test'];
/** ms for one test: a promise that is taken out may leave it waiting for what never comes. */
const TEST_TIMEOUT = 20_000;

const MUTATIONS = [
  {
    name: 'the retry',
    what: 'the first failure is the last',
    file: 'packages/runtime/src/engine/scheduler/retry-policy.ts',
    from: "if (failures >= attempts) return { kind: 'dead', state: 'Failed', error };",
    to: "return { kind: 'dead', state: 'Failed', error };",
  },
  {
    name: 'the dedupe',
    what: 'a repeat is stored like any other work',
    file: 'packages/runtime/src/engine/queue/ledger.ts',
    from: "return { kind: 'deduplicated', seq: known.seq };",
    to: '',
  },
  {
    name: 'the deadline',
    what: 'a handler that runs has none',
    file: 'packages/runtime/src/engine/scheduler/scheduler.ts',
    from: 'this.#deadlines.set(invocation, invocation.effectiveDeadline);',
    to: '',
  },
  {
    name: 'settle-once',
    what: 'work that does not run is settled again',
    file: 'packages/runtime/src/engine/queue/ledger.ts',
    from: "if (head?.state !== 'Running') return { settled: false, woken: [] };",
    to: 'if (head === undefined) return { settled: false, woken: [] };',
  },
  {
    name: 'the order key',
    what: 'work does not stand behind other work of its key',
    file: 'packages/runtime/src/engine/queue/ledger.ts',
    from: `const dueAt = at + Math.ceil(delay);
    const blocked = orderKey !== null && this.#tables.firstOfKey(target, orderKey) !== undefined;`,
    to: `const dueAt = at + Math.ceil(delay);
    const blocked = false;`,
  },
  {
    name: 'the sync before the id',
    what: 'commits are synced some time after their answers',
    file: 'packages/runtime/src/store/writer.ts',
    from: 'file.mode = modeOf(left, file.mode);',
    to: "file.mode = 'NORMAL';",
  },
  {
    name: 'the commit before the id',
    what: 'answers leave before what they tell of is written',
    file: 'packages/runtime/src/store/writer.ts',
    from: `        file.tables.commit();
        this.#committed(file, left);
        left.forEach(({ id, command }, index) => {
          this.#answers.push(id, command.kind, results[index]);
        });`,
    to: `        left.forEach(({ id, command }, index) => {
          this.#answers.push(id, command.kind, results[index]);
        });
        this.#flush();
        file.tables.commit();
        this.#committed(file, left);`,
  },
];

const mutations = MUTATIONS.filter(({ name }) => name.includes(options.only)).map(locate);
if (mutations.length === 0) throw new Error(`no mutation has "${options.only}" in its name`);
const copy = realpathSync(mkdtempSync(join(tmpdir(), 'edgefc-mutations-')));
process.exitCode = 1;
try {
  copyTree();
  for (const name of PACKAGES) await build(name);
  const green = await runTests();
  if (green.red.length > 0 || !green.ok) throw new Error(`the tests fail without any mutation:\n${describe(green)}`);
  console.log(`${green.count} tests, green on the code as it is (${seconds(green.ms)} s)\n`);
  const rows = [];
  for (const mutation of mutations) rows.push({ mutation, ...(await tryMutation(mutation)) });
  report(rows);
  process.exitCode = rows.every(({ red }) => red.length > 0) ? 0 : 1;
} finally {
  if (options.keep) console.log(`the copy is left in ${copy}`);
  else rmSync(copy, { recursive: true, force: true });
}

/** Where a mutation is: fails when the source does not have it exactly once. */
function locate(mutation) {
  const source = readFileSync(join(root, mutation.file), 'utf8');
  const places = source.split(mutation.from).length - 1;
  if (places !== 1) {
    throw new Error(
      `${mutation.name}: ${mutation.file} has ${places} times what is to be changed there, and has to have it once:\n` +
        `${mutation.from}\nSay in scripts/mutation-check.mjs how it is taken out now.`,
    );
  }
  const before = source.slice(0, source.indexOf(mutation.from));
  // The first line that differs.
  const [from, to] = [mutation.from.split('\n'), mutation.to.split('\n')];
  const line = before.split('\n').length + from.findIndex((text, index) => text !== to[index]);
  return { ...mutation, mutated: source.replace(mutation.from, () => mutation.to), source, line };
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
}

async function runTests() {
  const results = join(copy, 'results.json');
  rmSync(results, { force: true });
  const start = performance.now();
  const { code, output } = await runCommand(
    'vitest',
    ['run', ...TESTS, '--reporter=json', `--outputFile=${results}`, `--testTimeout=${TEST_TIMEOUT}`],
    { cwd: copy, timeout: 600_000 },
  );
  const ms = performance.now() - start;
  const { testResults = [], numTotalTests = 0 } = parse(results) ?? {};
  const red = testResults.flatMap(({ name: file, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ ancestorTitles, title }) => ({
        file: relative(copy, file),
        name: [...ancestorTitles, title].join(' › '),
      })),
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
    const mark = result.red.length > 0 ? styleText('green', 'found  ') : styleText('red', 'SURVIVED');
    console.log(`${mark}  ${name.padEnd(26)} ${String(result.red.length).padStart(3)} red  ${seconds(result.ms)} s`);
    // Something else than a test failed, and nobody knows whether a test would have.
    if (result.red.length === 0 && !result.ok) console.log(result.output);
    return result;
  } finally {
    writeFileSync(join(copy, file), source);
  }
}

/** The table: mutation, what was changed and where, which tests went red. */
function report(rows) {
  for (const { mutation, red } of rows) {
    const { name, what, file, line } = mutation;
    console.log(`\n${styleText('bold', name)}: ${what}\n    changed  ${file}:${line}`);
    if (red.length === 0) console.log(`    ${styleText('red', 'no test went red')}`);
    for (const { file: test, name: title } of red) console.log(`    red      ${test}\n             ${title}`);
  }
  const survived = rows.filter(({ red }) => red.length === 0).map(({ mutation }) => mutation.name);
  console.log(survived.length === 0 ? `\nall ${rows.length} were found` : `\nSURVIVED: ${survived.join(', ')}`);
}

function describe({ red, output }) {
  return red.length > 0 ? red.map(({ file, name }) => `${file}: ${name}`).join('\n') : output;
}

function seconds(ms) {
  return (ms / 1000).toFixed(0).padStart(3);
}
