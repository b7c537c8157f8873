/** Paths as systemd reads them in a unit: `%` begins a specifier, `$` a variable, and words are split at blanks. */
import { UsageError } from '../usage-error.ts';

const PLAIN = /^[\w@+=:,./-]+$/;

/** A whole value, such as `WorkingDirectory=`: nothing is split or quoted. */
export function writePath(path: string): string {
  // eslint-disable-next-line no-control-regex -- these very characters cannot stand in a line of a unit
  if (/[\u0000-\u001f]/.test(path) || path !== path.trim()) {
    throw new UsageError(
      `${JSON.stringify(path)} cannot be written into a unit; give it a name without such characters`,
    );
  }
  return path.replaceAll('%', '%%');
}

/** A word of a list of paths, and the program of `ExecStart=`. */
export function quotePath(path: string): string {
  const text = writePath(path);
  if (PLAIN.test(text)) return text;
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** An argument of `ExecStart=`. */
export function quoteArgument(text: string): string {
  return quotePath(text).replaceAll('$', '$$$$');
}
