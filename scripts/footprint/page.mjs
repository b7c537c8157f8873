/**
 * docs/footprint.md: its text is written by hand, and the tables between its markers are written by `pnpm footprint`.
 */

/**
 * Writes a table into its place: between `<!-- sizes -->` and `<!-- /sizes -->`, and so on.
 *
 * @param {string} page @param {'sizes' | 'parts' | 'costs'} name @param {string} content
 */
export function replaceTable(page, name, content) {
  const pattern = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(\\n?<!-- /${name} -->)`);
  if (!pattern.test(page))
    throw new Error(`docs/footprint.md has no place for ${name}: <!-- ${name} --> … <!-- /${name} -->`);
  return page.replace(pattern, (_, begin, end) => `${begin}\n${content.trim()}\n${end}`);
}

/** @param {readonly { name: string, installed: import('./install.mjs').Installed }[]} rows */
export function sizesTable(rows) {
  const lines = rows.map(
    ({ name, installed: { bytes, dependencies } }) => `| ${name} | ${inUnits(bytes)} | ${dependencies} |`,
  );
  return ['| installed | size | dependencies |', '| --- | --: | --: |', ...lines].join('\n');
}

/** What the files of the runtime's installation are for; the first that fits. @type {readonly [string, RegExp][]} */
const PARTS = [
  ['the SDK', /^@edgefc\/sdk\//],
  ['eventemitter3', /^eventemitter3\//],
  ['what starts with each function and each queue (`*-entry.cjs`)', /-entry\.cjs$/],
  ['the engine once more as CommonJS, for tests', /^@edgefc\/runtime\/dist\/.*\.cjs$/],
  ['types, with their documentation', /\.d\.c?ts$/],
  ['the host and the command', /^@edgefc\/runtime\/dist\/.*\.js$/],
  ['what `edgefc init` writes', /^@edgefc\/runtime\/templates\//],
  ['licences, readme, manifest', /./],
];

/** @param {import('./install.mjs').Installed} installed */
export function partsTable({ files }) {
  const sums = new Map(PARTS.map(([what]) => [what, 0]));
  for (const { path, bytes } of files) {
    const [what = ''] = PARTS.find(([, pattern]) => pattern.test(path)) ?? [];
    sums.set(what, (sums.get(what) ?? 0) + bytes);
  }
  const lines = [...sums].sort(([, a], [, b]) => b - a).map(([what, bytes]) => `| ${what} | ${inUnits(bytes)} |`);
  return ['| parts of `@edgefc/runtime`, installed | size |', '| --- | --: |', ...lines].join('\n');
}

/** @param {readonly { version: string, costs: import('./run.mjs').Costs }[]} columns */
export function costsTable(columns) {
  const ms = (value) => `${Math.round(value)} ms`;
  const mb = ({ rss, pss }) => `${rss.toFixed(1)} MB (${pss.toFixed(1)} MB)`;
  /** @type {[string, (costs: import('./run.mjs').Costs) => string][]} */
  const rows = [
    ['`edgefc start` until it is ready', ({ startMs }) => ms(startMs)],
    ['`edgefc invoke` until the answer, function in a process', ({ answerMs }) => ms(answerMs.process)],
    ['`edgefc invoke` until the answer, function in a thread', ({ answerMs }) => ms(answerMs.thread)],
    ['cold start, process', ({ coldMs }) => ms(coldMs.process)],
    ['cold start, thread', ({ coldMs }) => ms(coldMs.thread)],
    ['idle host, RSS', ({ idleMB }) => `${idleMB.toFixed(1)} MB`],
    ['a hundred functions that have not run, in the host', ({ coldMB }) => `${coldMB.toFixed(1)} MB`],
    ['each warm function, process, RSS (proportional)', ({ warmMB }) => mb(warmMB.process)],
    ['each warm function, thread, RSS (proportional)', ({ warmMB }) => mb(warmMB.thread)],
  ];
  return [
    `| | ${columns.map(({ version }) => `Node ${version}`).join(' | ')} |`,
    `| --- | ${columns.map(() => '--:').join(' | ')} |`,
    ...rows.map(([what, read]) => `| ${what} | ${columns.map(({ costs }) => read(costs)).join(' | ')} |`),
  ].join('\n');
}

/** Decimal, as disks and registries count. */
function inUnits(bytes) {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
