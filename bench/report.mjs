/** The report: one set of Markdown tables, printed by every run and written to RESULTS.md by the full one. */
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { figuresOf } from './measure.mjs';

/** What the figures depend on, without names of hosts or folders. */
export function machine() {
  return [
    `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `${type()} ${release().split('-')[0]}`,
    `Node ${process.versions.node}`,
  ].join(', ');
}

/**
 * @typedef {object} Run
 * @property {string} command
 * @property {string} settings
 * @property {readonly import('./contenders.mjs').Entry[]} entries
 * @property {readonly import('./cases.mjs').Case[]} cases
 * @property {Map<string, import('./measure.mjs').Rounds>} results
 * @property {Map<string, string>} versions   by contender id
 * @property {{ id: string, reason: string }[]} skipped
 * @property {Record<string, import('./footprint.mjs').Figure>} footprint
 * @property {{ id: string, startUp: number, rss: number | undefined, pss: number | undefined }[]} peers
 * @property {import('./targets.mjs').Target[]} targets
 */

/** @param {Run} run @returns {string} */
export function toMarkdown(run) {
  return [
    ...head(run),
    ...targetTable(run.targets),
    ...run.cases.flatMap((one) => caseTable(run, one)),
    ...footprintTables(run),
  ].join('\n');
}

/** @param {Run} run */
function head({ command, settings, versions, skipped }) {
  return [
    `Date: ${new Date().toISOString().slice(0, 10)}. Machine: ${machine()}. Command: \`${command}\`.`,
    '',
    settings,
    '',
    `Versions: ${[...new Set(versions.values())].sort().join('; ')}.`,
    '',
    skipped.length === 0 ? 'Nothing was skipped.' : 'Skipped:',
    ...skipped.map(({ id, reason }) => `- ${id}: ${firstLine(reason)}`),
    '',
  ];
}

/** @param {import('./targets.mjs').Target[]} targets */
function targetTable(targets) {
  return table(
    'Targets',
    ['', 'target', 'measured', ''],
    targets.map(({ what, target, measured, met }) => [
      what,
      target,
      measured,
      met === undefined ? '–' : met ? 'met' : '**not met**',
    ]),
  );
}

/** @param {Run} run @param {import('./cases.mjs').Case} one */
function caseTable({ entries, results }, one) {
  const rows = entries.flatMap((entry) => {
    const figures = figuresOf(results, entries, entry, one);
    if (figures === undefined) return [];
    if ('failure' in figures) return [[entry.id, `failed: ${firstLine(figures.failure)}`, '', '', '', '', '']];
    return [
      [
        entry.id,
        `${figures.mean ? 'mean ' : ''}${number(figures.p50)}`,
        number(figures.p99),
        number(figures.rate),
        factor(figures.timeRatio),
        factor(figures.rateRatio),
        entry.unit,
      ],
    ];
  });
  const kind = one.kind === 'text' ? 'text' : 'Buffer';
  const title = `${one.id.split(' ')[0]} (${kind}), ${one.inFlight === 1 ? 'one at a time' : `${one.inFlight} in flight`}`;
  return table(title, ['', 'p50 µs', 'p99 µs', 'calls/s', 'time × raw', 'rate × raw', 'raw of'], rows);
}

/** @param {Run} run */
function footprintTables({ footprint, peers }) {
  const rows = Object.values(footprint).map(({ what, value, unit, note }) => [
    what,
    `${value.toFixed(value < 10 ? 2 : 1)} ${unit}`,
    note ?? '',
  ]);
  const peerRows = peers.map(({ id, startUp, rss, pss }) => [id, startUp.toFixed(0), number(rss), number(pss)]);
  return [
    ...(rows.length > 0 ? table('edgefc: start and footprint', ['', 'measured', 'how'], rows) : []),
    ...(peerRows.length > 0
      ? table(
          'Start to first answer, and memory idle (spawn of the contender’s process, Node’s own start included)',
          ['', 'ms', 'RSS MB', 'proportional MB'],
          peerRows,
        )
      : []),
  ];
}

/** A Markdown table under a heading, its columns aligned for terminals. @param {string} title @param {string[]} columns @param {string[][]} rows */
export function table(title, columns, rows) {
  const widths = columns.map((column, index) =>
    Math.max(3, column.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  /** @param {string[]} cells */
  const line = (cells) => `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(' | ')} |`;
  return [`## ${title}`, '', line(columns), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line), ''];
}

/** Three digits that mean something. @param {number | undefined} value */
function number(value) {
  if (value === undefined || Number.isNaN(value)) return '–';
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** @param {number | undefined} value */
const factor = (value) => (value === undefined ? '–' : value >= 100 ? value.toFixed(0) : value.toFixed(2));

/** What a person needs of a reason: its first line, without folders of this machine. @param {string} text */
const firstLine = (text) => (text.split('\n')[0] ?? '').replaceAll(/(file:\/\/)?\/[^\s'"]*\//g, '…/').slice(0, 160);
