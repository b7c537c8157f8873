/** The deadline heap against a sorted list, on virtual time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeadlineQueue, type DeadlineEntry } from '../../src/engine/deadline-queue.ts';
import { VirtualClock } from './support/virtual-clock.ts';

interface Named extends DeadlineEntry {
  readonly name: number;
}

type Action =
  | { readonly kind: 'set'; readonly entry: number; readonly in: number }
  | { readonly kind: 'delete'; readonly entry: number }
  | { readonly kind: 'advance'; readonly ms: number };

const entry = fc.nat(15);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('set' as const),
      entry,
      in: fc.oneof(fc.nat(50), fc.constantFrom(0.25, 1.5, Infinity), fc.integer({ min: -20, max: 0 })),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), entry }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.nat(30) }) },
);

describe('DeadlineQueue', () => {
  it('fires what is due, in the order of its deadlines, once, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
        const clock = new VirtualClock();
        const queue = new DeadlineQueue(clock);
        const model = new Map<number, number>();
        const fired: { readonly name: number; readonly due: number; readonly at: number }[] = [];
        const entries = Array.from({ length: 16 }, (_, name): Named => {
          const made: Named = {
            name,
            due: 0,
            heapIndex: -1,
            onDeadline: () => fired.push({ name, due: made.due, at: clock.monotonic() }),
          };
          return made;
        });
        for (const one of actions) {
          if (one.kind === 'set') {
            const due = clock.monotonic() + one.in;
            queue.set(entries[one.entry]!, due);
            if (due === Infinity) model.delete(one.entry);
            else model.set(one.entry, due);
          } else if (one.kind === 'delete') {
            queue.delete(entries[one.entry]!);
            model.delete(one.entry);
          } else {
            const until = clock.monotonic() + one.ms;
            fired.length = 0;
            clock.advance(one.ms);
            // Timers are whole milliseconds, so a fraction may be due a moment later; a whole one is not.
            const expected = [...model].filter(([, due]) => Math.ceil(due) <= until).map(([name]) => name);
            const names = fired.map(({ name }) => name);
            expect(names.filter((name) => expected.includes(name)).sort(byNumber)).toEqual(expected.sort(byNumber));
            for (const { name, due, at } of fired) {
              expect(due, 'not before its time').toBeLessThanOrEqual(at);
              expect(model.get(name)).toBe(due);
              model.delete(name);
            }
            expect(fired.map(({ due }) => due)).toEqual(fired.map(({ due }) => due).sort(byNumber));
          }
          expect(queue.size).toBe(model.size);
          for (const made of entries) expect(made.heapIndex >= 0).toBe(model.has(made.name));
        }
        queue.clear();
        expect([queue.size, clock.pending]).toEqual([0, 0]);
      }),
      { numRuns: 500, seed: 20261122 },
    );
  });

  it('keeps the order of those that are left when others leave from the middle', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1000), { minLength: 8, maxLength: 60 }),
        fc.array(fc.nat(59), { maxLength: 20 }),
        (dues, leaving) => {
          const clock = new VirtualClock();
          const queue = new DeadlineQueue(clock);
          const fired: number[] = [];
          const entries = dues.map((due): DeadlineEntry => ({ due, heapIndex: -1, onDeadline: () => fired.push(due) }));
          for (const [n, made] of entries.entries()) queue.set(made, dues[n]!);
          const gone = new Set(leaving.map((n) => n % dues.length));
          for (const n of gone) queue.delete(entries[n]!);
          // All at once, so that only the heap, and not the clock, puts them in order.
          clock.leap(2000);
          expect(fired).toEqual(dues.filter((_, n) => !gone.has(n)).sort(byNumber));
        },
      ),
      { numRuns: 500, seed: 20261122 },
    );
  });

  it('has one timer at most, and none when it was emptied by firing', () => {
    const clock = new VirtualClock();
    const queue = new DeadlineQueue(clock);
    for (let n = 0; n < 100; n += 1) queue.set({ due: 0, heapIndex: -1, onDeadline: () => {} }, 1000 - n);
    expect(clock.pending).toBe(1);
    clock.advance(1000);
    expect([queue.size, clock.pending]).toEqual([0, 0]);
  });

  it('takes an entry again that its own deadline puts back', () => {
    const clock = new VirtualClock();
    const queue = new DeadlineQueue(clock);
    const at: number[] = [];
    const again: DeadlineEntry = {
      due: 0,
      heapIndex: -1,
      onDeadline: () => {
        at.push(clock.monotonic());
        if (at.length < 4) queue.set(again, clock.monotonic() + 10);
      },
    };
    queue.set(again, 5);
    clock.advance(100);
    expect(at).toEqual([5, 15, 25, 35]);
  });

  it('waits for a deadline that is further off than any timer can wait', () => {
    const clock = new ShortClock();
    const queue = new DeadlineQueue(clock);
    let firedAt: number | undefined;
    queue.set({ due: 0, heapIndex: -1, onDeadline: () => (firedAt = clock.monotonic()) }, 10_500);
    clock.advance(20_000);
    expect(firedAt).toBe(10_500);
  });
});

function byNumber(a: number, b: number): number {
  return a - b;
}

/** A clock whose timers wait for a second at most, as the platform's wait for 24.8 days at most. */
class ShortClock extends VirtualClock {
  override setTimeout(callback: () => void, delay: number): object {
    return super.setTimeout(callback, Math.min(delay, 1000));
  }
}
