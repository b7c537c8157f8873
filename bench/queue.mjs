/**
 * Queues side by side: durable enqueue with 1, 64 and 512 producers, the full cycle, the start of a job in an idle queue,
 * and a host with a million pending invocations.
 *
 * Redis, PostgreSQL and nats-server are Debian packages; a peer whose server is not installed is left out, and the report
 * says which package it needs. All contenders are started first and measured in turns, as in main.mjs, and ratios taken
 * inside one round. Files are in the folder for temporary files (TMPDIR), which has to be on the disk in question.
 *
 * usage: pnpm bench queue [--quick] [--only edgefc,sqlite] [--no-recovery] [--write]   (--write: into RESULTS.md)
 */
import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { runRounds, startContender } from './measure.mjs';
import { QUEUE_CASES, QUEUES } from './queue-entries.mjs';
import { measureRecovery } from './queue-recovery.mjs';
import { queueReport } from './queue-report.mjs';
import { replaceSection } from './results-file.mjs';
import { watchOthers } from './procfs.mjs';

/** The type of a file system in memory, as statfs tells it: a sync is nothing there. */
const TMPFS = 0x01021994;

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    recovery: { type: 'boolean', default: true },
    write: { type: 'boolean', default: false },
  },
  allowNegative: true,
});
if (statfsSync(tmpdir()).type === TMPFS) {
  console.error(`${tmpdir()} is a file system in memory: set TMPDIR to a folder on a disk.`);
  process.exit(2);
}
const only = flags.only?.split(',').map((part) => part.trim());
const wanted = QUEUES.filter(({ id }) => only?.some((part) => id.includes(part)) ?? true);
if (wanted.length === 0) {
  console.error(`--only ${flags.only} names no queue; there are: ${QUEUES.map(({ id }) => id).join('; ')}.`);
  process.exit(2);
}
const effort = flags.quick
  ? { rounds: 3, warmUp: 250, slice: 250, repeat: 1, jobs: 100_000 }
  : { rounds: 7, warmUp: 600, slice: 600, repeat: 3, jobs: 1_000_000 };

/** @param {string} text */
const onProgress = (text) => process.stderr.write(`queue: ${text}\n`);

/** @type {import('./measure.mjs').Running[]} */
const running = [];
/** @type {{ id: string, reason: string }[]} */
const skipped = [];
for (const entry of wanted) {
  onProgress(`starting ${entry.id}`);
  try {
    running.push(await startContender(entry));
  } catch (error) {
    skipped.push({ id: entry.id, reason: messageOf(error) });
  }
}
const others = watchOthers();
const results = await runRounds(running, QUEUE_CASES, { ...effort, onProgress });
const disturbed = others();
await Promise.all(running.map((one) => one.stop()));

/** @type {import('./queue-recovery.mjs').Recovery | undefined} */
let recovery;
if (flags.recovery && wanted.some(({ id }) => id.startsWith('edgefc'))) {
  try {
    recovery = await measureRecovery(effort.jobs, effort.repeat, onProgress);
  } catch (error) {
    skipped.push({ id: 'recovery', reason: messageOf(error) });
  }
}

const text = queueReport({
  command: ['pnpm bench queue', ...process.argv.slice(2)].join(' '),
  settings:
    `${effort.rounds} rounds through all queues, slices of ${effort.slice} ms, after a warm-up round; rates and times are ` +
    'the median of the rounds, ratios the median of the ratios inside each round. Only ratios can be compared between ' +
    `machines, or between hours. ${disturbed}`,
  entries: QUEUES.filter(({ id }) => running.some(({ entry }) => entry.id === id)),
  versions: new Map(running.map(({ entry, version }) => [entry.id, version])),
  roundsOf: (id, caseId) => results.get(`${id}/${caseId}`),
  skipped,
  recovery,
});
console.log(text);
if (flags.write) await replaceSection('queue', text);
process.exit(0);

/** @param {unknown} error */
function messageOf(error) {
  const text = error instanceof Error ? error.message : String(error);
  // A failed import begins with the place; what went wrong is further down.
  return text.split('\n').find((line) => /\b(not installed|\w*Error\b)/.test(line)) ?? text;
}
