/** Function files that a test writes itself, because what they hold is the point, or is broken on purpose. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeTempDir } from './temp-dir.ts';

/** Writes `files` (by path) into a directory that lasts as long as the test; returns it. */
export function writeFiles(files: Readonly<Record<string, string>>): string {
  const directory = makeTempDir();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
  return directory;
}
