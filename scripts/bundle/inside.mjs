/**
 * Runs inside of the empty root, on the bundle's own Node, and uses the bundle as its owner would: the demo's functions through
 * the command, on a host for one call and on a running one. A line for each thing seen; exit code 1 when one is wrong.
 *
 *     node inside.mjs <the edgefc command> <folder of the demo> [<PATH>]
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const [edgefc = '', demo = '', path = '/usr/sbin:/usr/bin:/sbin:/bin'] = process.argv.slice(2);
const env = { PATH: path, HOME: '/' };
/** ms that one command may take; an emulated one takes its time. */
const PATIENCE = 120_000;

/** What the demo's Invoker can be told to do, and what has to come of it. */
const CALLS = {
  text: (said) => said.payload === 'Message from helloworld' && said.functionError === null,
  bytes: (said) => String(Buffer.from(said.payload)) === 'Message from helloworld',
  typed: (said) => JSON.parse(said.payload).heating === true,
  failing: (said) => said.functionError === 'Handled',
  slow: (said) => JSON.parse(said.payload).errorType === 'Timeout',
  crashing: (said) => said.functionError === 'Unhandled',
  message: (said) => typeof said === 'string',
  fetched: (said) => said.state === 'Succeeded',
  retried: (said) => said.result === 'sent 19.5 °C' && said.attempt === 3,
  dead: (said) => said.state === 'Failed' && said.errors.length === 2,
};

let wrong = 0;
check('there is no Node on the PATH', spawnSync('node', ['--version'], { env }).error?.code === 'ENOENT');
const version = run('--version');
check(
  `edgefc --version: ${version.stdout.trim()}, on Node ${process.version} for ${process.arch}`,
  version.status === 0,
);

const checked = run('check');
check('edgefc check: every function of the demo loads', checked.status === 0, checked);
for (const [call, fits] of Object.entries(CALLS)) expectThat('EdgeFC/Invoker', ['--payload', call], fits);
await withHost(async () => {
  for (const call of ['text', 'crashing', 'retried']) expectThat('EdgeFC/Invoker', ['--payload', call], CALLS[call]);
  const status = run('status');
  check('edgefc status: it runs', status.stdout.includes('running, pid'), status);
  const stopped = run('stop');
  check('edgefc stop', stopped.status === 0 && stopped.stdout.startsWith('stopped'), stopped);
});
const unit = run('systemd', '--user', 'root');
check('edgefc systemd starts the Node of the bundle', unit.stdout.includes(`ExecStart=${process.execPath} `), unit);
process.exitCode = wrong > 0 ? 1 : 0;

function expectThat(target, args, fits) {
  const result = run('invoke', target, ...args);
  check(`edgefc invoke ${target} ${args.join(' ')}`, result.status === 0 && fitsText(result.stdout, fits), result);
}

function fitsText(text, fits) {
  try {
    return fits(parse(text));
  } catch {
    return false; // Not what the test of it can read: wrong.
  }
}

/** What was printed: JSON, or a text. */
function parse(text) {
  return /^[[{"]/.test(text) ? JSON.parse(text) : text.trim();
}

async function withHost(use) {
  const host = spawn(edgefc, ['start'], { cwd: demo, env, stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(host, 'exit');
  const lines = createInterface({ input: host.stdout });
  const ready = new Promise((resolve) =>
    lines.on('line', (line) => line.includes('"event":"ready"') && resolve('ready')),
  );
  const first = await Promise.race([ready, ended]);
  check('edgefc start: ready', first === 'ready');
  await use();
  const [code] = await ended;
  check('edgefc start: ended with 0', code === 0);
}

function run(...args) {
  return spawnSync(edgefc, args, { cwd: demo, env, encoding: 'utf8', timeout: PATIENCE, killSignal: 'SIGKILL' });
}

function check(what, isRight, result) {
  console.log(`${isRight ? 'ok    ' : 'FAILED'}  ${what}`);
  if (isRight) return;
  wrong += 1;
  if (result !== undefined) console.log(`${result.stdout}${result.stderr}`.trimEnd().replace(/^/gm, '        '));
}
