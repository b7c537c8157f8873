/**
 * `pnpm bundle:gateway`: one archive for x64 and one for arm64 with Node, the runtime, the SDK and all they need, for Linux
 * boxes that cannot reach a registry. What is needed there: glibc 2.28 or newer, libstdc++, and a shell.
 *
 * The same commit gives the same bytes. Writes dist/gateway/edgefc-<version>-linux-<arch>.tar.gz and SHA256SUMS.
 *
 *     --arch <x64|arm64>   only this one
 *     --out <dir>          writes there
 *     --tarballs <dir>     takes packed tarballs from there instead of packing (the packages must have been built)
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { createGzip } from 'node:zlib';
import { ARCHITECTURES, readNode } from './bundle/node-binary.mjs';
import { readPackages } from './bundle/packages.mjs';
import { tarOf } from './bundle/tar.mjs';

const root = join(import.meta.dirname, '..');
const { values: options } = parseArgs({
  options: { arch: { type: 'string' }, out: { type: 'string' }, tarballs: { type: 'string' } },
});
const out = resolve(options.out ?? join(root, 'dist', 'gateway'));
const architectures = ARCHITECTURES.filter((arch) => options.arch === undefined || options.arch === arch);
if (architectures.length === 0) throw new Error(`--arch ${options.arch}: allowed ${ARCHITECTURES.join(', ')}`);

mkdirSync(out, { recursive: true });
const { version, entries } = await readPackages(options.tarballs);
const sums = [];
for (const arch of architectures) {
  const file = join(out, `edgefc-${version}-linux-${arch}.tar.gz`);
  await write(file, await bundleOf(arch));
  const sum = await sha256(file);
  sums.push(`${sum}  ${basename(file)}\n`);
  console.log(`${file}  ${(statSync(file).size / 1e6).toFixed(1)} MB  sha256 ${sum}`);
}
writeFileSync(join(out, 'SHA256SUMS'), sums.join(''));

/** All files of the bundle, in the one folder that it unpacks to. */
async function bundleOf(arch) {
  const node = await readNode(arch);
  const folder = `edgefc-${version}-linux-${arch}`;
  const text = (path, content, executable = false) => ({ path, content: Buffer.from(content), executable });
  const files = [
    { path: 'bin/node', content: node.binary, executable: true },
    text('bin/edgefc', readFileSync(join(import.meta.dirname, 'bundle', 'edgefc.sh')), true),
    { path: 'LICENSE.node', content: node.licence, executable: false },
    text('LICENSE', readFileSync(join(root, 'LICENSE'))),
    text('README', readme(arch, node.version, folder)),
    ...entries.map((entry) => ({ ...entry, path: `lib/node_modules/${entry.path}` })),
  ];
  return files.map((entry) => ({ ...entry, path: `${folder}/${entry.path}` }));
}

function readme(arch, node, folder) {
  return `edgefc ${version} for Linux on ${arch}, with Node ${node} and everything else it needs.

Unpack it where it may stay, and put the command on the PATH:

    tar -xzf ${folder}.tar.gz -C /opt
    ln -sf /opt/${folder}/bin/edgefc /usr/local/bin/edgefc

In the folder of a configuration:

    edgefc check
    edgefc start
    edgefc systemd > edgefc.service

It needs glibc 2.28 or newer, libstdc++ and a shell, and nothing of what is here writes to this folder.
`;
}

async function write(file, files) {
  await pipeline(Readable.from(tarOf(files)), createGzip({ level: 6 }), createWriteStream(file));
}

async function sha256(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
