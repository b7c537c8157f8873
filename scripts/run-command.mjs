/** Starts one of the workspace's tools and collects what it writes; the scripts here print it only when it matters. */
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

const root = join(import.meta.dirname, '..');

/**
 * Runs `command` with the workspace's tools first on PATH. Never rejects: a command that cannot be started or takes
 * longer than `timeout` ms has failed, and says so in its output.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, timeout?: number }} [options]
 * @returns {Promise<{ code: number, output: string, stdout: string }>}
 */
export function runCommand(command, args, { cwd = root, env = withTools(process.env), timeout = 300_000 } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    // Not spawn's own: that one keeps the process here for as long when the command cannot be started.
    const limit = setTimeout(() => child.kill(), timeout);
    let output = '';
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.once('error', (error) => {
      clearTimeout(limit);
      const hint = command === 'pnpm' ? ' Start this through pnpm: npx -y pnpm@12 run …' : '';
      resolve({ code: 1, output: `${output}Cannot run ${command}: ${error.message}.${hint}\n`, stdout });
    });
    child.once('close', (code, signal) => {
      clearTimeout(limit);
      if (signal !== null) output += `${command} was ended by ${signal} (it may take ${timeout / 1000} s).\n`;
      resolve({ code: code ?? 1, output, stdout });
    });
  });
}

/** `env` with the workspace's tools, and its Node, first on PATH. */
function withTools(env) {
  return { ...env, PATH: [join(root, 'node_modules', '.bin'), env.PATH].join(delimiter) };
}
