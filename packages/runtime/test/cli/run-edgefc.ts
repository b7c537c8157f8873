/** Runs the built command in a process of its own, as a shell would. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'main.js');

/** The folder with the functions and the configuration of these tests. */
export const FIXTURES: string = join(import.meta.dirname, '..', 'fixtures', 'cli');

export interface Run {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Run>;
  /** What it has written to standard output so far. */
  readonly lines: () => string[];
  /** Resolves with the first line of standard output that fits; fails when the command ends before. */
  waitForLine(fits: (line: string) => boolean): Promise<string>;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Buffer;
}

/** Starts `edgefc <args>`; it is killed when the test ends, should it still run. */
export function startEdgefc(
  args: readonly string[],
  { cwd = FIXTURES, env = {}, stdin = '' }: RunOptions = {},
): Running {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, env: { ...process.env, ...env } });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const out: Buffer[] = [];
  let err = '';
  const watchers = new Set<() => void>();
  child.stdout.on('data', (chunk: Buffer) => {
    out.push(chunk);
    for (const watcher of watchers) watcher();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  child.stdin.on('error', () => undefined); // It may end without reading what it is sent.
  child.stdin.end(stdin);
  const ended = new Promise<Run>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout: Buffer.concat(out), stderr: err }));
  });
  const lines = (): string[] => Buffer.concat(out).toString().split('\n');
  return {
    child,
    ended,
    lines,
    waitForLine(fits) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines().slice(0, -1).find(fits);
          if (found === undefined) return;
          watchers.delete(look);
          resolve(found);
        };
        watchers.add(look);
        look();
        void ended.then((run) => reject(new Error(`ended with ${run.code}: ${run.stdout.toString()}${run.stderr}`)));
      });
    },
  };
}

/** Runs `edgefc <args>` to its end. */
export function runEdgefc(args: readonly string[], options?: RunOptions): Promise<Run> {
  return startEdgefc(args, options).ended;
}
