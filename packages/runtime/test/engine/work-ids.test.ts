/** Ids of Async invocations: each number has one, and no other id has that number. */
import { describe, expect, it } from 'vitest';
import { WorkIds } from '../../src/engine/invocation/work-ids.ts';

const BOOTS = [
  { bootId: 'first', firstSeq: 1 },
  { bootId: 'idle', firstSeq: 500 },
  { bootId: 'now', firstSeq: 500 },
];

describe('ids of Async invocations', () => {
  it('are found again, each of them, on the disk and in memory', () => {
    const ids = new WorkIds('now', BOOTS);
    const seqs = [
      ...Array.from({ length: 50_000 }, (_, n) => n + 1),
      ...Array.from({ length: 2000 }, (_, n) => -n - 1),
    ];
    const texts = seqs.map((seq) => ids.format(seq));
    expect(texts.map((text) => ids.parse(text))).toEqual(seqs);
    expect(new Set(texts).size).toBe(seqs.length);
  });

  it('name the start that has given them', () => {
    const ids = new WorkIds('now', BOOTS);
    expect([1, 499, 500, -1].map((seq) => ids.format(seq))).toEqual(['first.1', 'first.dv', 'now.dw', 'now.M1']);
  });

  it.each([
    '',
    'first',
    'first.',
    'first.0',
    'first.01',
    'first.-1',
    'first.DV',
    'first.dw', // Given by another start.
    'idle.dw', // This one gave none.
    'first.M1', // In the memory of a host that is gone.
    'unknown.1',
    'now.zzzzzzzzzzzz',
  ])('are not %j', (text) => {
    expect(new WorkIds('now', BOOTS).parse(text)).toBeUndefined();
  });
});
