/** The seeded source of randomness. */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/faults/random.ts';

function take(count: number, next: () => number): number[] {
  return Array.from({ length: count }, next);
}

describe('a seeded source of randomness', () => {
  it('gives the same numbers for the same seed, on every machine', () => {
    const { next } = createRandom(1);
    expect(take(4, next).map((value) => Math.floor(value * 2 ** 32))).toEqual(FIRST_OF_SEED_1);
  });

  it('gives others for another seed, be it the next one', () => {
    const seeds = [1, 2, 3, '1', 'one'];
    const firsts = seeds.map((seed) => take(3, createRandom(seed).next).join());
    expect(new Set(firsts).size).toBe(4); // A number and its text are the same seed.
  });

  it('is spread evenly', () => {
    const counts = new Array<number>(10).fill(0);
    const random = createRandom('even');
    for (let n = 0; n < 100_000; n += 1) counts[random.int(10)]! += 1;
    expect(Math.min(...counts)).toBeGreaterThan(9500);
    expect(Math.max(...counts)).toBeLessThan(10_500);
  });

  it('picks every one of some', () => {
    const random = createRandom(7);
    expect(new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b', 'c']))).size).toBe(3);
    expect(random.pick(['only'])).toBe('only');
    expect(random.id(16)).toMatch(/^[0-9a-z]{16}$/);
  });

  it('gives forks of its own, whatever was drawn before', () => {
    const early = createRandom(5).fork('ids');
    const late = createRandom(5);
    take(100, late.next);
    const wanted = take(3, early.next);
    expect(take(3, late.fork('ids').next)).toEqual(wanted);
    expect(take(3, late.fork('jitter').next)).not.toEqual(wanted);
  });
});

const FIRST_OF_SEED_1 = [249398423, 1292566414, 3065784268, 3290649435];
