import { Cron } from 'croner';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Schedule } from '../../src/engine/definition.ts';
import { findCronMistake } from '../../src/engine/timers/cron-expression.ts';
import { nextTick, parseSchedule } from '../../src/engine/timers/schedule.ts';

function schedule(text: string, timeZone?: string): Schedule {
  const reading = parseSchedule(text, timeZone);
  if (!reading.ok) throw new Error(reading.wrong);
  return reading.schedule;
}

/** The first ticks after an instant, in ISO without the zeros. */
function ticks(text: string, after: string, count: number, timeZone = 'UTC'): string[] {
  const one = schedule(text, text.startsWith('@every') ? undefined : timeZone);
  const found: string[] = [];
  for (let at: number | undefined = Date.parse(after); found.length < count;) {
    at = nextTick(one, at);
    if (at === undefined) break;
    found.push(new Date(at).toISOString().replace('.000Z', 'Z'));
  }
  return found;
}

function complaint(text: string, timeZone?: string): string | undefined {
  const reading = parseSchedule(text, timeZone);
  return reading.ok ? undefined : reading.wrong;
}

describe('the next tick', () => {
  it.each([
    ['*/5 * * * *', '2026-11-22T21:58:03.500Z', '2026-11-22T22:00:00Z', '2026-11-22T22:05:00Z'],
    ['*/20 * * * * *', '2026-11-22T21:58:03.500Z', '2026-11-22T21:58:20Z', '2026-11-22T21:58:40Z'],
    ['30 4 * * MON-FRI', '2026-11-20T05:00:00Z', '2026-11-23T04:30:00Z', '2026-11-24T04:30:00Z'],
    ['0 0 29 FEB *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00Z', '2032-02-29T00:00:00Z'],
    ['0 12 L * ?', '2026-01-31T12:00:00Z', '2026-02-28T12:00:00Z', '2026-03-31T12:00:00Z'],
    ['0 12 15W * *', '2026-08-01T00:00:00Z', '2026-08-14T12:00:00Z', '2026-09-15T12:00:00Z'],
    ['0 12 LW * *', '2026-05-01T00:00:00Z', '2026-05-29T12:00:00Z', '2026-06-30T12:00:00Z'],
    ['0 12 ? * FRI#2', '2026-11-01T00:00:00Z', '2026-11-13T12:00:00Z', '2026-12-11T12:00:00Z'],
    ['0 12 * * 5L', '2026-11-01T00:00:00Z', '2026-11-27T12:00:00Z', '2026-12-25T12:00:00Z'],
    ['0 0 1 * 1', '2026-11-29T00:00:00Z', '2026-11-30T00:00:00Z', '2026-12-01T00:00:00Z'],
    ['5/20 1,2 * * *', '2026-11-22T00:00:00Z', '2026-11-22T01:05:00Z', '2026-11-22T01:25:00Z'],
    ['0 0 * * FRI-SUN', '2026-11-20T00:00:00Z', '2026-11-21T00:00:00Z', '2026-11-22T00:00:00Z'],
    ['@daily', '2026-11-22T00:00:00Z', '2026-11-23T00:00:00Z', '2026-11-24T00:00:00Z'],
    ['@every 1h30m', '2026-11-22T00:00:00Z', '2026-11-22T01:30:00Z', '2026-11-22T03:00:00Z'],
  ])('of %s after %s', (text, after, ...expected) => {
    expect(ticks(text, after, 2)).toEqual(expected);
  });

  it('is later than the instant, also when that is a tick', () => {
    const at = Date.parse('2026-11-22T00:00:00Z');
    expect(nextTick(schedule('0 0 * * *', 'UTC'), at - 1)).toBe(at);
    expect(nextTick(schedule('0 0 * * *', 'UTC'), at)).toBe(at + 86_400_000);
  });

  it('goes by the time zone of the schedule, else by the one given', () => {
    const at = Date.parse('2026-11-22T00:00:00Z');
    const inShanghai = Date.parse('2026-11-22T20:00:00Z');
    expect(nextTick(schedule('CRON_TZ=Asia/Shanghai 0 0 4 * * *'), at)).toBe(inShanghai);
    expect(nextTick(schedule('0 4 * * *', 'Asia/Shanghai'), at, 'UTC')).toBe(inShanghai);
    expect(nextTick(schedule('0 4 * * *'), at, 'Asia/Shanghai')).toBe(inShanghai);
  });

  it('of a time that summer time jumps over comes once, right after the gap', () => {
    // Berlin, 29 March 2026: 02:00 is 03:00, 01:00Z.
    const zone = 'Europe/Berlin';
    expect(ticks('30 2 * * *', '2026-03-28T00:00:00Z', 3, zone)).toEqual([
      '2026-03-28T01:30:00Z',
      '2026-03-29T01:00:00Z',
      '2026-03-30T00:30:00Z',
    ]);
    expect(ticks('0,30 2 * * *', '2026-03-28T02:00:00Z', 2, zone)).toEqual([
      '2026-03-29T01:00:00Z',
      '2026-03-30T00:00:00Z',
    ]);
  });

  it('of a time that comes twice in autumn comes the first time only', () => {
    // Berlin, 25 October 2026: 03:00 is 02:00, 01:00Z.
    expect(ticks('0,30 2 * * *', '2026-10-24T22:00:00Z', 3, 'Europe/Berlin')).toEqual([
      '2026-10-25T00:00:00Z',
      '2026-10-25T00:30:00Z',
      '2026-10-26T01:00:00Z',
    ]);
  });

  it('of a rhythm keeps it through both', () => {
    const spring = ticks('*/30 * * * *', '2026-03-29T00:00:00Z', 4, 'Europe/Berlin');
    expect(spring).toEqual([
      '2026-03-29T00:30:00Z',
      '2026-03-29T01:00:00Z',
      '2026-03-29T01:30:00Z',
      '2026-03-29T02:00:00Z',
    ]);
    const autumn = ticks('*/30 * * * *', '2026-10-25T00:00:00Z', 4, 'Europe/Berlin');
    expect(autumn).toEqual([
      '2026-10-25T00:30:00Z',
      '2026-10-25T01:00:00Z',
      '2026-10-25T01:30:00Z',
      '2026-10-25T02:00:00Z',
    ]);
  });

  it('does not depend on what time it is', () => {
    const then = Date.UTC(1970, 0, 1);
    expect(nextTick(schedule('0 0 1 1 *', 'UTC'), then)).toBe(Date.UTC(1971, 0, 1));
  });
});

describe('a wrong schedule', () => {
  it.each([
    [''],
    ['   '],
    ['* * * *'],
    ['* * * * * * *'],
    ['0 25 * * *'],
    ['60 0 25 * * *'],
    ['0 0 25 * *'.replace('25', '32')],
    ['* * 0 * *'],
    ['* * * 13 *'],
    ['* * * * 8'],
    ['* * * * MOND'],
    ['* * * JANUARY *'],
    ['MON * * * *'],
    ['10-5 * * * *'],
    ['* * * * SAT-MON'],
    ['*/0 * * * *'],
    ['*/61 * * * *'],
    ['*/5/5 * * * *'],
    ['1-2-3 * * * *'],
    ['1,,2 * * * *'],
    ['1, * * * *'],
    ['/5 * * * *'],
    ['*/ * * * *'],
    ['-5 * * * *'],
    ['5- * * * *'],
    ['1.5 * * * *'],
    ['? * * * *'],
    ['* * ?/2 * *'],
    ['* * L-3 * *'],
    ['* * 1-15W * *'],
    ['* * 32W * *'],
    ['L * * * *'],
    ['* * * * L'],
    ['* * * * 5W'],
    ['* * * * 5#6'],
    ['* * * * 9#1'],
    ['* * 5#2 * *'],
    ['* * * * +MON'],
    ['0 0 31 2 *'],
    ['0 0 31 4,6,9,11 *'],
    ['@evry 5m'],
    ['@reboot'],
    ['@every'],
    ['@every 10'],
    ['@every 5m now'],
    ['@every 10ms'],
    ['@every 400d'],
    ['CRON_TZ=Asia/Shangai 0 0 4 * * *'],
    ['CRON_TZ=Asia/Shanghai 0 0 24 * * *'],
  ])('%j is told where and why', (text) => {
    expect(complaint(text)).toMatchSnapshot();
  });

  it('is one in a time zone that does not exist', () => {
    expect(['Europe/Berlinn', 'Berlin', 'new york', 'Mars/Olympus'].map((zone) => complaint('@daily', zone)))
      .toMatchInlineSnapshot(`
        [
          "there is no time zone "Europe/Berlinn"; did you mean Europe/Berlin or Europe/Tallinn?",
          "there is no time zone "Berlin"; did you mean Europe/Berlin?",
          "there is no time zone "new york"; did you mean America/New_York?",
          "there is no time zone "Mars/Olympus"; allowed are names such as 'Asia/Shanghai'",
        ]
      `);
  });

  it('is one with two time zones, and @every with any', () => {
    expect(complaint('TZ=UTC 0 0 * * *', 'Asia/Shanghai')).toMatchInlineSnapshot(
      `"the time zone is UTC in the expression and Asia/Shanghai beside it; leave one out"`,
    );
    expect(complaint('TZ=UTC 0 0 * * *', 'UTC')).toBeUndefined();
    expect(complaint('@every 5m', 'UTC')).toMatchInlineSnapshot(
      `"a time zone means nothing to "@every"; leave it out"`,
    );
  });
});

describe('the check of an expression', () => {
  const value = fc.oneof(
    fc.nat(62).map(String),
    fc.constantFrom('*', '?', 'L', 'LW', 'MON', 'sun', 'JAN', 'dec', '15W', '5L', 'FRI#2', 'FRIL', '7', 'x', '+1'),
  );
  const item = fc.oneof(
    { weight: 3, arbitrary: value },
    fc.tuple(value, value).map(([from, to]) => `${from}-${to}`),
    fc.tuple(value, fc.nat(62)).map(([base, step]) => `${base}/${step}`),
    fc.tuple(value, value, fc.nat(31)).map(([from, to, step]) => `${from}-${to}/${step}`),
  );
  const field = fc.oneof(
    { weight: 2, arbitrary: fc.constant('*') },
    fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => items.join(',')),
  );

  it('passes nothing that the library refuses', () => {
    let passed = 0;
    fc.assert(
      fc.property(fc.array(field, { minLength: 5, maxLength: 6 }), (fields) => {
        const expression = fields.join(' ');
        if (findCronMistake(expression) !== undefined) return;
        passed += 1;
        new Cron(expression, { paused: true, mode: '5-or-6-parts', sloppyRanges: true });
      }),
      { numRuns: 20_000, seed: 20261122 },
    );
    expect(passed).toBeGreaterThan(1000);
  });
});
