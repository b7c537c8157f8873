/** Writes the files of a new project; none when one of them is there already. */
import { lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UsageError } from '../usage-error.ts';

/** @throws UsageError when one of them is there already, or `directory` is a file or cannot be written */
export function writeProject(directory: string, files: ReadonlyMap<string, string>): void {
  const taken = [...files.keys()].filter((path) => isThere(join(directory, path)));
  if (taken.length > 0) {
    const verb = taken.length === 1 ? 'is' : 'are';
    throw new UsageError(
      `${taken.join(', ')} ${verb} already in ${directory}, and nothing is overwritten; move ${taken.length === 1 ? 'it' : 'them'} away, or give another directory: edgefc init <directory>`,
    );
  }
  try {
    for (const [path, text] of files) {
      const file = join(directory, path);
      mkdirSync(dirname(file), { recursive: true });
      // Not over a file that has come since.
      writeFileSync(file, text, { flag: 'wx' });
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`the project cannot be written to ${directory}: ${why}`, { cause: error });
  }
}

/** Also a link that leads nowhere. */
function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    // Not there; or it cannot be seen, and then it cannot be written, which says why.
    return false;
  }
}
