/** Output on its way to the log: lines out of pieces, and what is left of a flood. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FloodGate, LineBuffer } from '../../src/wall/output.ts';
import { VirtualClock } from '../engine/support/virtual-clock.ts';

function gate(): { readonly clock: VirtualClock; readonly gate: FloodGate; readonly lines: string[] } {
  const clock = new VirtualClock();
  const lines: string[] = [];
  return { clock, lines, gate: new FloodGate((level, text) => lines.push(`${level} ${text}`), clock) };
}

describe('FloodGate', () => {
  it('lets 1,000 messages of a second pass, and says how many it dropped when the next second begins', () => {
    const { clock, gate: flood, lines } = gate();
    for (let n = 1; n <= 1500; n += 1) flood.pass('info', `line ${n}`);
    expect(lines).toHaveLength(1000);
    expect(lines.at(-1)).toBe('info line 1000');
    clock.advance(999);
    flood.pass('info', 'too early');
    expect(lines).toHaveLength(1000);
    clock.advance(1);
    flood.pass('warn', 'again');
    expect(lines.slice(1000)).toEqual([
      'warn 501 lines dropped: more than 1000 lines or 1024 KiB in a second',
      'warn again',
    ]);
  });

  it('counts what it writes, so that one very long message is cut and not dropped', () => {
    const { gate: flood, lines } = gate();
    flood.pass('info', 'x'.repeat(3 * 1024 * 1024));
    expect(lines).toHaveLength(1);
    expect(lines[0]!.length).toBeLessThan(65 * 1024);
    expect(lines[0]!).toMatch(/x… \(3080192 more characters\)$/);
  });

  it('lets one MiB of a second pass', () => {
    const { gate: flood, lines } = gate();
    for (let n = 1; n <= 40; n += 1) flood.pass('info', 'x'.repeat(60 * 1024));
    expect(lines).toHaveLength(17);
  });

  it('says what it dropped although nothing more is written', () => {
    const { clock, gate: flood, lines } = gate();
    clock.advance(300);
    for (let n = 1; n <= 1002; n += 1) flood.pass('info', '');
    clock.advance(699);
    expect(lines).toHaveLength(1000);
    clock.advance(1);
    expect(lines.slice(1000)).toEqual(['warn 2 lines dropped: more than 1000 lines or 1024 KiB in a second']);
    expect(clock.pending).toBe(0);
  });

  it('says at the end what it dropped, once', () => {
    const { gate: flood, lines } = gate();
    for (let n = 1; n <= 1001; n += 1) flood.pass('info', '');
    flood.report();
    flood.report();
    expect(lines.slice(1000)).toEqual(['warn 1 line dropped: more than 1000 lines or 1024 KiB in a second']);
  });
});

describe('LineBuffer', () => {
  it('gives the same lines however the text is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[ab\n]{0,5}$/), { maxLength: 20 }), (pieces) => {
        const lines: string[] = [];
        const buffer = new LineBuffer((line) => lines.push(line));
        for (const piece of pieces) buffer.push(piece);
        buffer.flush();
        const expected = pieces.join('').split('\n');
        if (expected.at(-1) === '') expected.pop();
        expect(lines).toEqual(expected);
      }),
      { numRuns: 300, seed: 20261122 },
    );
  });

  it('does not wait for the end of a line that is too long', () => {
    const lines: number[] = [];
    const buffer = new LineBuffer((line) => lines.push(line.length));
    for (let n = 1; n <= 100; n += 1) buffer.push('x'.repeat(1000));
    expect(lines).toEqual([66_000]);
    buffer.flush();
    buffer.flush();
    expect(lines).toEqual([66_000, 34_000]);
  });
});
