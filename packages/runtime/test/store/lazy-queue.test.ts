/** A host without Async work has no queue on its disk, and no thread for it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LazyQueue } from '../../src/store/lazy-queue.ts';
import { SqliteQueue } from '../../src/store/sqlite-queue.ts';
import { countThreads } from '../support/left-running.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { factsOf, LIMITS, NOW, put } from './support.ts';

function makeQueue(dataDir: string): LazyQueue {
  const queue = new LazyQueue({ dataDir, limits: LIMITS });
  onTestFinished(() => queue.close(0));
  return queue;
}

describe('a queue in which there was never anything', () => {
  it('answers without a file and without a thread', async () => {
    const dataDir = makeTempDir();
    const threads = countThreads();
    const queue = makeQueue(dataDir);
    expect(await queue.open(factsOf('one'))).toMatchObject({ ledgerTime: 0, recovered: 0, boots: [{ bootId: 'one' }] });
    expect(await queue.execute({ kind: 'stats' }, NOW, 'fsync')).toMatchObject({ accepted: 0, dead: 0 });
    expect(await queue.execute({ kind: 'get', seq: 1 }, NOW, 'fsync')).toBeUndefined();
    expect(await queue.execute({ kind: 'claim', target: 'S/a', limit: 1, minSeq: 0 }, NOW, 'fsync')).toEqual({
      work: [],
    });
    expect(existsSync(join(dataDir, 'queue.db'))).toBe(false);
    expect(countThreads()).toBe(threads);
    await queue.close(0);
    await expect(queue.execute(put(), NOW, 'fsync')).rejects.toMatchObject({ code: 'QueueClosed' });
  });

  it('begins with the first work, in the order in which it came, and says the same as one that was there from the start', async () => {
    const dataDir = makeTempDir();
    const queue = makeQueue(dataDir);
    await queue.open(factsOf('one'));
    const results = await Promise.all([
      queue.execute(put({ payload: 'a' }), NOW, 'fsync'),
      queue.execute(put({ payload: 'b' }), NOW, 'fsync'),
      queue.execute({ kind: 'get', seq: 1 }, NOW, 'fsync'),
    ]);
    expect(results).toMatchObject([{ seqs: [1] }, { seqs: [2] }, { payload: 'a' }]);
    await queue.close(1000);

    const next = new SqliteQueue({ dataDir, limits: LIMITS });
    onTestFinished(() => next.close(0));
    expect(await next.open(factsOf('two'))).toMatchObject({
      ledgerTime: NOW.at,
      live: { enqueued: 2 },
      boots: [
        { bootId: 'one', firstSeq: 1 },
        { bootId: 'two', firstSeq: 3 },
      ],
    });
  });

  it('keeps what was handed over when it is closed at once', async () => {
    const dataDir = makeTempDir();
    const queue = makeQueue(dataDir);
    await queue.open(factsOf());
    const stored = queue.execute(put(), NOW, 'fsync');
    await queue.close(1000);
    expect(await stored).toMatchObject({ kind: 'stored' });
  });
});
