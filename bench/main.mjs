/**
 * The benchmark: `pnpm bench [--quick] [--only edgefc,raw] [--json]`.
 *
 * Starts the contenders one after another, measures them interleaved (measure.mjs), then what hosts cost besides
 * calls (footprint.mjs), and reports (report.mjs). Only the full run, with nothing left out by hand, writes RESULTS.md.
 */
import { parseArgs } from 'node:util';
import { allCases, quickCases } from './cases.mjs';
import { CONTENDERS } from './contenders.mjs';
import { edgefcFootprint, peerFootprints } from './footprint.mjs';
import { figuresOf, runRounds, startContender } from './measure.mjs';
import { watchOthers } from './procfs.mjs';
import { toMarkdown } from './report.mjs';
import { replaceSection } from './results-file.mjs';
import { judge } from './targets.mjs';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const only = flags.only?.split(',').map((part) => part.trim());
const wanted = CONTENDERS.filter(({ id, quick }) =>
  only ? only.some((part) => id.includes(part)) : quick || !flags.quick,
);
if (wanted.length === 0) {
  console.error(`--only ${flags.only} names no contender; there are: ${CONTENDERS.map(({ id }) => id).join('; ')}.`);
  process.exit(2);
}

/** ms of a slice, and how many rounds: about 1.5 minutes in the quick run, 12 in the full one. */
const effort = flags.quick
  ? { rounds: 5, warmUp: 200, slice: 200, repeat: 1, idle: 10_000 }
  : { rounds: 7, warmUp: 300, slice: 250, repeat: 3, idle: 20_000 };
const cases = flags.quick ? quickCases() : allCases();

/** @param {string} text */
const onProgress = (text) => process.stderr.write(`bench: ${text}\n`);

/** @type {import('./measure.mjs').Running[]} */
const running = [];
/** @type {{ id: string, reason: string }[]} */
const skipped = [];
for (const entry of wanted) {
  onProgress(`starting ${entry.id}`);
  try {
    running.push(await startContender(entry));
  } catch (error) {
    skipped.push({ id: entry.id, reason: error instanceof Error ? error.message : String(error) });
  }
}
const others = watchOthers();
const results = await runRounds(running, cases, { ...effort, onProgress });
const disturbed = others();
await Promise.all(running.map((one) => one.stop()));

const entries = running.map(({ entry }) => entry);
const withEdgefc = entries.some(({ file }) => file === 'edgefc');
const footprint = withEdgefc ? await edgefcFootprint({ ...effort, onProgress }) : {};
const peers = flags.quick ? [] : await peerFootprints(entries, { repeat: effort.repeat, onProgress });
const targets = judge((id, caseId) => {
  const entry = entries.find((one) => one.id === id);
  const one = cases.find((candidate) => candidate.id === caseId);
  const figures = entry && one && figuresOf(results, entries, entry, one);
  return figures === undefined || 'failure' in figures ? undefined : figures;
}, footprint);

if (flags.json) {
  const measured = Object.fromEntries(
    entries.map((entry) => [
      entry.id,
      Object.fromEntries(cases.map((one) => [one.id, figuresOf(results, entries, entry, one)])),
    ]),
  );
  console.log(JSON.stringify({ measured, footprint, peers, targets, skipped }, undefined, 2));
} else {
  const text = toMarkdown({
    command: ['pnpm bench', ...process.argv.slice(2)].join(' '),
    settings:
      `${effort.rounds} rounds through all contenders, slices of ${effort.slice} ms, after a warm-up round; p50 and p99 over ` +
      'the samples of all rounds, rates and ratios the median of the rounds, each ratio taken inside one round. Only ' +
      `ratios can be compared between machines, or between hours. ${disturbed}`,
    entries,
    cases,
    results,
    versions: new Map(running.map(({ entry, version }) => [entry.id, version])),
    skipped,
    footprint,
    peers,
    targets,
  });
  console.log(text);
  if (!flags.quick && only === undefined) await replaceSection('bench', text);
}
process.exit(0);
