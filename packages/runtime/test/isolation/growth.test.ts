/** A heap gives back what it grew to once it is idle, and is left alone otherwise. */
import { describe, expect, it } from 'vitest';
import { Growth } from '../../src/isolation/growth.ts';

const MIB = 1024 * 1024;

describe('the growth of a heap', () => {
  it('is given back once nothing runs any more, however much is still there', () => {
    const growth = new Growth();
    expect(growth.look(6 * MIB, true, 0), 'freshly started').toBe(false);
    expect(growth.look(20 * MIB, false, 1000), 'busy').toBe(false);
    expect(growth.look(20 * MIB, true, 2000), 'idle').toBe(true);
  });

  it('is given back too when it was over before the heap was idle: freed pages stay with V8', () => {
    const growth = new Growth();
    growth.look(6 * MIB, true, 0);
    growth.look(20 * MIB, false, 1000);
    expect(growth.look(6 * MIB, true, 2000)).toBe(true);
  });

  it('is asked for once: what the function keeps is the level from then on', () => {
    const growth = new Growth();
    growth.look(6 * MIB, true, 0);
    expect(growth.look(50 * MIB, true, 1000)).toBe(true);
    const later = [48, 48.2, 48].map((size, n) => growth.look(size * MIB, true, 20_000 + n));
    expect(later).toEqual([false, false, false]);
    expect(growth.look(49 * MIB, true, 30_000)).toBe(true);
  });

  it('is asked for at most every ten seconds, and not forgotten meanwhile', () => {
    const growth = new Growth();
    growth.look(6 * MIB, true, 0);
    expect(growth.look(20 * MIB, true, 1000)).toBe(true);
    const burst = [20, 6, 20, 6].map((size, n) => growth.look(size * MIB, size === 6, 2000 * (n + 1)));
    expect(burst).toEqual([false, false, false, false]);
    expect(growth.look(6 * MIB, true, 11_000)).toBe(true);
  });
});
