/** A disk that is full: files of this process may not grow beyond a size (RLIMIT_FSIZE), which needs no rights and no disk. */
import { execFileSync } from 'node:child_process';
import { onTestFinished } from 'vitest';

/** Lets the test's files grow to `bytes` each; `undefined`: as far as they like. Ends with the test. */
export function limitFileSize(bytes: number | undefined): void {
  onTestFinished(() => {
    setLimit(undefined);
  });
  setLimit(bytes);
}

function setLimit(bytes: number | undefined): void {
  // The hard limit stays: a soft one may be raised again.
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes ?? 'unlimited'}:`]);
}
