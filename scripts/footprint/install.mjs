/**
 * What an installation costs: installed by npm into an empty folder, for production, install scripts off, and then counted.
 */
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { outside } from '../outside.mjs';

/**
 * @typedef {object} Installed
 * @property {number} bytes of all files, as they are and not as blocks of a disk
 * @property {number} dependencies packages besides those that were asked for
 * @property {{ path: string, bytes: number }[]} files in node_modules
 */

/**
 * @param {string} folder empty, or not there yet
 * @param {readonly string[]} packages as npm takes them: names with versions, or tarballs
 * @returns {Promise<Installed>}
 */
export async function install(folder, packages) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'footprint', private: true }));
  const flags = ['--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  const { code, output } = await outside('npm', ['install', ...flags, ...packages], folder, { timeout: 600_000 });
  if (code !== 0) throw new Error(`npm install ${packages.join(' ')} ended with ${code}\n${output}`);
  const modules = join(folder, 'node_modules');
  const files = filesOf(modules);
  return {
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    dependencies: packagesIn(modules) - packages.length,
    files,
  };
}

/** How many packages npm has installed there. */
function packagesIn(modules) {
  const { packages } = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8'));
  return Object.keys(packages).length;
}

/** Every file but npm's own notes. */
function filesOf(modules) {
  return readdirSync(modules, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== '.package-lock.json')
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((file) => ({ path: file.slice(modules.length + 1), bytes: statSync(file).size }));
}
