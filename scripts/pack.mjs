/**
 * Packs the published packages as a release would: `pnpm pack`, which writes real versions where the workspace has
 * `workspace:*`. Publint, attw and the pack test all look at these files and not at the folders.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './run-command.mjs';

const root = join(import.meta.dirname, '..');

/** Folders of what is published. */
export const PUBLISHED = /** @type {const} */ (['sdk', 'runtime', 'testkit']);

/** Where `folder`'s tarball is, once packed into `directory`. */
export function tarballOf(folder, directory) {
  const { name, version } = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'));
  return join(directory, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
}

/** Packs every published package into `directory`. The packages must have been built. */
export async function packInto(directory) {
  let output = '';
  for (const folder of PUBLISHED) {
    const result = await runCommand('pnpm', ['pack', '--pack-destination', directory], {
      cwd: join(root, 'packages', folder),
    });
    output += result.output;
    if (result.code !== 0) return { code: result.code, output };
  }
  return { code: 0, output };
}
