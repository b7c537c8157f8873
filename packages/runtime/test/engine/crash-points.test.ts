/**
 * Must hold wherever the plug is pulled (I2, I3): the host is killed before and after every commit of a life in which
 * everything happens, and started again on what is stored.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MemoryQueue } from '../../src/engine/queue/memory-queue.ts';
import { MemoryTables } from '../../src/engine/queue/memory-tables.ts';
import { queueFile } from '../../src/store/queue-file.ts';
import { copyCut, walCuts } from '../store/wal-cuts.ts';
import { CrashScenario, LIMITS, type Storage } from './support/crash-scenario.ts';
import { WriterQueue } from './support/writer-queue.ts';

/** In memory where the system has files there: tens of thousands of syncs of a disk show nothing that a killed host could lose. */
function makeRoot(): string {
  const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'edgefc-test-'));
  onTestFinished(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

function inMemory(): Storage {
  const tables = new MemoryTables();
  return {
    createQueue: (_clock, onCommit) => new MemoryQueue({ limits: LIMITS, tables, onCommit }),
    kill: () => undefined,
  };
}

function onDisk(root: string): Storage {
  let life = 0;
  let queue: WriterQueue | undefined;
  const directory = (): string => join(root, String(life));
  return {
    createQueue: (clock, onCommit) =>
      (queue = new WriterQueue({ directory: directory(), limits: LIMITS, clock, onCommit })),
    kill: () => {
      life += 1;
      queue?.kill(directory(), join(root, 'killed'));
    },
  };
}

describe.each<readonly [string, () => Storage]>([
  ['in memory', inMemory],
  ['in SQLite', () => onDisk(makeRoot())],
])('a host that is killed, its queue %s', (where, createStorage) => {
  it('before and after every commit loses nothing, repeats only what it may, and keeps every order', async () => {
    const whole = new CrashScenario(createStorage(), undefined);
    expect(await whole.play()).toEqual([]);
    expect([...whole.kinds.keys()].sort()).toEqual(KINDS);
    const found: Record<string, readonly string[]> = {};
    for (let point = 1; point <= whole.points; point += 1) {
      const problems = await new CrashScenario(createStorage(), point).play();
      if (problems.length > 0) found[`killed at point ${point}`] = problems;
    }
    expect(found).toEqual({});
    expect(whole.points).toBeGreaterThanOrEqual(150);
    console.log(`killed at ${whole.points} points, ${where}`);
  }, 120_000);
});

it('a host whose log was cut anywhere goes on with what is left, and its books are right', async () => {
  const whole = new CrashScenario(onDisk(makeRoot()), undefined);
  await whole.play();
  const root = makeRoot();
  expect(await new CrashScenario(onDisk(root), whole.points - 1).play()).toEqual([]);
  // As the killed host left it, before the next one moved the log into the file.
  const image = queueFile(join(root, 'killed'));
  const cuts = walCuts(image);
  const found: Record<string, readonly string[]> = {};
  let tried = 0;
  for (let n = 0; n < cuts.length; n += Math.max(1, Math.floor(cuts.length / CUTS))) {
    const cut = cuts[n]!;
    const directory = makeRoot();
    mkdirSync(join(directory, '0'));
    copyCut(image, queueFile(join(directory, '0')), cut);
    const problems = await new CrashScenario(onDisk(directory), undefined).resume();
    if (problems.length > 0) found[`cut at ${cut.length}`] = problems;
    tried += 1;
  }
  expect(found).toEqual({});
  console.log(`cut at ${tried} of ${cuts.length} places of a log of ${cuts.at(-1)?.frames} frames`);
}, 120_000);

/** Of the thousands of cuts of a log (test/store tries those of a small one all). */
const CUTS = 40;

/** What has to be in the commits for this to show anything. */
const KINDS: readonly string[] = [
  'Expired, and told',
  'Failed, and told',
  'a message',
  'a tick',
  'accepted',
  'accepted and claimed',
  'claim',
  'purge',
  'redrive',
  'retry, failure used',
  'retry, nothing used',
  'stop',
  'stopped',
  'succeeded',
  'succeeded, and told',
  'tidy',
];
