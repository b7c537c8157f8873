/** Runs commands as somebody does who has never heard of this workspace: npm's, and other versions of Node. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { runCommand } from './run-command.mjs';

const root = join(import.meta.dirname, '..');

/** The oldest Node that the packages take: `engines` says >= this one. */
export const OLDEST_NODE = `${readManifest('packages/testkit/package.json').engines.node.replace('>=', '')}.0`;

/** Runs a command without anything that pnpm or this workspace put into the environment. */
export function outside(command, args, cwd, { timeout = 180_000 } = {}) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(?:npm|pnpm)_/i.test(name) || /^npm_config_(?:registry|https?_?proxy|noproxy|cafile|cache)$/i.test(name),
    ),
  );
  const path = (process.env.PATH ?? '').split(delimiter).filter((entry) => !entry.startsWith(root));
  env.PATH = [dirname(process.execPath), ...path].join(delimiter);
  delete env.NODE_PATH;
  delete env.NODE_OPTIONS;
  return runCommand(command, args, { cwd, env, timeout });
}

/** Installs a Node into `folder`, which need not exist, and gives the path of it. */
export async function installNode(version, folder) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'another-node', private: true }));
  const { code, output } = await outside('npm', ['install', '--no-audit', '--no-fund', `node@${version}`], folder);
  if (code !== 0) throw new Error(`FAILED  install Node ${version}\n${output}`);
  return join(folder, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}

export function readManifest(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}
