/** One stranger: an empty folder, an installation, and then what the packages are there for. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runCommand } from '../run-command.mjs';
import { INVOKED } from './strangers.mjs';

const PATIENCE = 120_000;
const { devDependencies } = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8'));

/** Throws what was seen when anything is not as it should be. */
export async function useAsStranger({ place, manager, name, env, versions, packages, files, does }) {
  const cwd = join(place, name);
  const write = (file, text) => {
    mkdirSync(dirname(join(cwd, file)), { recursive: true });
    writeFileSync(join(cwd, file), text);
  };
  write('package.json', JSON.stringify({ name: 'gateway', version: '1.0.0', private: true }));
  for (const [file, text] of Object.entries(manager.settings(env.npm_config_registry))) write(file, text);
  const must = (command) => mustRun(command, { cwd, env });

  const tools = ['typescript', '@types/node'].map((tool) => `${tool}@${devDependencies[tool]}`);
  await must(manager.add(place, does.includes('types') ? [...packages, ...tools] : packages));
  for (const [file, text] of Object.entries(files)) write(file, text);
  for (const what of does) {
    if (what === 'host') await runHost({ manager, place, cwd, env, must, versions });
    else if (what === 'types') await must(manager.exec(place, ['tsc', '-p', 'tsconfig.json']));
    else if (what === 'node --test')
      expectIn(await must(['node', ['--test', 'Invoker.test.mjs']]), /pass 1\b[^]*fail 0\b/);
    else expectIn(await must(['node', what.split(' ').slice(1)]), /^NoHost$/);
  }
}

/** `edgefc start`, a call from another process, `edgefc stop`. */
async function runHost({ manager, place, cwd, env, must, versions }) {
  const edgefc = (...args) => manager.exec(place, ['edgefc', ...args]);
  expectIn(await must(edgefc('--version')), new RegExp(`^${RegExp.escape(versions['@edgefc/runtime'])}$`));
  const [command, args] = edgefc('start');
  // A group of its own: what runs the command may not pass signals on.
  const host = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = () => host.pid !== undefined && process.kill(-host.pid, 'SIGKILL');
  const closed = once(host, 'close');
  let output = '';
  const ready = new Promise((resolve, reject) => {
    for (const stream of [host.stdout, host.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        if (output.includes('"event":"ready"')) resolve(undefined);
      });
    }
    closed.then(
      ([code]) => reject(new Error(`edgefc start ended with ${code}:\n${output}`)),
      (error) => reject(error),
    );
  });
  const limit = setTimeout(kill, PATIENCE);
  try {
    await ready;
    const answer = await must(edgefc('invoke', 'EdgeFC/Invoker', '--payload', 'hi'));
    if (answer !== INVOKED) throw new Error(`EdgeFC/Invoker answered\n${answer}\nand not\n${INVOKED}\n${output}`);
    if (!output.includes('helloworld says')) throw new Error(`edgefc start shows nothing of the function:\n${output}`);
    await must(edgefc('stop'));
    const [code] = await closed;
    if (code !== 0) throw new Error(`edgefc start ended with ${code} after edgefc stop:\n${output}`);
  } finally {
    clearTimeout(limit);
    if (host.exitCode === null && host.signalCode === null) kill();
  }
}

async function mustRun([command, args], { cwd, env }) {
  const { code, output, stdout } = await runCommand(command, args, { cwd, env, timeout: PATIENCE });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}\n${output}`);
  return stdout.trim();
}

function expectIn(text, pattern) {
  if (!pattern.test(text)) throw new Error(`expected ${pattern}, got\n${text}`);
}
