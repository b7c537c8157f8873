/**
 * A tar archive that depends on its contents alone: sorted, owned by root, with one time for everything. Plain ustar, which
 * every tar reads, busybox's too.
 */
const BLOCK = 512;
/** What npm gives its files: old enough to be nobody's real time, not so old that GNU tar warns. */
const MTIME = Date.UTC(1985, 9, 26, 8, 15) / 1000;

/**
 * @typedef {object} Entry
 * @property {string} path relative, with slashes
 * @property {Buffer} content
 * @property {boolean} executable
 */

/**
 * The parts of the archive, in order; folders come of themselves.
 *
 * @param {readonly Entry[]} entries
 * @returns {Generator<Buffer>}
 */
export function* tarOf(entries) {
  const folders = new Set();
  for (const { path, content, executable } of [...entries].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    for (const folder of foldersOf(path)) {
      if (folders.has(folder)) continue;
      folders.add(folder);
      yield header(`${folder}/`, { type: '5', mode: 0o755, size: 0 });
    }
    yield header(path, { type: '0', mode: executable ? 0o755 : 0o644, size: content.length });
    yield content;
    yield Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
  }
  yield Buffer.alloc(2 * BLOCK);
}

/** @param {string} path @returns {string[]} the folders that it is in, the outermost first */
function foldersOf(path) {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** @param {string} path @param {{ type: string, mode: number, size: number }} facts */
function header(path, { type, mode, size }) {
  const block = Buffer.alloc(BLOCK);
  const { prefix, name } = split(path);
  const octal = (value, width) => `${value.toString(8).padStart(width - 1, '0')}\0`;
  block.write(name, 0);
  block.write(octal(mode, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(MTIME, 12), 136);
  block.write(' '.repeat(8), 148);
  block.write(type, 156);
  block.write('ustar\0' + '00', 257);
  block.write('root', 265);
  block.write('root', 297);
  block.write(octal(0, 8), 329);
  block.write(octal(0, 8), 337);
  block.write(prefix, 345);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** A path as ustar has it: 100 bytes of a name, and 155 of what is before it. */
function split(path) {
  if (Buffer.byteLength(path) <= 100) return { prefix: '', name: path };
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    const parts = { prefix: path.slice(0, at), name: path.slice(at + 1) };
    if (Buffer.byteLength(parts.prefix) <= 155 && Buffer.byteLength(parts.name) <= 100 && parts.name !== '')
      return parts;
  }
  throw new Error(`${path} is too long for a tar archive that every tar reads`);
}
