/** I3 is checked after each life that was cut off, whatever the test itself looks at. */
import type { QueueStats } from '@edgefc/runtime/testing';
import { expect, it } from 'vitest';
import { crashEverywhere, type CrashableHost } from '../../src/faults/crash-everywhere.ts';

/** A host whose books say this at the end. */
function hostWith(books: { accepted: number; ended: number; enqueued: number; known?: boolean }): CrashableHost {
  const { accepted, ended, enqueued, known = true } = books;
  const live = { enqueued, running: 0, retrying: 0, bytes: 0 };
  const own = { accepted, removed: 0, live, ended, endedBytes: 0, dead: 0, deadBytes: 0 };
  const stats: QueueStats = { ...own, waiting: new Map(), memory: own, disk: undefined };
  return {
    writes: [],
    killed: new Promise(() => undefined),
    promised: ['boot.1'],
    getInvocation: () => (known ? Promise.resolve() : Promise.reject(new Error('unknown'))),
    crashAt: () => undefined,
    restart: async () => undefined,
    runUntilIdle: async () => undefined,
    stats: async () => stats,
    stop: async () => undefined,
  };
}

it('work that is nowhere is told', async () => {
  const lost = crashEverywhere(
    async () => hostWith({ accepted: 3, ended: 2, enqueued: 0 }),
    async () => undefined,
  );
  await expect(lost).rejects.toThrow('the books are wrong (I3): 3 accepted, but 2 done + 0 pending + 0 dead');
});

it('work that waits for ever is told', async () => {
  const waiting = crashEverywhere(
    async () => hostWith({ accepted: 3, ended: 2, enqueued: 1 }),
    async () => undefined,
  );
  await expect(waiting).rejects.toThrow('1 accepted invocations are not over, and nothing runs any more');
});

it('an id that was given out and that nobody knows is told', async () => {
  const forgotten = crashEverywhere(
    async () => hostWith({ accepted: 3, ended: 3, enqueued: 0, known: false }),
    async () => undefined,
  );
  await expect(forgotten).rejects.toThrow('the id boot.1 was given out, and now nobody knows it (I2)');
});
