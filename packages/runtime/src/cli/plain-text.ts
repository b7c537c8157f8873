/** Times and foreign texts as a table shows them. */

/** `2026-11-22 21:40:39`, local time. */
export function formatTime(epochMs: number): string {
  const date = new Date(epochMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `5 s`, `12 min`, `3 h`, `4 d`: one unit, rounded, for times that are read and not counted with. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** `2026-11-22 21:40:39 (5 min ago)`, or `(in 5 min)`. */
export function formatMoment(epochMs: number, now: number): string {
  const relative = epochMs > now ? `in ${formatSpan(epochMs - now)}` : `${formatSpan(now - epochMs)} ago`;
  return `${formatTime(epochMs)} (${relative})`;
}

// eslint-disable-next-line no-control-regex -- control characters are what it is for
const CONTROL = /[\x00-\x1f\x7f-\x9f]/g;

/** What a function said, on one line that cannot move the terminal's cursor. */
export function toLine(text: string, longest: number): string {
  const line = text.slice(0, longest + 1).replace(CONTROL, ' ');
  return line.length > longest ? `${line.slice(0, longest - 1).toWellFormed()}…` : line;
}
