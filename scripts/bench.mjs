/**
 * `pnpm bench [soak | containment | routes | queue | kill | testkit] [options]`: builds the packages, installs what bench/ compares with (it has its own
 * lock file and is no part of the workspace), and runs bench/main.mjs or the named one of bench/.
 *
 * Everything but the report goes to stderr.
 */
import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bench = join(root, 'bench');
// The workspace brings its own Node; the one that runs this script may be older.
const env = { ...process.env, PATH: join(root, 'node_modules', '.bin') + delimiter + (process.env.PATH ?? '') };

const given = process.argv.slice(2);
const named = ['soak', 'containment', 'routes', 'queue', 'kill', 'testkit'].find((name) => name === given[0]);

run('turbo', ['run', 'build', '--output-logs=errors-only', '--filter=@edgefc/testkit'], root, 2);
if (named === undefined || named === 'queue') {
  // No install scripts: none of the peers needs one, and nothing of theirs should run unasked.
  const install = ['install', '--ignore-workspace', '--frozen-lockfile', '--ignore-scripts', '--silent'];
  run(...pnpm(install), bench, 2);
}
run('node', [join(bench, `${named ?? 'main'}.mjs`), ...(named === undefined ? given : given.slice(1))], root, 1);

/**
 * The pnpm that runs this script, else the one that the workspace names.
 *
 * @param {string[]} args
 * @returns {[command: string, args: string[]]}
 */
function pnpm(args) {
  const own = process.env.npm_execpath ?? '';
  if (!/pnpm[^/\\]*$/.test(own)) return ['npx', ['-y', 'pnpm@12', ...args]];
  return /\.[cm]?js$/.test(own) ? [process.execPath, [own, ...args]] : [own, args];
}

/**
 * Runs a step; ends this script with its exit code when it fails.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 * @param {1 | 2} output the file descriptor that its output goes to
 */
function run(command, args, cwd, output) {
  const { status, error } = spawnSync(command, args, { cwd, env, stdio: ['ignore', output, 'inherit'] });
  if (error !== undefined) console.error(`${command} ${args.join(' ')}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}
