/** A project of a test: a configuration of the fixtures' functions and a data directory, and commands that work on it. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTempDir } from '../support/temp-dir.ts';
import { FIXTURES, runEdgefc, startEdgefc, type RunOptions, type Running } from './run-edgefc.ts';

const FUNCTIONS = {
  echo: { handler: 'functions.echo' },
  pid: { handler: 'functions.pid', isolation: 'thread' },
  fail: { handler: 'functions.fail', retry: { attempts: 2, minDelay: '10ms' } },
  hang: { handler: 'functions.hang', timeout: '60s' },
  patient: { handler: 'functions.patient', timeout: '60s' },
  enqueue: { handler: 'functions.enqueue' },
};

export interface Answered {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Project {
  readonly directory: string;
  readonly dataDir: string;
  /** Runs a command in the project's directory, to its end. */
  edgefc(...args: string[]): Promise<Answered>;
  /** The same with `--json`: its exit code, and the object it printed. */
  json(...args: string[]): Promise<{ readonly code: number | null } & Record<string, unknown>>;
  /** Starts a command, and leaves it running. */
  begin(args: readonly string[], options?: RunOptions): Running;
  /** Starts a host; resolves when it is ready. */
  start(): Promise<Running & { readonly ready: Record<string, unknown> }>;
}

export function createProject(functions: Readonly<Record<string, object>> = {}): Project {
  const directory = makeTempDir();
  const config = {
    gracePeriod: '500ms',
    defaults: { codeUri: FIXTURES },
    services: { Test: { functions: { ...FUNCTIONS, ...functions } } },
  };
  writeFileSync(join(directory, 'edgefc.config.json'), JSON.stringify(config));
  const edgefc = async (...args: string[]): Promise<Answered> => {
    const { code, stdout, stderr } = await runEdgefc(args, { cwd: directory });
    return { code, out: stdout.toString(), err: stderr };
  };
  return {
    directory,
    dataDir: join(directory, '.edgefc'),
    edgefc,
    async json(...args) {
      const { code, out, err } = await edgefc(...args, '--json');
      if (!/^\{.*\}\n$/.test(out)) throw new Error(`no JSON object: ${out}${err}`);
      return { ...(JSON.parse(out) as Record<string, unknown>), code };
    },
    begin: (args, options) => startEdgefc(args, { cwd: directory, ...options }),
    async start() {
      const host = startEdgefc(['start'], { cwd: directory });
      const line = await host.waitForLine((text) => text.startsWith('{"event":"ready"'));
      return { ...host, ready: JSON.parse(line) as Record<string, unknown> };
    },
  };
}

/** Ends a host as a power cut does. */
export async function kill({ child }: Running): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'close');
}
