/** Hosts whose disk can be filled and freed: what their process (fixtures/disk-full/host.ts) takes and tells, and how it is started. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { HostDefinition } from '../../src/engine/definition.ts';
import { ChildHost } from './child-host.ts';
import { QUEUE_LIMITS } from './queue-limits.ts';
import { makeTempDir } from './temp-dir.ts';
import { defineTestHost } from './test-host.ts';

/** A file system of its own in memory, or the kernel's limit on the size of a file (RLIMIT_FSIZE), which needs no rights. */
export type DiskKind = 'tmpfs' | 'fsize';

export interface DiskFullOptions {
  readonly definition: HostDefinition;
  readonly disk: DiskKind;
}

export type DiskFullCommand =
  | { readonly do: 'enqueue'; readonly target: string; readonly count: number; readonly payload: string }
  /** Enqueues until one is refused. */
  | { readonly do: 'load'; readonly target: string; readonly payload: string }
  /** All that is free. */
  | { readonly do: 'fill' }
  /** And what the host gives up when it notices: accepted work can only wait then. */
  | { readonly do: 'fillAll' }
  | { readonly do: 'free' }
  | { readonly do: 'get'; readonly id: string }
  | { readonly do: 'stats' }
  | { readonly do: 'stop'; readonly grace: number }
  /** Another host on the same data, after `stop`. */
  | { readonly do: 'start' }
  | { readonly do: 'exit' };

export type DiskFullMessage =
  | {
      readonly kind: 'started';
      readonly recovered: number;
      readonly pending: number;
      readonly notes: readonly string[];
    }
  | { readonly kind: 'log'; readonly level: string; readonly message: string }
  | { readonly kind: 'accepted'; readonly id: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** All calls of a command are answered. */
  | { readonly kind: 'enqueued' }
  | { readonly kind: 'filled' }
  /** A handler was begun; a handler has ended, written down or not. */
  | { readonly kind: 'begun' | 'ended'; readonly id: string }
  | { readonly kind: 'settled'; readonly id: string; readonly state: string; readonly attempt: number }
  | { readonly kind: 'got'; readonly id: string; readonly state: string }
  | {
      readonly kind: 'stats';
      readonly accepted: number;
      readonly alive: number;
      /** What the parts add up to (I3). */
      readonly known: number;
      readonly full: string | null;
    }
  | { readonly kind: 'stopped'; readonly ms: number };

const script = join(import.meta.dirname, '..', 'fixtures', 'disk-full', 'host.ts');
const NAMESPACE = ['unshare', '--mount', ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'])];

/** Runs what follows where `directory` is a file system of 16 MiB, for itself alone. */
function onSmallDisk(directory: string): string[] {
  return [...NAMESPACE, 'sh', '-c', 'mount -t tmpfs -o size=16m edgefc "$1" && shift && exec "$@"', 'sh', directory];
}

/** Whether this machine and this user can have such a disk. */
export function canHave(disk: DiskKind): boolean {
  const [command = '', ...args] =
    disk === 'tmpfs' ? [...onSmallDisk('/tmp'), 'true'] : ['prlimit', '--fsize=unlimited:unlimited', 'true'];
  return process.platform === 'linux' && spawnSync(command, args).status === 0;
}

export class DiskFullHost {
  readonly child: ChildHost<DiskFullMessage>;
  readonly directory: string = makeTempDir();
  readonly #starts: string = join(this.directory, 'starts');

  constructor(disk: DiskKind) {
    const dataDir = join(this.directory, 'data');
    mkdirSync(dataDir);
    const callee = {
      handler: 'functions.handle',
      codeUri: join(script, '..'),
      environment: { STARTS: this.#starts },
      instanceConcurrency: 50,
      asyncConcurrency: 50,
      timeout: 60_000,
      durability: 'fsync',
    } as const;
    const definition = defineTestHost(
      {
        isolation: 'process',
        functions: { 'S/f': callee, 'S/two': { ...callee, instanceConcurrency: 2, asyncConcurrency: 2 } },
        settings: { queue: { ...QUEUE_LIMITS, minFreeDisk: 0 } },
      },
      dataDir,
    );
    const options: DiskFullOptions = { definition, disk };
    const prefix = disk === 'tmpfs' ? onSmallDisk(dataDir) : [];
    this.child = new ChildHost<DiskFullMessage>({ script, options, directory: this.directory, prefix });
    onTestFinished(async () => {
      this.child.kill();
      await this.child.exited();
    });
  }

  send(command: DiskFullCommand): void {
    this.child.send(command);
  }

  get accepted(): string[] {
    return this.child.all('accepted').map(({ id }) => id);
  }

  logged(text: RegExp): string[] {
    return this.child.all('log').flatMap(({ level, message }) => (text.test(message) ? [`${level}: ${message}`] : []));
  }

  async untilLogged(text: RegExp): Promise<void> {
    if (!(await this.child.until(() => this.logged(text).length > 0))) throw new Error(this.child.errors);
  }

  /** Resolves when all of `ids` have succeeded. */
  async untilSucceeded(ids: readonly string[]): Promise<void> {
    const done = (): boolean => {
      const succeeded = new Set(
        this.child.all('settled').flatMap(({ id, state }) => (state === 'Succeeded' ? [id] : [])),
      );
      return ids.every((id) => succeeded.has(id));
    };
    if (!(await this.child.until(done))) throw new Error(this.child.errors);
  }

  /** The attempts that each id was started with. */
  starts(): Map<string, number[]> {
    const starts = new Map<string, number[]>();
    if (!existsSync(this.#starts)) return starts;
    for (const line of readFileSync(this.#starts, 'utf8').trim().split('\n')) {
      const [id, attempt] = JSON.parse(line) as [string, number];
      starts.set(id, [...(starts.get(id) ?? []), attempt]);
    }
    return starts;
  }
}
