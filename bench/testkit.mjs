/**
 * The testkit: how long a test waits for its host, whether 1,000 hosts in one process leave anything behind, and how long six hours
 * of retries take on virtual time.
 *
 * Each figure comes from a process of its own (testkit-work.mjs). There is no peer: what else fakes functions in a test runs none
 * of the host that they will meet. Exits with 1 when a target is not met.
 *
 * usage: pnpm bench testkit [--hosts 500] [--write]   (--write: into RESULTS.md)
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { median, percentile } from './measure.mjs';
import { watchOthers } from './procfs.mjs';
import { machine, table } from './report.mjs';
import { replaceSection } from './results-file.mjs';

const WORK = fileURLToPath(new URL('./testkit-work.mjs', import.meta.url));
/** Processes whose first host is looked at: a test file has a process of its own in most runners. */
const FRESH = 11;
/** Hosts in threads and processes, which take real time to start. */
const REAL = 20;
const MANY = 1000;
const PLAYS = 200;
/** A test that is run at every keystroke may take no longer. */
const MAX_ANSWER = 10;
const MAX_SIX_HOURS = 50;
/** Bytes that the heap may grow by with each host from the 100th on: less than the smallest host takes. */
const MAX_GROWTH = 1024;

const IN_PROCESS = {
  code: 'a handler given as code',
  module: 'an ES module',
  invoker: 'the document’s Invoker (CommonJS), helloworld faked',
  configuration: 'the demo’s configuration: 11 functions, Invoker calls helloworld',
};
const ISOLATED = { thread: 'the same Invoker, in a thread', process: 'the same Invoker, in a process' };

const { values: flags } = parseArgs({
  options: { hosts: { type: 'string', default: '500' }, write: { type: 'boolean', default: false } },
});
const hosts = Number(flags.hosts);
const others = watchOthers();

/** @type {string[][]} */
const starts = [];
/** @type {string[][]} */
const targets = [];
/** @type {number[]} */
const imports = [];
for (const [variant, what] of Object.entries({ ...IN_PROCESS, ...ISOLATED })) {
  process.stderr.write(`testkit: ${what}\n`);
  const firsts = [];
  for (let fresh = 0; fresh < FRESH; fresh += 1) {
    const { imported, answers } = await perform('hosts', variant, 1);
    imports.push(imported);
    firsts.push(answers[0]);
  }
  const count = variant in ISOLATED ? REAL : hosts;
  const { answers, stops } = await perform('hosts', variant, count);
  const middle = median(answers);
  starts.push([what, `${count}`, ...[median(firsts), middle, percentile(answers, 0.95), median(stops)].map(digits)]);
  if (variant in IN_PROCESS) targets.push(judge(`to the first answer: ${what}, median`, middle, MAX_ANSWER, 'ms'));
}

process.stderr.write('testkit: six hours of retries\n');
const { times, traces } = await perform('six hours', PLAYS);
targets.push(
  judge('six hours of retries, a dead letter and a destination, median', median(times), MAX_SIX_HOURS, 'ms'),
);
targets.push(judge('different traces of them', traces, 1, ''));

/** @type {string[][]} */
const heaps = [];
/** @type {number[]} */
const handles = [];
for (const [variant, what] of Object.entries(IN_PROCESS)) {
  process.stderr.write(`testkit: ${MANY} hosts of ${what}\n`);
  const left = await perform('leaks', variant, MANY);
  const [after100 = NaN, ...later] = /** @type {number[]} */ (left.heaps);
  const after1000 = later.at(-1) ?? NaN;
  heaps.push([what, ...[after100, later[3] ?? NaN, after1000].map((bytes) => (bytes / 2 ** 20).toFixed(2))]);
  const growth = (after1000 - after100) / (MANY * 0.9);
  targets.push(
    judge(`heap that each host leaves, from the 100th to the ${MANY}th: ${what}`, growth, MAX_GROWTH, 'bytes a host'),
  );
  handles.push(left.handlesAfter.length - left.handlesBefore.length);
}
targets.push(judge(`handles left by ${MANY} hosts, of whichever kind`, Math.max(...handles), 0, ''));

const text = [
  `Date: ${new Date().toISOString().slice(0, 10)}. Machine: ${machine()}. Command: \`${['pnpm bench testkit', ...process.argv.slice(2)].join(' ')}\`.`,
  '',
  `Importing \`@edgefc/testkit\` takes ${median(imports).toFixed(0)} ms in a fresh process (median of ${imports.length}). Times of hosts ` +
    `begin after it, at \`createTestHost\`. ${others()}`,
  '',
  ...table('Targets', ['', 'target', 'measured', ''], targets),
  ...table(
    'From `createTestHost` to the first answer',
    ['', 'hosts', 'first of a process, ms', 'median ms', 'p95 ms', 'to stop it, ms'],
    starts,
  ),
  ...table(
    'Six hours of retries on virtual time',
    ['', 'times', 'median ms', 'p95 ms'],
    [
      [
        'as many as back-off allows, until it expires',
        `${PLAYS}`,
        ...[median(times), percentile(times, 0.95)].map(digits),
      ],
    ],
  ),
  ...table(
    `${MANY} hosts made and disposed of in one process: MB of heap after a collection`,
    ['', 'after 100', 'after 500', `after ${MANY}`],
    heaps,
  ),
].join('\n');
console.log(text);
if (flags.write) await replaceSection('testkit', text);
process.exit(targets.every(([, , , met]) => met === 'met') ? 0 : 1);

/** @param {(string | number)[]} work @returns {Promise<any>} */
async function perform(...work) {
  const { stdout } = await promisify(execFile)(process.execPath, [WORK, ...work.map(String)], { maxBuffer: 2 ** 24 });
  return JSON.parse(stdout);
}

/** @param {string} what @param {number} value @param {number} limit @param {string} unit @returns {string[]} */
function judge(what, value, limit, unit) {
  const said = Number.isInteger(value) ? `${value}` : digits(value);
  return [what, `≤ ${limit} ${unit}`.trim(), `${said} ${unit}`.trim(), value <= limit ? 'met' : '**not met**'];
}

/** Three digits that mean something. @param {number} value */
function digits(value) {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
