/**
 * When a timer fires: reads the schedules people write, and computes the next tick. Pure: no clock in here.
 *
 * Summer time, for cron (croner, with `fixedTimeRule: 'no-wildcard'`; close to what Vixie cron does):
 *
 * - seconds, minutes and hours without `*` and `/` ("0 30 2 * * *", "0,30 2,14 * * *") name times of the day. Those that the
 *   clock jumps over in spring fire once together, right after the gap; those it shows twice in autumn fire the first time only.
 * - all others (every 5 minutes) are a rhythm: in real time nothing is left out and nothing comes twice.
 */
import { Cron } from 'croner';
import type { Schedule } from '../definition.ts';
import { findCronMistake } from './cron-expression.ts';
import { describeTimeZoneProblem } from './time-zone.ts';

const SECOND = 1000;
const DAY = 86_400_000;
/** ms: shorter ones are no timers but loops. */
export const SHORTEST_INTERVAL: number = SECOND;
/** ms. */
export const LONGEST_INTERVAL: number = 365 * DAY;

export type ScheduleReading =
  | { readonly ok: true; readonly schedule: Schedule }
  /** Why it is none, with the place in the text where there is one. */
  | { readonly ok: false; readonly wrong: string };

/** Short forms that every cron has. */
const NICKNAMES: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** From here the next tick of an expression is looked for to see whether it has any: any instant does. */
const SOME_INSTANT = Date.UTC(2000, 0, 1);

/**
 * Reads `'30 4 * * *'` (LE), `'0 30 4 * * *'`, `'CRON_TZ=Asia/Shanghai 0 0 4 * * *'`, `'@every 10m'` (FC) and `'@daily'`.
 *
 * @param timeZone - IANA name that was configured beside it; undefined: the host's, unless the text has one
 */
export function parseSchedule(text: string, timeZone?: string): ScheduleReading {
  const every = /^\s*@every\b\s*/i.exec(text)?.[0];
  if (every !== undefined) {
    if (timeZone !== undefined) return wrong('a time zone means nothing to "@every"; leave it out');
    return parseEvery(text.slice(every.length).trim(), every.length);
  }
  const prefix = /^\s*(?:CRON_)?TZ=(\S*)\s*/.exec(text);
  const ownZone = prefix?.[1];
  if (ownZone !== undefined && timeZone !== undefined && timeZone !== ownZone)
    return wrong(`the time zone is ${ownZone} in the expression and ${timeZone} beside it; leave one out`);
  const zone = ownZone ?? timeZone;
  const zoneProblem = zone === undefined ? undefined : describeTimeZoneProblem(zone);
  if (zoneProblem !== undefined)
    return wrong(ownZone === undefined ? zoneProblem : `${at(text.indexOf('=') + 1)}: ${zoneProblem}`);
  const start = prefix?.[0].length ?? 0;
  const written = text.slice(start).trimEnd();
  const expression = NICKNAMES[written.toLowerCase()] ?? written;
  if (expression.startsWith('@')) {
    return wrong(`${at(start)}: there is no ${expression}, allowed @every and ${Object.keys(NICKNAMES).join(', ')}`);
  }
  const mistake = findCronMistake(expression);
  if (mistake !== undefined) return wrong(`${at(start + mistake.at)}${glue(mistake.message)}`);
  const schedule: Schedule = { kind: 'cron', expression, timeZone: zone };
  try {
    if (nextTick(schedule, SOME_INSTANT) === undefined) return wrong('it never fires: no year has such a day');
  } catch (error) {
    // croner is the judge; should the two ever disagree, its own words are all there is.
    return wrong(error instanceof Error ? error.message : String(error));
  }
  return { ok: true, schedule };
}

/**
 * The first tick after `after` (epoch ms), epoch ms; undefined when there is none. For `every`, `after` is the tick before.
 *
 * @param hostTimeZone - for cron without a time zone of its own; undefined: the one that the process has
 */
export function nextTick(schedule: Schedule, after: number, hostTimeZone?: string): number | undefined {
  if (schedule.kind === 'every') return after + schedule.interval;
  const timezone = schedule.timeZone ?? hostTimeZone;
  const cron = new Cron(schedule.expression, {
    paused: true,
    mode: '5-or-6-parts',
    sloppyRanges: true, // `5/15`: from 5 on, every 15
    fixedTimeRule: 'no-wildcard',
    ...(timezone === undefined ? {} : { timezone }),
  });
  return cron.nextRun(new Date(after))?.getTime();
}

/** The durations of Go, which FC takes: `10m`, `1h30m`, `1.5h`; and days. */
function parseEvery(text: string, start: number): ScheduleReading {
  const units: Readonly<Record<string, number>> = { ms: 1, s: SECOND, m: 60 * SECOND, h: 3600 * SECOND, d: DAY };
  let interval = 0;
  let read = 0;
  for (const [part, amount, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/gy)) {
    interval += Number(amount) * (units[unit] ?? 0);
    read += part.length;
  }
  if (text === '' || read < text.length) {
    const found = text === '' ? 'nothing' : JSON.stringify(text.slice(read));
    return wrong(`${at(start + read)}: found ${found}, allowed a duration such as 10m, 30s or 1h30m`);
  }
  interval = Math.round(interval);
  if (interval < SHORTEST_INTERVAL || interval > LONGEST_INTERVAL)
    return wrong(`${at(start)}: found ${text}, allowed from 1s to ${LONGEST_INTERVAL / DAY}d`);
  return { ok: true, schedule: { kind: 'every', interval } };
}

function wrong(sentence: string): ScheduleReading {
  return { ok: false, wrong: sentence };
}

/** People count from one. */
function at(index: number): string {
  return `at character ${index + 1}`;
}

function glue(message: string): string {
  return message.startsWith('(') ? ` ${message}` : `: ${message}`;
}
