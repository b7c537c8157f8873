/**
 * `pnpm release:rehearse`: a release from its pending changesets to functions that run from what was installed, without a trace
 * outside of a temporary folder.
 *
 * In a copy of the workspace `pnpm version-packages` and `pnpm release` do what they will do, against a registry on loopback
 * (registry.mjs). Then strangers (strangers.mjs) install each package in a folder of its own, with npm, pnpm and Yarn, and use it.
 *
 *     --keep   leaves the folder for a look
 */
import { appendFileSync, globSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCommand } from '../run-command.mjs';
import { useAsStranger } from './as-stranger.mjs';
import { MANAGERS, strangersEnvironment } from './package-managers.mjs';
import { startRegistry } from './registry.mjs';
import { STRANGERS } from './strangers.mjs';
import { copyWorkspace, commitAll, git } from './working-copy.mjs';

const { values: options } = parseArgs({ options: { keep: { type: 'boolean', default: false } } });
const place = realpathSync(mkdtempSync(join(tmpdir(), 'edgefc-rehearsal-')));
const workspace = join(place, 'workspace');

/** ms that a step of the release may take. */
const PATIENCE = 180_000;
/** What `pnpm version-packages` writes. */
const WRITTEN = ['packages/*/{CHANGELOG.md,package.json,api/*.md}', '.changeset'];

let registry;
try {
  registry = await step('a registry on loopback', () => startRegistry(join(place, 'registry')));
  const before = await step('a copy of the workspace', () => copyWorkspace(workspace).then(readVersions));
  const versions = await step('pnpm version-packages', () => raiseVersions(before));
  await step('pnpm release', () => release(registry, versions));
  const env = strangersEnvironment(place, registry.url);
  const outcomes = await Promise.allSettled([
    step('a type that is gone needs a changeset that says so', () => breakTypes(versions)),
    ...Object.entries(MANAGERS).map(async ([name, manager]) => {
      await manager.prepare(place, env);
      for (const stranger of name === 'npm' ? Object.keys(STRANGERS) : ['sdk', 'runtime', 'testkit']) {
        await step(`${name}: ${STRANGERS[stranger].packages.join(' and ')}`, () =>
          useAsStranger({ place, manager, name: `${name}-${stranger}`, env, versions, ...STRANGERS[stranger] }),
        );
      }
    }),
  ]);
  const failures = outcomes.filter(({ status }) => status === 'rejected').map(({ reason }) => reason.message);
  if (failures.length > 0) throw new Error(failures.join('\n'));
  await step('nobody was asked for what is ours', () => checkScope(registry.asked()));
} catch (error) {
  console.log(error.message);
  process.exitCode = 1;
} finally {
  await registry?.stop();
  if (options.keep) console.log(`kept: ${place}`);
  else rmSync(place, { recursive: true, force: true });
}

/** Runs one step and prints a line for it; the rehearsal ends with the first that throws. */
async function step(name, run) {
  const start = performance.now();
  const print = (mark) => {
    console.log(`${mark}  ${((performance.now() - start) / 1000).toFixed(1).padStart(5)} s  ${name}`);
  };
  try {
    const result = await run();
    print('ok    ');
    return result;
  } catch (error) {
    print('FAILED');
    throw new Error(error.message.trimEnd().replace(/^/gm, '        '), { cause: error });
  }
}

/** Folder, name and version of what is published. */
function readVersions() {
  return Object.fromEntries(
    globSync('packages/*/package.json', { cwd: workspace })
      .map((path) => JSON.parse(readFileSync(join(workspace, path), 'utf8')))
      .map(({ name, version }) => [name, version]),
  );
}

/** Raises the versions as the pending changesets say; with none pending it writes one, so that there is always a release to rehearse. */
async function raiseVersions(before) {
  const pending = globSync('.changeset/*.md', { cwd: workspace }).filter((path) => !path.endsWith('README.md'));
  if (pending.length === 0) {
    const lines = Object.keys(before).map((name) => `'${name}': patch\n`);
    writeFileSync(join(workspace, '.changeset', 'rehearsal.md'), `---\n${lines.join('')}---\n\nA rehearsal.\n`);
  }
  await run('version-packages');
  const left = globSync('.changeset/*.md', { cwd: workspace }).filter((path) => !path.endsWith('README.md'));
  if (left.length > 0) throw new Error(`these changesets were not used: ${left.join(', ')}`);
  const versions = readVersions();
  for (const [name, version] of Object.entries(versions)) {
    const folder = name.replace('@edgefc/', '');
    const changelog = readFileSync(join(workspace, 'packages', folder, 'CHANGELOG.md'), 'utf8');
    if (!changelog.includes(`\n## ${version}\n`)) throw new Error(`${name}: CHANGELOG.md has no section ${version}`);
  }
  if (versions['@edgefc/runtime'] !== versions['@edgefc/testkit']) {
    throw new Error(`runtime and testkit must have one version: ${JSON.stringify(versions)}`);
  }
  const { code, output } = await runCommand('prettier', ['--check', '--log-level', 'warn', ...WRITTEN], {
    cwd: workspace,
  });
  if (code !== 0) throw new Error(`pnpm verify would refuse what it wrote:\n${output}`);
  await commitAll(workspace, 'Version packages');
  return versions;
}

async function release({ url, address }, versions) {
  // Whoever publishes must be somebody; this registry takes anybody.
  appendFileSync(join(workspace, '.npmrc'), `registry=${url}\n//${address}/:_authToken=rehearsal\n`);
  await run('release');
  const tags = (await git(workspace, ['tag'])).split('\n');
  for (const [name, version] of Object.entries(versions)) {
    if (!tags.includes(`${name}@${version}`)) throw new Error(`there is no tag ${name}@${version}: ${tags.join(' ')}`);
    const response = await fetch(`${url}${name.replace('/', '%2f')}`);
    const latest = response.ok ? (await response.json())['dist-tags'].latest : `status ${response.status}`;
    if (latest !== version) throw new Error(`the registry has ${name}@${latest}, not ${version}`);
  }
}

/** The version that is out has promised a type, and the next one does not have it. */
async function breakTypes(versions) {
  const released = join(workspace, 'packages', 'sdk', 'api', 'released.md');
  const text = readFileSync(released, 'utf8');
  writeFileSync(
    released,
    text.replace('```ts\n', '```ts\nexport interface Promised {\n    readonly kept: boolean;\n}\n\n'),
  );
  const check = () => runCommand(process.execPath, ['scripts/api.mjs'], { cwd: workspace });
  const size = versions['@edgefc/sdk'].startsWith('0.') ? 'minor' : 'major';
  for (const announced of ['patch', size]) {
    writeFileSync(
      join(workspace, '.changeset', 'gone.md'),
      `---\n'@edgefc/sdk': ${announced}\n---\n\nPromised is gone.\n`,
    );
    const { code, output } = await check();
    if ((code === 0) !== (announced === size))
      throw new Error(`announced as ${announced}: exit code ${code}\n${output}`);
    if (announced !== size && !output.includes('interface Promised … readonly kept: boolean;')) {
      throw new Error(`it does not say what is gone:\n${output}`);
    }
  }
}

/** A script of the workspace, as a person would start it, but for the installation that pnpm would begin with. */
async function run(script) {
  const env = { ...process.env, pnpm_config_verify_deps_before_run: 'false', CI: 'true' };
  const { code, output } = await runCommand('pnpm', ['run', script], { cwd: workspace, env, timeout: PATIENCE });
  if (code !== 0) throw new Error(`pnpm ${script} ended with ${code}\n${output}`);
}

/** The registry must have fetched something (or its log is not what we take it for), and nothing that is ours. */
function checkScope(asked) {
  if (asked.length === 0) throw new Error('the log of the registry shows no question to another one');
  const ours = asked.filter((address) => /@edgefc(?:\/|%2f)/i.test(address));
  if (ours.length > 0) throw new Error(`another registry was asked for\n${ours.join('\n')}`);
}
