/**
 * `pnpm edgefc …`: the command as it stands in this workspace, built first when its sources have changed.
 *
 * Standard output and the exit code are the command's alone: what the build says is printed only when it fails, and on
 * standard error. The arguments, the current directory and the three standard streams are handed on as they are.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { runTurbo } from './turbo.mjs';

const main = join(import.meta.dirname, '..', 'packages', 'runtime', 'dist', 'main.js');
/** Where the person called from: pnpm runs scripts in the workspace's root. */
const cwd = process.env['INIT_CWD'] ?? process.cwd();

const build = await runTurbo(['build', '--filter=@edgefc/runtime']);
if (build.code !== 0) {
  process.stderr.write(build.output);
  process.stderr.write('edgefc: the build failed, so there is nothing to run\n');
  process.exit(2);
}

const child = spawn(process.execPath, [main, ...process.argv.slice(2)], { stdio: 'inherit', cwd });
// A terminal's Ctrl-C reaches the child by itself, and twice would mean "at once"; what is sent to us alone is handed on.
const fromTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (!fromTerminal || signal !== 'SIGINT') child.kill(signal);
  });
}
child.once('error', (error) => {
  process.stderr.write(`edgefc: cannot run ${main}: ${error.message}\n`);
  process.exit(3);
});
child.once('exit', (code, signal) => {
  process.exit(signal === null ? code : 128 + constants.signals[signal]);
});
