/** Messages and questions over a transport that has them. */
import { getEventListeners } from 'node:events';
import type { PublishOutcome, PublishRequest, QueryOutcome, Transport } from '@edgefc/sdk/internal';
import type { CaseWriter, ConformanceCase } from '../case.ts';
import type { Check } from '../check.ts';
import { RULES } from '../rules.ts';
import { CANCELLED, type FarSide } from './far-side.ts';

type Ask = NonNullable<Transport['query']>;

function publish({ transport }: FarSide, check: Check, request: PublishRequest): Promise<PublishOutcome> {
  return (
    transport.publish?.(request) ?? check.fail('it publishes: only a host of the first release does not', transport)
  );
}

function ask({ transport }: FarSide, check: Check, ...question: Parameters<Ask>): Promise<QueryOutcome> {
  return transport.query?.(...question) ?? check.fail('it asks: only a host of the first release does not', transport);
}

export function publishingAndAskingCases(write: CaseWriter<FarSide>): ConformanceCase[] {
  return [
    write(
      RULES.wall,
      'carries messages: topic and payload as they are, the id or the refusal back',
      async (far, check) => {
        for (const [n, payload] of ['', 'text', 'unpaired \udc00', new Uint8Array([0, 255])].entries()) {
          const outcome = publish(far, check, { topic: '/a/b', payload });
          const call = await far.call(check, n);
          check.equal(
            [call.kind, 'request' in call && call.request],
            ['publish', { topic: '/a/b', payload }],
            'a message arrives as it was published',
          );
          const end = n === 0 ? CANCELLED : ({ kind: 'accepted', id: `m-${n}`, deduplicated: false } as const);
          call.answer(end);
          check.equal(await check.soon(outcome, 'it is answered'), end, 'its end is an outcome');
        }
      },
    ),

    write(
      RULES.wall,
      'carries questions: name and arguments as they are, JSON or the refusal back',
      async (far, check) => {
        const args = { id: 'i-1', timeout: 5 };
        const outcome = ask(far, check, 'wait', args);
        const call = await far.call(check);
        check.has(call, { kind: 'query', name: 'wait', args }, 'a question arrives as it was asked');
        call.answer({ kind: 'result', json: '{"id":"i-1"}' });
        check.equal(
          await check.soon(outcome, 'it is answered'),
          { kind: 'result', json: '{"id":"i-1"}' },
          'JSON comes back as it is',
        );
        const refused = ask(far, check, 'get', { id: 'i-9' });
        const refusal = {
          kind: 'refused',
          code: 'InvocationNotFound',
          message: 'there is none',
          retryable: false,
        } as const;
        (await far.call(check, 1)).answer(refusal);
        check.equal(await check.soon(refused, 'it is answered'), refusal, 'a refusal is an outcome');
      },
    ),

    write(
      RULES.noWait,
      'ends a question at once when it is taken back, whatever the far side does',
      async (far, check) => {
        const controller = new AbortController();
        const outcome = ask(far, check, 'wait', { id: 'i-1', timeout: 60_000 }, controller.signal);
        const call = await far.call(check);
        controller.abort();
        check.has(
          await check.soon(outcome, 'a question that is taken back ends'),
          { kind: 'refused', code: 'Cancelled' },
          'its outcome is Cancelled',
        );
        call.answer({ kind: 'result', json: '{}' });
        const next = ask(far, check, 'get', { id: 'i-2' });
        (await far.call(check, 1)).answer({ kind: 'result', json: '{"id":"i-2"}' });
        check.equal(
          await check.soon(next, 'it is answered'),
          { kind: 'result', json: '{"id":"i-2"}' },
          'a late answer is not taken for one of the next question',
        );
      },
    ),

    write(RULES.nothingLeft, 'lets go of the signal of a question with its answer', async (far, check) => {
      const { signal } = new AbortController();
      const outcome = ask(far, check, 'wait', { id: 'i-1', timeout: 5 }, signal);
      (await far.call(check)).answer({ kind: 'result', json: '{}' });
      await check.soon(outcome, 'it is answered');
      check.equal(
        getEventListeners(signal, 'abort').length,
        0,
        'a signal that lives longer than the question holds nothing of it',
      );
    }),

    write(RULES.wall, 'refuses an answer that is none to a message, and none to a question', async (far, check) => {
      const outcomes = [publish(far, check, { topic: '/a', payload: '' }), ask(far, check, 'get', { id: 'i' })];
      (await far.call(check, 0)).answer({ kind: 'result', json: '{}' });
      (await far.call(check, 1)).answer({ kind: 'accepted', id: 'm-1', deduplicated: false });
      for (const outcome of outcomes) {
        check.has(
          await check.soon<unknown>(outcome, 'it is answered'),
          { kind: 'refused', retryable: false },
          'an answer of the wrong kind is a refusal',
        );
      }
    }),
  ];
}
