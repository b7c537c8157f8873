/** Invocations over a transport. */
import { getEventListeners } from 'node:events';
import type { InvocationOutcome } from '@edgefc/sdk/internal';
import type { CaseWriter, ConformanceCase } from '../case.ts';
import { RULES } from '../rules.ts';
import { answered, CANCELLED, LIMITS, type FarSide } from './far-side.ts';

const PAYLOADS: readonly (string | Uint8Array)[] = [
  '',
  'text',
  'unpaired \ud800',
  'länger als ein Rahmen '.repeat(5000),
  new Uint8Array(),
  Uint8Array.from({ length: 256 }, (_, byte) => byte),
];

export function invokingCases(write: CaseWriter<FarSide>): ConformanceCase[] {
  return [
    write(RULES.bounded, 'says what its largest payloads are, in bytes', async (far, check) => {
      check.equal({ ...far.transport.limits }, LIMITS, '`limits` are those of the host');
    }),

    write(RULES.wall, 'carries a request as it is', async (far, check) => {
      const options = { timeout: 1500, delay: 10, dedupeKey: 'd', orderKey: 'o', maxRetries: 2 };
      const request = {
        target: 'Shop/order',
        type: 'Async',
        payload: 'text',
        invokerContext: 'e30=',
        options,
      } as const;
      const outcome = far.invoke(request);
      const call = await far.call(check);
      check.equal(call.kind, 'invoke', 'an invocation arrives as one');
      check.has('request' in call && call.request, request, 'everything of a request arrives');
      call.answer({ kind: 'accepted', id: 'i-1', deduplicated: true });
      check.equal(
        await check.soon(outcome, 'it is answered'),
        { kind: 'accepted', id: 'i-1', deduplicated: true },
        'an acceptance comes back with its id',
      );
      void far.invoke({ payload: undefined });
      const bare = await far.call(check, 1);
      check.has(
        'request' in bare && bare.request,
        { payload: undefined, invokerContext: undefined, options: undefined },
        'nothing arrives as nothing',
      );
      bare.answer(answered(''));
    }),

    write(RULES.wall, 'carries payloads there and back: text stays text, bytes stay bytes', async (far, check) => {
      for (const [n, payload] of PAYLOADS.entries()) {
        const outcome = far.invoke({ payload });
        const call = await far.call(check, n);
        check.equal('request' in call && call.request.payload, payload, 'a payload arrives as it was sent');
        call.answer(answered(payload));
        check.equal(
          await check.soon(outcome, 'it is answered'),
          answered(payload),
          'an answer comes back as it was given',
        );
      }
    }),

    write(
      RULES.wall,
      'has taken a copy when `invoke` returns: the caller goes on with its own bytes',
      async (far, check) => {
        const payload = new Uint8Array(100_000).fill(1);
        const outcome = far.invoke({ payload });
        payload.fill(2);
        const call = await far.call(check);
        const arrived = 'request' in call ? call.request.payload : undefined;
        check.ok(
          arrived instanceof Uint8Array && arrived.length === 100_000 && arrived.every((byte) => byte === 1),
          'what is sent is what was there when it was sent',
        );
        call.answer(answered(''));
        await outcome;
        check.equal(payload.length, 100_000, 'bytes stay with their caller');
      },
    ),

    write(RULES.noWait, 'resolves with every end there is, and rejects with none', async (far, check) => {
      const ends: InvocationOutcome[] = [
        { kind: 'answered', payload: '{"errorMessage":"no"}', functionError: 'Handled' },
        { kind: 'answered', payload: '{"errorType":"Timeout"}', functionError: 'Unhandled' },
        { kind: 'accepted', id: 'i-2', deduplicated: false },
        { kind: 'refused', code: 'FunctionNotFound', message: 'there is none', retryable: false },
        { kind: 'refused', code: 'ResourceExhausted', message: 'try again', retryable: true },
        CANCELLED,
      ];
      for (const [n, end] of ends.entries()) {
        const outcome = far.invoke();
        (await far.call(check, n)).answer(end);
        check.equal(await check.soon(outcome, 'it is answered'), end, 'an end is an outcome, never a rejection');
      }
    }),

    write(RULES.onceSettled, 'settles a call with its first answer, and drops what comes after', async (far, check) => {
      const outcome = far.invoke();
      const call = await far.call(check);
      call.answer(answered('first'));
      call.answer(answered('second'));
      check.equal(await check.soon(outcome, 'it is answered'), answered('first'), 'the first answer counts');
      call.answer(CANCELLED);
      const next = far.invoke();
      (await far.call(check, 1)).answer(answered('its own'));
      check.equal(
        await check.soon(next, 'it is answered'),
        answered('its own'),
        'a late answer is not taken for one of the next call',
      );
    }),

    write(RULES.onceSettled, 'does not mix calls that are under way together', async (far, check) => {
      const names = Array.from({ length: 100 }, (_, n) => `call ${n}`);
      const outcomes = names.map((payload) => far.invoke({ payload }));
      await far.call(check, names.length - 1);
      check.equal(
        far.calls.map((call) => 'request' in call && 'payload' in call.request && call.request.payload),
        names,
        'calls arrive in the order in which they were made',
      );
      for (const call of far.calls.toReversed()) {
        if (call.kind === 'invoke') call.answer(answered(`answer to ${String(call.request.payload)}`));
      }
      const ends = await check.soon(Promise.all(outcomes), 'all are answered');
      check.equal(
        ends,
        names.map((name) => answered(`answer to ${name}`)),
        'each has its own answer',
      );
    }),

    write(
      RULES.noWait,
      'tells the far side when a call is taken back, and ends it with Cancelled',
      async (far, check) => {
        const controller = new AbortController();
        const [taken, left] = [far.invoke({ signal: controller.signal }), far.invoke()];
        const [call, other] = [await far.call(check, 0), await far.call(check, 1)];
        const told = new Promise<void>((resolve) => {
          call.signal.addEventListener('abort', () => {
            // As the host does; a transport that has given up by itself drops it.
            call.answer(CANCELLED);
            resolve();
          });
        });
        controller.abort();
        check.has(
          await check.soon(taken, 'a call that is taken back ends'),
          { kind: 'refused', code: 'Cancelled' },
          'its outcome is Cancelled',
        );
        await check.soon(told, 'the far side hears of it: it would run for nobody');
        check.ok(!other.signal.aborted, 'no other call is taken back');
        other.answer(answered('fine'));
        check.equal(await check.soon(left, 'it is answered'), answered('fine'), 'it has its answer');
      },
    ),

    write(RULES.nothingLeft, 'lets go of the signal with the answer', async (far, check) => {
      const controller = new AbortController();
      const outcome = far.invoke({ signal: controller.signal });
      const call = await far.call(check);
      call.answer(answered('done'));
      await check.soon(outcome, 'it is answered');
      check.equal(
        getEventListeners(controller.signal, 'abort').length,
        0,
        'a signal that lives longer than the call holds nothing of it',
      );
      controller.abort();
      check.ok(!call.signal.aborted, 'a call that has its answer is not taken back');
    }),

    write(RULES.wall, 'refuses an answer that is none to an invocation', async (far, check) => {
      const outcome = far.invoke();
      (await far.call(check)).answer({ kind: 'result', json: '{}' });
      check.has(
        await check.soon(outcome, 'it is answered'),
        { kind: 'refused', retryable: false },
        'an answer of the wrong kind is a refusal',
      );
    }),
  ];
}
