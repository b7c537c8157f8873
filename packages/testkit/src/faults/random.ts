/**
 * Randomness with a seed: the same seed gives the same numbers, on every machine and in every release of Node.
 *
 * sfc32 ("small fast counter"): 128 bits of state, passes PractRand, a few lines. Its seed is spread by splitmix32, so that
 * neighbouring seeds have nothing in common. Whoever needs randomness gets a fork of its own: that one draws more than
 * before does not change what the others draw.
 */
export interface Random {
  /** From 0 to below 1. */
  readonly next: () => number;
  /** A whole number from 0 to below `limit`. */
  int(limit: number): number;
  pick<T>(values: readonly [T, ...T[]]): T;
  /** `length` characters of 0-9a-z. */
  id(length: number): string;
  /** A source of its own, given by this one's seed and `name` alone. */
  fork(name: string): Random;
}

const WARM_UP = 12;

export function createRandom(seed: number | string): Random {
  const text = String(seed);
  const state = spread(hash(text));
  for (let n = 0; n < WARM_UP; n += 1) step(state);
  const next = (): number => step(state) / 2 ** 32;
  const int = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    int,
    pick: ([first, ...others]) => others[int(others.length + 1) - 1] ?? first,
    id: (length) => Array.from({ length }, () => int(36).toString(36)).join(''),
    fork: (name) => createRandom(`${text}/${name}`),
  };
}

type State = [a: number, b: number, c: number, counter: number];

/** One 32-bit number. */
function step(state: State): number {
  const [a, b, c, counter] = state;
  const result = (a + b + counter) | 0;
  state[0] = b ^ (b >>> 9);
  state[1] = (c + (c << 3)) | 0;
  state[2] = (((c << 21) | (c >>> 11)) + result) | 0;
  state[3] = (counter + 1) | 0;
  return result >>> 0;
}

/** splitmix32: four numbers from one. */
function spread(seed: number): State {
  let at = seed;
  const next = (): number => {
    at = (at + 0x9e3779b9) | 0;
    let mixed = Math.imul(at ^ (at >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
  return [next(), next(), next(), 1];
}

/** FNV-1a over UTF-16 units: 32 bits of a text. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let n = 0; n < text.length; n += 1) value = Math.imul(value ^ text.charCodeAt(n), 0x01000193);
  return value | 0;
}
