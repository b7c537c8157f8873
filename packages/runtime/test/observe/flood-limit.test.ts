import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FloodLimit, LONGEST_LINE } from '../../src/observe/flood-limit.ts';
import { VirtualClock } from '../engine/support/virtual-clock.ts';

function makeLimit(options: { burst?: number; linesPerSecond?: number } = {}) {
  const clock = new VirtualClock();
  const dropped: [writer: string, lines: number, at: number][] = [];
  const limit = new FloodLimit({
    clock,
    burst: 10,
    linesPerSecond: 5,
    ...options,
    onDropped: (writer, lines) => dropped.push([writer, lines, clock.monotonic()]),
  });
  return { clock, dropped, limit };
}

describe('the flood limit', () => {
  it('passes a burst, then so many lines a second', () => {
    const { clock, limit } = makeLimit();
    const pass = (count: number): number =>
      Array.from({ length: count }, () => limit.admit('S/f#1', 'x')).filter((line) => line !== undefined).length;
    expect(pass(100)).toBe(10);
    clock.advance(1000);
    expect(pass(100)).toBe(5);
    clock.advance(400);
    expect(pass(100)).toBe(2);
    clock.advance(3_600_000);
    expect(pass(100)).toBe(10);
  });

  it('says once a window how many lines were dropped in it', () => {
    const { clock, dropped, limit } = makeLimit();
    const flood = (count: number): void => {
      for (let n = 0; n < count; n += 1) limit.admit('S/f#1', 'x');
    };
    flood(15);
    clock.advance(500);
    flood(5); // 2.5 lines have been earned.
    expect(dropped).toEqual([]);
    clock.advance(10_000);
    expect(dropped).toEqual([['S/f#1', 8, 1000]]);
    flood(11);
    clock.advance(10_000);
    expect(dropped).toEqual([
      ['S/f#1', 8, 1000],
      ['S/f#1', 1, 11_500],
    ]);
  });

  it('is each instance’s own', () => {
    const { limit } = makeLimit();
    for (let n = 0; n < 100; n += 1) limit.admit('S/f#1', 'x');
    expect(limit.admit('S/f#1', 'x')).toBeUndefined();
    expect(limit.admit('S/f#2', 'x')).toBe('x');
  });

  it('counts the lines of a message, passes the first ones and drops the rest', () => {
    const { clock, dropped, limit } = makeLimit();
    const message = Array.from({ length: 25 }, (_, n) => `line ${n}`).join('\n');
    expect(limit.admit('S/f#1', message)).toBe(message.split('\n').slice(0, 10).join('\n'));
    clock.advance(1000);
    expect(dropped).toEqual([['S/f#1', 15, 1000]]);
  });

  it('lets a long line cost one for each KiB', () => {
    const { limit } = makeLimit();
    expect(limit.admit('S/f#1', 'x'.repeat(8 * 1024))).toHaveLength(8 * 1024);
    expect(limit.admit('S/f#1', 'x'.repeat(2 * 1024 + 1))).toBeUndefined();
    expect(limit.admit('S/f#1', 'x'.repeat(2 * 1024))).toHaveLength(2 * 1024);
  });

  it('cuts a line that is longer than 16 KiB, and says so', () => {
    const { limit } = makeLimit({ burst: 100 });
    const whole = 'x'.repeat(LONGEST_LINE);
    expect(limit.admit('S/f#1', whole)).toBe(whole);
    expect(limit.admit('S/f#1', `short\n${whole}123\nshort`)).toBe(
      `short\n${whole}… (3 more characters of this line cut)\nshort`,
    );
    const cut = limit.admit('S/f#1', `x${'😀'.repeat(LONGEST_LINE)}`);
    expect(cut?.isWellFormed()).toBe(true);
  });

  it('forgets an instance that is gone, after saying what it lost', () => {
    const { clock, dropped, limit } = makeLimit();
    for (let n = 0; n < 12; n += 1) limit.admit('S/f#1', 'x');
    limit.forget('S/f#1');
    expect(dropped).toEqual([['S/f#1', 2, 0]]);
    expect(clock.pending).toBe(0);
    limit.forget('S/f#1');
    limit.close();
    clock.advance(5000);
    expect(dropped).toHaveLength(1);
  });

  it('loses no line: what came is what passed and what was reported', () => {
    const message = fc.array(fc.constantFrom('', 'a', 'b'.repeat(3000)), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.array(fc.tuple(message, fc.nat(2000))), (messages) => {
        const { clock, dropped, limit } = makeLimit();
        let came = 0;
        let passed = 0;
        for (const [lines, pause] of messages) {
          came += lines.length;
          const admitted = limit.admit('S/f#1', lines.join('\n'));
          if (admitted !== undefined) passed += admitted.split('\n').length;
          clock.advance(pause);
        }
        limit.close();
        expect(passed + dropped.reduce((sum, [, lines]) => sum + lines, 0)).toBe(came);
        expect(clock.pending).toBe(0);
      }),
    );
  });
});
