/**
 * The steps of the story: which call Invoker makes, and how it has to end.
 *
 * Invoker's result is what `invokeFunction` gave it (`data`), so a check sees both sides: the answer as Invoker got it,
 * and what both functions printed meanwhile.
 */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { StepRecord } from './record.ts';

export interface Step {
  /** Invoker's event: the call it makes. */
  readonly call: string;
  readonly title: string;
  /** What the step shows, when it ends as it should. */
  readonly moral: string;
  /** What has to happen yet when Invoker has answered. */
  readonly happened?: (seen: StepRecord) => boolean;
  /** Throws an AssertionError when the step did not end as it should. */
  readonly check: (answer: string, seen: StepRecord) => void;
}

const ANSWER = 'Message from helloworld';
const CONTEXT = 'Custom context from Invoker';

export const STEPS: readonly Step[] = [
  {
    call: 'text',
    title: 'Invoker sends helloworld a text and prints the answer',
    moral: 'a text and a context went there, a text came back',
    check(answer, seen) {
      assert.deepEqual(JSON.parse(answer), { payload: ANSWER, functionError: null, statusCode: 200 });
      assertPrinted(seen, 'helloworld', 'String message from Invoker.');
      assertPrinted(seen, 'helloworld', CONTEXT);
      assertPrinted(seen, 'Invoker', ANSWER);
    },
  },
  {
    call: 'bytes',
    title: 'The same with a Buffer',
    moral: 'bytes arrive as bytes, in both directions',
    check(answer, seen) {
      const payload = Buffer.from(ANSWER);
      assert.deepEqual(JSON.parse(answer), { payload: payload.toJSON(), functionError: null, statusCode: 200 });
      assertPrinted(seen, 'helloworld', inspect(Buffer.from('Bytes from Invoker.')));
      assertPrinted(seen, 'helloworld', CONTEXT);
      assertPrinted(seen, 'Invoker', inspect(payload));
    },
  },
  {
    call: 'later',
    title: 'The same without waiting: an Async call',
    moral: 'Invoker was given the id of the call, and helloworld ran under it',
    happened: (seen) => seen.settled.some(({ type }) => type === 'Async'),
    check(answer, seen) {
      const invocation = seen.settled.find(({ type }) => type === 'Async');
      assert.equal(
        invocation?.requestId,
        answer,
        'the id that Invoker was given is not the one that helloworld ran under',
      );
      assert.deepEqual(invocation.outcome, { kind: 'answered', payload: ANSWER, functionError: undefined });
      assertPrinted(seen, 'helloworld', 'Message for later from Invoker.');
      assertPrinted(seen, 'helloworld', CONTEXT);
      assertPrinted(seen, 'Invoker', answer);
    },
  },
  {
    call: 'failing',
    title: 'A callee that fails',
    moral: 'the error is an answer too: Handled, with its type and its message',
    check(answer, seen) {
      assertFailure(answer, 'Handled', 'RangeError', 'the valve says that it is 140 % open');
      assertPrinted(seen, 'Invoker', 'failing failed: RangeError');
    },
  },
  {
    call: 'slow',
    title: 'A callee that never ends (its timeout is 300 ms)',
    moral: 'Invoker had its answer at the timeout, and the stuck instance was ended',
    happened: (seen) => seen.hasExited('slow'),
    check(answer, seen) {
      assertFailure(answer, 'Unhandled', 'Timeout', '300 ms');
      assertPrinted(seen, 'Invoker', 'slow failed: Timeout');
      assert(seen.hasExited('slow'), 'the instance of slow is still running');
    },
  },
  {
    call: 'crashing',
    title: 'A callee that takes its process down',
    moral: 'Invoker was told, and nobody else noticed',
    happened: (seen) => seen.hasExited('crashing'),
    check(answer, seen) {
      assertFailure(answer, 'Unhandled', 'Exit', 'process.exit(3)');
      assertPrinted(seen, 'Invoker', 'crashing failed: Exit');
      assert.deepEqual(
        seen.exited.map(({ definition }) => definition.name),
        ['crashing'],
        'another instance ended as well',
      );
    },
  },
  {
    call: 'typed',
    title: 'Typed functions in threads, one calling the next',
    moral: 'a call within a call, and both answers found their way',
    check(answer, seen) {
      const { payload } = parseData(answer);
      assert.deepEqual(JSON.parse(payload), { room: 'kitchen', celsius: 19.5, heating: true });
      assert.equal(seen.invocationOf('thermometer')?.parent?.definition.name, 'thermostat');
    },
  },
];

function assertPrinted(seen: StepRecord, name: string, text: string): void {
  assert(seen.hasPrinted(name, text), `${name} did not print ${JSON.stringify(text)}`);
}

function assertFailure(answer: string, functionError: string, errorType: string, part: string): void {
  const data = parseData(answer);
  assert.equal(data.functionError, functionError);
  const error = JSON.parse(data.payload) as { errorType: unknown; errorMessage: unknown };
  assert.equal(error.errorType, errorType);
  assert(
    String(error.errorMessage).includes(part),
    `the message "${String(error.errorMessage)}" does not say "${part}"`,
  );
}

/** What `invokeFunction` gave Invoker, where the payload is a text. */
function parseData(answer: string): { payload: string; functionError: unknown } {
  const { payload, functionError } = JSON.parse(answer) as Record<string, unknown>;
  assert(typeof payload === 'string', `the payload is no text: ${answer}`);
  return { payload, functionError };
}
