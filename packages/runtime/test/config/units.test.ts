import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration, parseSize, readDuration, readSize, writeDuration, writeSize } from '../../src/config/units.ts';

const MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const BYTES = { B: 1, KB: 1024, KiB: 1024, MB: 1024 ** 2, MiB: 1024 ** 2, GB: 1024 ** 3, GiB: 1024 ** 3 };

describe('durations', () => {
  it('are a whole number and a unit', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.constantFrom(...(Object.keys(MS) as (keyof typeof MS)[])), (amount, unit) => {
        expect(parseDuration(`${amount}${unit}`)).toBe(amount * MS[unit]);
      }),
    );
  });

  it('may have a fraction, and come out as whole milliseconds', () => {
    expect(parseDuration('1.5s')).toBe(1500);
    expect(parseDuration('0.25h')).toBe(900_000);
    expect(parseDuration('1.1s')).toBe(1100); // 1.1 * 1000 is 1100.0000000000002.
  });

  it('are written so that reading gives them back', () => {
    fc.assert(
      fc.property(fc.nat(24 * MS.d), (ms) => {
        expect(parseDuration(writeDuration(ms))).toBe(ms);
      }),
    );
    expect([5000, 1500, 250, 90_000, 6 * MS.h, 0].map(writeDuration)).toEqual([
      '5s',
      '1.5s',
      '250ms',
      '1.5m',
      '6h',
      '0ms',
    ]);
  });

  it('are nothing else', () => {
    for (const text of ['', '5', 's', '5 s', '-5s', '5S', '5sec', '1e3s', '.5s', '5.s', '1s2s', 'Infinitys', '٥s']) {
      expect(parseDuration(text), text).toBeUndefined();
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!/^\d+(\.\d+)?(ms|s|m|h|d)$/.test(text));
        expect(parseDuration(text)).toBeUndefined();
      }),
    );
  });

  it('are within their range, or say which it is', () => {
    fc.assert(
      fc.property(fc.nat(10_000), (ms) => {
        const reading = readDuration(`${ms}ms`, { key: 'k', min: 100, max: 5000 });
        expect(reading.ok).toBe(ms >= 100 && ms <= 5000);
        if (!reading.ok) expect(reading.wrong).toContain('from 100ms to 5s');
      }),
    );
  });

  it('are bare numbers of seconds only where the key says so, and only small ones', () => {
    const timeout = { key: 'timeout', min: 1, max: 86_400_000, bareSeconds: 600 };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), (seconds) => {
        expect(readDuration(seconds, timeout)).toEqual({ ok: true, value: seconds * 1000 });
        expect(readDuration(seconds, { key: 'idleTimeout', min: 0, max: 86_400_000 }).ok).toBe(false);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 601, max: 10_000_000 }), (seconds) => {
        const reading = readDuration(seconds, timeout);
        expect(reading.ok).toBe(false);
        // The duration that it offers is the number taken as milliseconds.
        const offered = reading.ok ? '' : /did you mean '([^']+)'/.exec(reading.wrong)?.[1];
        expect(parseDuration(offered ?? '')).toBe(seconds);
      }),
    );
  });
});

describe('sizes', () => {
  it('are a number and a unit, 1,024 of the one below', () => {
    fc.assert(
      fc.property(
        fc.nat(100_000),
        fc.constantFrom(...(Object.keys(BYTES) as (keyof typeof BYTES)[])),
        (amount, unit) => {
          expect(parseSize(`${amount}${unit}`)).toBe(amount * BYTES[unit]);
        },
      ),
    );
    expect(parseSize('1.5GB')).toBe(1.5 * BYTES.GB);
  });

  it('are written so that reading gives them back', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), (bytes) => {
        expect(parseSize(writeSize(bytes))).toBe(bytes);
      }),
    );
    expect([512 * BYTES.MB, 1.5 * BYTES.GB, 65_536, 1000].map(writeSize)).toEqual(['512MB', '1.5GB', '64KB', '1000B']);
  });

  it('are nothing else', () => {
    for (const text of ['', '512', 'MB', '512 MB', '512mb', '512Mb', '-1MB', '1TB', '1e3MB']) {
      expect(parseSize(text), text).toBeUndefined();
    }
  });

  it('that are bare numbers beyond any machine are taken for bytes, or for KB', () => {
    const memorySize = { key: 'memorySize', min: 16 * BYTES.MB, max: 1024 ** 4, bareMegabytes: 32_768 };
    expect(readSize(512, memorySize)).toEqual({ ok: true, value: 512 * BYTES.MB });
    expect(readSize(536_870_912, memorySize)).toEqual({
      ok: false,
      wrong: "memorySize is 536870912 MB (524288 GiB); did you mean '512MB'?",
    });
  });
});
