/** The timers of one function. */
import { isName } from '@edgefc/sdk/internal';
import type { Schedule, TimerDefinition } from '../engine/definition.ts';
import { parseSchedule } from '../engine/timers/schedule.ts';
import { showValue } from './problems.ts';
import type { Report } from './report.ts';
import type { TimerLayer } from './schema.ts';
import { writeSize } from './units.ts';

/** As long as every `triggerTime` is. */
const SOME_TIME = new Date(0).toISOString();

export interface TimersPlace {
  /** Where `timers` stands. */
  readonly path: readonly string[];
  readonly timers: Readonly<Record<string, TimerLayer>>;
  /** Bytes that the event of a timer may have, as any Async payload. */
  readonly maxPayload: number;
}

/** Resolves the timers that are enabled; the others are checked as well. */
export function resolveTimers({ path, timers, maxPayload }: TimersPlace, report: Report): TimerDefinition[] {
  return Object.entries(timers).flatMap(([name, layer]) => {
    const here = [...path, name];
    if (!isName(name)) {
      report.problem(
        here,
        `found the name ${showValue(name)}, allowed a letter and then up to 127 letters, digits, "_" or "-"`,
      );
    }
    const { payload = '', catchUp = false, enabled = true } = layer;
    const event = JSON.stringify({ triggerTime: SOME_TIME, triggerName: name, payload });
    const size = Buffer.byteLength(event);
    if (size > maxPayload) {
      report.problem(
        [...here, 'payload'],
        `found a text with which the event has ${size} bytes, allowed at most limits.asyncPayload, which is ${writeSize(maxPayload)}`,
      );
    }
    const schedule = resolveSchedule(layer, here, report);
    return enabled && schedule !== undefined ? [{ name, schedule, payload, catchUp }] : [];
  });
}

function resolveSchedule(layer: TimerLayer, path: readonly string[], report: Report): Schedule | undefined {
  const { cron, every, timeZone } = layer;
  if (cron !== undefined && every !== undefined) {
    report.problem([...path, 'every'], 'found beside cron, allowed one of the two');
    return undefined;
  }
  if (every !== undefined) {
    if (timeZone !== undefined)
      report.problem([...path, 'timeZone'], 'found beside every, to which it means nothing; allowed beside cron');
    return { kind: 'every', interval: every };
  }
  if (cron === undefined) {
    // What was given and is wrong was left out, and is reported already.
    if (report.hasProblemIn(path)) return undefined;
    report.problem(
      path,
      "found neither cron nor every, allowed one of them, such as cron: '30 4 * * *' or every: '10m'",
    );
    return undefined;
  }
  const reading = parseSchedule(cron, timeZone);
  if (reading.ok) return reading.schedule;
  // A zone that does not exist is the zone's line; everything else the expression's.
  const zoneIsWrong = timeZone !== undefined && !parseSchedule('@daily', timeZone).ok;
  if (zoneIsWrong) report.problem([...path, 'timeZone'], reading.wrong);
  else report.problem([...path, 'cron'], `found ${showValue(cron)}, ${reading.wrong}`);
  return undefined;
}
