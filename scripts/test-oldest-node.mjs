/**
 * The tests that meet the platform (threads, processes, SQLite, modules, timers), on the oldest Node that the packages take.
 * What is pure runs on the workspace's own Node only. The packages must have been built.
 */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { installNode, OLDEST_NODE } from './outside.mjs';
import { runCommand } from './run-command.mjs';

const root = join(import.meta.dirname, '..');
const FOLDERS = [
  'packages/sdk',
  'packages/runtime/test/cli',
  'packages/runtime/test/config',
  'packages/runtime/test/integration',
  'packages/runtime/test/store',
  'packages/runtime/test/worker',
  'packages/testkit',
];
/** Long, and the same on every version. */
const LEFT_OUT = ['**/kill.test.ts', '**/determinism.test.ts'];

const place = realpathSync(mkdtempSync(join(tmpdir(), 'edgefc-oldest-')));
try {
  const node = await installNode(OLDEST_NODE, place);
  const args = ['run', '--reporter=dot', ...FOLDERS, ...LEFT_OUT.map((pattern) => `--exclude=${pattern}`)];
  // What the tests start by its name is that version, too.
  const env = { ...process.env, PATH: [dirname(node), process.env.PATH].join(delimiter) };
  const { code, output } = await runCommand(node, [join(root, 'node_modules/vitest/vitest.mjs'), ...args], {
    env,
    timeout: 480_000,
  });
  if (code !== 0) console.log(output);
  process.exitCode = code;
} catch (error) {
  console.log(error.message);
  process.exitCode = 1;
} finally {
  rmSync(place, { recursive: true, force: true });
}
