/**
 * The servers that the peers need, as Debian packages bring them: an own instance each, in a folder of its own, on a
 * Unix socket or a free loopback port, ended with this process. Nothing of the system's own service is touched.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { accessSync, chmodSync, chownSync, constants, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

/** ms until a server has to answer. */
const START_TIMEOUT = 20_000;

/**
 * @typedef {object} Server
 * @property {string} version
 * @property {string} address
 * @property {number} pid
 * @property {() => Promise<void>} stop
 */

/** Redis, with its append-only file synced as `appendfsync` says. @param {'always' | 'everysec'} appendfsync @returns {Promise<Server>} */
export async function startRedis(appendfsync) {
  const command = find('redis-server', 'redis-server');
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const address = join(folder, 'redis.sock');
  const settings = { port: '0', unixsocket: address, dir: folder, appendonly: 'yes', appendfsync, save: '' };
  const server = launch(
    command,
    Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    folder,
  );
  await server.until(() => existsSync(address));
  const version = /v=([\d.]+)/.exec(String(execFileSync(command, ['--version'])))?.[1];
  return { version: `redis-server ${version}`, address, pid: server.pid, stop: () => server.stop('SIGTERM') };
}

/** PostgreSQL with its defaults: fsync and synchronous_commit on. @returns {Promise<Server>} address: of the socket's folder */
export async function startPostgres() {
  const versions = existsSync('/usr/lib/postgresql')
    ? readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a))
    : [];
  const places = versions.map((version) => `/usr/lib/postgresql/${version}/bin`);
  const [initdb, postgres] = [find('initdb', 'postgresql', places), find('postgres', 'postgresql', places)];
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const data = join(folder, 'data');
  // It refuses to run as root: then as the user that its package has made.
  const user = process.getuid?.() === 0 ? userNamed('postgres') : undefined;
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o755);
  const options = { ...user, cwd: folder };
  await promisify(execFile)(initdb, ['-D', data, '-U', 'bench', '-A', 'trust', '--no-instructions'], options);
  const args = ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-c', 'max_connections=120'];
  const server = launch(postgres, args, folder, user);
  await server.until(() => existsSync(join(folder, '.s.PGSQL.5432')));
  const version = /([\d.]+)/.exec(String(execFileSync(postgres, ['--version'])))?.[1];
  // SIGINT: it ends its clients and itself at once, without waiting for them.
  return { version: `PostgreSQL ${version}`, address: folder, pid: server.pid, stop: () => server.stop('SIGINT') };
}

/** nats-server with JetStream on disk; where it can (2.10 and later), it syncs every message. @returns {Promise<Server>} */
export async function startNats() {
  const command = find('nats-server', 'nats-server');
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const number = /v([\d.]+)/.exec(String(execFileSync(command, ['--version'])))?.[1] ?? '';
  const config = join(folder, 'nats.conf');
  const sync = syncsEach(number) ? 'sync_interval: always' : '';
  await writeFile(
    config,
    `listen: "127.0.0.1:-1"\nports_file_dir: "${folder}"\njetstream { store_dir: "${folder}/store" ${sync} }\n`,
  );
  const server = launch(command, ['-c', config], folder);
  const ports = join(folder, `nats-server_${server.pid}.ports`);
  await server.until(() => existsSync(ports));
  const [address] = JSON.parse(await readFile(ports, 'utf8')).nats;
  return { version: `nats-server ${number}`, address, pid: server.pid, stop: () => server.stop('SIGTERM') };
}

/** Whether this nats-server can sync before it acknowledges. @param {string} version */
export function syncsEach(version) {
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
  return major > 2 || (major === 2 && minor >= 10);
}

/** @param {string} command @param {string[]} args @param {string} folder removed when it is stopped @param {{ uid: number, gid: number }} [user] */
function launch(command, args, folder, user) {
  // The kernel ends it when this process is killed; elsewhere the parent's stop has to do.
  const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));
  const as = user === undefined ? [] : ['--reuid', `${user.uid}`, '--regid', `${user.gid}`, '--clear-groups'];
  const [file, ...rest] =
    setpriv === undefined ? [command, ...args] : [setpriv, ...as, '--pdeathsig', 'KILL', command, ...args];
  const child = spawn(file ?? command, rest, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(setpriv === undefined ? user : {}),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => (output = (output + String(chunk)).slice(-2000)));
  const exited = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
  return {
    pid: child.pid ?? 0,
    /** @param {() => boolean} ready */
    async until(ready) {
      const deadline = performance.now() + START_TIMEOUT;
      while (!ready()) {
        if (child.exitCode !== null || child.pid === undefined || performance.now() > deadline) {
          child.kill('SIGKILL');
          throw new Error(
            `${command} did not start (exit code ${child.exitCode}): ${output.trim().split('\n').at(-1)}`,
          );
        }
        await pause(10);
      }
    },
    /** @param {NodeJS.Signals} signal */
    async stop(signal) {
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
      child.kill(signal);
      await exited;
      clearTimeout(timer);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** @param {string} command @param {string} debianPackage @param {string[]} [places] besides those of PATH @returns {string} */
function find(command, debianPackage, places = []) {
  const found = [...places, ...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
    .map((place) => join(place, command))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
  if (found === undefined) throw new Error(`${command} is not installed: apt-get install -y ${debianPackage}`);
  return found;
}

/** @param {string} name */
function userNamed(name) {
  /** @param {string} flag */
  const id = (flag) => Number(execFileSync('id', [flag, name]));
  return { uid: id('-u'), gid: id('-g') };
}
