/**
 * Runs in every test file's process: when the file is done, no child process and no worker thread of it may be left.
 *
 * Registered before any hook of the file, so it runs after all of them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect } from 'vitest';
import { describeProcess, descendantsOf, listProcesses, listWorkerThreads } from './processes.ts';

/** ms for what was told to end and is about to: the kernel reports an exit a moment before /proc forgets it. */
const GRACE = 1_000;

afterAll(async () => {
  const deadline = performance.now() + GRACE;
  let left = leftovers();
  while (left.length > 0 && performance.now() < deadline) {
    await sleep(20);
    left = leftovers();
  }
  expect(left, 'left running by this test file; stop it in the test or in an afterEach').toEqual([]);
});

function leftovers(): string[] {
  const processes = descendantsOf(process.pid, listProcesses()).map(describeProcess);
  const threads = listWorkerThreads().map((name) => `worker thread ${name}`);
  return [...processes, ...threads];
}
