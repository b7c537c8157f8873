import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson } from '../../src/config/json.ts';

describe('reading JSON', () => {
  it('gives what the platform gives', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(readJson(text)).toEqual({ ok: true, value: JSON.parse(text) as unknown });
      }),
    );
  });

  it('finds the place of every mistake the platform finds', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', ',', '}', ']', '"', ':', 'x', '1', '\\', '\n', '-'),
        (text, at, put) => {
          const offset = at % (text.length + 1);
          const reading = readJson(text.slice(0, offset) + put + text.slice(offset + 1));
          // The words of last resort, for a mistake that only the platform sees, never come.
          if (!reading.ok) expect(reading.message).toMatch(/^not valid JSON: found .* in column \d+, allowed /su);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
