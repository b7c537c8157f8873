import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BATCH_WINDOW } from '../../src/engine/definition.ts';
import type { ClaimResult, PutResult, QueueStats } from '../../src/engine/queue/queue.ts';
import type { NewWork } from '../../src/engine/queue/work.ts';
import { fileBytes } from '../../src/store/disk.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { limitFileSize } from './file-size-limit.ts';
import { InProcessWriter } from './in-process-writer.ts';
import { matching } from './matching.ts';
import { LIMITS, put, succeed } from './support.ts';

const stats = { kind: 'stats' } as const;
const claim = { kind: 'claim', target: 'Shop/order', limit: 100, minSeq: 0 } as const;

function start(
  options: ConstructorParameters<typeof InProcessWriter>[1] & { directory?: string } = {},
): InProcessWriter {
  const writer = new InProcessWriter(options.directory ?? makeTempDir(), options);
  onTestFinished(() => {
    writer.writer.close(0);
  });
  return writer;
}

function statsOf(writer: InProcessWriter): QueueStats {
  return writer.run([stats])[0] as QueueStats;
}

describe('the writer', () => {
  it('does commands in order in one synced commit, and gives the answers after it', () => {
    const writer = start();
    const before = statsOf(writer).disk!.syncs;
    const ids = writer.send([put(), put({ dedupeKey: 'd' }), put({ dedupeKey: 'd' }), claim, succeed(1)]);
    expect(writer.answers.has(ids[0]!)).toBe(false);
    writer.writer.run();
    expect(ids.map((id) => writer.resultOf(id))).toEqual([
      { kind: 'stored', seqs: [1], claimed: false, dueAt: 1000 },
      { kind: 'stored', seqs: [2], claimed: false, dueAt: 1000 },
      { kind: 'deduplicated', seq: 2 },
      expect.objectContaining({ work: [expect.objectContaining({ seq: 1 }), expect.objectContaining({ seq: 2 })] }),
      { settled: true, woken: [] },
    ]);
    expect(statsOf(writer).disk!.syncs).toBe(before + 1);
  });

  it('rejects a command that is a bug alone, and does the others of its commit once', () => {
    const writer = start();
    // What no caller may send: SQLite has no type for it.
    const broken = put({ invokerContext: {} as unknown as string });
    const [first, second, third] = writer.run([put({ payload: 'a' }), broken, put({ payload: 'b' })]);
    expect([first, third]).toMatchObject([{ seqs: [1] }, { seqs: [2] }]);
    expect(second).toBeInstanceOf(Error);
    expect(String(second)).toContain('put failed');
    expect(statsOf(writer)).toMatchObject({ accepted: 2, live: { enqueued: 2 } });
    expect((writer.run([claim])[0] as ClaimResult).work.map(({ payload }) => payload)).toEqual(['a', 'b']);
  });

  it('answers what is for memory only without a commit', () => {
    const writer = start();
    const before = statsOf(writer).disk!;
    const ids = writer.send([put()], 'memory');
    writer.send([put()]);
    expect(writer.resultOf(ids[0]!)).toBeUndefined();
    writer.writer.run();
    expect(writer.resultOf(ids[0]!)).toMatchObject({ kind: 'stored', seqs: [-1] });
    expect(writer.run([claim], 'memory')).toMatchObject([{ work: [{ seq: 1 }, { seq: -1 }] }]);
    expect(statsOf(writer).disk!.syncs).toBe(before.syncs + 1);
  });

  it('syncs batched commits within their window', () => {
    const writer = start();
    const { syncs } = statsOf(writer).disk!;
    expect(writer.run([put(), put()], 'batched')).toMatchObject([{ seqs: [1] }, { seqs: [2] }]);
    expect(statsOf(writer).disk!.syncs).toBe(syncs);
    writer.clock.advance(BATCH_WINDOW);
    expect(statsOf(writer).disk!.syncs).toBe(syncs + 1);
    writer.clock.advance(10 * BATCH_WINDOW);
    expect(statsOf(writer).disk!.syncs).toBe(syncs + 1);
  });

  it('counts what it writes, also for the next host of the day', () => {
    const directory = makeTempDir();
    const first = new InProcessWriter(directory);
    first.run([put({ payload: 'x'.repeat(100_000) })]);
    const { written, writtenToday, fileBytes: size } = statsOf(first).disk!;
    expect(written).toBeGreaterThan(100_000);
    expect(writtenToday).toBe(written);
    expect(size).toBeGreaterThan(100_000);
    first.writer.close(0);
    const second = start({ directory });
    expect(statsOf(second).disk!.writtenToday).toBeGreaterThanOrEqual(writtenToday);
  });

  it('refuses new work below minFreeDisk, says why, and goes on with the rest', () => {
    const writer = start({ limits: { ...LIMITS, minFreeDisk: 2 ** 60 } });
    expect(writer.posted).toMatchObject([
      { kind: 'full', message: matching.stringContaining('minFreeDisk is 1073741824 GiB') },
    ]);
    const [refused, reserved] = writer.run([put(), put({}, { reserved: true })]);
    expect(refused).toMatchObject({
      kind: 'full',
      message: matching.stringMatching(/are free in .* free some space there/),
    });
    expect(reserved).toMatchObject({ kind: 'stored', seqs: [1] });
    expect(statsOf(writer).disk!.full).toContain('nearly full');
  });
});

describe('a full disk', () => {
  /** Rows, and a log with no room behind it: anything more has to make the log longer. */
  function fill(directory: string, writer: InProcessWriter): number {
    writer.run(Array.from({ length: 20 }, () => put({ payload: 'x'.repeat(1000) })));
    expect((writer.run([claim])[0] as ClaimResult).work).toHaveLength(20);
    const size = Math.max(fileBytes(join(directory, 'queue.db-wal')), fileBytes(join(directory, 'queue.db')));
    limitFileSize(size);
    return size;
  }

  it('refuses new work and keeps the old, in order, until there is space; nothing is done twice', () => {
    const directory = makeTempDir();
    const writer = start({ directory, reserveBytes: 1024 * 1024 });
    expect(existsSync(join(directory, 'reserve'))).toBe(true);
    fill(directory, writer);
    const large = 'r'.repeat(200_000);
    const followUp: NewWork = put({ target: 'Shop/next' }).work[0]!;
    const ids = writer.send([
      put(),
      { ...succeed(1, large), followUps: [followUp] },
      succeed(2, large),
      put({ payload: large }, { reserved: true }),
      put(),
    ]);
    writer.writer.run();
    expect(writer.resultOf(ids[0]!)).toMatchObject({
      kind: 'full',
      message: matching.stringContaining('the disk takes no more'),
    });
    expect(writer.resultOf(ids[4]!)).toMatchObject({ kind: 'full' });
    expect(ids.slice(1, 4).map((id) => writer.resultOf(id))).toEqual([undefined, undefined, undefined]);
    expect(writer.posted).toMatchObject([{ kind: 'full', message: matching.stringContaining('') }]);
    expect(existsSync(join(directory, 'reserve'))).toBe(false);

    // Reading goes on, and so does refusing.
    expect(writer.run([{ kind: 'get', seq: 3 }])).toMatchObject([{ state: 'Running' }]);
    expect(writer.run([put()])).toMatchObject([{ kind: 'full' }]);
    writer.clock.advance(5000);
    expect(writer.resultOf(ids[1]!)).toBeUndefined();
    const later = writer.send([succeed(3)]);

    limitFileSize(undefined);
    writer.clock.advance(2000);
    expect(ids.slice(1, 4).map((id) => writer.resultOf(id))).toEqual([
      expect.objectContaining({ settled: true, woken: ['Shop/next'] }),
      { settled: true, woken: [] },
      expect.objectContaining({ kind: 'stored' }),
    ]);
    expect(writer.resultOf(later[0]!)).toEqual({ settled: true, woken: [] });
    expect(writer.posted.at(-1)).toEqual({ kind: 'full', message: undefined });
    expect(existsSync(join(directory, 'reserve'))).toBe(true);
    expect(writer.run([put()])).toMatchObject([{ kind: 'stored' }] satisfies Partial<PutResult>[]);
    // 20, one follow-up, one reserved, and the last one: none of those that were refused.
    expect(statsOf(writer)).toMatchObject({ accepted: 23, ended: 3, live: { running: 17, enqueued: 3, retrying: 0 } });
  });

  it('does not claim twice what is in memory, when the commit around it is tried again', () => {
    const directory = makeTempDir();
    const writer = start({ directory });
    writer.run([put({ target: 'Shop/memory' }), put({ target: 'Shop/memory' })], 'memory');
    fill(directory, writer);
    const settle = writer.send([succeed(1, 'r'.repeat(200_000))]);
    const claims = writer.send([{ ...claim, target: 'Shop/memory', limit: 1 }], 'memory');
    const large = writer.send([succeed(2, 'r'.repeat(200_000))]);
    writer.writer.run();
    writer.clock.advance(1000);
    expect(writer.resultOf(settle[0]!)).toBeUndefined();
    limitFileSize(undefined);
    writer.clock.advance(2000);
    expect(writer.resultOf(large[0]!)).toEqual({ settled: true, woken: [] });
    expect(writer.resultOf(claims[0]!)).toMatchObject({ work: [{ seq: -1, starts: 1 }] });
    expect(statsOf(writer).memory.live).toMatchObject({ enqueued: 1, running: 1 });
  });

  it('is waited for at most as long as closing may take', () => {
    const directory = makeTempDir();
    const writer = start({ directory });
    fill(directory, writer);
    const ids = writer.send([succeed(1, 'r'.repeat(200_000))]);
    writer.writer.run();
    writer.writer.close(1000);
    expect(writer.posted.at(-1)).not.toEqual({ kind: 'closed' });
    writer.clock.advance(1500);
    expect(writer.posted.at(-1)).toEqual({ kind: 'closed' });
    expect(writer.resultOf(ids[0]!)).toBeUndefined();
    limitFileSize(undefined);
    const next = start({ directory });
    expect(statsOf(next)).toMatchObject({ accepted: 20, live: { running: 0, retrying: 20 } });
  });

  it('does not keep a host from opening its queue', () => {
    const directory = makeTempDir();
    const first = new InProcessWriter(directory);
    const size = fill(directory, first);
    first.writer.close(0);
    limitFileSize(size * 2);
    const writer = start({ directory, reserveBytes: 64 * 1024 * 1024 });
    expect(writer.opening.live).toMatchObject({ retrying: 20 });
  });
});
