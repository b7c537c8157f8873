/**
 * `pnpm footprint`: what edgefc costs. Installed: size, packages, the largest parts, beside what others cost that run
 * functions; running: start, cold starts and memory, for processes and threads, on Node 22 and 24. Prints the tables.
 *
 *     --write            writes them to docs/footprint.md; what was measured while the machine was busy is not written
 *     --sizes            leaves out what has to run, and what is in the page about it as it is
 *     --check            only installs our own packages, and fails when they are larger than they may be (no page)
 *     --repeat <n>       times that each start is measured (default: 11)
 *     --tarballs <dir>   takes packed tarballs from there instead of packing (the packages must have been built)
 */
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { install } from './footprint/install.mjs';
import { costsTable, partsTable, replaceTable, sizesTable } from './footprint/page.mjs';
import { measure } from './footprint/run.mjs';
import { packInto, tarballOf } from './pack.mjs';
import { runCommand } from './run-command.mjs';

const root = join(import.meta.dirname, '..');
const PAGE = join(root, 'docs', 'footprint.md');
const NODE_22 = '22.23.3';
/** The load average of the last minute beyond which nothing is written: other work, which would be measured, too. */
const QUIET = 0.5;

/** What is promised: bytes, and packages besides itself. */
const LIMITS = {
  '@edgefc/sdk': { bytes: 60e3, dependencies: 1 },
  '@edgefc/runtime': { bytes: 25e6, dependencies: Infinity },
};

/** What others install for the same work, in the versions of bench/package.json. */
const PEERS = [
  { name: 'serverless-offline', packages: ['serverless-offline', 'serverless'] },
  { name: 'miniflare', packages: ['miniflare'] },
  { name: 'moleculer', packages: ['moleculer'] },
  { name: '@google-cloud/functions-framework', packages: ['@google-cloud/functions-framework'] },
];

const { values: options } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    sizes: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    repeat: { type: 'string', default: '11' },
    tarballs: { type: 'string' },
  },
});
const place = realpathSync(mkdtempSync(join(tmpdir(), 'edgefc-footprint-')));
const say = (text) => console.error(text);

try {
  process.exitCode = await main();
} catch (error) {
  say(error.message);
  process.exitCode = 1;
} finally {
  rmSync(place, { recursive: true, force: true });
}

async function main() {
  const [load = 0] = loadavg();
  const isBusy = load > QUIET;
  const tarballs = options.tarballs ?? place;
  if (options.tarballs === undefined) {
    const packed = await packInto(place);
    if (packed.code !== 0) throw new Error(packed.output);
  }
  const sdk = await install(join(place, 'sdk'), [tarballOf('sdk', tarballs)]);
  // The registry would bring the SDK along; here its tarball has to be named, and is a dependency all the same.
  const both = ['runtime', 'sdk'].map((folder) => tarballOf(folder, tarballs));
  const { dependencies, ...rest } = await install(join(place, 'runtime'), both);
  const runtime = { ...rest, dependencies: dependencies + 1 };
  const ours = { '@edgefc/sdk': sdk, '@edgefc/runtime': runtime };
  const tooLarge = Object.entries(ours).flatMap(([name, installed]) => complaintsOf(name, installed));
  for (const complaint of tooLarge) say(complaint);
  if (options.check) {
    for (const [name, { bytes, dependencies: count }] of Object.entries(ours)) {
      console.log(`${name}: ${(bytes / 1e3).toFixed(0)} kB installed, ${count} dependencies`);
    }
    return tooLarge.length > 0 ? 1 : 0;
  }

  const sizes = sizesTable([
    ...Object.entries(ours).map(([name, installed]) => ({ name: `\`${name}\``, installed })),
    ...(await installPeers()),
  ]);
  const parts = partsTable(runtime);
  console.log(`${sizes}\n\n${parts}`);
  const costs = options.sizes ? undefined : await costsOf(join(place, 'runtime'));
  if (costs !== undefined) console.log(`\n${costs}`);

  if (!options.write) return 0;
  let page = readFileSync(PAGE, 'utf8');
  page = replaceTable(replaceTable(page, 'sizes', sizes), 'parts', parts);
  if (costs !== undefined && isBusy)
    say(`the load was ${load.toFixed(2)}: what was measured of running hosts is not written`);
  else if (costs !== undefined) page = replaceTable(page, 'costs', `${costs}\n\n${conditions()}`);
  writeFileSync(PAGE, page);
  const formatted = await runCommand('prettier', ['--write', '--log-level', 'warn', PAGE]);
  if (formatted.code !== 0) throw new Error(formatted.output);
  return costs !== undefined && isBusy ? 1 : 0;
}

function complaintsOf(name, { bytes, dependencies }) {
  const limit = LIMITS[name];
  const complaints = [];
  if (bytes > limit.bytes) {
    complaints.push(`${name}: ${(bytes / 1e3).toFixed(0)} kB installed, allowed ${limit.bytes / 1e3} kB`);
  }
  if (dependencies > limit.dependencies) {
    complaints.push(`${name}: ${dependencies} dependencies, allowed ${limit.dependencies}`);
  }
  return complaints;
}

async function installPeers() {
  const pinned = JSON.parse(readFileSync(join(root, 'bench', 'package.json'), 'utf8')).dependencies;
  const rows = [];
  for (const { name, packages } of PEERS) {
    say(`installing ${name}`);
    const wanted = packages.map((one) => `${one}@${pinned[one]}`);
    const { dependencies, ...rest } = await install(join(place, name.replace('/', '-')), wanted);
    // Only the first was asked for by whoever wants to run functions.
    const installed = { ...rest, dependencies: dependencies + packages.length - 1 };
    rows.push({ name: `${name} ${pinned[name]}`, installed });
  }
  return rows;
}

async function costsOf(folder) {
  if (process.platform !== 'linux') {
    say('memory is read from /proc: what has to run is measured on Linux only');
    return undefined;
  }
  const columns = [];
  for (const node of [await installNode(NODE_22), process.execPath]) {
    const version = (await runCommand(node, ['--version'])).stdout.trim().slice(1);
    const onProgress = (text) => say(`Node ${version}: ${text}`);
    columns.push({ version, costs: await measure(node, folder, { repeat: Number(options.repeat), onProgress }) });
  }
  return costsTable(columns);
}

/** The path of another Node. */
async function installNode(version) {
  const folder = join(place, `node-${version}`);
  const name = `node-linux-${process.arch}`;
  await install(folder, [`${name}@${version}`]);
  return join(folder, 'node_modules', name, 'bin', 'node');
}

function conditions() {
  const [cpu] = cpus();
  const day = new Date().toISOString().slice(0, 10);
  return `${day}, ${cpus().length} × ${cpu?.model ?? 'unknown'}, Linux ${process.arch}.`;
}
