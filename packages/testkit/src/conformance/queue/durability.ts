/** What outlives the queue: its end by `close`, and its end with a killed host. */
import type { CaseWriter, ConformanceCase } from '../case.ts';
import { RULES } from '../rules.ts';
import { dead, retryAt, SUCCEEDED } from './commands.ts';
import { DAY, type QueueLife, WALL } from './life.ts';
import { checkSums } from './limits.ts';
import type { QueueConformanceOptions } from './options.ts';

export function durabilityCases(
  write: CaseWriter<QueueLife>,
  survives: QueueConformanceOptions['survives'],
): ConformanceCase[] {
  switch (survives) {
    case 'nothing':
      return [...closingCases(write), ...forgettingCases(write)];
    case 'close':
      return [...closingCases(write), ...reopeningCases(write)];
    case 'kill':
      return [...closingCases(write), ...reopeningCases(write), ...killCases(write)];
  }
}

function closingCases(write: CaseWriter<QueueLife>): ConformanceCase[] {
  return [
    write(
      RULES.noWait,
      'answers everything: what was handed over before it closed is done, nothing is after',
      async (life, check) => {
        await life.open();
        const { queue, time } = life;
        const puts = Array.from({ length: 20 }, () => life.put());
        const closing = life.close();
        const late = Promise.allSettled([queue.execute({ kind: 'stats' }, time, 'fsync')]);
        const results = await check.soon(Promise.all(puts), 'what was handed over before `close` is answered');
        check.ok(
          results.every(({ kind }) => kind === 'stored'),
          'what was handed over before `close` is done',
          results,
        );
        await check.soon(closing, '`close` ends');
        await check.soon(late, 'what is handed over while it closes is answered, or refused');
        await check.soon(queue.close(0), 'closing twice is closing once');
        await check.rejects(
          queue.execute({ kind: 'stats' }, time, 'fsync'),
          'QueueClosed',
          'a closed queue stays closed',
        );
      },
    ),

    write(
      RULES.sums,
      'keeps work of durability `memory` apart: with numbers below 0, listed first, and done like any other',
      async (life, check) => {
        await life.open();
        await life.stored();
        life.durability = 'memory';
        check.has(
          await life.putAll([{ orderKey: 'k' }, { orderKey: 'k' }]),
          { seqs: [-1, -2] },
          'numbers in memory go down from -1',
        );
        check.has(await life.put({ dedupeKey: 'd' }), { seqs: [-3] }, 'without gaps');
        check.equal(
          await life.put({ dedupeKey: 'd' }),
          { kind: 'deduplicated', seq: -3 },
          'dedupe keys hold there, too',
        );
        check.equal(await life.list(), [-3, -2, -1, 1], 'a list has what is in memory first, newest first');
        check.equal(
          [await life.list({ limit: 2 }), await life.list({ limit: 2, before: -2 })],
          [
            [-3, -2],
            [-1, 1],
          ],
          'a page goes on in the other part',
        );
        check.equal(
          await life.claimed({ limit: 3 }),
          [1, -1, -3],
          'a claim of such a function takes what is durable first, then its own',
        );
        check.has(
          await life.settle(-1, SUCCEEDED),
          { settled: true, woken: ['Shop/order'] },
          'order keys hold there, too',
        );
        check.has(await life.settle(-1, dead()), { settled: false, woken: [] }, 'a start settles once there, too');
        check.has(await life.get(-1), { seq: -1, state: 'Succeeded' }, 'work is asked for by its number');
        check.has(await life.stop(-2), { kind: 'stopped' }, 'and stopped by it');
        await life.settle(-3, dead());
        check.equal((await life.deadLetters('redrive')).seqs, [-3], 'and redriven');
        const { accepted, memory } = await life.stats();
        check.equal([accepted, memory.accepted], [1, 3], 'each part counts its own');
        checkSums(await life.stats(), check);
      },
    ),
  ];
}

function forgettingCases(write: CaseWriter<QueueLife>): ConformanceCase[] {
  return [
    write(RULES.sums, 'begins anew after it was closed, with nothing half remembered', async (life, check) => {
      await life.open();
      await life.stored(
        { dedupeKey: 'd', orderKey: 'k' },
        { claim: true, timer: { name: 't', tick: { wall: WALL, at: 1 } } },
      );
      await life.close();
      check.has(await life.open(), { recovered: 0, waiting: new Map() }, 'a queue that survives nothing finds nothing');
      check.equal(await life.timers('t'), [undefined], 'no timer is remembered');
      check.has(
        await life.put({ dedupeKey: 'd', orderKey: 'k' }, { claim: true }),
        { kind: 'stored', seqs: [1], claimed: true },
        'no key is remembered',
      );
      checkSums(await life.stats(), check);
    }),
  ];
}

function reopeningCases(write: CaseWriter<QueueLife>): ConformanceCase[] {
  return [
    write(
      RULES.durableId,
      'has after a close all that it had: work, order, keys, history, timers, counts',
      async (life, check) => {
        await life.open();
        const tick = { wall: WALL + 5, at: 5 };
        await life.stored({ payload: new Uint8Array([9]), dedupeKey: 'd' }, { timer: { name: 't', tick } });
        for (const orderKey of ['a', 'a']) await life.stored({ orderKey, delay: 500 });
        for (const ending of [SUCCEEDED, dead(), retryAt(5000, 'failure')]) {
          await life.settle(await life.stored({ target: 'Other/one' }, { claim: true }), ending);
        }
        const before = await Promise.all([1, 2, 3, 4, 5, 6].map((seq) => life.get(seq)));
        const { disk: _before, ...stats } = await life.stats();
        await life.close();
        const opening = await life.open();
        check.has(
          opening,
          {
            recovered: 0,
            live: stats.live,
            waiting: new Map([
              ['Other/one', 1],
              ['Shop/order', 3],
            ]),
          },
          'opening says what there is',
        );
        check.equal(
          opening.boots,
          [
            { bootId: 'start1', firstSeq: 1 },
            { bootId: 'start2', firstSeq: 7 },
          ],
          'the starts of the host are remembered, with the first number of each',
        );
        check.equal(
          await Promise.all([1, 2, 3, 4, 5, 6].map((seq) => life.get(seq))),
          before,
          'every record is as it was',
        );
        const { disk: _after, ...again } = await life.stats();
        check.equal(again, stats, 'counts are as they were');
        check.equal(await life.timers('t'), [tick], 'the last tick of a timer is as it was');
        check.equal(
          await life.put({ dedupeKey: 'd' }),
          { kind: 'deduplicated', seq: 1 },
          'dedupe keys are as they were',
        );
        life.at += 500;
        check.equal(await life.claimed(), [1, 2], 'order keys are as they were');
        check.equal(await life.stored(), 7, 'numbers go on');
      },
    ),

    write(
      RULES.recovery,
      'has what ran when it ended wait for another run: a loss, with back-off, and its start counted',
      async (life, check) => {
        await life.open();
        await life.stored({ orderKey: 'k' }, { claim: true });
        await life.stored({ orderKey: 'k' });
        await life.stored({ target: 'Slow/one' }, { claim: true });
        await life.close();
        const backoff = new Map([['Slow/one', { minDelay: 40_000, maxDelay: 60_000 }]]);
        const opening = await life.open({}, { backoff });
        check.has(opening, { recovered: 2, ledgerTime: 1000 }, '`recovered` counts what ran');
        check.has(
          opening.live,
          { enqueued: 1, running: 0, retrying: 2 },
          'nothing runs in a queue that was just opened',
        );
        const record = await life.get(1);
        check.has(
          record,
          { state: 'Retrying', losses: 1, failures: 0, starts: 1, readyAt: 2000 },
          'a run that was lost uses no attempt up, and waits 1 s',
        );
        check.has(
          record?.errors[0],
          { errorType: 'InstanceLost', functionError: null, attempt: 1 },
          'the loss is among its errors',
        );
        check.has(await life.get(3), { readyAt: 41_000 }, "the function's own back-off counts");
        life.at = 2000;
        check.equal(await life.claimed(), [1], 'it is still the first of its order key');
        await life.close();
        await life.open({}, { backoff });
        check.has(await life.get(1), { losses: 2, readyAt: 4000, starts: 2 }, 'the back-off doubles with each loss');
        checkSums(await life.stats(), check);
      },
    ),

    write(
      RULES.ledgerTime,
      'goes on where its time stood, plus the downtime that is known for sure',
      async (life, check) => {
        const machine = (uptime: number, boot = 'boot'): { machine: { boot: string; uptime: number } } => ({
          machine: { boot, uptime },
        });
        await life.open({}, machine(100_000));
        life.at = 50_000;
        await life.stored({ delay: 10_000 });
        await life.tidy();
        await life.close();
        life.wall = 0;
        // The uptime runs with ledger time: 150,000 when it was closed.
        const known = await life.open({}, machine(157_000));
        check.has(
          known,
          { ledgerTime: 57_000, downtime: 7000 },
          'of a machine that was not rebooted its uptime tells the downtime, whatever the wall clock says',
        );
        life.at = 57_000;
        await life.tidy();
        await life.close();
        check.has(
          await life.open({}, machine(5, 'another')),
          { ledgerTime: 57_000, downtime: 0 },
          'a clock that cannot be right tells nothing',
        );
        life.wall = WALL + DAY;
        life.at = 57_000;
        await life.tidy();
        await life.close();
        life.wall += 4000;
        check.has(
          await life.open({}, machine(5, 'a third')),
          { ledgerTime: 61_000, downtime: 4000 },
          'two wall clocks that can be right tell it after a reboot',
        );
        check.has(await life.get(1), { readyAt: 60_000 }, 'downtime moves no stored time');
      },
    ),

    write(RULES.sums, 'forgets work of durability `memory`, and only that', async (life, check) => {
      await life.open();
      await life.stored();
      life.durability = 'memory';
      await life.stored();
      await life.close();
      await life.open();
      check.equal(await life.list(), [1], 'what lives in memory ends with its queue');
      const stats = await life.stats();
      check.equal([stats.accepted, stats.memory.accepted], [1, 0], 'and so do its counts');
      checkSums(stats, check);
    }),
  ];
}

/** How often a case is repeated whose point is a moment. */
const ROUNDS = 8;

function killCases(write: CaseWriter<QueueLife>): ConformanceCase[] {
  return [
    write(
      RULES.durableId,
      'has what it had answered when it is killed the moment the answer comes',
      async (life, check) => {
        const payload = 'x'.repeat(150_000);
        for (let round = 1; round <= ROUNDS; round += 1) {
          await life.open();
          let killed: Promise<void> | undefined;
          const killNow = (): void => {
            killed = life.kill();
          };
          const answer = await life.put({ payload, target: `Round/${round}` }).finally(killNow);
          await killed;
          check.has(answer, { kind: 'stored', seqs: [round] }, 'it is accepted');
          await life.open();
          check.has(await life.get(round), { state: 'Enqueued', payload }, 'accepted work is there after a kill');
          checkSums(await life.stats(), check);
          await life.close();
        }
      },
    ),

    write(RULES.onceSettled, 'does not run again what had ended when it was killed', async (life, check) => {
      await life.open();
      for (let round = 1; round <= ROUNDS; round += 1) {
        const result = 'x'.repeat(100_000);
        const seq = await life.stored({}, { claim: true });
        let killed: Promise<void> | undefined;
        const killNow = (): void => {
          killed = life.kill();
        };
        await life
          .settle(seq, { kind: 'succeeded', result, cut: false }, { followUps: [{ target: 'Other/one' }] })
          .finally(killNow);
        await killed;
        await life.open();
        check.has(await life.get(seq), { state: 'Succeeded', result }, 'a written end is there after a kill');
        check.equal((await life.claimed({ target: 'Other/one' })).length, 1, 'with what followed from it');
        for (const started of await life.list({ states: ['Running'] })) await life.settle(started, SUCCEEDED);
      }
    }),

    write(
      RULES.retries,
      'counts a start before anybody hears of it: who runs again sees a higher number',
      async (life, check) => {
        await life.open();
        await life.stored({ payload: 'claimed' });
        await life.claimed();
        await life.stored({ payload: 'accepted and started' }, { claim: true });
        await life.kill();
        check.has(await life.open(), { recovered: 2 }, 'what ran when the host was killed is recovered');
        life.at += 1000;
        const { work } = await life.claim();
        check.equal(
          work.map(({ starts, losses }) => [starts, losses]),
          [
            [2, 1],
            [2, 1],
          ],
          'their next run is number 2, after one loss',
        );
      },
    ),

    write(RULES.durableId, 'keeps work of durability `batched` through a kill', async (life, check) => {
      await life.open();
      life.durability = 'batched';
      await life.stored();
      await life.kill();
      await life.open();
      check.equal(await life.claimed(), [1], 'only a power cut may take it, and only within its window');
    }),

    write(RULES.sums, 'has all of a command or nothing of it, when it is killed in the middle', async (life, check) => {
      let accepted = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        await life.open();
        // Nobody hears how they ended: some may be there, whole.
        const putting = Array.from({ length: 5 }, () =>
          life.putAll(Array.from({ length: 4 }, () => ({ payload: 'x'.repeat(20_000) }))),
        );
        const unheard = Promise.allSettled(putting);
        for (let turn = 0; turn < round; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        await life.kill();
        await check.soon(unheard, 'what was not safe when the queue was killed is answered all the same');
        await life.open();
        const stats = await life.stats();
        check.equal((stats.accepted - accepted) % 4, 0, 'four that were put together are all there, or none is');
        checkSums(stats, check);
        accepted = stats.accepted;
        await life.close();
      }
    }),

    write(
      RULES.durableId,
      'has synced what it answered, where it says what it does to its disk',
      async (life, check) => {
        await life.open();
        for (let round = 1; round <= ROUNDS; round += 1) {
          const before = (await life.stats()).disk?.syncs;
          const putting = life.put();
          // Asked as soon as it is answered. What is synced later might have been by then now and then, but not in each round.
          const [result, after] = await Promise.all([putting, putting.then(() => life.stats())]);
          check.has(result, { kind: 'stored' }, 'it is accepted');
          if (before === undefined) continue;
          check.ok(
            (after.disk?.syncs ?? 0) > before,
            'a commit of durability `fsync` is synced before its answer (DiskStats.syncs)',
            {
              before,
              after: after.disk?.syncs,
            },
          );
        }
      },
    ),
  ];
}
