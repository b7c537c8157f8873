import { spawn } from 'node:child_process';
import { closeSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { PutResult } from '../../src/engine/queue/queue.ts';
import { SqliteQueue } from '../../src/store/sqlite-queue.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { matching } from './matching.ts';
import { factsOf, LIMITS, newWork, NOW, put, succeed } from './support.ts';

const claim = { kind: 'claim', target: 'Shop/order', limit: 10, minSeq: 0 } as const;
const stats = { kind: 'stats' } as const;

function makeQueue(dataDir = makeTempDir()): SqliteQueue {
  const queue = new SqliteQueue({ dataDir, limits: LIMITS });
  onTestFinished(() => queue.close(0));
  return queue;
}

describe('the queue on disk', () => {
  it('gives back after a restart what was accepted, and what was running to be run again', async () => {
    const dataDir = makeTempDir();
    const first = makeQueue(dataDir);
    expect(await first.open(factsOf('one'))).toMatchObject({ ledgerTime: 0, recovered: 0, notes: [] });
    const results = await Promise.all(
      [put({ payload: 'a' }), put({ payload: 'b' }, { claim: true }), put({ target: 'Other/one' })].map((command) =>
        first.execute(command, NOW, 'fsync'),
      ),
    );
    expect(results).toMatchObject([{ seqs: [1] }, { seqs: [2], claimed: true }, { seqs: [3] }]);
    await first.close(1000);

    const second = makeQueue(dataDir);
    const opening = await second.open(factsOf('two'));
    expect(opening).toMatchObject({ ledgerTime: 1000, recovered: 1, live: { enqueued: 2, running: 0, retrying: 1 } });
    expect(opening.waiting).toEqual(
      new Map([
        ['Shop/order', 2],
        ['Other/one', 1],
      ]),
    );
    expect(opening.boots).toEqual([
      { bootId: 'one', firstSeq: 1 },
      { bootId: 'two', firstSeq: 4 },
    ]);
    const { work } = await second.execute(claim, { at: 5000, wall: NOW.wall }, 'fsync');
    expect(work).toMatchObject([
      { seq: 1, payload: 'a', starts: 1 },
      { seq: 2, payload: 'b', starts: 2, losses: 1 },
    ]);
    expect(work[1]?.errors).toMatchObject([{ errorType: 'InstanceLost' }]);
  });

  it('is closed also after its file was found damaged while it was open', async () => {
    const dataDir = makeTempDir();
    const queue = makeQueue(dataDir);
    const broken = Promise.withResolvers<unknown>();
    queue.onBroken = broken.resolve;
    await queue.open(factsOf());
    for (let n = 0; n < 40; n += 1) {
      const work = Array.from({ length: 50 }, () => newWork({ payload: 'x'.repeat(6000) }));
      await queue.execute({ ...put(), work }, NOW, 'fsync');
    }
    for (const name of ['queue.db', 'queue.db-wal']) spoil(join(dataDir, name), name.endsWith('-wal') ? 56 : 4096);
    const list = { kind: 'list', states: undefined, target: undefined, limit: 1000 } as const;
    await Promise.allSettled([2000, 1500, 1000].map((before) => queue.execute({ ...list, before }, NOW, 'fsync')));
    expect(await broken.promise).toMatchObject({
      code: 'QueueUnusable',
      message: matching.stringContaining('damaged'),
    });
    await queue.close(1000);
  });

  it('carries every payload across its thread as it is, and leaves the caller its own', async () => {
    const queue = makeQueue();
    await queue.open(factsOf());
    const large = new Uint8Array(100_000).fill(1);
    const view = large.subarray(10, 13);
    const utf8 = new TextEncoder().encode('lang '.repeat(5000));
    const payloads = ['text', view, [utf8] as const, null];
    for (const payload of payloads) await queue.execute(put({ payload }), NOW, 'fsync');
    const { work } = await queue.execute(claim, NOW, 'fsync');
    expect(work.map(({ payload }) => payload)).toEqual(['text', new Uint8Array([1, 1, 1]), [utf8], null]);
    expect(large.byteLength).toBe(100_000);
    expect(await queue.execute(succeed(1, 'fine'), NOW, 'fsync')).toEqual({ settled: true, woken: [] });
    const ending = { kind: 'dead', state: 'Failed', error: undefined } as const;
    const followUps = [newWork({ target: 'Shop/failed', payload: view })];
    expect(await queue.execute({ kind: 'settle', seq: 2, ending, ran: true, followUps }, NOW, 'fsync')).toEqual({
      settled: true,
      woken: ['Shop/failed'],
      followed: [5],
    });
    expect(await queue.execute({ kind: 'get', seq: 1 }, NOW, 'fsync')).toMatchObject({
      state: 'Succeeded',
      result: 'fine',
    });
    expect(await queue.execute({ kind: 'get', seq: 99 }, NOW, 'fsync')).toBeUndefined();
    const listed = await queue.execute(
      { kind: 'list', states: ['Failed'], target: undefined, before: undefined, limit: 9 },
      NOW,
      'fsync',
    );
    expect(listed).toMatchObject([{ seq: 2, state: 'Failed' }]);
    const { live, disk } = await queue.execute(stats, NOW, 'fsync');
    expect(live).toMatchObject({ enqueued: 1, running: 2 });
    expect(disk?.syncs).toBeGreaterThan(0);
  });

  it('does what was handed over before it closes, and nothing after', async () => {
    const dataDir = makeTempDir();
    const queue = makeQueue(dataDir);
    await queue.open(factsOf());
    const accepted = queue.execute(put(), NOW, 'fsync');
    const closed = queue.close(1000);
    await expect(queue.execute(put(), NOW, 'fsync')).rejects.toMatchObject({ code: 'QueueClosed' });
    expect(await accepted).toMatchObject({ kind: 'stored' });
    await closed;
    await queue.close(0);
    const next = makeQueue(dataDir);
    expect(await next.open(factsOf('two'))).toMatchObject({ live: { enqueued: 1 } });
  });

  it('says what is wrong when it cannot be opened, and leaves no thread', async () => {
    const dataDir = join(makeTempDir(), 'file');
    writeFileSync(dataDir, '');
    await expect(makeQueue(dataDir).open(factsOf())).rejects.toMatchObject({
      code: 'QueueUnusable',
      message: `the data directory ${dataDir} is a file, not a directory; name another one with --data-dir, or mend this one`,
    });
  });

  it('rejects what is open when its thread ends, and tells it', async () => {
    const started = new Promise<Worker>((resolve) => process.once('worker', resolve));
    const queue = makeQueue();
    const told = Promise.withResolvers<Error>();
    queue.onBroken = told.resolve;
    await queue.open(factsOf());
    const open = queue.execute(put(), NOW, 'fsync');
    void (await started).terminate();
    // It may have been done before the thread ended; what comes after cannot be.
    const outcome = await open.then(({ kind }: PutResult) => kind, String);
    expect(outcome).toMatch(/^stored$|^QueueError: the queue's thread ended/);
    expect(await told.promise).toMatchObject({
      code: 'QueueUnusable',
      message: matching.stringContaining("the queue's thread ended"),
    });
    await expect(queue.execute(put(), NOW, 'fsync')).rejects.toMatchObject({ code: 'QueueUnusable' });
    await queue.close(0);
  });

  it.each([1, 2, 3])(
    'has what it had answered when its process is killed in the middle of commits (%i)',
    async (round) => {
      const dataDir = makeTempDir();
      const child = spawn(process.execPath, [join(import.meta.dirname, '../fixtures/store/durable-host.ts'), dataDir], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      const seqs: number[] = [];
      const starts: number[] = [];
      for await (const line of createInterface(child.stdout)) {
        const [what, seq] = line.split(' ');
        seqs.push(Number(seq));
        if (what === 'started') starts.push(Number(seq));
        if (seqs.length === 150 * round) child.kill('SIGKILL');
      }
      const queue = makeQueue(dataDir);
      const { live, recovered, meta } = await queue.open(factsOf('two'));
      expect(seqs.length).toBeGreaterThanOrEqual(150 * round);
      expect(new Set(seqs).size).toBe(seqs.length);
      expect(Math.max(...seqs)).toBeLessThanOrEqual(meta.lastSeq);
      expect(live.enqueued + live.retrying).toBe(meta.lastSeq);
      expect(recovered).toBeGreaterThanOrEqual(starts.length);
      const records = await Promise.all(starts.map((seq) => queue.execute({ kind: 'get', seq }, NOW, 'fsync')));
      expect(records.every((record) => record?.state === 'Retrying' && record.losses === 1)).toBe(true);
    },
  );
});

/** Writes noise over every page behind the first `from` bytes. */
function spoil(file: string, from: number): void {
  const size = statSync(file).size;
  const fd = openSync(file, 'r+');
  for (let at = from; at < size; at += 4096)
    writeSync(fd, Buffer.alloc(Math.min(4096, size - at), 0x5a), 0, undefined, at);
  closeSync(fd);
}
