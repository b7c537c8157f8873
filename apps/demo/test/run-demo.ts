/** Runs the demo as people do, in a process of its own with a pipe for its output, and collects what it said. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

export const APP: string = join(import.meta.dirname, '..');

export interface DemoRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface DemoOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Sends this signal once the demo has said so. */
  readonly interrupt?: { readonly signal: NodeJS.Signals; readonly after: string };
}

export function runDemo(app: string, { env = {}, interrupt }: DemoOptions = {}): Promise<DemoRun> {
  // Whether there are colours is the demo's decision, not that of whoever runs the tests.
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...inherited } = process.env;
  const child = spawn(process.execPath, ['src/demo.ts'], { cwd: app, env: { ...inherited, ...env } });
  let stdout = '';
  let stderr = '';
  let pending = interrupt;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (pending === undefined || !stdout.includes(pending.after)) return;
    child.kill(pending.signal);
    pending = undefined;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => {
      resolve({ exitCode, stdout, stderr });
    });
  });
}
