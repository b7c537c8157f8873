/**
 * The cases: what travels, how large, how many at once.
 *
 * Small payloads are text (that is what functions send), from 64 KiB on they are Buffers, because nobody who cares
 * for speed sends large text; one case with 1 MiB of text shows what that costs.
 */

/**
 * @typedef {object} Case
 * @property {string} id         e.g. `32B x16`
 * @property {'text' | 'buffer'} kind
 * @property {number} size       bytes, there and back again
 * @property {number} inFlight   calls under way at once
 */

const SIZES = [
  { label: '32B', kind: /** @type {const} */ ('text'), size: 32 },
  { label: '1KiB', kind: /** @type {const} */ ('text'), size: 1024 },
  { label: '64KiB', kind: /** @type {const} */ ('buffer'), size: 64 * 1024 },
  { label: '1MiB', kind: /** @type {const} */ ('buffer'), size: 1024 * 1024 },
];

/** @returns {Case[]} */
export function allCases() {
  const cases = SIZES.flatMap(({ label, kind, size }) =>
    [1, 16, 64].map((inFlight) => ({ id: `${label} x${inFlight}`, kind, size, inFlight })),
  );
  return [...cases, { id: '1MiB text x1', kind: 'text', size: 1024 * 1024, inFlight: 1 }];
}

/** The cases that carry the targets, for the quick run. @returns {Case[]} */
export function quickCases() {
  const wanted = new Set(['32B x1', '32B x64', '1MiB x1']);
  return allCases().filter((one) => wanted.has(one.id));
}

/** @param {{ kind: 'text' | 'buffer', size: number }} shape @returns {string | Buffer} */
export function makePayload({ kind, size }) {
  return kind === 'text' ? 'x'.repeat(size) : Buffer.alloc(size, 0x78);
}
