/**
 * Which processes there are, read from /proc, for the checks that a test left none behind.
 *
 * Where there is no /proc (macOS, Windows) the answer is an empty list and the checks see nothing: the run in CI,
 * on Linux, is the one that counts.
 */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Start time in clock ticks since boot: with the pid, names a process for good. */
  readonly started: string;
  readonly command: string;
}

/** Every living process. Zombies are not counted: they have ended, and only wait to be collected. */
export function listProcesses(): ProcessInfo[] {
  const found: ProcessInfo[] = [];
  for (const entry of listDirectory('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const info = readProcess(Number(entry));
    if (info !== undefined) found.push(info);
  }
  return found;
}

/** The processes below `root`, children and their children, `root` itself left out. */
export function descendantsOf(root: number, all: readonly ProcessInfo[]): ProcessInfo[] {
  const below = new Set([root]);
  let size;
  do {
    size = below.size;
    for (const process of all) if (below.has(process.parent)) below.add(process.pid);
  } while (below.size !== size);
  below.delete(root);
  return all.filter((process) => below.has(process.pid));
}

/** Names of the worker threads of this process. Node names a Worker's thread itself, V8's and libuv's are others. */
export function listWorkerThreads(): string[] {
  return listDirectory('/proc/self/task')
    .map((task) => readText(`/proc/self/task/${task}/comm`)?.trim())
    .filter((name) => name === 'WorkerThread');
}

export function describeProcess(process: ProcessInfo): string {
  return `pid ${process.pid} (parent ${process.parent}): ${process.command}`;
}

function readProcess(pid: number): ProcessInfo | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  const command = readText(`/proc/${pid}/cmdline`);
  if (stat === undefined || command === undefined) return undefined; // Ended while we looked.
  // The second field is the name in brackets, which may itself hold spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent, group] = fields;
  if (state === 'Z' || state === 'X') return undefined;
  return {
    pid,
    parent: Number(parent),
    group: Number(group),
    started: fields[19] ?? '',
    command: command.replaceAll('\0', ' ').trim() || '(no command line)',
  };
}

function listDirectory(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return []; // No /proc on this system, or the process has just ended.
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // The process or thread has just ended.
  }
}
