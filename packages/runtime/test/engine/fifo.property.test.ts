/** The first-in-first-out queue against an array. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fifo } from '../../src/engine/fifo.ts';

const action = fc.oneof(
  fc.record({ kind: fc.constant('push' as const), value: fc.nat(9) }),
  fc.record({ kind: fc.constant('delete' as const), value: fc.nat(9) }),
  fc.record({ kind: fc.constant('shift' as const) }),
);

describe('Fifo', () => {
  it('keeps the order, each value once, whoever leaves from the middle', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const fifo = new Fifo<number>();
        const model: number[] = [];
        for (const one of actions) {
          if (one.kind === 'push') {
            fifo.push(one.value);
            if (!model.includes(one.value)) model.push(one.value);
          } else if (one.kind === 'delete') {
            const at = model.indexOf(one.value);
            expect(fifo.delete(one.value)).toBe(at >= 0);
            if (at >= 0) model.splice(at, 1);
          } else {
            expect(fifo.shift()).toBe(model.shift());
          }
          expect([...fifo]).toEqual(model);
          expect(fifo.size).toBe(model.length);
          for (let value = 0; value < 10; value += 1) expect(fifo.has(value)).toBe(model.includes(value));
        }
      }),
      { numRuns: 500, seed: 20261122 },
    );
  });

  it('goes on although what comes next leaves while it is gone through', () => {
    const fifo = new Fifo<number>();
    for (const value of [1, 2, 3, 4]) fifo.push(value);
    const seen: number[] = [];
    for (const value of fifo) {
      seen.push(value);
      fifo.delete(value + 1);
    }
    expect(seen).toEqual([1, 3]);
  });
});
