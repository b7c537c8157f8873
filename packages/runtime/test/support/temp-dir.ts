/** A temporary directory of a test, gone when the test is. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/**
 * Makes an empty directory and removes it, with what is in it, when the running test has finished, also when it failed.
 * For use inside a test; returns the real path, without symbolic links, as error messages show it.
 */
export function makeTempDir(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'edgefc-test-')));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
