/**
 * Uses a bundle where there is nothing else: unpacked in an empty root (a folder with the C and C++ libraries and a shell, no
 * Node, no npm, no network), it has to run the demo's functions there.
 *
 * Namespaces keep the root apart, so it needs Linux, and a user who may make them: root, or `unshare --user` allowed. Where they may
 * not be made, it runs in the bare folder with nothing on the PATH, and says so.
 *
 *     --bundle <file>      default: dist/gateway/edgefc-<version>-linux-<this machine's>.tar.gz
 *     --root <folder>      uses a root that is there already, as debootstrap makes one, and leaves in it what it puts there
 *     --emulator <file>    a static qemu-aarch64, for the bundle and a root of arm64 on another machine
 *     --keep               leaves the root for a look
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { machineOf, MACHINES } from './bundle/node-binary.mjs';
import { runCommand } from './run-command.mjs';

const { values: options } = parseArgs({
  options: {
    bundle: { type: 'string' },
    root: { type: 'string' },
    emulator: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});
const workspace = join(import.meta.dirname, '..');
const NAMESPACES = ['--user', '--map-root-user', '--mount', '--pid', '--net', '--fork', '--kill-child'];
const PLAIN = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
const DEVICES = ['null', 'zero', 'random', 'urandom'];

/** ELF's first 20 bytes for aarch64, and which of them count. F: the kernel opens the emulator now, from outside of the root. */
const ARM64 = {
  magic: String.raw`\x7fELF\x02\x01\x01${String.raw`\x00`.repeat(9)}\x02\x00\xb7\x00`,
  mask: String.raw`\xff\xff\xff\xff\xff\xff\xff\x00${String.raw`\xff`.repeat(8)}\xfe\xff\xff\xff`,
};
/** For these namespaces alone (Linux 6.7 and newer). */
const REGISTRATION = `
  mount -t binfmt_misc none "$1/proc/sys/fs/binfmt_misc"
  printf '%s' ':edgefc:M:0:${ARM64.magic}:${ARM64.mask}:'"$2"':F' > "$1/proc/sys/fs/binfmt_misc/register"
`;

if (process.platform === 'linux') process.exitCode = await main();
else console.log(`unrun: a bundle is for Linux, and this is ${process.platform}`);

async function main() {
  const bundle = resolve(options.bundle ?? defaultBundle());
  const folder = basename(bundle).replace(/[.]tar[.]gz$/, '');
  const arch = folder.split('-').at(-1);
  const root = options.root === undefined ? mkdtempSync(join(tmpdir(), 'edgefc-root-')) : resolve(options.root);
  try {
    if (options.root === undefined) furnish(root);
    prepare(root);
    const opt = join(root, 'opt');
    mkdirSync(opt, { recursive: true });
    execFileSync('tar', ['-xzf', bundle, '-C', opt]);
    // As an owner would put it onto the PATH.
    mkdirSync(join(root, 'usr', 'local', 'bin'), { recursive: true });
    execFileSync('ln', ['-sfn', `/opt/${folder}/bin/edgefc`, join(root, 'usr', 'local', 'bin', 'edgefc')]);
    const machine = machineOf(readFileSync(join(opt, folder, 'bin', 'node')));
    if (machine !== MACHINES[arch]) throw new Error(`the Node in ${bundle} is for ELF machine ${machine}`);
    const { code, output } = (await canIsolate())
      ? await runInside(root, `/opt/${folder}/bin/node`)
      : await runBare(root, join(opt, folder));
    console.log(output.trimEnd());
    return code === 0 ? 0 : 1;
  } finally {
    if (options.keep) console.log(`kept: ${root}`);
    else if (options.root === undefined) rmSync(root, { recursive: true, force: true });
  }
}

function defaultBundle() {
  const { version } = JSON.parse(readFileSync(join(workspace, 'packages', 'runtime', 'package.json'), 'utf8'));
  return join(workspace, 'dist', 'gateway', `edgefc-${version}-linux-${process.arch}.tar.gz`);
}

/** What every glibc system has, and no more: the libraries that Node names, a shell, and `readlink`. */
function furnish(root) {
  const programs = ['/bin/sh', '/usr/bin/readlink'].map((path) => ({ path, file: realpathSync(path) }));
  const libraries = new Set();
  for (const file of [process.execPath, ...programs.map((program) => program.file)]) {
    for (const [, path = ''] of execFileSync('ldd', [file], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g))
      libraries.add(path);
  }
  for (const path of libraries) place(realpathSync(path), join(root, path));
  for (const { path, file } of programs) place(file, join(root, path));
}

function place(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

/** The demo as its owner would bring it, and the places where the kernel's file systems go. */
function prepare(root) {
  for (const folder of ['proc', 'dev', 'tmp', 'srv']) mkdirSync(join(root, folder), { recursive: true });
  for (const device of DEVICES)
    if (!existsSync(join(root, 'dev', device))) writeFileSync(join(root, 'dev', device), '');
  const demo = join(workspace, 'apps', 'demo');
  rmSync(join(root, 'srv', 'demo'), { recursive: true, force: true });
  for (const name of ['functions', 'edgefc.config.ts']) {
    cpSync(join(demo, name), join(root, 'srv', 'demo', name), { recursive: true });
  }
  copyFileSync(join(import.meta.dirname, 'bundle', 'inside.mjs'), join(root, 'srv', 'inside.mjs'));
}

/** In namespaces of its own: its own processes, its own mounts, no network, and nothing in the environment. */
function runInside(root, node) {
  const script = `
    set -e
    mount -t proc proc "$1/proc"
    for device in ${DEVICES.join(' ')}; do mount --bind "/dev/$device" "$1/dev/$device"; done
    ${options.emulator === undefined ? '' : REGISTRATION}
    exec chroot "$1" ${node} /srv/inside.mjs /usr/local/bin/edgefc /srv/demo
  `;
  return runCommand('unshare', [...NAMESPACES, '--', 'sh', '-c', script, 'sh', root, resolve(options.emulator ?? '')], {
    env: PLAIN,
    timeout: 600_000,
  });
}

async function canIsolate() {
  const { code } = await runCommand('unshare', [...NAMESPACES, '--', 'mount', '-t', 'tmpfs', 'none', '/mnt'], {
    env: PLAIN,
  });
  return code === 0;
}

/** Without a root of its own: only what it finds by name is kept from it. */
async function runBare(root, unpacked) {
  if (options.emulator !== undefined) throw new Error('an emulated bundle needs namespaces, and none may be made here');
  console.log('namespaces may not be made here: run in the bare folder, with nothing on the PATH');
  const [inside, demo] = [join(root, 'srv', 'inside.mjs'), join(root, 'srv', 'demo')];
  const node = join(unpacked, 'bin', 'node');
  return runCommand(node, [inside, join(unpacked, 'bin', 'edgefc'), demo, '/nowhere'], { env: {}, timeout: 600_000 });
}
