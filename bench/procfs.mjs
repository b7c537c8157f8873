/** What processes cost, read from /proc (Linux only). */
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Clock ticks a second in /proc, the same on every Linux that Node runs on. */
const TICKS = 100;

/** Whether this machine can tell. */
export const hasProcfs = () => process.platform === 'linux';

/** `pid` and everything it started. @param {number} pid @returns {number[]} */
export function processTree(pid) {
  /** @type {Map<number, number[]>} */
  const children = new Map();
  for (const name of readdirSync('/proc')) {
    const child = Number(name);
    if (!Number.isInteger(child)) continue;
    const parent = Number(statOf(child)?.[1]);
    children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  /** @param {number} root @returns {number[]} */
  const below = (root) => [root, ...(children.get(root) ?? []).flatMap(below)];
  return below(pid);
}

/**
 * The fields of /proc/<pid>/stat from the third on (state, parent, …), behind the name that may hold blanks.
 *
 * @param {number} pid
 * @returns {string[] | undefined} undefined when it ended meanwhile
 */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/**
 * @typedef {object} Memory
 * @property {number} rss  MB, shared pages counted in full
 * @property {number} pss  MB, each shared page divided by its sharers
 * @property {number} own  MB of its own making (heap, stacks): what does not move when other Node processes come and go
 */

/** @param {number} pid @returns {Memory} */
export function memoryOf(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  /** @param {string} field */
  const megabytes = (field) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1]) / 1024;
  return { rss: megabytes('Rss'), pss: megabytes('Pss'), own: megabytes('Anonymous') };
}

/** Whether it still runs; what ended and was not reaped does not. @param {number} pid */
export function isRunning(pid) {
  const state = statOf(pid)?.[0];
  return state !== undefined && state !== 'Z' && state !== 'X';
}

/** CPU time that all processes of the machine have used so far, ms. */
export function cpuOfMachine() {
  const [user = 0, nice = 0, system = 0] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '')
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return ((user + nice + system) * 1000) / TICKS;
}

/** CPU time so far of a process and all it started, ms in steps of 10 ms. @param {number} pid */
export function cpuOfTree(pid) {
  const ticks = processTree(pid).reduce((sum, one) => {
    const stat = statOf(one);
    return sum + Number(stat?.[11] ?? 0) + Number(stat?.[12] ?? 0);
  }, 0);
  return (ticks * 1000) / TICKS;
}

/** CPU time of the children of a process that have ended, ms in steps of 10 ms. @param {number} pid */
function cpuOfEnded(pid) {
  const stat = statOf(pid);
  return ((Number(stat?.[13] ?? 0) + Number(stat?.[14] ?? 0)) * 1000) / TICKS;
}

/**
 * CPU time so far of the threads that a process and all it started have now, ms, in nanosecond steps: what a host uses
 * while nothing happens is far below a clock tick. NaN where the kernel keeps no such statistics.
 *
 * @param {number} pid
 */
export function fineCpuOfTree(pid) {
  try {
    return processTree(pid)
      .flatMap((one) => readdirSync(`/proc/${one}/task`).map((task) => `/proc/${one}/task/${task}/schedstat`))
      .reduce((sum, file) => sum + Number(readFileSync(file, 'utf8').split(' ')[0]) / 1e6, 0);
  } catch {
    return Number.NaN;
  }
}

/** How much of the machine's CPU went to processes that are not ours: a busy neighbour spoils every figure. */
export function watchOthers() {
  if (!hasProcfs()) return () => '';
  const begin = performance.now();
  const cpuOfOwn = () => cpuOfTree(process.pid) + cpuOfEnded(process.pid);
  const [machine, own] = [cpuOfMachine(), cpuOfOwn()];
  return () => {
    const foreign = cpuOfMachine() - machine - (cpuOfOwn() - own);
    const part = Math.max(0, foreign) / (performance.now() - begin) / availableParallelism();
    return `Other processes used ${(part * 100).toFixed(0)} % of the machine meanwhile.`;
  };
}
