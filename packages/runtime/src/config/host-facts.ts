/**
 * What the machine gives: read once, by `main`, and handed to whoever resolves a configuration.
 *
 * A container's or a service's memory limit counts rather than the machine's memory: a host that plans with more is
 * killed by the kernel, functions and all.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { dirname, join } from 'node:path';

export interface HostFacts {
  /** The host's own environment. */
  readonly hostEnv: Readonly<Record<string, string | undefined>>;
  /** What paths of the command line and the environment are relative to. */
  readonly cwd: string;
  /** Cores that may be used. */
  readonly cpus: number;
  /** Bytes that may be used: the machine's memory, or the cgroup's limit when that is lower. */
  readonly totalMemory: number;
}

/** Reads the facts of this machine. */
export function gatherHostFacts(hostEnv: HostFacts['hostEnv'], cwd: string): HostFacts {
  return {
    hostEnv,
    cwd,
    cpus: availableParallelism(),
    totalMemory: Math.min(totalmem(), readCgroupMemory() ?? Infinity),
  };
}

/**
 * The lowest memory limit of this process's cgroup and those above it, bytes; `undefined` when there is none.
 *
 * @param root where `/proc` and `/sys` are, for the tests.
 */
export function readCgroupMemory(root = '/'): number | undefined {
  const limits: number[] = [];
  for (const line of readText(join(root, 'proc/self/cgroup'))?.split('\n') ?? []) {
    const [hierarchy, controllers, ...rest] = line.split(':');
    const path = rest.join(':');
    if (hierarchy === '0' && controllers === '') {
      limits.push(...limitsAlong(join(root, 'sys/fs/cgroup'), path, 'memory.max'));
    } else if (controllers?.split(',').includes('memory') === true) {
      limits.push(...limitsAlong(join(root, 'sys/fs/cgroup/memory'), path, 'memory.limit_in_bytes'));
    }
  }
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** From the group to the root: any group on the way may be the one that limits. */
function limitsAlong(mount: string, path: string, file: string): number[] {
  const limits: number[] = [];
  for (let group = join('/', path); ; group = dirname(group)) {
    const limit = Number(readText(join(mount, group, file)) ?? NaN);
    // `max`, and the huge number that version 1 says instead, mean that there is none.
    if (Number.isSafeInteger(limit) && limit > 0) limits.push(limit);
    if (group === '/') return limits;
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    // No such file: another system, or a group that this namespace does not show.
    return undefined;
  }
}
