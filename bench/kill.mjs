/**
 * The long run of the kill test: a host under load is killed with SIGKILL 200 times at random instants and started again on the
 * same data; then everything is run to its end, and what the functions wrote down is checked.
 *
 * The test itself, with what it holds the host to, is packages/runtime/test/support/kill/. A tenth as many rounds go without the
 * kernel's help in ending function processes, where the next start has to do it. Exits with 1 when anything was violated.
 *
 * usage: pnpm bench kill [--rounds 200] [--seed 1] [--write]   (--write puts the result into RESULTS.md)
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runKillRounds } from '../packages/runtime/test/support/kill/rounds.ts';
import { machine, table } from './report.mjs';
import { replaceSection } from './results-file.mjs';

/** @typedef {import('../packages/runtime/test/support/kill/rounds.ts').KillReport} KillReport */

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});
const rounds = Number(flags.rounds);
const seed = Number(flags.seed);

const helped = await run('with the parent-death signal', rounds, true);
const alone = await run('without it', Math.max(1, Math.round(rounds / 10)), false);

/** @type {readonly [what: string, of: (report: KillReport) => string | number, limit?: number][]} */
const LINES = [
  ['rounds', ({ rounds }) => rounds],
  [
    'of them killed: during the start, under load, during the stop',
    ({ kills }) => `${kills.start}, ${kills.load}, ${kills.stop}`,
  ],
  ['ids given out by callbacks', ({ accepted }) => accepted],
  ['messages published, each for two functions', ({ published }) => published],
  ['work accepted in all (destinations, and what no caller was told of)', ({ stored }) => stored],
  ['rows accepted for each synced commit', ({ commits }) => (commits.accepted / commits.synced).toFixed(1)],
  ['starts of handlers', ({ starts }) => starts],
  ['of them repeats; over a kill', ({ repeats, repeatsAfterKill }) => `${repeats}; ${repeatsAfterKill}`],
  ['runs found interrupted, for each kill', ({ recovered, rounds }) => (recovered / rounds).toFixed(1)],
  ['dead letters, each told to its destination', ({ dead }) => dead],
  [
    'host.start() on what was left, ms: median; most',
    ({ startMs }) => `${startMs.median.toFixed(0)}; ${startMs.most.toFixed(0)}`,
  ],
  ['function processes ended by the next start', ({ swept }) => swept],
  ['lost', ({ lost }) => lost.length, 0],
  ['repeats without a higher attempt', ({ wrongAttempts }) => wrongAttempts.length, 0],
  ['order keys out of order', ({ wrongOrder }) => wrongOrder.length, 0],
  ['destinations missing or wrong', ({ wrongDestinations }) => wrongDestinations.length, 0],
  ['function processes left running 1 s later', ({ leftovers }) => leftovers.length, 0],
  ['sums that do not add up (I3), hosts that ended by themselves', ({ violations }) => violations.length, 0],
];
const rows = LINES.map(([what, of, limit]) => {
  const cells = [helped, alone].map((report) => {
    const value = of(report);
    return limit === undefined || value === limit ? `${value}` : `**${value}**`;
  });
  return [what, ...cells, limit === undefined ? '' : `${limit}`];
});
const violated = [helped, alone].flatMap(
  ({ lost, wrongAttempts, wrongOrder, wrongDestinations, leftovers, violations }) => [
    ...lost,
    ...wrongAttempts,
    ...wrongOrder,
    ...wrongDestinations,
    ...leftovers,
    ...violations,
  ],
);

const text = [
  `Date: ${new Date().toISOString().slice(0, 10)}. Machine: ${machine()}. Command: \`${['pnpm bench kill', ...process.argv.slice(2)].join(' ')}\`.`,
  '',
  'Order keys: half of the calls have one of twelve; nothing of a key may start before all that was accepted earlier is over.',
  '',
  ...table('Result', ['what', 'kernel ends functions', 'next start ends them', 'limit'], rows),
  violated.length === 0 ? 'Nothing was violated.' : ['Violated:', ...violated.map((one) => `- ${one}`)].join('\n'),
].join('\n');
console.log(text);
if (flags.write) await replaceSection('kill', text);
process.exit(violated.length === 0 ? 0 : 1);

/** @param {string} how @param {number} count @param {boolean} parentDeathSignal */
async function run(how, count, parentDeathSignal) {
  const directory = await mkdtemp(join(tmpdir(), 'bench-kill-'));
  const report = await runKillRounds({
    rounds: count,
    seed,
    directory,
    parentDeathSignal,
    onRound: (said) => process.stderr.write(`kill: ${how}, ${said}\n`),
  });
  await rm(directory, { recursive: true, force: true });
  return report;
}
