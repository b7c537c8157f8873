/**
 * The soak: 200,000 Sync calls from 64 concurrent callers across 10 identical functions, for each isolation, with 1 %
 * function errors, 0.1 % timeouts and 0.05 % crashes among them.
 *
 * Holds the host to four things, and exits with 1 when one is violated: each call settles exactly once and with its
 * own answer; few calls suffer from a neighbour's failure; nothing leaks (handles, processes, memory: the level at the
 * end against the level after the first tenth); no identical function gets less than half the calls of another.
 *
 * usage: pnpm bench soak [--calls 200000] [--write]   (--write puts the result into RESULTS.md)
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createBenchHost, FUNCTIONS, invokeJson } from './edgefc-host.mjs';
import { hasProcfs, memoryOf, processTree } from './procfs.mjs';
import { machine, table } from './report.mjs';
import { replaceSection } from './results-file.mjs';

/**
 * @typedef {object} DriverReport
 * @property {number} never        calls whose callback never ran
 * @property {number} twice        calls whose callback ran more than once
 * @property {Record<string, number>} outcomes
 * @property {string[]} wrong      the first calls that ended as they must not
 * @property {number[]} perFunction calls by function
 */

const CALLERS = 64;
const IDENTICAL = 10;
/** Part of the calls that may be lost to a neighbour in the same instance: 0.15 % fail hard, up to 7 beside each. */
const MAX_COLLATERAL = 0.01;
/** Instances beyond the minimum are gone after this; the level is taken later than that. */
const IDLE = 1000;

const { values: flags } = parseArgs({
  options: { calls: { type: 'string', default: '200000' }, write: { type: 'boolean', default: false } },
});
const calls = Number(flags.calls);

setFlagsFromString('--expose-gc');
/** @type {() => void} */
const collectGarbage = runInNewContext('gc');

/** @type {string[][]} */
const rows = [];
/** @type {string[]} */
const violations = [];
for (const isolation of /** @type {const} */ (['thread', 'process'])) await soak(isolation);

const text = [
  `Date: ${new Date().toISOString().slice(0, 10)}. Machine: ${machine()}. Command: \`${['pnpm bench soak', ...process.argv.slice(2)].join(' ')}\`.`,
  '',
  ...table('Result', ['', 'what', 'measured', 'limit', ''], rows),
  violations.length === 0 ? 'Nothing was violated.' : ['Violated:', ...violations.map((one) => `- ${one}`)].join('\n'),
].join('\n');
console.log(text);
if (flags.write) await replaceSection('soak', text);
process.exit(violations.length === 0 ? 0 : 1);

/** @param {'thread' | 'process'} isolation */
async function soak(isolation) {
  /** @param {string} what @param {string} measured @param {string} limit @param {boolean} fine */
  const check = (what, measured, limit, fine) => {
    rows.push([isolation, what, measured, limit, fine ? 'held' : '**violated**']);
    if (!fine) violations.push(`${isolation}: ${what}: ${measured}, limit ${limit}`);
  };

  /**
   * The level at the end against the level after the first tenth; half-way is shown, and decides nothing.
   *
   * @param {string} what @param {number} first @param {number} middle @param {number} end
   */
  const checkMemory = (what, first, middle, end) => {
    const [a, b, c] = [first, middle, end].map((megabytes) => megabytes.toFixed(0));
    const fine = end <= first * 1.25;
    check(`${what}: after the first tenth, half-way, at the end`, `${a}, ${b}, ${c}`, '≤ 1.25 × first', fine);
  };

  collectGarbage();
  const before = handles();
  const common = { codeUri: FUNCTIONS, isolation };
  const target = {
    ...common,
    handler: 'soak-target.handler',
    timeout: '200ms',
    instanceConcurrency: 8,
    minInstances: 1,
    maxInstances: 2,
    idleTimeout: `${IDLE}ms`,
  };
  const host = await createBenchHost({
    driver: { ...common, handler: 'soak-driver.handler', timeout: '30m', minInstances: 1, maxInstances: 1 },
    ...Object.fromEntries(Array.from({ length: IDENTICAL }, (_, index) => [`f${index}`, target])),
  });
  const settlements = countSettlements(host);

  /** @param {number} number @returns {Promise<DriverReport>} */
  const drive = (number) => invokeJson(host, 'Bench/driver', { calls: number, callers: CALLERS, functions: IDENTICAL });

  const first = await drive(calls / 10);
  const level = await takeLevel();
  const begin = performance.now();
  const second = await drive(calls * 0.45);
  const halfway = performance.now() - begin;
  const middle = await takeLevel();
  const resumed = performance.now();
  const third = await drive(calls * 0.45);
  const elapsed = halfway + performance.now() - resumed;
  const end = await takeLevel();

  const reports = [first, second, third];
  const never = reports.reduce((sum, { never }) => sum + never, 0);
  const twice = reports.reduce((sum, { twice }) => sum + twice, 0);
  check('callbacks that never came, came twice', `${never}, ${twice}`, '0, 0', never + twice === 0);
  check(
    'invocations accepted − settled in the host; settled twice',
    `${settlements.accepted() - settlements.settled()}; ${settlements.twice()}`,
    '0; 0',
    settlements.accepted() === settlements.settled() && settlements.twice() === 0 && settlements.settled() >= calls,
  );
  const wrong = reports.flatMap((report) => report.wrong);
  check('calls that ended as they must not', wrong.join(' / ') || '0', '0', wrong.length === 0);

  const outcomes = sumOutcomes(reports);
  const collateral = Object.entries(outcomes).reduce(
    (sum, [label, count]) => (/InstanceLost|^(?!hang).*Timeout/.test(label) ? sum + count : sum),
    0,
  );
  check(
    'calls lost with a neighbour’s instance',
    `${collateral}`,
    `${MAX_COLLATERAL * 100} %`,
    collateral <= calls * MAX_COLLATERAL,
  );
  const shares = second.perFunction.map((count, index) => count + (third.perFunction[index] ?? 0));
  const fairness = Math.min(...shares) / Math.max(...shares);
  check('slowest of the identical functions ÷ fastest', fairness.toFixed(2), '≥ 0.5', fairness >= 0.5);

  check('handles of the host', describe(end.handles), describe(level.handles), sameOrFewer(end.handles, level.handles));
  check('processes', `${end.processes}`, `${level.processes}`, end.processes <= level.processes);
  check('heap of the host, MB', end.heap.toFixed(1), `${level.heap.toFixed(1)} + 5`, end.heap <= level.heap + 5);
  checkMemory('RSS of the host, MB', level.rss, middle.rss, end.rss);
  if (hasProcfs()) checkMemory('RSS of all, MB', level.tree, middle.tree, end.tree);

  await host.stop();
  await pause(500);
  const after = handles();
  check('handles after the stop', describe(after), describe(before), sameOrFewer(after, before));
  check('processes after the stop', `${processes()}`, '1', processes() === 1);

  rows.push([isolation, 'calls/s, failures included', Math.round(((calls * 0.9) / elapsed) * 1000).toString(), '', '']);
  for (const [label, count] of Object.entries(outcomes)) rows.push([isolation, label, `${count}`, '', '']);
}

/** Counts what the host's own events say of every invocation. @param {import('./edgefc-host.mjs').BenchHost} host */
function countSettlements(host) {
  let accepted = 0;
  let settled = 0;
  let twice = 0;
  // By object: held weakly, so that this watch is not itself the leak that it looks for.
  const seen = new WeakSet();
  host.events.on('invocation:accepted', () => (accepted += 1));
  host.events.on('invocation:settled', (/** @type {object} */ invocation) => {
    settled += 1;
    if (seen.has(invocation)) twice += 1;
    seen.add(invocation);
  });
  return { accepted: () => accepted, settled: () => settled, twice: () => twice };
}

/** What the host holds when it is quiet again: garbage collected, surplus instances stopped. */
async function takeLevel() {
  await pause(IDLE + 3000);
  collectGarbage();
  await pause(200);
  collectGarbage();
  const { heapUsed, rss } = process.memoryUsage();
  return {
    handles: handles(),
    processes: processes(),
    heap: heapUsed / 2 ** 20,
    rss: rss / 2 ** 20,
    tree: hasProcfs() ? processTree(process.pid).reduce((sum, pid) => sum + memoryOf(pid).rss, 0) : 0,
  };
}

/** @returns {Map<string, number>} active resources of this process, by type */
function handles() {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const type of process.getActiveResourcesInfo()) {
    // Timers come and go with deadlines and memory watches, and what is behind them is counted elsewhere.
    if (type !== 'Timeout' && type !== 'Immediate') counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return counts;
}

function processes() {
  return hasProcfs() ? processTree(process.pid).length : 1;
}

/** @param {Map<string, number>} counts */
function describe(counts) {
  return [...counts].map(([type, count]) => `${type} ${count}`).join(', ') || 'none';
}

/** @param {Map<string, number>} now @param {Map<string, number>} then */
function sameOrFewer(now, then) {
  return [...now].every(([type, count]) => count <= (then.get(type) ?? 0));
}

/** @param {DriverReport[]} reports @returns {Record<string, number>} */
function sumOutcomes(reports) {
  /** @type {Record<string, number>} */
  const sums = {};
  for (const { outcomes } of reports) {
    for (const [label, count] of Object.entries(outcomes)) sums[label] = (sums[label] ?? 0) + count;
  }
  return Object.fromEntries(Object.entries(sums).sort(([, a], [, b]) => b - a));
}
