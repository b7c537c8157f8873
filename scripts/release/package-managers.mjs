/** The three package managers as strangers use them: how each adds a package, and runs a command that one has brought. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { runCommand } from '../run-command.mjs';

const root = join(import.meta.dirname, '..', '..');
const YARN = '@yarnpkg/cli-dist@4.18.1';

/** By name; `prepare` is called once, before anything else. */
export const MANAGERS = {
  npm: {
    prepare: async () => {},
    settings: () => ({}),
    add: (_place, packages) => ['npm', ['install', '--no-audit', '--no-fund', ...packages]],
    exec: (_place, command) => ['npx', ['--no', '--', ...command]],
  },
  pnpm: {
    prepare: async () => {},
    // A version that is younger than a day is not installed otherwise, and these are some seconds old.
    settings: () => ({ 'pnpm-workspace.yaml': 'minimumReleaseAge: 0\n' }),
    add: (_place, packages) => ['pnpm', ['add', ...packages]],
    exec: (_place, command) => ['pnpm', ['exec', ...command]],
  },
  yarn: {
    prepare: prepareYarn,
    settings: (url) => ({
      '.yarnrc.yml': [
        'nodeLinker: node-modules',
        `npmRegistryServer: '${url}'`,
        `unsafeHttpWhitelist: ['127.0.0.1']`,
        'npmMinimalAgeGate: 0',
        'enableTelemetry: false',
        'enableImmutableInstalls: false',
        '',
      ].join('\n'),
      // Yarn looks for its project upwards otherwise.
      'yarn.lock': '',
    }),
    add: (place, packages) => ['node', [yarnIn(place), 'add', ...packages]],
    exec: (place, command) => ['node', [yarnIn(place), 'exec', ...command]],
  },
};

/** Nobody's machine has the Yarn that we mean: it comes from the registry like everything else. */
async function prepareYarn(place, env) {
  const cwd = join(place, 'yarn');
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'package.json'), '{ "private": true }');
  const { code, output } = await runCommand('npm', ['install', '--no-audit', '--no-fund', YARN], { cwd, env });
  if (code !== 0) throw new Error(`Yarn cannot be installed:\n${output}`);
}

function yarnIn(place) {
  return join(place, 'yarn', 'node_modules', '@yarnpkg', 'cli-dist', 'bin', 'yarn.js');
}

/** An environment without anything that pnpm or this workspace put into it, with the registry and stores of its own. */
export function strangersEnvironment(place, url) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:npm|pnpm|yarn|edgefc|node)_/i.test(name)),
  );
  const path = (process.env.PATH ?? '').split(delimiter).filter((entry) => !entry.startsWith(root));
  // Whoever started this with npx has pnpm there only.
  const pnpm = (process.env.PATH ?? '').split(delimiter).find((entry) => existsSync(join(entry, 'pnpm')));
  env.PATH = [dirname(process.execPath), ...path, ...(pnpm === undefined ? [] : [pnpm])].join(delimiter);
  return {
    ...env,
    CI: 'true',
    npm_config_registry: url,
    npm_config_cache: join(place, 'npm-cache'),
    npm_config_update_notifier: 'false',
    pnpm_config_registry: url,
    pnpm_config_store_dir: join(place, 'pnpm-store'),
    pnpm_config_cache_dir: join(place, 'pnpm-cache'),
    YARN_GLOBAL_FOLDER: join(place, 'yarn-global'),
  };
}
