/**
 * "Did you mean …?": the names that a wrong one was probably meant to be.
 *
 * A file of its own, so that the SDK's index, which does not need it, does not load it.
 */
import { MAX_NAME_LENGTH } from './names.ts';

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
