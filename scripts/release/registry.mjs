/**
 * A private registry on loopback for the rehearsal. What it does not hold it fetches from where npm is told to fetch it on this
 * machine, asked for at run time; what is ours it holds alone and never asks anybody for.
 *
 * It is installed on demand from a folder of its own (registry/, with its own lock file): nobody else pays for its packages.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runCommand } from '../run-command.mjs';

const FOLDER = join(import.meta.dirname, 'registry');
const SCOPE = '@edgefc/*';
/** ms until it must listen; it takes two seconds. */
const START = 60_000;

/**
 * Starts it, with its storage and log in `place`.
 *
 * @param {string} place
 */
export async function startRegistry(place) {
  const install = ['install', '--frozen-lockfile', '--ignore-scripts', '--prefer-offline'];
  const installed = await runCommand('pnpm', install, { cwd: FOLDER });
  if (installed.code !== 0) throw new Error(`The registry cannot be installed:\n${installed.output}`);

  mkdirSync(place, { recursive: true });
  const log = join(place, 'log.jsonl');
  const file = join(place, 'config.json');
  const settings = await npmSettings();
  writeFileSync(file, JSON.stringify(configuration(place, log, settings)));
  const child = fork(join(FOLDER, 'serve.mjs'), [file], {
    cwd: place,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Besides the authorities that Node knows, as npm does; verdaccio's own setting would be in their place.
    env: settings.cafile === undefined ? process.env : { ...process.env, NODE_EXTRA_CA_CERTS: settings.cafile },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  const closed = once(child, 'close');
  const stop = async () => {
    child.kill('SIGKILL');
    await closed;
  };
  const port = await Promise.race([
    once(child, 'message', { signal: AbortSignal.timeout(START) }).then(([message]) => message.port),
    closed.then(() => undefined),
  ]).catch(() => undefined);
  if (port === undefined) {
    await stop();
    throw new Error(`The registry did not start:\n${output}`);
  }
  return { url: `http://127.0.0.1:${port}/`, address: `127.0.0.1:${port}`, asked: () => askedUpstream(log), stop };
}

/** What npm on this machine fetches from, and how. */
async function npmSettings() {
  const names = ['registry', 'strict-ssl', 'cafile', 'https-proxy', 'proxy', 'noproxy'];
  // npm's own: pnpm has settings of the same names in the environment of what it runs.
  const { code, stdout, output } = await runCommand('npm', ['config', 'get', ...names], { cwd: dirname(FOLDER) });
  if (code !== 0) throw new Error(`npm does not say which registry it uses:\n${output}`);
  const settings = Object.fromEntries(
    stdout
      .split('\n')
      .map((line) => line.split(/\s*=\s*(.*)/, 2))
      .filter(([name, value]) => names.includes(name) && !['', 'null', 'undefined', undefined].includes(value)),
  );
  if (settings.registry === undefined) throw new Error(`npm does not say which registry it uses:\n${output}`);
  return settings;
}

function configuration(storage, log, settings) {
  return {
    storage,
    self_path: join(storage, 'config.json'),
    auth: { htpasswd: { file: './htpasswd' } },
    uplinks: {
      upstream: {
        url: settings.registry,
        // One rehearsal long, what was fetched once is fresh.
        maxage: '1h',
        timeout: '60s',
        strict_ssl: settings['strict-ssl'] !== 'false',
      },
    },
    packages: {
      [SCOPE]: { access: '$all', publish: '$all' },
      '**': { access: '$all', proxy: 'upstream' },
    },
    ...(settings.proxy === undefined ? {} : { http_proxy: settings.proxy }),
    ...(settings['https-proxy'] === undefined ? {} : { https_proxy: settings['https-proxy'] }),
    ...(settings.noproxy === undefined ? {} : { no_proxy: settings.noproxy }),
    middlewares: {},
    web: { enable: false },
    max_body_size: '50mb',
    log: { type: 'file', path: log, format: 'json', level: 'http' },
  };
}

/** The addresses that it has asked others for. */
function askedUpstream(log) {
  return readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).uri)
    .filter((address) => address !== undefined);
}
