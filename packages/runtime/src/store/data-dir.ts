/** The directory of the host's state: made, and found usable, before anything is opened in it. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { QueueError } from '../engine/queue/queue.ts';
import { makeDirectory } from './make-directory.ts';

/** @throws QueueError `QueueUnusable` */
export function prepareDataDir(directory: string): void {
  try {
    // Not asked for what is there: where the parent may not be written to, that would be refused.
    if (!isThere(directory)) makeDirectory(directory);
  } catch (error) {
    throw unusable(directory, whyNotMade(directory, error), error);
  }
  try {
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const why = codeOf(error) === 'EROFS' ? 'is on a file system that is mounted read-only' : 'cannot be written to';
    throw unusable(directory, `${why}${byWhom()}`, error);
  }
}

function isThere(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // Making it says why.
  }
}

function whyNotMade(directory: string, error: unknown): string {
  switch (codeOf(error)) {
    case 'EEXIST':
    case 'ENOTDIR': {
      const file = firstFile(directory);
      return file === directory ? 'is a file, not a directory' : `cannot be made: ${file} is a file`;
    }
    case 'EACCES':
    case 'EPERM':
      return `cannot be made${byWhom()}: ${dirname(directory)} may not be written to`;
    case 'EROFS':
      return 'cannot be made: the file system is mounted read-only';
    case 'ENOSPC':
      return 'cannot be made: the disk is full';
    default:
      return `cannot be made (${error instanceof Error ? error.message : String(error)})`;
  }
}

/** The part of the path that is a file. */
function firstFile(directory: string): string {
  for (let path = directory; path !== dirname(path); path = dirname(path)) {
    if (existsSync(path)) return isThere(path) ? directory : path;
  }
  return directory;
}

function byWhom(): string {
  const uid = process.getuid?.();
  return uid === undefined ? '' : ` by this user (uid ${uid})`;
}

function unusable(directory: string, why: string, cause: unknown): QueueError {
  return new QueueError(
    'QueueUnusable',
    `the data directory ${directory} ${why}; name another one with --data-dir, or mend this one`,
    { cause },
  );
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
