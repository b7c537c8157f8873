/**
 * Durations and sizes as people write them: `'250ms'`, `'5s'`, `'1.5h'`; `'64KiB'`, `'512MB'`.
 *
 * A bare number is taken only where FC defines the key and its unit, and not where it looks like another unit:
 * `timeout: 5000` was meant as milliseconds. Each reader gives the value, or what is wrong in words.
 */
import { formatBytes } from '../engine/format.ts';
import { showValue } from './problems.ts';

const MS_PER_UNIT = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const BYTES_PER_UNIT = {
  B: 1,
  KB: 1024,
  KiB: 1024,
  MB: 1024 ** 2,
  MiB: 1024 ** 2,
  GB: 1024 ** 3,
  GiB: 1024 ** 3,
} as const;

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const SIZE = /^(\d+(?:\.\d+)?)(B|KB|KiB|MB|MiB|GB|GiB)$/;

/** The longest duration that becomes a timer: the platform's fire at once beyond 2^31 - 1 ms (24.8 days). */
export const LONGEST_DURATION: number = 24 * MS_PER_UNIT.d;

/** What a value was read as, or the whole sentence that says why it was not. */
export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly wrong: string };

/** ms, rounded to whole ones; `undefined` when the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  const [, amount, unit] = match;
  if (amount === undefined || !isKeyOf(MS_PER_UNIT, unit)) return undefined;
  return Math.round(Number(amount) * MS_PER_UNIT[unit]);
}

/** Bytes, rounded to whole ones; `undefined` when the text is not a size. */
export function parseSize(text: string): number | undefined {
  const match = SIZE.exec(text);
  if (match === null) return undefined;
  const [, amount, unit] = match;
  if (amount === undefined || !isKeyOf(BYTES_PER_UNIT, unit)) return undefined;
  return Math.round(Number(amount) * BYTES_PER_UNIT[unit]);
}

/** The shortest way to write `ms` that loses nothing: `'5s'`, `'1.5s'`, `'250ms'`. */
export function writeDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const amount = ms / MS_PER_UNIT[unit];
    if (amount >= 1 && Number.isInteger(amount * 10) && parseDuration(`${amount}${unit}`) === ms)
      return `${amount}${unit}`;
  }
  return `${ms}ms`;
}

/** The shortest way to write `bytes` that loses nothing. */
export function writeSize(bytes: number): string {
  for (const unit of ['GB', 'MB', 'KB'] as const) {
    const amount = bytes / BYTES_PER_UNIT[unit];
    if (amount >= 1 && Number.isInteger(amount * 10) && parseSize(`${amount}${unit}`) === bytes)
      return `${amount}${unit}`;
  }
  return `${bytes}B`;
}

export interface DurationRule {
  readonly key: string;
  /** ms. */
  readonly min: number;
  /** ms. */
  readonly max: number;
  /** Set for keys that FC defines, where a bare number is seconds: the largest one taken at its word. */
  readonly bareSeconds?: number;
}

export function readDuration(value: unknown, rule: DurationRule): Reading<number> {
  const range = `from ${writeDuration(rule.min)} to ${writeDuration(rule.max)}`;
  if (typeof value === 'number') {
    if (rule.bareSeconds === undefined)
      return wrong(`found ${value} without a unit, allowed ${durationForms(value)}, ${range}`);
    const bare = `a number of seconds up to ${rule.bareSeconds}, or a duration such as '5s' or '250ms', ${range}`;
    if (!Number.isFinite(value) || value <= 0) return wrong(`found ${value}, allowed ${bare}`);
    if (value > rule.bareSeconds) return wrong(meantMilliseconds(rule, value));
    return inRange(Math.round(value * 1000));
  }
  const ms = typeof value === 'string' ? parseDuration(value) : undefined;
  if (ms !== undefined) return inRange(ms);
  const or = rule.bareSeconds === undefined ? '' : ` or a number of seconds up to ${rule.bareSeconds}`;
  return wrong(`found ${showValue(value)}, allowed a duration such as '5s', '250ms' or '6h'${or}, ${range}`);

  function inRange(ms: number): Reading<number> {
    if (ms >= rule.min && ms <= rule.max) return { ok: true, value: ms };
    return wrong(`found ${showValue(value)}, allowed a duration ${range}`);
  }
}

function meantMilliseconds(rule: DurationRule, seconds: number): string {
  const asWritten = seconds * 1000 <= rule.max ? ` If ${seconds} seconds is right, write '${seconds}s'.` : '';
  return `${rule.key} is ${seconds} seconds (${roughly(seconds * 1000)}); did you mean '${writeDuration(Math.round(seconds))}'?${asWritten}`;
}

function durationForms(value: number): string {
  return value > 0 ? `the unit with it: '${value}ms' or '${value}s'` : `a duration with its unit, such as '5s'`;
}

export interface SizeRule {
  readonly key: string;
  /** Bytes. */
  readonly min: number;
  /** Bytes. */
  readonly max: number;
  /** Set for keys that FC defines, where a bare number is MB: the largest one taken at its word. */
  readonly bareMegabytes?: number;
}

export function readSize(value: unknown, rule: SizeRule): Reading<number> {
  const range = `from ${writeSize(rule.min)} to ${writeSize(rule.max)}`;
  if (typeof value === 'number') {
    if (rule.bareMegabytes === undefined)
      return wrong(`found ${value} without a unit, allowed ${sizeForms(value)}, ${range}`);
    const bare = `a number of MB up to ${rule.bareMegabytes}, or a size such as '512MB', ${range}`;
    if (!Number.isFinite(value) || value <= 0) return wrong(`found ${value}, allowed ${bare}`);
    if (value > rule.bareMegabytes) return wrong(meantBytes(rule, value));
    return inRange(Math.round(value * BYTES_PER_UNIT.MB));
  }
  const bytes = typeof value === 'string' ? parseSize(value) : undefined;
  if (bytes !== undefined) return inRange(bytes);
  const or = rule.bareMegabytes === undefined ? '' : ` or a number of MB up to ${rule.bareMegabytes}`;
  return wrong(`found ${showValue(value)}, allowed a size such as '512MB', '64KiB' or '1GB'${or}, ${range}`);

  function inRange(bytes: number): Reading<number> {
    if (bytes >= rule.min && bytes <= rule.max) return { ok: true, value: bytes };
    return wrong(`found ${showValue(value)}, allowed a size ${range}`);
  }
}

function meantBytes(rule: SizeRule, megabytes: number): string {
  const said = `${rule.key} is ${megabytes} MB (${formatBytes(megabytes * BYTES_PER_UNIT.MB)})`;
  // Whoever wrote it counted in bytes or in KB; the first of them that lies within the range is the one meant.
  for (const unit of [BYTES_PER_UNIT.B, BYTES_PER_UNIT.KB]) {
    const bytes = Math.round(megabytes * unit);
    if (bytes >= rule.min && bytes <= rule.max) return `${said}; did you mean '${writeSize(bytes)}'?`;
  }
  return `${said}, allowed a number of MB up to ${rule.bareMegabytes ?? 0}`;
}

function sizeForms(value: number): string {
  return value > 0 ? `the unit with it: '${value}MB' or '${value}KB'` : `a size with its unit, such as '512MB'`;
}

/** A duration in whole units, for the remark in brackets. */
function roughly(ms: number): string {
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 2 * MS_PER_UNIT.d) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / MS_PER_UNIT.d)} days`;
}

function wrong(sentence: string): Reading<never> {
  return { ok: false, wrong: sentence };
}

function isKeyOf<T extends object>(table: T, key: string | undefined): key is string & keyof T {
  return key !== undefined && Object.hasOwn(table, key);
}
