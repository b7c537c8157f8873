/**
 * `edgefc init` as a stranger runs it: `npx @edgefc/runtime init`, in an empty folder, then the commands that it prints, as
 * they stand there, in TypeScript and in JavaScript.
 *
 * The packages come from a registry on loopback that has nothing but our tarballs; everything else comes from where npm gets it.
 *
 *     --tarballs <dir>   takes packed tarballs from there instead of packing (the packages must have been built)
 *     --keep             leaves the folders for a look
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { packInto } from './pack.mjs';
import { runCommand } from './run-command.mjs';
import { serveTarballs } from './serve-tarballs.mjs';

const { values: options } = parseArgs({
  options: { tarballs: { type: 'string' }, keep: { type: 'boolean', default: false } },
});
const root = join(import.meta.dirname, '..');
const place = realpathSync(mkdtempSync(join(tmpdir(), 'edgefc-init-')));

/** ms that one of the commands may take. */
const PATIENCE = 180_000;
const PROJECTS = [
  { title: 'TypeScript', folder: 'my-functions', flags: [], answer: 'edgefc.config.ts' },
  { title: 'JavaScript', folder: 'Meine Funktionen', flags: ['--javascript'], answer: 'edgefc.config.js' },
];

let registry;
try {
  const tarballs = options.tarballs ?? place;
  if (options.tarballs === undefined) {
    const packed = await packInto(place);
    if (packed.code !== 0) throw new Error(packed.output);
  }
  registry = await serveTarballs(tarballs);
  for (const project of PROJECTS) await report(project.title, () => walkThrough(project, registry.url));
} catch (error) {
  console.log(error.message);
  process.exitCode = 1;
} finally {
  await registry?.close();
  if (options.keep) console.log(`kept: ${place}`);
  else rmSync(place, { recursive: true, force: true });
}

/** Prints what was seen; a test that throws has failed. */
async function report(title, run) {
  try {
    for (const line of await run()) console.log(`ok      ${title}: ${line}`);
  } catch (error) {
    console.log(`FAILED  ${title}\n${error.message.trimEnd().replace(/^/gm, '        ')}`);
    process.exitCode = 1;
  }
}

async function walkThrough({ title, folder, flags, answer }, url) {
  const cwd = join(place, title);
  // npm reads the one where it stands. The second folder is where the project will be: one that is there already is no obstacle.
  for (const where of [cwd, join(cwd, folder)]) {
    mkdirSync(where);
    writeFileSync(join(where, '.npmrc'), `@edgefc:registry=${url}\n`);
  }
  const env = strangersEnvironment();
  const made = await must(['npx', '--yes', '@edgefc/runtime', 'init', folder, ...flags], { cwd, env });
  const commands = commandsIn(made.stdout);
  const [cd, install, test, start, ...more] = commands;
  if (install !== 'npm install' || test !== 'npm test' || start !== 'npm start' || more.length > 0) {
    throw new Error(`it prints other commands than it should:\n${made.stdout}`);
  }
  // In a shell, as they would be typed.
  await must(['sh', '-ec', `${cd}\n${install}`], { cwd, env });
  const tested = await must(['sh', '-ec', `${cd}\n${test}`], { cwd, env });
  if (!/pass 2\b/.test(tested.stdout) || !/fail 0\b/.test(tested.stdout)) {
    throw new Error(`two tests should have passed:\n${tested.output}`);
  }
  const project = join(cwd, folder);
  const said = await startAndInvoke(`${cd}\n${start}`, { cwd, env, project });
  const again = await runCommand('npx', ['edgefc', 'init', ...flags], { cwd: project, env });
  if (again.code !== 2 || !again.output.includes(`${answer}, `)) {
    throw new Error(`a second time it should refuse with exit code 2, and name the files:\n${again.output}`);
  }
  return [...commands, `npx edgefc invoke Home/watch  ${said}`, 'npx edgefc init  refuses to overwrite'];
}

/** The lines after "Now:", without what is said beside them. */
function commandsIn(text) {
  const [, after = ''] = text.split('\nNow:\n');
  return after
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '');
}

/** Starts the host, calls a function from another command, and ends it as Ctrl-C does. Returns the answer. */
async function startAndInvoke(command, { cwd, env, project }) {
  // A group of its own, because a terminal's Ctrl-C goes to all of one.
  const host = spawn('sh', ['-ec', command], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const signal = (name) => host.pid !== undefined && process.kill(-host.pid, name);
  const ended = once(host, 'close');
  let output = '';
  const ready = new Promise((resolve, reject) => {
    const hear = (chunk) => {
      output += chunk;
      if (output.includes('"event":"ready"')) resolve(undefined);
    };
    host.stdout.on('data', hear);
    host.stderr.on('data', hear);
    void ended.then(([code]) => reject(new Error(`npm start ended with ${code}:\n${output}`)));
  });
  const limit = setTimeout(() => signal('SIGKILL'), PATIENCE);
  try {
    await ready;
    const { stdout } = await must(['npx', 'edgefc', 'invoke', 'Home/watch'], { cwd: project, env });
    const answer = JSON.parse(stdout);
    if (typeof answer.celsius !== 'number') throw new Error(`Home/watch answered ${stdout}`);
    signal('SIGINT');
    await ended;
    const status = await runCommand('npx', ['edgefc', 'status'], { cwd: project, env });
    if (!status.stdout.includes('stopped')) throw new Error(`Ctrl-C has not stopped it:\n${output}\n${status.output}`);
    return stdout.trim();
  } finally {
    clearTimeout(limit);
    if (host.exitCode === null && host.signalCode === null) signal('SIGKILL');
  }
}

/** Runs a command to its end; throws what it said unless that was well. */
async function must([command, ...args], { cwd, env }) {
  const result = await runCommand(command, args, { cwd, env, timeout: PATIENCE });
  if (result.code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${result.code}\n${result.output}`);
  return result;
}

/** Without anything that pnpm or this workspace put into it. */
function strangersEnvironment() {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(?:npm|pnpm|EDGEFC)_/i.test(name) || /^npm_config_(?:registry|https?_?proxy|noproxy|cafile)$/i.test(name),
    ),
  );
  const path = (process.env.PATH ?? '').split(delimiter).filter((entry) => !entry.startsWith(root));
  env.PATH = [dirname(process.execPath), ...path].join(delimiter);
  delete env.NODE_PATH;
  delete env.NODE_OPTIONS;
  // The same version with other contents would be remembered from the last time.
  env.npm_config_cache = join(place, 'cache');
  env.npm_config_audit = 'false';
  env.npm_config_fund = 'false';
  env.npm_config_update_notifier = 'false';
  return env;
}
