/**
 * Runs the examples of one page, from top to bottom, in a folder of their own.
 *
 * Blocks that are files are written when the page comes to them; sh and console blocks are run; a text block marked
 * `output` is compared with what the commands before it printed. At the end tests that were written and that no command
 * has run since are run, and what was started is stopped, which has to go well.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { comparePart, compareOutput } from './compare-output.mjs';
import { fileOf, markOf } from './markdown.mjs';
import { ROOT } from './pages.mjs';

/** ms that the commands of one block may take. */
const LIMIT = 60_000;
/** What `edgefc start` prints when it is there. */
const READY = /"event":"ready"/;

/**
 * @param {{ page: string, blocks: import('./markdown.mjs').Block[], folder: string, env: Record<string, string>, groups: Set<number> }} what
 * @returns {Promise<{ complaints: string[], ran: number, written: number }>}
 */
export async function runPage({ page, blocks, folder, env, groups }) {
  const complaints = [];
  const started = [];
  /** Tests by their path, as long as nobody has run them. */
  const tests = new Map();
  let cwd = folder;
  let printed = '';
  let ran = 0;
  let written = 0;
  /** Each page remembers in a file of its own where its shell is. */
  const at = (directory) => ({ cwd: directory, note: `${folder}.cwd`, groups });
  const complain = (block, text) => complaints.push(`${page}:${block.line}: ${text}`);

  try {
    for (const block of blocks) {
      if (markOf(block, 'skip') !== undefined) continue;
      const file = fileOf(block);
      if (file !== undefined) {
        const path = join(cwd, file);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, block.text);
        written += 1;
        if (/\.test\.[cm]?[jt]s$/.test(file)) tests.set(path, block);
        continue;
      }
      if (block.lang === 'sh' || block.lang === 'bash') {
        if (markOf(block, 'start') !== undefined) {
          const child = await start(block.text, at(cwd), env);
          started.push({ block, child });
          if (child.failure !== undefined) complain(block, `did not come up: ${child.failure}`);
        } else {
          const result = await run(block.text, at(cwd), env);
          cwd = result.cwd;
          printed = result.output;
          const expected = Number(markOf(block, 'exit') ?? 0);
          if (result.code !== expected) complain(block, `exit code ${result.code}, expected ${expected}\n${printed}`);
          forgetRun(tests, block.text);
        }
        ran += 1;
      } else if (block.lang === 'console') {
        const session = sessionOf(block.text);
        // One shell for all of them, and both outputs in one, as on a terminal; a mark tells where each one's ends.
        const commands = session.map(
          ({ command }) => `${command} || code=$?\nprintf '\\036%d\\036' "\${code:-0}"; code=0`,
        );
        const result = await run(['exec 2>&1', ...commands].join('\n'), at(cwd), env);
        cwd = result.cwd;
        const parts = result.output.split('\u001e');
        const last = Number(markOf(block, 'exit') ?? 0);
        for (const [index, { command, shown }] of session.entries()) {
          forgetRun(tests, command);
          const [output = '', code = 'none'] = parts.slice(2 * index, 2 * index + 2);
          const expected = index === session.length - 1 ? last : 0;
          if (code !== String(expected))
            complain(block, `${command}: exit code ${code}, expected ${expected}\n${output}`);
          const difference = compareOutput(shown, output);
          if (difference !== undefined) complain(block, `${command} prints something else\n${difference}`);
        }
        ran += 1;
      } else if (markOf(block, 'demo') !== undefined) {
        const { code, output } = await run(`exec 2>&1; cd '${ROOT}'; node apps/demo/src/demo.ts`, at(cwd), env);
        const difference = code === 0 ? comparePart(block.text, output) : `the demo fails\n${output}`;
        if (difference !== undefined) complain(block, difference);
        ran += 1;
      } else if (markOf(block, 'output') !== undefined) {
        const difference = compareOutput(block.text, printed);
        if (difference !== undefined) complain(block, `that is not what is printed\n${difference}`);
      }
    }
    for (const [path, block] of tests) {
      const command = readFileSync(path, 'utf8').includes("'node:test'") ? 'node --test' : 'npx vitest run';
      const { code, output } = await run(`${command} '${path}'`, at(folder), env);
      if (code !== 0) complain(block, `the test fails\n${output}`);
      ran += 1;
    }
  } finally {
    for (const { block, child } of started) {
      const { code, output } = await child.stop();
      if (code !== 0) complain(block, `ended with exit code ${code}\n${output}`);
    }
  }
  return { complaints, ran, written };
}

/** A test runner runs every test that there is, or the one that is named. */
function forgetRun(tests, commands) {
  if (!/\bvitest run\b|\bnode --test\b|\bnpm test\b/.test(commands)) return;
  const isNode = /\bnode --test\b|\bnpm test\b/.test(commands);
  for (const [path, block] of tests) if (block.text.includes("'node:test'") === isNode) tests.delete(path);
}

/** Commands after `$ `, each with the lines up to the next one. */
function sessionOf(text) {
  const session = [];
  for (const line of text.split('\n').slice(0, -1)) {
    const last = session.at(-1);
    if (line.startsWith('$ ')) session.push({ command: line.slice(2), shown: '' });
    else if (last !== undefined) last.shown += `${line}\n`;
  }
  return session;
}

/** Runs `script`; the folder that it ends in is where the next one begins. */
function run(script, { cwd, note, groups }, env) {
  return new Promise((resolve) => {
    writeFileSync(note, cwd);
    const whole = `set -e\ntrap 'pwd > "${note}"' EXIT\n${script}`;
    const child = spawn('bash', ['-c', whole], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    follow(child, groups);
    const limit = setTimeout(() => endGroup(child.pid), LIMIT);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    }
    child.once('close', (code, signal) => {
      clearTimeout(limit);
      if (signal !== null) output += `\nended by ${signal} (${LIMIT / 1000} s is the limit)\n`;
      resolve({ code: code ?? 1, output, cwd: readFileSync(note, 'utf8').trim() });
    });
  });
}

/** Starts `script` and waits until it says that it is ready. */
function start(script, { cwd, groups }, env) {
  return new Promise((resolve) => {
    const command = script.replace(/\s+#.*$/gm, '').trim();
    const child = spawn('bash', ['-c', `exec ${command}`], {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    follow(child, groups);
    let output = '';
    const ended = new Promise((done) => child.once('close', (code) => done({ code: code ?? 1, output })));
    const handle = {
      failure: /** @type {string | undefined} */ (undefined),
      stop: async () => {
        child.kill('SIGTERM');
        const limit = setTimeout(() => endGroup(child.pid), LIMIT);
        const result = await ended;
        clearTimeout(limit);
        return { ...result, output };
      },
    };
    const limit = setTimeout(() => settle(`nothing within ${LIMIT / 1000} s\n${output}`), LIMIT);
    const settle = (failure) => {
      clearTimeout(limit);
      handle.failure = failure;
      resolve(handle);
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        if (READY.test(output)) settle(undefined);
      });
    }
    child.once('close', (code) => settle(`it ended with exit code ${code ?? 'none'}\n${output}`));
  });
}

/** Notes the group of processes that `child` leads, as long as it runs. */
function follow(child, groups) {
  const { pid } = child;
  if (pid === undefined) return;
  groups.add(pid);
  child.once('close', () => groups.delete(pid));
}

/** Ends the command and what it started: each block leads a group of processes. */
export function endGroup(pid) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // Gone already.
  }
}
