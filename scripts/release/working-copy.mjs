/**
 * A copy of the workspace as it stands, uncommitted changes included, in which versions can be raised, tags set and packages
 * published without a trace here. It has the built packages with it and borrows the installed ones.
 */
import { appendFileSync, cpSync, existsSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../run-command.mjs';

const root = join(import.meta.dirname, '..', '..');

/** So that it needs nothing of whoever runs it: commits, and the tags of a release, have an author. */
const IDENTITY = {
  'user.name': 'rehearsal',
  'user.email': 'rehearsal@localhost',
  'commit.gpgsign': 'false',
  'tag.gpgsign': 'false',
};

/**
 * Makes the copy, as a git repository with one commit. The packages must have been built.
 *
 * @param {string} copy a folder that does not exist yet
 */
export async function copyWorkspace(copy) {
  const listed = await git(root, ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  const files = listed.split('\0').filter((file) => file !== '' && existsSync(join(root, file)));
  const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`);
  for (const path of [...files, ...packages.map((folder) => `${folder}/dist`)]) take(path, copy);
  // Each package's links lead, relative, to the packages beside it and to the root's folder: to the copy's own and to ours.
  for (const folder of packages.filter((one) => existsSync(join(root, one, 'node_modules')))) {
    take(`${folder}/node_modules`, copy);
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir');

  await git(copy, ['init', '--quiet', '--initial-branch', 'main']);
  for (const [name, value] of Object.entries(IDENTITY)) await git(copy, ['config', name, value]);
  // .gitignore names the folder, and here it is a link.
  appendFileSync(join(copy, '.git', 'info', 'exclude'), 'node_modules\n');
  await commitAll(copy, 'As it stands');
}

/** Commits whatever there is. */
export async function commitAll(copy, message) {
  await git(copy, ['add', '--all']);
  await git(copy, ['commit', '--quiet', '--message', message]);
}

export async function git(cwd, args) {
  const { code, output, stdout } = await runCommand('git', args, { cwd });
  if (code !== 0) throw new Error(`git ${args.join(' ')} failed:\n${output}`);
  return stdout;
}

function take(path, copy) {
  cpSync(join(root, path), join(copy, path), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => !/[/\\]node_modules[/\\]\.vite/.test(source),
  });
}
