/**
 * Names, targets and ARNs: how a caller says which function it means.
 *
 * The SDK checks names before a call leaves; the host resolves a target with the same `parseTarget`, so that both
 * sides agree on what is a name and what is an id.
 */

/** Longest name of a service or a function, in characters (FC). */
export const MAX_NAME_LENGTH = 128;

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,127}$/;

// `S/F`, `service:S:function:F` and the ARN, whose region and account may be empty (LE).
const PATH_TARGET = /^([A-Za-z][A-Za-z0-9_-]{0,127})\/([A-Za-z][A-Za-z0-9_-]{0,127})$/;
const COLON_TARGET =
  /^(?:acs:fc:[^:]*:[^:]*:)?service:([A-Za-z][A-Za-z0-9_-]{0,127}):function:([A-Za-z][A-Za-z0-9_-]{0,127})$/;

/** What a target text means. */
export type Target =
  | { readonly kind: 'name'; readonly service: string; readonly function: string }
  | { readonly kind: 'id'; readonly id: string };

/** Whether `text` can be the name of a service or a function: `[A-Za-z][A-Za-z0-9_-]{0,127}` (FC). */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/**
 * Says what a target text means: `S/F`, `service:S:function:F` and the ARN
 * `acs:fc:<region>:<account>:service:S:function:F` are names, everything else is an id.
 */
export function parseTarget(text: string): Target {
  const match = PATH_TARGET.exec(text) ?? COLON_TARGET.exec(text);
  const service = match?.[1];
  const name = match?.[2];
  return service === undefined || name === undefined
    ? { kind: 'id', id: text }
    : { kind: 'name', service, function: name };
}

/** The key of a function: `S/F`. */
export function functionKey(service: string, name: string): string {
  return `${service}/${name}`;
}

/**
 * The ARN of a function (LE): `acs:fc:<region>:<account>:service:<service>:function:<name>`.
 *
 * @param region - may be empty
 * @param account - may be empty
 */
export function buildArnString(region: string, account: string, service: string, name: string): string {
  return `acs:fc:${region}:${account}:service:${service}:function:${name}`;
}

/**
 * The candidates that `wanted` was probably meant to be, nearest first, for error messages.
 *
 * @param max - how many to give at most
 */
export function nearestNames(wanted: string, candidates: Iterable<string>, max = 3): string[] {
  // Longer texts are no typing mistakes, and the distance costs the product of both lengths.
  const text = wanted.slice(0, 2 * MAX_NAME_LENGTH + 1).toLowerCase();
  // One slip in three characters is still a likely mistake; more is another word.
  const tolerance = Math.max(2, Math.floor(text.length / 3));
  const found: { readonly name: string; readonly distance: number }[] = [];
  for (const name of candidates) {
    const candidate = name.toLowerCase();
    if (Math.abs(candidate.length - text.length) > tolerance) continue;
    const distance = editDistance(text, candidate);
    if (distance <= tolerance) found.push({ name, distance });
  }
  found.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return found.slice(0, max).map(({ name }) => name);
}

/** Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous: number[] = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current: number[] = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let best = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        best = Math.min(best, at(beforePrevious, column - 2) + 1);
      }
      current.push(best);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
