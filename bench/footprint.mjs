/**
 * What a host costs besides its calls: start to the first answer, cold starts, memory idle and per warm function, CPU
 * when nothing happens; for edgefc through its command, for the peers through their contender process.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { COMMAND, FUNCTIONS } from './edgefc-host.mjs';
import { median, startContender } from './measure.mjs';
import { cpuOfTree, fineCpuOfTree, hasProcfs, memoryOf, processTree } from './procfs.mjs';

/** ms after the start until memory is read: the start's garbage is collected or at least counted alike. */
const SETTLE = 1000;
const WARM = 10;
const MANY = 100;

/**
 * @typedef {object} Figure
 * @property {string} what
 * @property {number} value
 * @property {string} unit
 * @property {string} [note]
 */

/**
 * @param {{ repeat: number, idle: number, onProgress: (text: string) => void }} options idle: ms to watch the CPU for
 * @returns {Promise<Record<string, Figure>>}
 */
export async function edgefcFootprint({ repeat, idle, onProgress }) {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  /** @type {Record<string, Figure>} */
  const figures = {};
  try {
    for (const isolation of ['thread', 'process']) {
      onProgress(`start to first answer, ${isolation}`);
      const config = await writeConfig(folder, 1, { isolation });
      const first = [];
      for (let time = 0; time < repeat * 3; time += 1) first.push(await firstAnswer(config));
      figures[`first answer ${isolation}`] = {
        what: `start to first answer, one function, ${isolation}`,
        value: median(first),
        unit: 'ms',
        note: '`edgefc invoke`, spawn to its output, Node’s own start included',
      };
    }

    onProgress('cold starts');
    const { stdout } = await promisify(execFile)(process.execPath, [
      fileURLToPath(new URL('./cold-start.mjs', import.meta.url)),
      String(repeat * 4),
    ]);
    for (const [kind, times] of Object.entries(JSON.parse(stdout))) {
      figures[`cold ${kind}`] = { what: `cold start to answer, ${kind}`, value: median(times), unit: 'ms' };
    }

    if (!hasProcfs()) return figures;
    onProgress('memory');
    const cold = await hostMemory(folder, 1, { isolation: 'process' }, repeat);
    figures['idle rss'] = { what: 'host idle, RSS', value: cold.host.rss, unit: 'MB', note: 'one cold function' };
    figures['idle pss'] = { what: 'host idle, proportional', value: cold.host.pss, unit: 'MB' };

    const many = await hostMemory(folder, MANY, { isolation: 'process' }, repeat);
    figures['cold functions'] = {
      what: `${MANY} functions registered and cold, in all`,
      value: Math.max(0, many.host.own - cold.host.own),
      unit: 'MB',
      note: 'memory of the host’s own, more than with one',
    };

    const processes = await hostMemory(folder, WARM, { isolation: 'process', minInstances: 1 }, repeat);
    figures['warm process pss'] = {
      what: 'per warm function, process, proportional',
      value: processes.others.pss / WARM,
      unit: 'MB',
      note: `${WARM} warm functions`,
    };
    figures['warm process rss'] = {
      what: 'per warm function, process, RSS',
      value: processes.others.rss / WARM,
      unit: 'MB',
    };

    const threads = await hostMemory(folder, WARM, { isolation: 'thread', minInstances: 1 }, repeat);
    figures['warm thread pss'] = {
      what: 'per warm function, thread, proportional',
      value: (threads.host.pss - cold.host.pss) / WARM,
      unit: 'MB',
      note: `the host’s increase with ${WARM} warm functions`,
    };
    figures['warm thread rss'] = {
      what: 'per warm function, thread, RSS',
      value: (threads.host.rss - cold.host.rss) / WARM,
      unit: 'MB',
    };
    return figures;
  } finally {
    onProgress('idle CPU');
    await rm(folder, { recursive: true });
    if (hasProcfs()) Object.assign(figures, await idleCpu(idle));
  }
}

/**
 * CPU of a host with warm functions that has just carried calls: what it polled must have stopped.
 *
 * @param {number} idle ms
 * @returns {Promise<Record<string, Figure>>}
 */
async function idleCpu(idle) {
  /** @type {Record<string, Figure>} */
  const figures = {};
  for (const variant of ['thread', 'process']) {
    const contender = await startContender({
      id: `edgefc ${variant}`,
      file: 'edgefc',
      variant,
      unit: 'thread',
      quick: true,
      takes: () => true,
    });
    await contender.slice({ id: '32B x64', kind: 'text', size: 32, inFlight: 64 }, 500);
    await pause(SETTLE);
    const read = Number.isNaN(fineCpuOfTree(contender.pid)) ? cpuOfTree : fineCpuOfTree;
    const before = read(contender.pid);
    const begin = performance.now();
    await pause(idle);
    const used = read(contender.pid) - before;
    figures[`idle cpu ${variant}`] = {
      what: `CPU of an idle host, two warm functions, ${variant}`,
      value: (used / (performance.now() - begin)) * 100,
      unit: '% of a core',
      note: `over ${idle / 1000} s, right after load; host and functions`,
    };
    await contender.stop();
  }
  return figures;
}

/**
 * @param {readonly import('./contenders.mjs').Entry[]} entries
 * @param {{ repeat: number, onProgress: (text: string) => void }} options
 * @returns {Promise<{ id: string, startUp: number, rss: number | undefined, pss: number | undefined }[]>}
 */
export async function peerFootprints(entries, { repeat, onProgress }) {
  const rows = [];
  for (const entry of entries) {
    onProgress(`start-up of ${entry.id}`);
    const starts = [];
    const resident = [];
    const proportional = [];
    for (let time = 0; time < repeat; time += 1) {
      const contender = await startContender(entry);
      starts.push(contender.startUp);
      if (hasProcfs()) {
        await pause(SETTLE);
        const tree = processTree(contender.pid);
        const { rss, pss } = sumOf((entry.clientApart ? tree.slice(1) : tree).map(memoryOf));
        resident.push(rss);
        proportional.push(pss);
      }
      await contender.stop();
    }
    const known = hasProcfs();
    rows.push({
      id: entry.id,
      startUp: median(starts),
      rss: known ? median(resident) : undefined,
      pss: known ? median(proportional) : undefined,
    });
  }
  return rows;
}

/** @param {string} folder @param {number} count @param {object} settings @returns {Promise<string>} the file */
async function writeConfig(folder, count, settings) {
  const functions = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `echo${index}`,
      { codeUri: FUNCTIONS, handler: 'echo.handler', maxInstances: 1, ...settings },
    ]),
  );
  const file = join(folder, 'edgefc.config.json');
  await writeFile(file, JSON.stringify({ services: { Bench: { functions } } }));
  return file;
}

/** ms from the spawn of `edgefc invoke` to the payload on its output. @param {string} config */
async function firstAnswer(config) {
  const begin = performance.now();
  const child = spawn(process.execPath, [COMMAND, 'invoke', 'Bench/echo0', '--config', config, '--payload', 'hello'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let answeredAt = Number.NaN;
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    if (output === '') answeredAt = performance.now();
    output += String(chunk);
  });
  child.stderr.on('data', (chunk) => (errors += String(chunk)));
  const [code] = await once(child, 'close');
  if (output.trim() !== 'hello') throw new Error(`edgefc invoke ended with ${code}, printed ${output} ${errors}`);
  return answeredAt - begin;
}

/**
 * Memory of `edgefc start` and of what it started, medians over the starts.
 *
 * @param {string} folder
 * @param {number} count
 * @param {object} settings
 * @param {number} repeat
 */
async function hostMemory(folder, count, settings, repeat) {
  const config = await writeConfig(folder, count, settings);
  const hosts = [];
  const others = [];
  for (let time = 0; time < repeat; time += 1) {
    const child = spawn(process.execPath, [COMMAND, 'start', '--config', config, '--json'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await untilReady(child);
    await pause(SETTLE + ('minInstances' in settings ? SETTLE : 0));
    const [pid = 0, ...rest] = processTree(child.pid ?? 0);
    hosts.push(memoryOf(pid));
    others.push(sumOf(rest.map(memoryOf)));
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  }
  return { host: middleOf(hosts), others: middleOf(others) };
}

/** @param {import('./procfs.mjs').Memory[]} list */
const middleOf = (list) => combine(list, median);

/** @param {import('./procfs.mjs').Memory[]} list */
const sumOf = (list) => combine(list, (values) => values.reduce((sum, one) => sum + one, 0));

/** @param {import('./procfs.mjs').Memory[]} list @param {(values: number[]) => number} how */
function combine(list, how) {
  return {
    rss: how(list.map(({ rss }) => rss)),
    pss: how(list.map(({ pss }) => pss)),
    own: how(list.map(({ own }) => own)),
  };
}

/** @param {import('node:child_process').ChildProcess} child */
async function untilReady(child) {
  if (child.stdout === null) throw new Error('the host has no output to read');
  const lines = createInterface({ input: child.stdout });
  const ready = new Promise((resolve, reject) => {
    lines.on('line', (line) => line.includes('"ready"') && resolve(undefined));
    child.once('exit', (code) => reject(new Error(`edgefc start ended with ${code} before it was ready`)));
  });
  await ready;
}
