/** Order keys and dedupe keys. */
import type { CaseWriter, ConformanceCase } from '../case.ts';
import { RULES } from '../rules.ts';
import { dead, retryAt, STOPPED, SUCCEEDED } from './commands.ts';
import { DAY, type QueueLife } from './life.ts';

export function orderCases(write: CaseWriter<QueueLife>): ConformanceCase[] {
  return [
    write(RULES.order, 'runs work of one key one at a time, in the order of acceptance', async (life, check) => {
      await life.open();
      for (const orderKey of ['a', 'a', 'b', 'a', null]) await life.stored({ orderKey });
      check.equal(
        await life.claimed(),
        [1, 3, 5],
        'of each key only the first starts; others and work without a key do too',
      );
      check.equal(await life.claimed(), [], 'nothing of a key starts while another of it runs');
      check.has(
        await life.settle(1, SUCCEEDED),
        { settled: true, woken: ['Shop/order'] },
        '`woken` names the function whose next may start',
      );
      check.equal(await life.claimed(), [2], 'the next of the key starts when the one before has ended');
      await life.settle(2, SUCCEEDED);
      check.equal(await life.claimed(), [4], 'and so on');
    }),

    write(
      RULES.order,
      'does not start with its acceptance what stands behind another of its key',
      async (life, check) => {
        await life.open();
        await life.stored({ orderKey: 'a' });
        check.has(
          await life.put({ orderKey: 'a' }, { claim: true }),
          { claimed: false },
          'the key is taken by what waits, too',
        );
        check.has(await life.put({ orderKey: 'b' }, { claim: true }), { claimed: true }, 'a free key holds nothing up');
      },
    ),

    write(RULES.order, 'holds up by back-off the key of that work, and nothing else', async (life, check) => {
      await life.open();
      for (const orderKey of ['a', 'a', 'b']) await life.stored({ orderKey });
      await life.claimed({ limit: 1 });
      await life.settle(1, retryAt(5000, 'failure'));
      check.equal(await life.claimed(), [3], 'work behind one that waits for its next attempt stays behind it');
      life.at = 5000;
      check.equal(await life.claimed(), [1], 'the one that was tried comes again first');
    }),

    write(RULES.order, 'holds up by a delay the key of that work, and nothing else', async (life, check) => {
      await life.open();
      await life.stored({ orderKey: 'a', delay: 4000 });
      await life.stored({ orderKey: 'a' });
      await life.stored({ orderKey: 'b' });
      check.equal(await life.claimed(), [3], 'work behind delayed work of its key waits with it');
      life.at = 5000;
      check.equal(await life.claimed(), [1], 'the delayed one is the first of its key');
      await life.settle(1, SUCCEEDED);
      check.equal(await life.claimed(), [2], 'then the next');
    }),

    write(RULES.order, 'keeps the keys of functions apart', async (life, check) => {
      await life.open();
      await life.putAll([{ orderKey: 'a' }, { orderKey: 'a', target: 'Other/one' }]);
      check.equal(await life.claimed(), [1], 'a key belongs to its function');
      check.equal(await life.claimed({ target: 'Other/one' }), [2], 'the same key of another function is another key');
    }),

    write(
      RULES.order,
      'lets the next of a key start after a death, a stop of the one that ran, and of the one that waited',
      async (life, check) => {
        await life.open();
        for (let n = 0; n < 4; n += 1) await life.stored({ orderKey: 'a' });
        await life.claimed();
        check.has(await life.settle(1, dead()), { woken: ['Shop/order'] }, 'a death gives the key free');
        await life.claimed();
        check.has(
          await life.settle(2, STOPPED),
          { woken: ['Shop/order'] },
          'the end of a stopped run gives the key free',
        );
        check.has(
          await life.stop(3),
          { kind: 'stopped', woken: ['Shop/order'] },
          'stopping the first that waits gives the key free',
        );
        check.equal(await life.claimed(), [4], 'the last one starts');
      },
    ),

    write(RULES.order, 'puts a redriven dead letter behind what waits of its key', async (life, check) => {
      await life.open();
      for (let n = 0; n < 3; n += 1) await life.stored({ orderKey: 'a' });
      await life.claimed();
      await life.settle(1, dead());
      await life.deadLetters('redrive');
      const order: number[] = [];
      for (let [next] = await life.claimed(); next !== undefined && order.length < 10; [next] = await life.claimed()) {
        order.push(next);
        await life.settle(next, SUCCEEDED);
      }
      check.equal(order, [2, 3, 1], 'a redrive joins the tail');
    }),

    write(RULES.dedupe, "answers a repeat with the first's number, and stores nothing", async (life, check) => {
      await life.open();
      await life.stored();
      await life.stored({ dedupeKey: 'd' });
      check.equal(
        await life.put({ dedupeKey: 'd', payload: 'other' }),
        { kind: 'deduplicated', seq: 2 },
        'a key that is known stores nothing',
      );
      check.has(await life.stats(), { accepted: 2 }, 'a repeat is not accepted work');
      check.has(await life.put({ dedupeKey: 'e' }), { seqs: [3] }, 'a repeat uses no number up');
      check.has(
        await life.put({ dedupeKey: 'd', target: 'Other/one' }),
        { kind: 'stored' },
        'a key belongs to its function',
      );
    }),

    write(RULES.dedupe, 'knows the first of two that are handed over together', async (life, check) => {
      await life.open();
      const [first, second] = await Promise.all([life.put({ dedupeKey: 'd' }), life.put({ dedupeKey: 'd' })]);
      check.has(first, { kind: 'stored', seqs: [1] }, 'the first is stored');
      check.equal(
        second,
        { kind: 'deduplicated', seq: 1 },
        'the second is a repeat, though the first has no answer yet',
      );
    }),

    write(
      RULES.dedupe,
      'remembers a key for 24 h from its acceptance, and longer while its work is live',
      async (life, check) => {
        await life.open();
        await life.putAll([{ dedupeKey: 'live', delay: 2 * DAY }]);
        await life.stored({ dedupeKey: 'ended' });
        await life.claimed();
        await life.settle(2, SUCCEEDED);
        life.at = 1000 + DAY - 1;
        await life.tidy();
        check.has(
          await life.put({ dedupeKey: 'ended' }),
          { kind: 'deduplicated', seq: 2 },
          'work that has ended is known for 24 h',
        );
        life.at = 1000 + DAY;
        await life.tidy();
        check.has(await life.put({ dedupeKey: 'ended' }), { kind: 'stored' }, 'after that the key is free');
        check.has(
          await life.put({ dedupeKey: 'live' }),
          { kind: 'deduplicated', seq: 1 },
          'work that has not ended is always known',
        );
      },
    ),
  ];
}
