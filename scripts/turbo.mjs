/**
 * Runs a turbo task and says nothing unless it fails; then it prints all that turbo and the task wrote.
 *
 *     node scripts/turbo.mjs build --filter=demo...
 *
 * Also an import for scripts that build before they do their work. Turbo's telemetry and remote cache stay off: a build
 * here talks to nobody.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');

/**
 * Runs `turbo run <args>` in the workspace; what it wrote comes back in order, nothing is printed.
 *
 * @param {readonly string[]} args
 * @returns {Promise<{ code: number, output: string }>}
 */
export async function runTurbo(args) {
  const turbo = join(dirname(createRequire(import.meta.url).resolve('turbo/package.json')), 'bin', 'turbo');
  const child = spawn(process.execPath, [turbo, 'run', ...args, '--output-logs=errors-only', '--log-order=grouped'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      TURBO_TELEMETRY_DISABLED: '1',
      TURBO_NO_UPDATE_NOTIFIER: '1',
      TURBO_CACHE: 'local:rw',
      // Turbo starts each task through pnpm and needs it on PATH: it is, for whatever a pnpm script starts.
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

if (import.meta.main) {
  const { code, output } = await runTurbo(process.argv.slice(2));
  if (code !== 0) process.stderr.write(output);
  process.exitCode = code;
}
