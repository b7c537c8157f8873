/** Values in words, for messages: with one property a line where they are compared, and on one line in a sentence. */
import { inspect, type InspectOptions } from 'node:util';

const OPTIONS: InspectOptions = { depth: 12, maxStringLength: 2000, maxArrayLength: 200, sorted: true };

/** With one property a line, in the order of their names, so that lines can be compared. */
export function printLines(value: unknown): string[] {
  return inspect(toPrintable(value), { ...OPTIONS, compact: false }).split('\n');
}

/** On one line. */
export function printInline(value: unknown): string {
  if (typeof value === 'function') return 'what its predicate says yes to';
  return inspect(toPrintable(value), { ...OPTIONS, breakLength: Infinity });
}

/** Matchers of a runner as it writes them, such as `Any<String>`; everything else as it is. */
function toPrintable(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('asymmetricMatch' in value) return { [inspect.custom]: () => describeMatcher(value) };
  if (Array.isArray(value)) return value.map(toPrintable);
  if (Object.getPrototypeOf(Object.getPrototypeOf(value) ?? {}) !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, toPrintable(one)]));
}

/** By what the matchers of Vitest and Jest have in common. */
function describeMatcher(matcher: object): string {
  const { toAsymmetricMatcher, sample } = matcher as { toAsymmetricMatcher?: () => string; sample?: unknown };
  if (typeof toAsymmetricMatcher === 'function') return toAsymmetricMatcher.call(matcher);
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- because these have one of their own, which is their name
  return `${String(matcher)} ${printInline(sample)}`;
}
