/** A damaged file is set aside, what can be read is rescued, and both are said. */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { QueueStats } from '../../src/engine/queue/queue.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { InProcessWriter } from './in-process-writer.ts';
import { matching } from './matching.ts';
import { put, succeed } from './support.ts';

const ROWS = 2000;
const PAGE = 4096;
const claim = { kind: 'claim', target: 'Shop/order', limit: 300, minSeq: 0 } as const;

/** A queue of many pages, closed: some rows done, one dead, the rest waiting. */
function makeQueue(): string {
  const directory = makeTempDir();
  const writer = new InProcessWriter(directory);
  writer.run(
    Array.from({ length: ROWS }, (_, index) =>
      put({ payload: `payload ${index + 1} ${'x'.repeat(200)}`, dedupeKey: `d${index}` }),
    ),
  );
  writer.run([claim]);
  writer.run(Array.from({ length: 300 }, (_, index) => succeed(index + 1)));
  writer.writer.close(0);
  return directory;
}

/** Deterministic noise. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function overwrite(directory: string, page: number, random: () => number): void {
  const file = openSync(join(directory, 'queue.db'), 'r+');
  writeSync(file, Buffer.from(Array.from({ length: PAGE }, () => Math.floor(random() * 256))), 0, PAGE, page * PAGE);
  closeSync(file);
}

function reopen(directory: string): { writer: InProcessWriter; stats: QueueStats } {
  const writer = new InProcessWriter(directory, { bootId: 'next' });
  onTestFinished(() => {
    writer.writer.close(0);
  });
  return { writer, stats: writer.run([{ kind: 'stats' }])[0] as QueueStats };
}

function expectWhole({ accepted, removed, live, ended, dead }: QueueStats): void {
  expect(live.enqueued + live.running + live.retrying + ended + dead + removed).toBe(accepted);
}

const setAside = (directory: string): string[] =>
  readdirSync(directory).filter((name) => /damaged-\d+\.db$/.test(name));

describe('a damaged file', () => {
  it('that is no database is set aside, and the queue starts empty and says so', () => {
    const directory = makeTempDir();
    writeFileSync(join(directory, 'queue.db'), 'not a database, but somebody may want it back '.repeat(1000));
    const { writer, stats } = reopen(directory);
    expect(writer.opening.notes).toEqual([
      `the queue's file was damaged (file is not a database); it was set aside as ${join(directory, 'queue.damaged-1.db')}`,
      expect.stringMatching(/^(0 invocations were rescued|nothing in it could be read)/),
    ]);
    expect(stats.accepted).toBe(0);
    expect(readFileSync(join(directory, 'queue.damaged-1.db'), 'utf8')).toContain('somebody may want it back');
  });

  it('whose first page is gone keeps its rows', () => {
    const directory = makeQueue();
    overwrite(directory, 0, randomOf(1));
    const { writer, stats } = reopen(directory);
    expect(writer.opening.notes[1]).toMatch(
      /^2000 invocations were rescued from it, 1700 of them pending; nothing that was pending is lost$/,
    );
    expect(stats).toMatchObject({ accepted: ROWS, ended: 300, live: { enqueued: 1700 } });
    expect(writer.run([{ kind: 'get', seq: 1500 }])).toMatchObject([
      { payload: matching.stringMatching(/^payload 1500 x/) },
    ]);
    expect(writer.run([put({ dedupeKey: 'd7' })])).toEqual([{ kind: 'deduplicated', seq: 8 }]);
    expectWhole(stats);
  });

  it('is found while it runs, refused, and rescued at the next start, wherever it is damaged', () => {
    let found = 0;
    for (let seed = 1; seed <= 12; seed += 1) {
      const random = randomOf(seed);
      const directory = makeQueue();
      const pages = Math.floor(readFileSync(join(directory, 'queue.db')).length / PAGE);
      for (let n = 0; n < 3; n += 1) overwrite(directory, 1 + Math.floor(random() * (pages - 1)), random);

      // Reads everything, changes everything: it meets what is damaged, or there was nothing in it.
      const first = new InProcessWriter(directory, { bootId: 'second' });
      const reads = Array.from({ length: ROWS }, (_, index) => ({ kind: 'get', seq: index + 1 }) as const);
      first.run(reads);
      for (let n = 0; n < 7; n += 1) first.run([claim]);
      first.run([{ kind: 'tidy' }, put({ dedupeKey: 'd1999' })]);
      const broken = first.posted.find(({ kind }) => kind === 'broken');
      if (broken !== undefined) expect(first.run([put()])[0]).toBeInstanceOf(Error);
      first.writer.close(0);

      const { writer, stats } = reopen(directory);
      if (broken !== undefined || first.opening.notes.length > 0) {
        found += 1;
        expect(setAside(directory)).not.toEqual([]);
        expect([...first.opening.notes, ...writer.opening.notes].join('\n'), `seed ${seed}`).toMatch(
          /\d+ invocations were rescued/,
        );
      }
      expect(existsSync(join(directory, 'queue.db-damaged'))).toBe(false);
      expectWhole(stats);
      // 3 pages of some hundred: by far the most is there.
      const { live, ended } = stats;
      expect(live.enqueued + live.retrying + live.running + ended, `seed ${seed}`).toBeGreaterThan(ROWS * 0.8);
      writer.writer.close(0);
    }
    expect(found).toBeGreaterThan(6);
  });

  it('is set aside under a new name each time', () => {
    const directory = makeQueue();
    for (const name of ['queue.damaged-1.db', 'queue.damaged-2.db']) {
      overwrite(directory, 0, randomOf(3));
      const writer = new InProcessWriter(directory);
      writer.writer.close(0);
      expect(setAside(directory)).toContain(name);
    }
  });
});
