/** A heap gives back what it grew to once it is idle, and is left alone otherwise. */
import { describe, expect, it } from 'vitest';
import { Growth } from '../../src/isolation/growth.ts';

const MIB = 1024 * 1024;

describe('the growth of a heap', () => {
  it('is given back once nothing runs any more, however much is still there', () => {
    const growth = new Growth();
    expect(growth.look(6 * MIB, true), 'freshly started').toBe(false);
    expect(growth.look(20 * MIB, false), 'busy').toBe(false);
    expect(growth.look(20 * MIB, true), 'idle').toBe(true);
  });

  it('is given back too when it was over before the heap was idle: freed pages stay with V8', () => {
    const growth = new Growth();
    growth.look(6 * MIB, true);
    growth.look(20 * MIB, false);
    expect(growth.look(6 * MIB, true)).toBe(true);
  });

  it('is asked for once: what the function keeps is the level from then on', () => {
    const growth = new Growth();
    growth.look(6 * MIB, true);
    expect(growth.look(50 * MIB, true)).toBe(true);
    const later = [48, 48.2, 48].map((size) => growth.look(size * MIB, true));
    expect(later).toEqual([false, false, false]);
    expect(growth.look(49 * MIB, true)).toBe(true);
  });
});
