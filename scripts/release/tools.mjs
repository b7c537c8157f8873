/** The tools of single commands (tools/, with a lock file of its own), installed when one of them is wanted. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runCommand } from '../run-command.mjs';

const FOLDER = join(import.meta.dirname, 'tools');

/** Installs them; gives the path of a file in one. */
export async function installTools() {
  const install = ['install', '--frozen-lockfile', '--ignore-scripts', '--prefer-offline'];
  const { code, output } = await runCommand('pnpm', install, { cwd: FOLDER });
  if (code !== 0) throw new Error(`The tools of scripts/release/tools cannot be installed:\n${output}`);
  return {
    pathOf: (...file) => join(FOLDER, 'node_modules', ...file),
    load: (...file) => import(pathToFileURL(join(FOLDER, 'node_modules', ...file)).href),
  };
}
