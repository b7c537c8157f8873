/**
 * What a host costs that runs, as it was installed, on one Node: its start, cold starts, and memory, idle and per function.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { memoryOf, processTree } from '../../bench/procfs.mjs';
import { runCommand } from '../run-command.mjs';

/** Functions that are warm when memory per function is measured. */
const WARM = 10;
/** Functions that are not, when their memory is. */
const COLD = 100;
/** ms after the start until memory is read: an idle host gives back within 3 s what its start has used. */
const SETTLE = 4000;

/**
 * @typedef {object} Costs
 * @property {number} startMs                       `edgefc start`, spawn to ready
 * @property {Record<Kind, number>} answerMs        `edgefc invoke`, spawn to its answer
 * @property {Record<Kind, number>} coldMs          the first call of a cold function
 * @property {number} idleMB                        a host with a function that has not run
 * @property {number} coldMB                        what a hundred functions add that have not run
 * @property {Record<Kind, { rss: number, pss: number }>} warmMB  for each warm function
 */
/** @typedef {'thread' | 'process'} Kind */

/**
 * @param {string} node the binary
 * @param {string} folder where the runtime is installed
 * @param {{ repeat: number, onProgress: (text: string) => void }} options
 * @returns {Promise<Costs>}
 */
export async function measure(node, folder, { repeat, onProgress }) {
  const main = join(folder, 'node_modules', '@edgefc', 'runtime', 'dist', 'main.js');
  mkdirSync(join(folder, 'echo'), { recursive: true });
  writeFileSync(join(folder, 'echo', 'index.js'), 'exports.handler = async (event) => event;\n');
  copyFileSync(join(import.meta.dirname, 'inside.mjs'), join(folder, 'inside.mjs'));

  onProgress('start');
  const starts = [];
  for (let time = 0; time < repeat; time += 1) {
    starts.push((await withHost({}, 1, async () => undefined)).startMs);
  }

  onProgress('first answer');
  const answerMs = { thread: 0, process: 0 };
  for (const isolation of /** @type {const} */ (['thread', 'process'])) {
    configure({ isolation }, 1);
    const times = [];
    for (let time = 0; time < repeat; time += 1) times.push(await firstAnswer());
    answerMs[isolation] = median(times);
  }

  onProgress('cold starts');
  const cold = await runCommand(node, ['inside.mjs', String(repeat * 2)], { cwd: folder, env: environment() });
  if (cold.code !== 0) throw new Error(cold.output);
  const coldTimes = JSON.parse(cold.stdout);

  onProgress('memory');
  const idle = await medianMemory({}, 1);
  const many = await medianMemory({}, COLD);
  const threads = await medianMemory({ isolation: 'thread', minInstances: 1 }, WARM);
  const processes = await medianMemory({ isolation: 'process', minInstances: 1 }, WARM);
  return {
    startMs: median(starts),
    answerMs,
    coldMs: { thread: median(coldTimes.thread), process: median(coldTimes.process) },
    idleMB: idle.host.rss,
    coldMB: Math.max(0, many.host.own - idle.host.own),
    warmMB: {
      thread: {
        rss: (threads.host.rss - idle.host.rss) / WARM,
        pss: (threads.host.pss - idle.host.pss) / WARM,
      },
      process: { rss: processes.others.rss / WARM, pss: processes.others.pss / WARM },
    },
  };

  /** Writes the configuration of `count` functions. */
  function configure(settings, count) {
    const names = Array.from({ length: count }, (_, index) => `echo${index}`);
    const functions = Object.fromEntries(
      names.map((name) => [name, { codeUri: './echo', maxInstances: 1, ...settings }]),
    );
    writeFileSync(join(folder, 'edgefc.config.json'), JSON.stringify({ services: { Footprint: { functions } } }));
    rmSync(join(folder, '.edgefc'), { recursive: true, force: true });
  }

  /** Starts a host, has it used, and stops it. */
  async function withHost(settings, count, use) {
    configure(settings, count);
    const begin = performance.now();
    const child = spawn(node, [main, 'start'], {
      cwd: folder,
      env: environment(),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const exited = once(child, 'exit');
    const lines = createInterface({ input: child.stdout });
    const ready = new Promise((resolve) =>
      lines.on('line', (line) => line.includes('"event":"ready"') && resolve(true)),
    );
    if ((await Promise.race([ready, exited])) !== true) throw new Error(`edgefc start ended before it was ready`);
    const startMs = performance.now() - begin;
    try {
      return { startMs, used: await use(child.pid ?? 0) };
    } finally {
      child.kill('SIGTERM');
      await exited;
    }
  }

  async function firstAnswer() {
    const begin = performance.now();
    const { code, stdout, output } = await runCommand(node, [main, 'invoke', 'Footprint/echo0', '--payload', 'hello'], {
      cwd: folder,
      env: environment(),
    });
    if (code !== 0 || stdout.trim() !== 'hello') throw new Error(`edgefc invoke ended with ${code}: ${output}`);
    return performance.now() - begin;
  }

  /** Of the host, and of the processes that it has started, together; medians over three starts. */
  async function medianMemory(settings, count) {
    const seen = [];
    for (let time = 0; time < 3; time += 1) {
      const { used } = await withHost(settings, count, async (pid) => {
        await pause(SETTLE);
        const [host = pid, ...others] = processTree(pid);
        return { host: memoryOf(host), others: others.map(memoryOf) };
      });
      seen.push(used);
    }
    const sum = (list, field) => list.reduce((total, one) => total + one[field], 0);
    return {
      host: {
        rss: median(seen.map(({ host }) => host.rss)),
        pss: median(seen.map(({ host }) => host.pss)),
        own: median(seen.map(({ host }) => host.own)),
      },
      others: {
        rss: median(seen.map(({ others }) => sum(others, 'rss'))),
        pss: median(seen.map(({ others }) => sum(others, 'pss'))),
      },
    };
  }
}

/** Nothing of what started this script changes what is measured. */
function environment() {
  return { PATH: process.env.PATH, HOME: process.env.HOME };
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
