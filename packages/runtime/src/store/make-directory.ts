/**
 * `mkdir -p`. Node's own (`recursive: true`) never ends where a file system says of a new name that it is not there, as `/proc`
 * does (Node 24.21).
 */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes `directory` and what is missing above it. Throws what the system says. */
export function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST' && isDirectory(directory)) return;
    const parent = dirname(directory);
    if (code !== 'ENOENT' || isDirectory(parent)) throw error;
    makeDirectory(parent);
    makeDirectory(directory);
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
