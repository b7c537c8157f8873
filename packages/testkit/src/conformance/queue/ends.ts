/** How runs end, and what can be asked and changed by number. */
import type { CaseWriter, ConformanceCase } from '../case.ts';
import { RULES } from '../rules.ts';
import { dead, failure, retryAt, STOPPED, SUCCEEDED, type Ending } from './commands.ts';
import type { QueueLife } from './life.ts';

export function endCases(write: CaseWriter<QueueLife>): ConformanceCase[] {
  return [
    write(RULES.onceSettled, 'settles a start once: whatever comes second changes nothing', async (life, check) => {
      await life.open();
      const endings: Ending[] = [SUCCEEDED, dead(), STOPPED, retryAt(9000, 'failure')];
      for (const first of endings) {
        const seq = await life.stored({}, { claim: true });
        check.has(
          await life.settle(seq, first),
          { settled: true },
          `the first settle of a start counts (${first.kind})`,
        );
        const [before, stats] = [await life.get(seq), await life.stats()];
        for (const second of endings) {
          check.has(
            await life.settle(seq, second, { followUps: [{ target: 'Other/one' }] }),
            { settled: false, woken: [] },
            `a settle of work that does not run is told so (${second.kind} after ${first.kind})`,
          );
        }
        check.equal(await life.get(seq), before, 'a second settle changes nothing of the work');
        check.has(
          await life.stats(),
          { accepted: stats.accepted, live: stats.live },
          'a second settle enqueues nothing',
        );
      }
    }),

    write(RULES.onceSettled, 'settles once what is settled twice in one commit', async (life, check) => {
      await life.open();
      await life.stored({}, { claim: true });
      const results = await Promise.all([life.settle(1, SUCCEEDED), life.settle(1, dead())]);
      check.equal(
        results.map(({ settled }) => settled),
        [true, false],
        'the first of the two counts',
      );
      check.has(await life.get(1), { state: 'Succeeded', result: 'done' }, 'and what it says is what is kept');
    }),

    write(RULES.onceSettled, 'settles nothing that waits, and nothing that is not there', async (life, check) => {
      await life.open();
      await life.stored();
      check.has(await life.settle(1, SUCCEEDED), { settled: false, woken: [] }, 'work that was not started cannot end');
      check.has(await life.settle(99, SUCCEEDED), { settled: false, woken: [] }, 'work that is not there cannot end');
      check.equal(await life.claimed(), [1], 'it still waits');
    }),

    write(
      RULES.acceptance,
      'keeps what a run returned, text and bytes, and whether it was cut',
      async (life, check) => {
        await life.open();
        for (const result of ['', 'text', 'unpaired \udc00', new Uint8Array([0, 255]), new Uint8Array()]) {
          const seq = await life.stored({}, { claim: true });
          life.at += 10;
          await life.settle(seq, { kind: 'succeeded', result, cut: result === 'text' });
          check.has(
            await life.get(seq),
            { state: 'Succeeded', result, resultCut: result === 'text', endedAt: life.at, payload: null },
            'of work that succeeded its result is kept, and its payload is not',
          );
        }
      },
    ),

    write(RULES.retries, 'counts a failure, a loss, or nothing, as the end of the run says', async (life, check) => {
      await life.open();
      await life.stored();
      const counts = ['failure', 'loss', 'nothing'] as const;
      for (const [index, one] of counts.entries()) {
        await life.claimed();
        await life.settle(1, retryAt(life.at + 100, one, index + 1));
        check.equal(await life.claimed(), [], 'work that is tried again waits for its time');
        life.at += 100;
      }
      check.has(
        await life.get(1),
        { state: 'Retrying', starts: 3, failures: 1, losses: 1, errors: [failure(1), failure(2)], dueAt: 1000 },
        'attempts, losses, starts and errors are counted; the age still counts from when it was first due',
      );
      check.has((await life.claim()).work[0], { starts: 4, state: 'Running' }, 'each run has a number of its own');
    }),

    write(RULES.retries, 'takes a start back whose handler was not begun', async (life, check) => {
      await life.open();
      await life.stored({}, { claim: true });
      await life.settle(1, retryAt(life.at, 'nothing'), { ran: false });
      check.has(
        await life.get(1),
        { state: 'Enqueued', starts: 0 },
        'what never ran looks as if it had not been tried',
      );
      check.has((await life.claim()).work[0], { starts: 1 }, 'its first real run is number 1');
    }),

    write(RULES.acceptance, 'accepts what follows from an end in the same commit', async (life, check) => {
      await life.open();
      await life.stored({}, { claim: true });
      const settling = life.settle(1, SUCCEEDED, { followUps: [{ target: 'Other/one', payload: 'told', chain: 1 }] });
      const claiming = life.claim({ target: 'Other/one' });
      check.has(
        await settling,
        { settled: true, woken: ['Other/one'], followed: [2] },
        '`woken` names the functions of follow-ups, `followed` their numbers',
      );
      check.has((await claiming).work[0], { seq: 2, payload: 'told', chain: 1 }, 'a follow-up is work like any other');
    }),

    write(RULES.listing, 'stops what waits; says of anything else how it stands', async (life, check) => {
      await life.open();
      await life.stored();
      const { kind, record } = { record: undefined, ...(await life.stop(1)) };
      check.equal(kind, 'stopped', 'work that waits is stopped');
      check.has(record, { seq: 1, state: 'Stopped', endedAt: 1000 }, 'the answer has the record as it is then');
      check.has(await life.stop(1), { kind: 'ended' }, 'work that has ended is not stopped again');
      await life.stored({}, { claim: true });
      check.equal(await life.stop(2), { kind: 'running' }, 'work that runs is for the scheduler to abort');
      check.equal(await life.stop(99), { kind: 'unknown' }, 'work that is not there is not known');
      check.equal(await life.get(99), undefined, '`get` of work that is not there is undefined');
      await life.stored({}, { claim: true });
      await life.settle(3, retryAt(9000, 'failure'));
      check.has(await life.stop(3), { kind: 'stopped' }, 'work that waits for its next attempt is stopped, too');
      check.equal(await life.claimed(), [], 'what was stopped does not start');
    }),

    write(
      RULES.listing,
      'lists the newest first, by state and by function, without gap or repeat from page to page',
      async (life, check) => {
        await life.open();
        for (let n = 1; n <= 9; n += 1) await life.stored({ target: n % 3 === 0 ? 'Other/one' : 'Shop/order' });
        await life.claimed({ limit: 2 });
        await life.settle(1, dead());
        check.equal(await life.list(), [9, 8, 7, 6, 5, 4, 3, 2, 1], 'the newest comes first');
        check.equal(await life.list({ target: 'Other/one' }), [9, 6, 3], 'only the function that is asked for');
        check.equal(await life.list({ states: ['Failed', 'Running'] }), [2, 1], 'only the states that are asked for');
        check.equal(await life.list({ states: ['Succeeded'] }), [], 'nothing where there is nothing');
        const pages: number[][] = [];
        for (let before: number | undefined; pages.length < 10;) {
          const page = await life.list({ limit: 4, before });
          if (page.length === 0) break;
          pages.push(page);
          before = page.at(-1);
          if (pages.length === 1) await life.stored();
        }
        check.equal(
          pages,
          [[9, 8, 7, 6], [5, 4, 3, 2], [1]],
          'a page goes on before the last of the one before, whatever came meanwhile',
        );
      },
    ),

    write(
      RULES.timers,
      "stores a timer's last tick with the work that the tick enqueues, or not at all",
      async (life, check) => {
        await life.open({ maxQueueBytes: 3000 });
        const tick = (n: number): { name: string; tick: { wall: number; at: number } } => ({
          name: 'hourly',
          tick: { wall: life.wall + n, at: n },
        });
        check.equal(
          await life.timers('hourly', 'none'),
          [undefined, undefined],
          'a timer that never fired has no tick',
        );
        await life.stored({}, { timer: tick(1) });
        check.equal(
          await life.timers('none', 'hourly'),
          [undefined, tick(1).tick],
          'ticks come in the order of the question',
        );
        await life.stored({}, { timer: tick(2) });
        check.equal(await life.timers('hourly'), [tick(2).tick], 'the last tick is the one that counts');
        check.has(
          await life.put({ payload: 'x'.repeat(5000) }, { timer: tick(3) }),
          { kind: 'full' },
          'a full queue refuses it',
        );
        check.equal(await life.timers('hourly'), [tick(2).tick], 'a tick whose work was refused is not stored');
      },
    ),
  ];
}
