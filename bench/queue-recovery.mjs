/**
 * A host with a million pending invocations: its memory while a function enqueues them, and how soon the next host is
 * ready after this one was killed with SIGKILL.
 *
 * Ready is when `edgefc start` says so, Node's own start included; it has counted what is pending by then. The jobs wait
 * behind one that never ends, so nothing runs meanwhile.
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { COMMAND, FUNCTIONS } from './edgefc-host.mjs';
import { median } from './measure.mjs';
import { hasProcfs, memoryOf } from './procfs.mjs';

const HOST = fileURLToPath(new URL('./queue-host.mjs', import.meta.url));
/** As a service's host is started (`edgefc systemd`). */
const SERVICE = ['--max-semi-space-size=4'];
/** ms after the start until memory is read. */
const SETTLE = 1000;

/**
 * @typedef {object} Recovery
 * @property {number} jobs
 * @property {number} fillRate    jobs/s, 512 producers
 * @property {number[]} filling   MB, RSS of the host after each tenth
 * @property {number} ready       ms, median of the starts
 * @property {number} empty       ms, the same with an empty queue
 * @property {number} rss         MB, the largest of the starts
 * @property {number} fileSize    MB of the queue's files, the write-ahead log among them
 * @property {string} said        the counts, as the start printed them
 */

/**
 * @param {number} jobs
 * @param {number} repeat
 * @param {(text: string) => void} onProgress
 * @returns {Promise<Recovery>}
 */
export async function measureRecovery(jobs, repeat, onProgress) {
  if (!hasProcfs()) throw new Error('the memory of a process is read from /proc, which this system does not have');
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const common = { codeUri: FUNCTIONS, timeout: '1h', maxInstances: 1 };
    const config = join(folder, 'edgefc.config.json');
    const functions = {
      driver: { ...common, handler: 'queue-driver.handler' },
      busy: { ...common, handler: 'queue-target.hold' },
    };
    const limits = { maxQueueBytes: '64GB', minFreeDisk: '1MB' };
    await writeFile(config, JSON.stringify({ dataDir: 'data', limits, services: { Bench: { functions } } }));

    const nothing = [];
    for (let time = 0; time < repeat; time += 1) nothing.push(await startAndKill(config, folder));

    onProgress(`enqueueing ${jobs.toLocaleString('en-US')} jobs`);
    const begin = performance.now();
    const filling = await fill(config, folder, jobs);
    const fillRate = (jobs / (performance.now() - begin)) * 1000;

    const starts = [];
    for (let time = 0; time < repeat; time += 1) {
      onProgress(`recovering them, ${time + 1} of ${repeat}`);
      starts.push(await startAndKill(config, folder));
    }
    return {
      jobs,
      fillRate,
      filling,
      ready: median(starts.map(({ ready }) => ready)),
      empty: median(nothing.map(({ ready }) => ready)),
      rss: Math.max(...starts.map(({ rss }) => rss)),
      fileSize: await sizeOf(join(folder, 'data')),
      said: starts[0]?.said ?? '',
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param {string} config @param {string} folder @param {number} jobs @returns {Promise<number[]>} MB after each tenth */
async function fill(config, folder, jobs) {
  const host = fork(HOST, [config, `${jobs}`], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: SERVICE,
  });
  const exited = once(host, 'exit');
  /** @type {number[]} */
  const memory = [];
  while (memory.length < 10) {
    await Promise.race([
      once(host, 'message'),
      exited.then(([code]) => {
        throw new Error(`the host that enqueues ended with ${code}`);
      }),
    ]);
    memory.push(memoryOf(host.pid ?? 0).rss);
  }
  host.kill('SIGKILL');
  await exited;
  return memory;
}

/** @param {string} config @param {string} folder */
async function startAndKill(config, folder) {
  const begin = performance.now();
  const child = spawn(process.execPath, [...SERVICE, COMMAND, 'start', '--config', config, '--json'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = once(child, 'exit');
  /** @type {string[]} */
  const lines = [];
  const ready = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      if (line.includes('"ready"')) resolve(performance.now() - begin);
    });
    child.once('exit', (code) => {
      reject(new Error(`edgefc start ended with ${code} before it was ready: ${lines.at(-1) ?? ''}`));
    });
  });
  try {
    const took = Number(await ready);
    await pause(SETTLE);
    const { rss } = memoryOf(child.pid ?? 0);
    return { ready: took, rss, said: countsIn(lines) };
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
}

/** What the ready line counts. @param {string[]} lines */
function countsIn(lines) {
  const { pending, dead, recovered } = JSON.parse(lines.find((line) => line.includes('"ready"')) ?? '{}');
  return `pending ${pending}, dead ${dead}, recovered ${recovered}`;
}

/** MB of the queue's files. @param {string} dataDir */
async function sizeOf(dataDir) {
  const files = (await readdir(dataDir)).filter((name) => name.startsWith('queue'));
  const sizes = await Promise.all(files.map(async (name) => (await stat(join(dataDir, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0) / 2 ** 20;
}
