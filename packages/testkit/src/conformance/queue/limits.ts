/** What a queue holds at most: live work, dead letters, history; and that its sums are right all the while. */
import type { QueueStats } from '@edgefc/runtime/testing';
import type { CaseWriter, ConformanceCase } from '../case.ts';
import type { Check } from '../check.ts';
import { RULES } from '../rules.ts';
import { dead, failure, retryAt, SUCCEEDED } from './commands.ts';
import { LIMITS, type QueueLife } from './life.ts';

type Sums = Pick<QueueStats, 'accepted' | 'removed' | 'live' | 'ended' | 'dead'>;

/** accepted = live + kept + removed, in both parts of the queue. */
export function checkSums(stats: QueueStats, check: Check): void {
  const { accepted, known } = sums(stats);
  check.equal(known, accepted, 'waiting + running + ended + dead + removed is what was accepted');
  const memory = sums(stats.memory);
  check.equal(memory.known, memory.accepted, 'the same in the part that lives in memory only');
}

function sums({ accepted, removed, live, ended, dead }: Sums): { accepted: number; known: number } {
  return { accepted, known: live.enqueued + live.running + live.retrying + ended + dead + removed };
}

export function limitCases(write: CaseWriter<QueueLife>): ConformanceCase[] {
  return [
    write(
      RULES.bounded,
      'refuses new work when it is full, loses none of the old, and always completes it',
      async (life, check) => {
        await life.open({ maxQueueBytes: 5000 });
        const payload = 'x'.repeat(1000);
        let accepted = 0;
        let refusal: unknown;
        for (; accepted < 10 && refusal === undefined;) {
          const result = await life.put({ payload });
          if (result.kind === 'stored') accepted += 1;
          else refusal = result.kind === 'full' ? result.message : result;
        }
        check.ok(
          accepted >= 2 && accepted <= 4,
          'live work is bounded by maxQueueBytes',
          `${accepted} times 1000 bytes in 5000`,
        );
        check.ok(
          typeof refusal === 'string' && refusal.includes('maxQueueBytes'),
          'the refusal says what is full',
          refusal,
        );
        check.has(
          await life.putAll([{}, { payload: 'x'.repeat(5000) }]),
          { kind: 'full' },
          'several are refused together',
        );
        check.has(
          await life.stats(),
          { accepted, live: { ...(await life.stats()).live, enqueued: accepted } },
          'of a refused put nothing is stored',
        );
        const ready = await life.claimed();
        check.equal(ready.length, accepted, 'what was accepted is all there');
        check.has(
          await life.put({ payload }, { reserved: true }),
          { kind: 'stored' },
          'work that was promised a place has it',
        );
        const followUps = [{ target: 'Other/one', payload }];
        for (const seq of ready) {
          check.has(
            await life.settle(seq, SUCCEEDED, { followUps }),
            { settled: true },
            'an end with what follows from it is always written',
          );
        }
        for (const seq of await life.claimed({ target: 'Other/one' })) await life.settle(seq, SUCCEEDED);
        check.has(await life.put({ payload }), { kind: 'stored' }, 'there is room again when work has ended');
      },
    ),

    write(
      RULES.bounded,
      'says of nothing that is refused that it was accepted, and of no repeat that the queue is full',
      async (life, check) => {
        await life.open({ maxQueueBytes: 1500 });
        await life.stored({ payload: 'x'.repeat(1000), dedupeKey: 'd' });
        check.has(await life.put({ payload: 'x'.repeat(1000), dedupeKey: 'e' }), { kind: 'full' }, 'there is no room');
        check.equal(
          await life.put({ payload: 'x'.repeat(1000), dedupeKey: 'd' }),
          { kind: 'deduplicated', seq: 1 },
          'a repeat needs no room',
        );
        const [ready] = await life.claimed();
        await life.settle(ready ?? 0, SUCCEEDED);
        check.has(
          await life.put({ dedupeKey: 'e' }),
          { kind: 'stored', seqs: [2] },
          'a refused put left no dedupe key and used no number up',
        );
      },
    ),

    write(
      RULES.deadLetters,
      'redrives dead letters: the same work again, with its errors, and with all its attempts',
      async (life, check) => {
        await life.open();
        const payload = new Uint8Array([1, 2, 3]);
        await life.stored({ payload, maxAttempts: 2 }, { claim: true });
        await life.settle(1, retryAt(life.at, 'failure', 1));
        await life.claimed();
        life.at = 7000;
        await life.settle(1, dead(2));
        check.has(
          await life.get(1),
          { state: 'Failed', payload, failures: 2, starts: 2, errors: [failure(1), failure(2)], endedAt: 7000 },
          'a dead letter keeps its payload and the error of each attempt',
        );
        check.equal(
          await life.deadLetters('redrive', { diedBefore: 7000 }),
          { seqs: [], woken: [] },
          'what died at `diedBefore` or later stays',
        );
        life.at = 8000;
        check.equal(
          await life.deadLetters('redrive', { seq: 1 }),
          { seqs: [1], woken: ['Shop/order'] },
          'the answer says what was redriven',
        );
        const errors = [failure(1), failure(2)];
        check.has(
          await life.get(1),
          { state: 'Enqueued', failures: 0, losses: 0, dueAt: 8000, endedAt: null, errors },
          'it is due anew, with all its attempts',
        );
        check.has(
          (await life.claim()).work[0],
          { seq: 1, payload, starts: 3, errors },
          'its next run has a number of its own',
        );
        check.equal(await life.deadLetters('redrive'), { seqs: [], woken: [] }, 'what lives is not redriven');
      },
    ),

    write(
      RULES.deadLetters,
      'redrives and purges those of a function, oldest first, as many as are asked for',
      async (life, check) => {
        await life.open();
        for (let n = 1; n <= 5; n += 1) {
          await life.stored({ target: n === 2 ? 'Other/one' : 'Shop/order' }, { claim: true });
          await life.settle(n, n === 3 ? { kind: 'dead', state: 'Expired', error: undefined } : dead());
          life.at += 1;
        }
        check.equal(
          (await life.deadLetters('redrive', { target: 'Shop/order', limit: 2 })).seqs,
          [1, 3],
          'of a function, the oldest first',
        );
        check.equal((await life.deadLetters('purge', { target: 'Other/one' })).seqs, [2], 'others are left alone');
        check.equal((await life.deadLetters('purge')).seqs, [4, 5], 'all that are left');
        check.equal(await life.list({ states: ['Failed', 'Expired'] }), [], 'what was purged is gone');
        const stats = await life.stats();
        check.has(stats, { accepted: 5, removed: 3, dead: 0, deadBytes: 0 }, 'what was purged is counted as removed');
        checkSums(stats, check);
      },
    ),

    write(RULES.retention, 'keeps what has ended for its age, and counts what it removes', async (life, check) => {
      await life.open({
        retention: { ...LIMITS.retention, age: 1000 },
        deadLetters: { ...LIMITS.deadLetters, age: 5000 },
      });
      for (const ending of [SUCCEEDED, dead()]) await life.settle(await life.stored({}, { claim: true }), ending);
      await life.stored();
      life.at += 999;
      check.equal(await life.tidy(), { removed: 0, deadRemoved: 0 }, 'nothing goes before its age');
      life.at += 1;
      check.equal(await life.tidy(), { removed: 1, deadRemoved: 0 }, 'what succeeded goes with its age');
      check.equal(await life.get(1), undefined, 'it is gone');
      life.at += 4000;
      check.equal(
        await life.tidy(),
        { removed: 1, deadRemoved: 1 },
        'dead letters have an age of their own, and are told of',
      );
      check.equal(await life.tidy(), { removed: 0, deadRemoved: 0 }, 'they are told of once');
      check.equal(await life.list(), [3], 'what waits has no age that retention knows');
      checkSums(await life.stats(), check);
    }),

    write(
      RULES.retention,
      'keeps no more than so many, and so many bytes; the oldest go first',
      async (life, check) => {
        await life.open({
          retention: { ...LIMITS.retention, count: 3 },
          deadLetters: { ...LIMITS.deadLetters, bytes: 4000 },
        });
        for (let n = 0; n < 6; n += 1) {
          await life.settle(await life.stored({}, { claim: true }), SUCCEEDED);
          await life.settle(await life.stored({ payload: 'x'.repeat(1000) }, { claim: true }), dead());
          life.at += 1;
        }
        await life.tidy();
        check.equal(await life.list({ states: ['Succeeded'] }), [11, 9, 7], 'the newest that fit are kept');
        const { deadBytes, dead: deadCount } = await life.stats();
        check.ok(deadBytes <= 4000 && deadCount >= 1 && deadCount <= 3, 'dead letters are bounded by bytes', {
          deadBytes,
          deadCount,
        });
        check.equal((await life.list({ states: ['Failed'] })).at(0), 12, 'the newest dead letter is kept');
        checkSums(await life.stats(), check);
      },
    ),

    write(RULES.sums, 'has its sums right after everything that can happen to work', async (life, check) => {
      await life.open({
        retention: { ...LIMITS.retention, count: 8 },
        deadLetters: { ...LIMITS.deadLetters, count: 8 },
      });
      const waiting = new Map<string, number>();
      for (let step = 0; step < 150; step += 1) {
        await randomStep(life, step);
        if (step % 10 === 0) checkSums(await life.stats(), check);
        life.at += 7;
      }
      const stats = await life.stats();
      checkSums(stats, check);
      for (const state of ['Enqueued', 'Retrying'] as const) {
        for (const target of ['Shop/order', 'Other/one']) {
          const count = (await life.list({ states: [state], target, limit: 1000 })).length;
          if (count > 0) waiting.set(target, (waiting.get(target) ?? 0) + count);
        }
      }
      check.equal(
        new Map([...stats.waiting].sort()),
        new Map([...waiting].sort()),
        '`waiting` counts by function what a list shows',
      );
    }),
  ];
}

/** What happens at `step`: anything, and the same in every run. */
async function randomStep(life: QueueLife, step: number): Promise<void> {
  const dice = (step * 2_654_435_761) >>> 7;
  const target = dice % 5 === 0 ? 'Other/one' : 'Shop/order';
  life.durability = dice % 11 === 0 ? 'memory' : 'fsync';
  switch (dice % 9) {
    case 0:
    case 1:
    case 2:
      await life.putAll([
        { target, orderKey: dice % 2 === 0 ? `k${dice % 3}` : null },
        { target, delay: dice % 40 },
      ]);
      break;
    case 3:
    case 4:
    case 5:
      for (const seq of await life.claimed({ target, limit: 1 + (dice % 3) })) {
        const followUps = seq % 4 === 0 ? [{ target: 'Other/one' }] : [];
        if (dice % 3 === 0) await life.settle(seq, SUCCEEDED, { followUps });
        else if (dice % 3 === 1) await life.settle(seq, dead());
        else await life.settle(seq, retryAt(life.at + (dice % 20), 'failure'), { ran: dice % 2 === 0 });
      }
      break;
    case 6:
      await life.stop(1 + (dice % 60));
      break;
    case 7:
      await life.deadLetters(dice % 2 === 0 ? 'redrive' : 'purge', { limit: 2 });
      break;
    default:
      await life.tidy();
  }
}
