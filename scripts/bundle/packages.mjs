/**
 * The packages of a bundle as files: ours as a release would pack them, and what they depend on as the workspace's lock file
 * has it. All of it is JavaScript, so that both architectures get the same: a package with a program in it is refused.
 */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { packInto, tarballOf } from '../pack.mjs';
import { runCommand } from '../run-command.mjs';
import { machineOf } from './node-binary.mjs';

const root = join(import.meta.dirname, '..', '..');
/** What a gateway runs. */
const OURS = /** @type {const} */ (['runtime', 'sdk']);

/**
 * @param {string | undefined} tarballs a folder with the packed packages; without it they are packed
 * @returns {Promise<{ version: string, entries: import('./tar.mjs').Entry[] }>} paths as in node_modules
 */
export async function readPackages(tarballs) {
  const work = mkdtempSync(join(tmpdir(), 'edgefc-bundle-'));
  try {
    if (tarballs === undefined) {
      const packed = await packInto(work);
      if (packed.code !== 0) throw new Error(packed.output);
    }
    /** @type {Map<string, { folder: string, version: string }>} */
    const found = new Map();
    for (const name of OURS) {
      const folder = join(work, name);
      mkdirSync(folder);
      const tarball = tarballOf(name, tarballs ?? work);
      const { code, output } = await runCommand('tar', ['-xzf', tarball, '-C', folder, '--strip-components', '1']);
      if (code !== 0) throw new Error(output);
      found.set(`@edgefc/${name}`, { folder, version: readManifest(folder).version });
    }
    for (const name of OURS) collect(join(root, 'packages', name), readManifest(join(work, name)), found);
    const entries = [...found].flatMap(([name, { folder }]) => filesOf(folder, name));
    return { version: readManifest(join(work, 'runtime')).version, entries };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Adds what `manifest` depends on, as it is installed for the package in `folder`. */
function collect(folder, manifest, found) {
  for (const name of Object.keys(manifest.dependencies ?? {})) {
    if (name.startsWith('@edgefc/')) continue;
    const place = realpathSync(join(folder, 'node_modules', name));
    const dependency = readManifest(place);
    const known = found.get(name);
    if (known?.version === dependency.version) continue;
    if (known !== undefined)
      throw new Error(`${name} is needed in two versions, ${known.version} and ${dependency.version}`);
    if (dependency.scripts?.install !== undefined || dependency.gypfile === true) {
      throw new Error(`${name} is built where it is installed: a bundle would need it for each architecture`);
    }
    found.set(name, { folder: place, version: dependency.version });
    collect(place, dependency, found);
  }
}

function filesOf(folder, name) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name: file }) => join(parentPath, file))
    .filter((file) => !relative(folder, file).startsWith('node_modules/'));
  return files.map((file) => {
    const content = readFileSync(file);
    if (machineOf(content) !== undefined)
      throw new Error(`${file} is a program: a bundle would need it for each architecture`);
    return { path: `${name}/${relative(folder, file)}`, content, executable: false };
  });
}

function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}
