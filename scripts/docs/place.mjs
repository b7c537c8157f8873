/**
 * A folder in which the pages' examples are written and run, as in a stranger's project.
 *
 * Nothing is downloaded: packages that the examples install lie in `node_modules` of the folder above, either linked
 * from this workspace or installed by npm from the packed tarballs (`tarballs`). `npm` and `npx` are stand-ins
 * (stand-ins/npm.mjs): `npm install x` fails when x is not there, `npx edgefc` is the command of the installed package.
 * What the real npm makes of the real packages is what pack-test.mjs, init-test.mjs and the release rehearsal look at.
 */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { PUBLISHED, tarballOf } from '../pack.mjs';
import { runCommand } from '../run-command.mjs';
import { ROOT } from './pages.mjs';

/** What examples may install besides our packages: in the versions of this workspace. */
const TOOLS = ['vitest', 'typescript', '@types/node'];

/**
 * @param {{ tarballs?: string | undefined }} options
 * @returns {Promise<{ root: string, env: Record<string, string>, folderFor: (page: string) => string, remove: () => void }>}
 */
export async function makePlace({ tarballs }) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'edgefc-docs-')));
  const remove = () => rmSync(root, { recursive: true, force: true });
  try {
    if (tarballs === undefined) linkPackages(root);
    else await installPackages(root, tarballs);
    const tools = join(root, '.tools');
    mkdirSync(tools);
    for (const name of ['npm', 'npx']) {
      const file = join(tools, name);
      const standIn = join(import.meta.dirname, 'stand-ins', `${name}.mjs`);
      writeFileSync(file, `#!/bin/sh\nexec "${process.execPath}" "${standIn}" "$@"\n`);
      chmodSync(file, 0o755);
    }
    mkdirSync(join(root, '.home'));
    const path = [tools, dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter);
    const env = { PATH: path, HOME: join(root, '.home'), NO_COLOR: '1', LANG: 'C.UTF-8', TZ: 'UTC', EDGEFC_DOCS: root };
    return {
      root,
      env,
      remove,
      folderFor: (page) => {
        const folder = join(root, page.replaceAll('/', '-').replace(/\.md$/, ''));
        mkdirSync(folder, { recursive: true });
        return folder;
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

function linkPackages(root) {
  const modules = join(root, 'node_modules');
  const link = (name, target) => {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(target, join(modules, name));
  };
  for (const folder of PUBLISHED) link(`@edgefc/${folder}`, join(ROOT, 'packages', folder));
  for (const name of TOOLS) link(name, realpathSync(join(ROOT, 'node_modules', name)));
}

async function installPackages(root, tarballs) {
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name: 'docs', private: true }));
  const packages = [
    ...PUBLISHED.map((folder) => tarballOf(folder, tarballs)),
    ...TOOLS.map((name) => `${name}@${devDependencies[name]}`),
  ];
  const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages];
  const { code, output } = await runCommand('npm', args, { cwd: root });
  if (code !== 0) throw new Error(`npm cannot install the packed packages:\n${output}`);
}
