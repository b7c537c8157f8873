/**
 * Containment: one offender at a time beside a healthy neighbour that has 64 calls under way.
 *
 * For each offender: no call of the neighbour may be lost, and its rate must stay at 40 % or more of the rate it has
 * beside a well-behaved function that is as busy, both measured in turns. At the end a host is killed with SIGKILL
 * while its functions run busy loops: no process of theirs may be left after 2 s. Exits with 1 when one is violated.
 *
 * usage: pnpm bench containment [--pairs 3] [--only "busy loop"] [--write]   (--write: into RESULTS.md)
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { COMMAND, createBenchHost, FUNCTIONS, invokeJson } from './edgefc-host.mjs';
import { median } from './measure.mjs';
import { cpuOfTree, hasProcfs, isRunning, processTree } from './procfs.mjs';
import { machine, table } from './report.mjs';
import { replaceSection } from './results-file.mjs';

const MIN_SHARE = 0.4;
/** ms of one measured stretch: two timeouts of the offender and more. */
const STRETCH = 2500;

/** @typedef {{ rate: number, lost: number, firstLost: string | undefined }} NeighbourReport calls/s, and calls lost */

/** The offenders, and what each is compared with: restarting instances is work as well. */
const OFFENDERS = {
  'busy loop': 'spinning',
  'heap growth': 'spinning',
  ArrayBuffers: 'spinning',
  execSync: 'sleeping',
  'output flood': 'spinning',
  'raw output flood': 'spinning',
  'process.exit': 'spinning',
  'process.abort': 'spinning',
  'unhandled rejection': 'spinning',
};
/** What a thread cannot contain is not asked of it: heap exhaustion, blocking native calls, abort, the host's own fd. */
const NOT_IN_THREADS = new Set(['heap growth', 'execSync', 'process.abort', 'raw output flood']);

const { values: flags } = parseArgs({
  options: {
    pairs: { type: 'string', default: '3' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});

/** @type {string[][]} */
const rows = [];
/** @type {string[]} */
const violations = [];
for (const isolation of /** @type {const} */ (['process', 'thread'])) {
  for (const [offender, behaved] of Object.entries(OFFENDERS)) {
    if (flags.only !== undefined && flags.only !== offender) continue;
    if (isolation === 'process' || !NOT_IN_THREADS.has(offender)) await contain(isolation, offender, behaved);
  }
}
if (hasProcfs() && flags.only === undefined) await killHost();

const text = [
  `Date: ${new Date().toISOString().slice(0, 10)}. Machine: ${machine()}. Command: \`${['pnpm bench containment', ...process.argv.slice(2)].join(' ')}\`.`,
  '',
  ...table(
    'Result',
    ['isolation', 'offender', 'its ends', 'neighbour’s calls lost', 'calls/s', 'beside behaved', 'share', ''],
    rows,
  ),
  violations.length === 0 ? 'Nothing was violated.' : ['Violated:', ...violations.map((one) => `- ${one}`)].join('\n'),
].join('\n');
console.log(text);
if (flags.write) await replaceSection('containment', text);
process.exit(violations.length === 0 ? 0 : 1);

/** @param {'process' | 'thread'} isolation @param {string} offender @param {string} behaved */
async function contain(isolation, offender, behaved) {
  process.stderr.write(`containment: ${isolation}, ${offender}\n`);
  const common = { codeUri: FUNCTIONS, isolation, maxInstances: 1 };
  const misbehaving = { ...common, handler: 'offender.handler', memorySize: '128MB', timeout: '1s' };
  const host = await createBenchHost({
    driver: { ...common, handler: 'neighbour-driver.handler', timeout: '60s', minInstances: 1 },
    neighbour: { ...common, handler: 'echo.handler', instanceConcurrency: 64, minInstances: 1 },
    offender: misbehaving,
    behaved: misbehaving,
  });
  let lines = 0;
  host.events.on('log', (/** @type {{ source: string }} */ { source }) => {
    if (source === 'function') lines += 1;
  });
  /** @type {Map<string, number>} */
  const ends = new Map();
  /** @param {string} name @param {string} way @returns {Promise<NeighbourReport>} */
  const beside = async (name, way) => {
    let going = true;
    const loop = async () => {
      while (going) {
        const end = endOf(await host.invoke({ target: `Bench/${name}`, type: 'Sync', payload: way }));
        if (name === 'offender') ends.set(end, (ends.get(end) ?? 0) + 1);
        else if (end !== 'answer') throw new Error(`the well-behaved function ended with ${end}`);
      }
    };
    const looping = loop();
    const measured = await invokeJson(host, 'Bench/driver', { milliseconds: STRETCH });
    going = false;
    await looping;
    return measured;
  };

  await invokeJson(host, 'Bench/driver', { milliseconds: 500 });
  /** @type {NeighbourReport[]} */
  const offended = [];
  /** @type {NeighbourReport[]} */
  const compared = [];
  for (let pair = 0; pair < Number(flags.pairs); pair += 1) {
    compared.push(await beside('behaved', behaved));
    offended.push(await beside('offender', offender));
  }
  await host.stop();

  const both = [...offended, ...compared];
  const lost = both.reduce((sum, one) => sum + one.lost, 0);
  const share = median(offended.map((one, pair) => one.rate / (compared[pair]?.rate ?? Number.NaN)));
  // A flood that never reached the host would prove nothing.
  const fine = lost === 0 && share >= MIN_SHARE && !ends.has('answer') && (lines > 0 || !offender.includes('flood'));
  rows.push([
    isolation,
    offender,
    [...ends].map(([end, count]) => `${count} × ${end}`).join(', ') + (lines > 0 ? `, ${lines} log events` : ''),
    `${lost}`,
    Math.round(median(offended.map(({ rate }) => rate))).toLocaleString('en-US'),
    Math.round(median(compared.map(({ rate }) => rate))).toLocaleString('en-US'),
    `${Math.round(share * 100)} %`,
    fine ? 'held' : '**violated**',
  ]);
  if (!fine) {
    const firstLost = both.find((one) => one.lost > 0)?.firstLost ?? '';
    violations.push(
      `${isolation}, ${offender}: ${lost} lost ${firstLost}, share ${share.toFixed(2)}, ${lines} log events`,
    );
  }
}

/** How an offender's invocation ended, in a word or two. @param {any} outcome @returns {string} */
function endOf(outcome) {
  if (outcome.kind !== 'answered') return outcome.code ?? outcome.kind;
  return outcome.functionError === undefined ? 'answer' : JSON.parse(String(outcome.payload)).errorType;
}

/** SIGKILL to a host whose function runs a busy loop: what it started must be gone after 2 s. */
async function killHost() {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const config = join(folder, 'edgefc.config.json');
  const offender = { codeUri: FUNCTIONS, handler: 'offender.handler', isolation: 'process', timeout: '60s' };
  await writeFile(config, JSON.stringify({ services: { Bench: { functions: { offender } } } }));
  const args = [COMMAND, 'invoke', 'Bench/offender', '--config', config, '--payload', 'busy loop'];
  const host = spawn(process.execPath, args, { cwd: folder, stdio: 'ignore' });
  const pid = host.pid ?? 0;

  // Until they have burnt a second of CPU, several times what a start takes: then the loop runs.
  const deadline = performance.now() + 10_000;
  while (cpuOfTree(pid) < 1000 && performance.now() < deadline && host.exitCode === null) await pause(20);
  // A host that did not come up leaves nothing behind either: no processes counts as violated below.
  const started = host.exitCode === null ? processTree(pid).slice(1) : [];
  host.kill('SIGKILL');
  const begin = performance.now();
  const left = () => started.filter(isRunning);
  while (left().length > 0 && performance.now() - begin < 2000) await pause(10);
  const took = performance.now() - begin;
  const fine = started.length > 0 && left().length === 0;
  rows.push([
    'process',
    'SIGKILL to the host, busy loops',
    `${started.length} processes, ${left().length} left after ${Math.round(took)} ms`,
    '',
    '',
    '',
    '',
    fine ? 'held' : '**violated**',
  ]);
  if (!fine) violations.push(`SIGKILL to the host: ${started.length} processes, ${left().length} left after 2 s`);
  for (const one of left()) process.kill(one, 'SIGKILL');
  await rm(folder, { recursive: true });
}
