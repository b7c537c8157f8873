/**
 * Whether a command has printed what a page shows.
 *
 * `…` on a line of its own stands for any lines, within a line for any text. What differs from run to run (ids, times,
 * durations, pids) is compared by its shape alone, so that pages can show a real one.
 */

/** What is wrong, or undefined. */
export function compareOutput(shown, printed) {
  const expected = toLines(shown);
  const actual = toLines(printed);
  if (matches(expected, actual)) return undefined;
  return `shown:\n${indent(shown)}\nprinted:\n${indent(printed)}`;
}

/** The same for a part of what was printed. */
export function comparePart(shown, printed) {
  const whole = ['…', ...toLines(shown), '…'];
  return matches(whole, toLines(printed)) ? undefined : `shown:\n${indent(shown)}\nis no part of:\n${indent(printed)}`;
}

function toLines(text) {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => normalize(line.trimEnd()));
}

function normalize(line) {
  return line
    .replaceAll(/(?<![\w-])[\w-]{14}[.-]\d+(?!\w)/g, '<id>')
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?/g, '<time>')
    .replaceAll(/\b\d\d:\d\d:\d\d(?:\.\d+)?/g, '<time>')
    .replaceAll(/\b\d+(?:\.\d+)? ?(?:ms|s|min|h)\b/g, '<duration>')
    .replaceAll(/\b\d+(?:\.\d+)? (?:KB|MB|GB|KiB|MiB)\b/g, '<size>')
    .replaceAll(/\b(pid|duration_ms) \d+(?:\.\d+)?/g, '$1 <number>')
    .replaceAll(/ {2,}/g, '  ');
}

function matches(expected, actual) {
  if (expected.length === 0) return actual.length === 0;
  const [first = '', ...rest] = expected;
  if (first.trim() === '…') {
    for (let skipped = 0; skipped <= actual.length; skipped += 1) {
      if (matches(rest, actual.slice(skipped))) return true;
    }
    return false;
  }
  const [line, ...others] = actual;
  if (line === undefined || !toPattern(first).test(line)) return false;
  return matches(rest, others);
}

function toPattern(text) {
  return new RegExp(`^${text.split('…').map(escape).join('.*')}$`);
}

function escape(text) {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function indent(text) {
  return text.trimEnd().replaceAll(/^/gm, '    ');
}
