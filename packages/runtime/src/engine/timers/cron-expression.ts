/**
 * What is wrong with a cron expression, and at which character: croner, which computes the ticks, names neither.
 *
 *     ┌ seconds (only with 6 fields)      0–59
 *     │ ┌ minutes                         0–59
 *     │ │ ┌ hours                         0–23
 *     │ │ │ ┌ day of month                1–31, L (last), 15W (weekday nearest to the 15th), LW, ?
 *     │ │ │ │ ┌ month                     1–12, JAN–DEC
 *     │ │ │ │ │ ┌ day of week             0–7 (0 and 7: Sunday), SUN–SAT, 5L (last Friday), 5#2 (second Friday), ?
 *     * * * * * *
 *
 * Each field: `*`, a value, `a-b`, `a-b/step`, a step after `*`, `a/step` (from a on), and lists of those with commas. When day of month
 * and day of week are both given, either is enough, as in every cron.
 */

export interface CronMistake {
  /** Index of the character in the expression. */
  readonly at: number;
  /** With the field's number and name. */
  readonly message: string;
}

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** The largest step. */
  readonly count: number;
  /** In their order, the first one `min`. */
  readonly names: readonly string[];
}

const SECONDS: Field = { name: 'seconds', min: 0, max: 59, count: 60, names: [] };
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const DAY_OF_MONTH: Field = { name: 'day of month', min: 1, max: 31, count: 31, names: [] };
const DAY_OF_WEEK: Field = { name: 'day of week', min: 0, max: 7, count: 7, names: DAYS };
const FIVE: readonly Field[] = [
  { name: 'minutes', min: 0, max: 59, count: 60, names: [] },
  { name: 'hours', min: 0, max: 23, count: 24, names: [] },
  DAY_OF_MONTH,
  { name: 'month', min: 1, max: 12, count: 12, names: MONTHS },
  DAY_OF_WEEK,
];

/** The first mistake in `expression`; undefined when it is a cron expression of 5 or 6 fields. */
export function findCronMistake(expression: string): CronMistake | undefined {
  const parts = [...expression.matchAll(/\S+/g)].map((match) => ({ text: match[0], at: match.index }));
  if (parts.length !== 5 && parts.length !== 6) {
    const message =
      `${parts.length} field${parts.length === 1 ? '' : 's'}, allowed 5 (${FIVE.map(({ name }) => name).join(', ')}) ` +
      'or 6 with the seconds first';
    return { at: parts[6]?.at ?? 0, message };
  }
  const fields = parts.length === 6 ? [SECONDS, ...FIVE] : FIVE;
  for (const [index, field] of fields.entries()) {
    const part = parts[index];
    const mistake = part === undefined ? undefined : findInField(part.text, field);
    if (part === undefined || mistake === undefined) continue;
    return { at: part.at + mistake.at, message: `(field ${index + 1}, ${field.name}): ${mistake.message}` };
  }
  return undefined;
}

function findInField(text: string, field: Field): CronMistake | undefined {
  const isDay = field === DAY_OF_MONTH || field === DAY_OF_WEEK;
  if (isDay && text === '?') return undefined;
  if (field === DAY_OF_MONTH && /^LW$/i.test(text)) return undefined;
  let at = 0;
  for (const item of text.split(',')) {
    const mistake = findInItem(item, field);
    if (mistake !== undefined) return { at: at + mistake.at, message: mistake.message };
    at += item.length + 1;
  }
  return undefined;
}

function findInItem(item: string, field: Field): CronMistake | undefined {
  if (item === '') return { at: 0, message: 'nothing stands beside the comma' };
  if (item.includes('?')) return { at: item.indexOf('?'), message: '"?" stands alone, in one of the day fields' };
  const special = findInSpecial(item, field);
  if (special !== 'none') return special;
  const [base = '', step, more] = item.split('/');
  if (more !== undefined) return { at: base.length + (step?.length ?? 0) + 1, message: 'a second step' };
  if (step !== undefined && !isWithin(step, 1, field.count)) {
    return {
      at: base.length + 1,
      message: `${step === '' ? 'nothing' : step} is no step, allowed 1 to ${field.count}`,
    };
  }
  if (base === '*') return undefined;
  const [from = '', to, third] = base.split('-');
  if (third !== undefined) return { at: from.length + (to?.length ?? 0) + 1, message: 'a second "-" in one range' };
  const fromMistake = findInValue(from, field);
  if (fromMistake !== undefined || to === undefined) return fromMistake;
  const toMistake = findInValue(to, field);
  if (toMistake !== undefined) return { at: from.length + 1 + toMistake.at, message: toMistake.message };
  if (valueOf(from, field) > endOf(to, field))
    return { at: 0, message: `${base} runs backwards; write two values or ranges with a comma` };
  return undefined;
}

/** `L`, `15W`, `5L` and `5#2`; `'none'` when the item has none of these signs. */
function findInSpecial(item: string, field: Field): CronMistake | undefined | 'none' {
  if (field === DAY_OF_MONTH && /[LW]/i.test(item)) {
    if (/^L$/i.test(item)) return undefined;
    const [, day] = /^(\d+)W$/i.exec(item) ?? [];
    if (day !== undefined) return findInValue(day, field);
    return { at: item.search(/[LW]/i), message: 'allowed with L and W: L, LW alone, and 15W for one day' };
  }
  if (field === DAY_OF_WEEK) {
    const hash = item.indexOf('#');
    if (hash !== -1) {
      const mistake = findInValue(item.slice(0, hash), field);
      if (mistake !== undefined) return mistake;
      if (/^[1-5]$/.test(item.slice(hash + 1))) return undefined;
      return { at: hash + 1, message: 'after "#" stands which of the month it is, from 1 to 5, as in 5#2' };
    }
    const last = /^(.*)L$/i.exec(item)?.[1];
    if (last === '') return { at: 0, message: 'before L stands the day whose last one is meant, as in 5L' };
    if (last !== undefined) return findInValue(last, field);
  }
  const sign = item.search(field.names.length > 0 ? /#/ : /[LW#]/i);
  if (sign === -1) return 'none';
  const place = item[sign] === '#' ? 'the day of week' : 'one of the day fields';
  return { at: sign, message: `"${item[sign] ?? ''}" has a meaning in ${place} only` };
}

function findInValue(text: string, field: Field): CronMistake | undefined {
  const names = field.names.length === 0 ? '' : `, nor one of ${field.names.join(', ')}`;
  if (text === '') return { at: 0, message: `a value from ${field.min} to ${field.max} is missing` };
  if (Number.isNaN(valueOf(text, field)) || !isWithin(String(valueOf(text, field)), field.min, field.max))
    return { at: 0, message: `${text} is not from ${field.min} to ${field.max}${names}` };
  return undefined;
}

/** The number that a value stands for; NaN for none. */
function valueOf(text: string, field: Field): number {
  if (/^\d+$/.test(text)) return Number(text);
  const index = field.names.indexOf(text.toUpperCase());
  return index === -1 ? Number.NaN : field.min + index;
}

/** As the end of a range Sunday is the seventh day. */
function endOf(text: string, field: Field): number {
  return field === DAY_OF_WEEK && text.toUpperCase() === 'SUN' ? 7 : valueOf(text, field);
}

function isWithin(text: string, min: number, max: number): boolean {
  return /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max;
}
