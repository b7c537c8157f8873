/** The patch beside what runners do: several copies and realms under node:test, fake timers of Vitest. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, expect, it, vi } from 'vitest';
import { createStage } from './in-frame.ts';
import { sleep } from './fixtures/functions.ts';

const SOURCES = fileURLToPath(new URL('../../src', import.meta.url));
const SUITE = fileURLToPath(new URL('fixtures/two-copies.mjs', import.meta.url));

afterEach(() => {
  vi.useRealTimers();
});

it('patches once under node:test, whatever copies and realms there are', async () => {
  const copy = await mkdtemp(join(tmpdir(), 'edgefc-second-copy-'));
  try {
    await writeFile(join(copy, 'package.json'), '{ "type": "module" }');
    for (const file of ['frame.ts', 'per-process.ts']) await cp(join(SOURCES, file), join(copy, file));
    await cp(join(SOURCES, 'time'), join(copy, 'time'), { recursive: true });
    const env = { ...process.env, FIRST_COPY: pathToFileURL(SOURCES).href, SECOND_COPY: pathToFileURL(copy).href };
    // A child of `node --test` would report to its parent in another form.
    const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', SUITE], { env });

    expect(stdout).toContain('# pass 3');
    expect(stdout).toContain('# fail 0');
  } finally {
    await rm(copy, { recursive: true });
  }
});

it('lets the fake timers of Vitest come and go', async () => {
  const patched = { setTimeout, Date };
  const { clock, driver, run } = createStage();
  vi.useFakeTimers({ now: 5 });
  let fired = 0;
  setTimeout(() => (fired += 1), 1000);
  vi.advanceTimersByTime(1000);
  expect([fired, Date.now()]).toEqual([1, 1005]);
  // The driver waits with the real ones.
  clock.setTimeout(() => (fired += 1), 10);
  await driver.advance(10);
  expect(fired).toBe(2);

  vi.useRealTimers();
  expect({ setTimeout, Date }).toEqual(patched);
  await driver.untilSettled(run(() => sleep(1000)));
  expect(clock.monotonic()).toBe(1010);
});
