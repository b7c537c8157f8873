/** What is accepted, and what is started of it. */
import type { CaseWriter, ConformanceCase } from '../case.ts';
import { RULES } from '../rules.ts';
import { newWork, retryAt, SUCCEEDED } from './commands.ts';
import { DAY, type QueueLife, WALL } from './life.ts';

/** Text and bytes that have gone wrong somewhere: empty, without UTF-8 form, long, a view of something larger. */
function awkwardPayloads(): (string | Uint8Array | readonly [Uint8Array] | null)[] {
  const long = 'lang und länger '.repeat(8000);
  return [
    null,
    '',
    'text',
    '\0 and \u{1f600}',
    'unpaired \ud800',
    new Uint8Array(),
    Uint8Array.from({ length: 256 }, (_, byte) => byte),
    new Uint8Array(100_000).fill(7).subarray(10, 13),
    [new TextEncoder().encode(long)],
  ];
}

export function acceptanceCases(write: CaseWriter<QueueLife>): ConformanceCase[] {
  return [
    write(
      RULES.acceptance,
      'numbers work from 1 on without gaps, in the order in which it was handed over',
      async (life, check) => {
        await life.open();
        const results = await Promise.all([
          life.put(),
          life.putAll([{}, {}]),
          life.put({ target: 'Other/one' }),
          life.put(),
        ]);
        check.equal(
          results.map((result) => (result.kind === 'stored' ? result.seqs : result.kind)),
          [[1], [2, 3], [4], [5]],
          'numbers of accepted work rise by one, also when several commands are handed over at once',
        );
      },
    ),

    write(RULES.acceptance, 'gives back what was put, to whoever claims it and whoever asks', async (life, check) => {
      await life.open();
      for (const payload of awkwardPayloads()) {
        const work = newWork({
          payload,
          invokerContext: 'e30=',
          caller: 'Shop/front',
          maxAttempts: 7,
          hops: 2,
          chain: 3,
        });
        const { delay: _delay, dedupeKey: _dedupeKey, ...kept } = work;
        const seq = await life.stored(work);
        check.has(
          await life.get(seq),
          { ...kept, state: 'Enqueued', seq, starts: 0 },
          '`get` has the work as it was put',
        );
        const [claimed] = (await life.claim()).work;
        check.has(claimed, { ...kept, state: 'Running', seq, starts: 1 }, '`claim` gives the work as it was put');
      }
    }),

    write(
      RULES.acceptance,
      'keeps bytes of its own: what others do with theirs changes nothing stored',
      async (life, check) => {
        await life.open();
        const payload = new Uint8Array(100_000).fill(1);
        await life.stored({ payload });
        check.equal(payload.length, 100_000, 'bytes that are put stay with whoever put them');
        payload.fill(2);
        const [claimed] = (await life.claim()).work;
        check.equal(
          claimed?.payload,
          new Uint8Array(100_000).fill(1),
          'bytes that change after the answer change nothing stored',
        );
        // As a thread does with the bytes that it is sent: they are moved there.
        if (claimed?.payload instanceof Uint8Array) claimed.payload.fill(3);
        await life.settle(1, retryAt(life.at, 'failure'));
        const [again] = (await life.claim()).work;
        check.equal(
          again?.payload,
          new Uint8Array(100_000).fill(1),
          'the next attempt has the same bytes, whatever became of those of the last',
        );
      },
    ),

    write(
      RULES.acceptance,
      'starts work in the commit that accepts it, when that is asked for and it may start',
      async (life, check) => {
        await life.open();
        check.has(
          await life.put({}, { claim: true }),
          { kind: 'stored', claimed: true },
          '`claim: true` starts what may start',
        );
        check.has(
          await life.get(1),
          { state: 'Running', starts: 1, readyAt: null },
          'what was started with its acceptance runs',
        );
        check.has(await life.put({}), { claimed: false }, 'nothing is started that nobody asked to start');
        check.has(
          await life.put({ delay: 5 }, { claim: true }),
          { claimed: false, dueAt: 1005 },
          'delayed work is not started',
        );
        check.equal(await life.claimed(), [2], 'what was started with its acceptance is not given out again');
      },
    ),

    write(RULES.acceptance, 'accepts several pieces of work together, for whichever functions', async (life, check) => {
      await life.open();
      const targets = ['Shop/order', 'Other/one', 'Shop/order'];
      check.has(
        await life.putAll(targets.map((target) => ({ target }))),
        { kind: 'stored', seqs: [1, 2, 3] },
        'all of it is stored',
      );
      check.equal(await life.claimed(), [1, 3], 'a claim takes work of its function only');
      check.equal(await life.claimed({ target: 'Other/one' }), [2], 'each function has its own work');
    }),

    write(
      RULES.acceptance,
      'does commands in the order in which they were handed over, without waiting for answers',
      async (life, check) => {
        await life.open();
        const [, first, settled, second] = await Promise.all([
          life.putAll([{ orderKey: 'k' }, { orderKey: 'k' }]),
          life.claim(),
          life.settle(1, SUCCEEDED),
          life.claim(),
        ]);
        check.equal(
          first.work.map(({ seq }) => seq),
          [1],
          'a claim sees what was put before it',
        );
        check.has(settled, { settled: true }, 'a settle sees what was claimed before it');
        check.equal(
          second.work.map(({ seq }) => seq),
          [2],
          'a claim sees what was settled before it',
        );
      },
    ),

    write(RULES.onceSettled, 'gives a piece of work to one claim only', async (life, check) => {
      await life.open();
      await life.putAll(Array.from({ length: 20 }, () => ({})));
      const claims = await Promise.all([
        life.claimed({ limit: 7 }),
        life.claimed({ limit: 7 }),
        life.claimed({ limit: 7 }),
      ]);
      const all = claims.flat().sort((a, b) => a - b);
      check.equal(
        all,
        Array.from({ length: 20 }, (_, n) => n + 1),
        'claims that are under way together share the work out',
      );
      check.equal(
        claims.map(({ length }) => length),
        [7, 7, 6],
        'a claim takes no more than its limit',
      );
    }),

    write(RULES.acceptance, 'gives out what was due first, then what was accepted first', async (life, check) => {
      await life.open();
      for (const delay of [300, 100, 0, 100]) await life.stored({ delay });
      life.at += 300;
      await life.stored();
      check.equal(
        await life.claimed({ limit: 3 }),
        [3, 2, 4],
        'ready work comes in the order of its due time, then of its number',
      );
      check.equal(await life.claimed(), [1, 5], 'what came too late for the limit comes next');
    }),

    write(RULES.acceptance, 'takes only work from `minSeq` on, where that is asked for', async (life, check) => {
      await life.open();
      await life.putAll([{}, {}, {}]);
      check.equal(await life.claimed({ minSeq: 2 }), [2, 3], 'a host that runs its own work only leaves what it found');
    }),

    write(
      RULES.ledgerTime,
      'starts delayed work when its ledger time has come, and says when that is',
      async (life, check) => {
        await life.open();
        await life.stored({ delay: 500 });
        await life.stored({ delay: 200 });
        check.has(await life.claim(), { work: [], nextReadyAt: 1200 }, '`nextReadyAt` is when the next may start');
        life.at = 1199;
        check.equal(await life.claimed(), [], 'nothing starts before its time');
        life.at = 1200;
        const { work, nextReadyAt } = await life.claim();
        check.equal([work.map(({ seq }) => seq), nextReadyAt], [[2], 1500], 'what is due starts, what is not waits on');
        life.at = 1500;
        check.equal(
          (await life.claim()).nextReadyAt,
          undefined,
          '`nextReadyAt` is undefined when nothing waits with a time',
        );
      },
    ),

    write(RULES.ledgerTime, 'moves nothing when the wall clock steps by decades', async (life, check) => {
      await life.open();
      await life.stored({ delay: 60_000, dedupeKey: 'd' });
      life.wall = 0;
      check.equal(await life.claimed(), [], 'a wall clock that falls back releases nothing');
      life.wall = WALL + 56 * 365 * DAY;
      check.equal(await life.claimed(), [], 'a wall clock that leaps releases nothing early');
      check.has(
        await life.put({ dedupeKey: 'd' }),
        { kind: 'deduplicated' },
        'a wall clock that leaps forgets no dedupe key',
      );
      check.has(await life.tidy(), { removed: 0 }, 'a wall clock that leaps removes nothing');
      life.at += 60_000;
      check.equal(await life.claimed(), [1], 'ledger time alone releases it');
    }),
  ];
}
