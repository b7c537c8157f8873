/** Must show 2: the log cut at every frame boundary, and in the middle of frames. */
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import type { QueueStats } from '../../src/engine/queue/queue.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { InProcessWriter } from './in-process-writer.ts';
import { put, succeed } from './support.ts';
import { copyCut, walCuts } from './wal-cuts.ts';

/** A small life of a queue, one commit a line. */
function live(writer: InProcessWriter, afterCommit: () => void): void {
  const claim = { kind: 'claim', target: 'Shop/order', limit: 2, minSeq: 0 } as const;
  const fail = { kind: 'dead', state: 'Failed', error: undefined } as const;
  const all = { seq: undefined, target: undefined, diedBefore: Infinity, limit: 10 };
  const commits = [
    [put(), put(), put()],
    [put({ orderKey: 'k' }), put({ orderKey: 'k' })],
    [put({}, { claim: true })],
    [put({ payload: 'large '.repeat(2000) })],
    [claim],
    [succeed(1)],
    [put({ dedupeKey: 'd', delay: 5 })],
    [{ ...succeed(2), ending: fail, followUps: [{ ...put().work[0]!, target: 'Shop/failed' }] }],
    [succeed(6), claim],
    [{ kind: 'redrive', ...all } as const],
    [{ kind: 'stop', seq: 7 } as const],
    [{ kind: 'tidy' } as const, put({ target: 'New/function' })],
  ];
  for (const commands of commits) {
    writer.run(commands);
    afterCommit();
  }
}

/** accepted = live + kept + removed (I3), and what was accepted. */
function check(directory: string): number {
  const writer = new InProcessWriter(directory, { bootId: 'after' });
  const [stats] = writer.run([{ kind: 'stats' }]) as [QueueStats];
  const { accepted, removed, live, ended, dead } = stats;
  expect(live.enqueued + live.running + live.retrying + ended + dead + removed).toBe(accepted);
  expect(writer.opening.notes).toEqual([]);
  writer.writer.close(0);
  const database = new DatabaseSync(join(directory, 'queue.db'), { readOnly: true });
  expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  const rows = database.prepare('SELECT count(*) AS n FROM work').get();
  database.close();
  expect(rows).toEqual({ n: accepted - removed });
  return accepted;
}

it('a log that is cut anywhere holds every commit before the cut, whole, and nothing of the one it cuts', () => {
  const directory = makeTempDir();
  const writer = new InProcessWriter(directory);
  const file = join(directory, 'queue.db');
  const image = join(makeTempDir(), 'queue.db');
  copyFileSync(file, image);
  /** Length of the log and accepted work after each commit. */
  const commits: { readonly length: number; readonly accepted: number }[] = [];
  const note = (): void => {
    const [stats] = writer.run([{ kind: 'stats' }]) as [QueueStats];
    commits.push({ length: readFileSync(`${file}-wal`).length, accepted: stats.accepted });
  };
  note();
  live(writer, note);
  copyFileSync(`${file}-wal`, `${image}-wal`);

  const into = makeTempDir();
  const cuts = walCuts(image);
  for (const cut of cuts) {
    copyCut(image, join(into, 'queue.db'), cut);
    const accepted = check(into);
    const whole = commits.findLast(({ length }) => length <= cut.length);
    expect(accepted, `cut at ${cut.length}`).toBe(whole?.accepted ?? 0);
  }
  writer.writer.close(0);
  console.log(
    `${cuts.length} cuts of a log of ${commits.length} commits, ${cuts.filter(({ torn }) => torn).length} through a frame`,
  );
  expect(cuts.length).toBeGreaterThan(150);
});
