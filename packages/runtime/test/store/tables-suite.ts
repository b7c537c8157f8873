/** What every implementation of Tables keeps, in the words of engine/queue/tables.ts. */
import { describe, expect, it } from 'vitest';
import type { Ended, Tables, Waiting } from '../../src/engine/queue/tables.ts';
import type { WorkRecord } from '../../src/engine/queue/work.ts';
import { record, WALL } from './support.ts';

const waiting: Waiting = { state: 'Retrying', readyAt: 500, starts: 1, failures: 1, losses: 0, errors: [] };
const ended: Ended = {
  state: 'Succeeded',
  endedAt: 900,
  endedWall: WALL + 1,
  starts: 1,
  failures: 0,
  losses: 0,
  errors: [],
  result: 'result',
  resultCut: false,
  size: 210,
  keepPayload: false,
};
const failure = {
  attempt: 1,
  functionError: 'Handled',
  errorType: 'Error',
  errorMessage: 'no \ud800 \0 "good"',
  stackTrace: ['at a', 'at b'],
  at: WALL,
} as const;

const seqsOf = (rows: readonly { readonly seq: number }[]): number[] => rows.map(({ seq }) => seq);

/** Runs over an empty one made by `make`, inside a transaction where there are such. */
export function describeTables(name: string, make: () => Tables): void {
  describe(`the tables of ${name}`, () => {
    it.each<[string, WorkRecord['payload']]>([
      ['nothing', null],
      ['the empty text', ''],
      ['text', 'grüße \0 \u{1f600}'],
      ['text that has no UTF-8 form', 'lone \ud83d surrogate'],
      ['large text', 'ä'.repeat(5000)],
      ['no bytes', new Uint8Array()],
      ['bytes', new Uint8Array([0, 255, 128])],
      ['large bytes', new Uint8Array(5000).fill(7)],
      ['long text', [new TextEncoder().encode('ö'.repeat(20_000))]],
    ])('give back %s as the same kind', (_name, payload) => {
      const tables = make();
      tables.insert(record(1, { payload, state: 'Running', readyAt: null }));
      expect(plain(tables.get(1)?.payload)).toEqual(plain(payload));
      tables.end(1, { ...ended, result: payload ?? '' });
      expect(plain(tables.get(1)?.result)).toEqual(plain(payload ?? ''));
    });

    it('give back every field', () => {
      const tables = make();
      const full = record(3, {
        state: 'Failed',
        readyAt: null,
        target: 'A/b',
        caller: 'C/d',
        orderKey: 'key \ud800',
        invokerContext: 'e30=',
        maxAttempts: Infinity,
        hops: 2,
        chain: 3,
        starts: 4,
        failures: 3,
        losses: 1,
        errors: [failure],
        result: 'r',
        resultCut: true,
        startedWall: WALL + 5,
        endedAt: 77,
        endedWall: WALL + 6,
      });
      tables.insert(full);
      expect(tables.get(3)).toEqual(full);
      expect(tables.find(3)).toMatchObject({
        seq: 3,
        state: 'Failed',
        target: 'A/b',
        orderKey: 'key \ud800',
        size: 300,
      });
      expect(tables.get(4)).toBeUndefined();
      expect(tables.find(4)).toBeUndefined();
      expect(tables.maxSeq()).toBe(3);
    });

    it('find what is ready by time, then by position, of one function, up to a limit', () => {
      const tables = make();
      tables.insert(record(1, { readyAt: 300 }));
      tables.insert(record(2, { readyAt: 100, position: 9 }));
      tables.insert(record(3, { readyAt: 100 }));
      tables.insert(record(4, { readyAt: 50, target: 'Other/one' }));
      tables.insert(record(5, { readyAt: null, orderKey: 'k' }));
      expect(seqsOf(tables.ready('Shop/order', 300, 10, 0))).toEqual([3, 2, 1]);
      expect(seqsOf(tables.ready('Shop/order', 299, 10, 0))).toEqual([3, 2]);
      expect(seqsOf(tables.ready('Shop/order', 300, 1, 0))).toEqual([3]);
      expect(seqsOf(tables.ready('Shop/order', 300, 10, 3))).toEqual([3]);
      expect(tables.ready('Nobody/knows', 300, 10, 0)).toEqual([]);
      expect(tables.nextReadyAt('Shop/order', 0)).toBe(100);
      expect(tables.nextReadyAt('Shop/order', 4)).toBeUndefined();
      expect(tables.nextReadyAt('Other/one', 0)).toBe(50);
      expect(tables.waitingTargets()).toEqual(
        new Map([
          ['Shop/order', 4],
          ['Other/one', 1],
        ]),
      );
    });

    it('take a row from waiting to running, back, and to its end', () => {
      const tables = make();
      tables.insert(record(1));
      tables.start([1], WALL + 9);
      expect(tables.get(1)).toMatchObject({ state: 'Running', readyAt: null, starts: 1, startedWall: WALL + 9 });
      expect(tables.running()).toEqual([1]);
      expect(tables.ready('Shop/order', 1000, 10, 0)).toEqual([]);
      expect(tables.waitingTargets().size).toBe(0);
      tables.wait(1, { ...waiting, errors: [failure] });
      expect(tables.get(1)).toMatchObject({ state: 'Retrying', readyAt: 500, failures: 1, errors: [failure] });
      expect(tables.waitingTargets()).toEqual(new Map([['Shop/order', 1]]));
      expect(tables.countLive()).toEqual({ enqueued: 0, running: 0, retrying: 1, bytes: 300 });
      tables.start([1], WALL);
      tables.end(1, ended);
      expect(tables.get(1)).toMatchObject({
        state: 'Succeeded',
        payload: null,
        result: 'result',
        endedAt: 900,
        size: 210,
      });
      expect(tables.countLive()).toEqual({ enqueued: 0, running: 0, retrying: 0, bytes: 0 });
      expect(tables.oldestEnded(5)).toEqual([{ seq: 1, state: 'Succeeded', endedAt: 900, size: 210 }]);
    });

    it('keep the payload of a dead letter, and revive it at the end of the line', () => {
      const tables = make();
      const payload = 'p'.repeat(5000);
      tables.insert(record(1, { payload, orderKey: 'k', state: 'Running', readyAt: null }));
      tables.insert(record(2, { orderKey: 'k', readyAt: null }));
      tables.end(1, { ...ended, state: 'Failed', keepPayload: true, result: null, errors: [failure], failures: 4 });
      expect(tables.firstOfKey('Shop/order', 'k')).toMatchObject({ seq: 2, readyAt: null, state: 'Enqueued' });
      tables.revive(1, 7, null, 1234, 333);
      expect(tables.get(1)).toMatchObject({
        state: 'Enqueued',
        payload,
        position: 7,
        readyAt: null,
        dueAt: 1234,
        failures: 0,
        losses: 0,
        endedAt: null,
        endedWall: null,
        errors: [failure],
        starts: 1,
        size: 333,
      });
      expect(tables.firstOfKey('Shop/order', 'k')).toMatchObject({ seq: 2 });
      tables.remove(2);
      expect(tables.firstOfKey('Shop/order', 'k')).toMatchObject({ seq: 1, dueAt: 1234 });
      tables.release(1, 2000);
      expect(seqsOf(tables.ready('Shop/order', 2000, 1, 0))).toEqual([1]);
    });

    it('keep order keys of functions apart, also keys that have no UTF-8 form', () => {
      const tables = make();
      tables.insert(record(1, { orderKey: '\ud800' }));
      tables.insert(record(2, { orderKey: '\ud801' }));
      tables.insert(record(3, { orderKey: '\ud801', target: 'Other/one' }));
      expect(tables.firstOfKey('Shop/order', '\ud801')?.seq).toBe(2);
      expect(tables.firstOfKey('Other/one', '\ud801')?.seq).toBe(3);
      expect(tables.firstOfKey('Shop/order', 'none')).toBeUndefined();
    });

    it('know the oldest of what ended and of what is dead', () => {
      const tables = make();
      for (const [seq, at] of [
        [1, 30],
        [2, 10],
        [3, 20],
        [4, 20],
      ] as const) {
        tables.insert(record(seq, { state: 'Running', readyAt: null, target: seq === 4 ? 'Other/one' : 'Shop/order' }));
        tables.end(seq, { ...ended, state: seq > 2 ? 'Expired' : 'Stopped', endedAt: at });
      }
      expect(seqsOf(tables.oldestEnded(9))).toEqual([2, 1]);
      expect(seqsOf(tables.oldestDead(9, undefined))).toEqual([3, 4]);
      expect(seqsOf(tables.oldestDead(9, 'Other/one'))).toEqual([4]);
      expect(seqsOf(tables.oldestDead(1, undefined))).toEqual([3]);
      tables.remove(3);
      tables.remove(3);
      expect(seqsOf(tables.oldestDead(9, undefined))).toEqual([4]);
    });

    it('list the newest first, by state, function and page', () => {
      const tables = make();
      tables.insert(record(1));
      tables.insert(record(2, { state: 'Running', readyAt: null }));
      tables.insert(record(3, { state: 'Retrying', target: 'Other/one' }));
      tables.insert(record(4, { state: 'Succeeded', readyAt: null, endedAt: 5 }));
      tables.insert(record(5, { state: 'Failed', readyAt: null, endedAt: 5 }));
      tables.insert(record(6, { state: 'Enqueued', readyAt: null, orderKey: 'k' }));
      const list = (filter: Partial<Parameters<Tables['list']>[0]>): number[] =>
        seqsOf(tables.list({ states: undefined, target: undefined, before: undefined, limit: 100, ...filter }));
      expect(list({})).toEqual([6, 5, 4, 3, 2, 1]);
      expect(list({ limit: 2 })).toEqual([6, 5]);
      expect(list({ before: 4, limit: 2 })).toEqual([3, 2]);
      expect(list({ states: ['Enqueued'] })).toEqual([6, 1]);
      expect(list({ states: ['Retrying', 'Enqueued', 'Failed'] })).toEqual([6, 5, 3, 1]);
      expect(list({ target: 'Other/one' })).toEqual([3]);
      expect(list({ target: 'Other/one', states: ['Running'] })).toEqual([]);
      expect(list({ target: 'Nobody/knows' })).toEqual([]);
    });

    it('count live rows by state', () => {
      const tables = make();
      tables.insert(record(1));
      tables.insert(record(2, { readyAt: null, orderKey: 'k', size: 5 }));
      tables.insert(record(3, { state: 'Retrying', size: 7 }));
      tables.insert(record(4, { state: 'Running', readyAt: null, size: 11 }));
      tables.insert(record(5, { state: 'Failed', readyAt: null, endedAt: 5 }));
      expect(tables.countLive()).toEqual({ enqueued: 2, running: 1, retrying: 1, bytes: 323 });
    });

    it('remember dedupe keys until they are old and their work is not live', () => {
      const tables = make();
      tables.insert(record(1));
      tables.setDedupe('Shop/order', 'a', { seq: 1, until: 10 });
      tables.setDedupe('Shop/order', 'b', { seq: 9, until: 10 });
      tables.setDedupe('Other/one', 'b', { seq: 8, until: 30 });
      tables.setDedupe('Shop/order', 'c', { seq: 7, until: 5 });
      tables.setDedupe('Shop/order', 'c', { seq: 6, until: 40 });
      tables.pruneDedupe(20, 100);
      expect(tables.getDedupe('Shop/order', 'a')).toEqual({ seq: 1, until: 10 });
      expect(tables.getDedupe('Shop/order', 'b')).toBeUndefined();
      expect(tables.getDedupe('Other/one', 'b')).toEqual({ seq: 8, until: 30 });
      expect(tables.getDedupe('Shop/order', 'c')).toEqual({ seq: 6, until: 40 });
    });

    it('forget old dedupe keys also behind more live ones than one step removes', () => {
      const tables = make();
      for (const seq of [1, 2, 3]) {
        tables.insert(record(seq));
        tables.setDedupe('Shop/order', `live ${seq}`, { seq, until: 10 });
      }
      for (const seq of [7, 8, 9]) tables.setDedupe('Shop/order', `gone ${seq}`, { seq, until: 10 });
      expect(tables.pruneDedupe(20, 2)).toBe(2);
      expect(tables.pruneDedupe(20, 2)).toBe(1);
      const known = [1, 2, 3].map((seq) => tables.getDedupe('Shop/order', `live ${seq}`)?.seq);
      expect(known).toEqual([1, 2, 3]);
      for (const seq of [7, 8, 9]) expect(tables.getDedupe('Shop/order', `gone ${seq}`)).toBeUndefined();
    });

    it('keep timers, boots and what is counted', () => {
      const tables = make();
      expect(tables.getTimer('A/b', 't')).toBeUndefined();
      tables.setTimer('A/b', 't', { wall: 1, at: 2 });
      tables.setTimer('A/b', 't', { wall: 3, at: 4 });
      expect(tables.getTimer('A/b', 't')).toEqual({ wall: 3, at: 4 });
      tables.addBoot({ bootId: 'x', firstSeq: 1 });
      tables.addBoot({ bootId: 'y', firstSeq: 7 });
      expect(tables.boots()).toEqual([
        { bootId: 'x', firstSeq: 1 },
        { bootId: 'y', firstSeq: 7 },
      ]);
      expect(tables.getMeta()).toBeUndefined();
      const meta = {
        lastSeq: 1,
        redriven: 2,
        endedCount: 3,
        endedBytes: 4,
        deadCount: 5,
        deadBytes: 6,
        removed: 7,
        ledgerTime: 8,
        wall: WALL,
        newestWall: WALL + 1,
        machineBoot: 'boot',
        uptime: 12.5,
      };
      tables.setMeta(meta);
      expect(tables.getMeta()).toEqual(meta);
      tables.setMeta({ ...meta, machineBoot: null, uptime: null });
      expect(tables.getMeta()).toMatchObject({ machineBoot: null, uptime: null });
    });

    it('say that a row to be changed is not there', () => {
      const tables = make();
      expect(() => {
        tables.start([5], WALL);
      }).toThrow('there is no work with the number 5');
      expect(() => {
        tables.end(5, ended);
      }).toThrow('there is no work with the number 5');
    });
  });
}

/** Buffers and Uint8Arrays of the same bytes are the same. */
function plain(payload: WorkRecord['payload'] | undefined): unknown {
  if (payload instanceof Uint8Array) return { bytes: [...payload] };
  return Array.isArray(payload) ? { text: [...(payload[0] as Uint8Array)] } : payload;
}
