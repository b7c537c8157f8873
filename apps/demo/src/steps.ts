/**
 * The steps of the story: which call Invoker makes, and how it has to end.
 *
 * Invoker's result is what `invokeFunction` gave it (`data`), so a check sees both sides: the answer as Invoker got it,
 * and what both functions printed meanwhile.
 */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { InvocationStatus } from '@edgefc/sdk';
import type { StepRecord } from './record.ts';

export interface Step {
  /** Invoker's event: the call it makes. */
  readonly call: string;
  readonly title: string;
  /** What the step shows, when it ends as it should. */
  readonly moral: string;
  /** A function whose dead letters the demo redrives when Invoker has answered. */
  readonly redrives?: string;
  /**
   * Invoker makes the call in a host of its own, which is killed as soon as Invoker has its answer. What follows, and what
   * the check sees, is in the next host on the same data directory.
   */
  readonly plugPulled?: true;
  /** What has to happen yet. */
  readonly happened?: (seen: StepRecord) => boolean;
  /** Throws an AssertionError when the step did not end as it should. */
  readonly check: (answer: string, seen: StepRecord) => void;
}

const ANSWER = 'Message from helloworld';
const CONTEXT = 'Custom context from Invoker';
const NO_POWER = 'no power: the breaker is open';

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
    happened: (seen) => seen.over.length > 0,
    check(answer, seen) {
      assertRan(seen, answer, 1);
      assertAnswered(seen, ANSWER);
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
  {
    call: 'fetched',
    title: 'An Async call, and its result fetched by the id',
    moral: 'whoever has the id can ask how it went, also later',
    check(answer, seen) {
      const { id, state, result } = parseStatus(answer);
      assert.equal(state, 'Succeeded');
      assert.equal(result, ANSWER);
      assertRan(seen, id, 1);
      assertPrinted(seen, 'Invoker', `Succeeded: ${ANSWER}`);
    },
  },
  {
    call: 'retried',
    title: 'An Async callee that fails twice, and is tried again',
    moral: 'the third attempt succeeded, after growing delays and under the same id',
    check(answer, seen) {
      const { id, state, attempt, errors } = parseStatus(answer);
      assert.equal(state, 'Succeeded');
      assert.equal(attempt, 3);
      assert.deepEqual(errors, ['the line is busy', 'the line is busy']);
      assertRan(seen, id, 1, 2, 3);
      assertWaited(seen, 20, 40);
      assertPrinted(seen, 'uplink', 'attempt 3: sending');
    },
  },
  {
    call: 'dead',
    title: 'An Async callee that never succeeds',
    moral: 'all attempts are used up: a dead letter, with the error of each',
    check(answer, seen) {
      const { id, state, attempt, errors } = parseStatus(answer);
      assert.equal(state, 'Failed');
      assert.equal(attempt, 2);
      assert.deepEqual(errors, [NO_POWER, NO_POWER]);
      assertRan(seen, id, 1, 2);
      assertPrinted(seen, 'Invoker', `attempt 2 failed: ${NO_POWER}`);
    },
  },
  {
    call: 'repaired',
    title: 'The cause is mended, and the dead letter redriven',
    moral: 'it ran again under its old id, and now it succeeded',
    redrives: 'EdgeFC/pump',
    happened: (seen) => seen.over.length > 0,
    check(answer, seen) {
      assert.equal(parseData(answer).payload, 'the breaker is closed');
      // Attempts go on counting: it is the invocation of the step before.
      assertRan(seen, seen.work[0]?.id ?? '', 3);
      assertAnswered(seen, 'the tank is full');
    },
  },
  {
    call: 'message',
    title: 'A message that is published by one function and received by two',
    moral: 'the routes decide who gets it, by its topic; Invoker knows neither of them',
    happened: (seen) => seen.over.length === 2,
    check(answer, seen) {
      const [message] = seen.published;
      assert.equal(message?.id, answer, 'the id that Invoker was given is not that of the message');
      assert.deepEqual(message.targets, ['EdgeFC/display', 'EdgeFC/logbook']);
      assert.deepEqual(
        seen.over.map(({ target, state }) => `${target}: ${state}`).sort(),
        message.targets.map((target) => `${target}: Succeeded`),
      );
      assertPrinted(seen, 'display', 'it is 19.5 °C in the kitchen');
      assertPrinted(seen, 'logbook', 'EdgeFC/Invoker on rooms/kitchen/celsius: 4 bytes');
    },
  },
  {
    call: 'survives',
    title: 'The plug is pulled: an Async call, and its host killed with SIGKILL',
    moral: 'an id is a promise: the next host kept it',
    plugPulled: true,
    happened: (seen) => seen.over.length > 0,
    check(answer, seen) {
      assert.equal(seen.work[0]?.id, answer, 'the next host ran nothing under the id that Invoker was given');
      assertAnswered(seen, ANSWER);
      assertPrinted(seen, 'helloworld', 'I have survived.');
      assertPrinted(seen, 'helloworld', CONTEXT);
    },
  },
];

/** That all Async runs were of `id`, with these attempts. */
function assertRan(seen: StepRecord, id: string, ...attempts: readonly number[]): void {
  assert.deepEqual(
    seen.settled.filter(({ type }) => type === 'Async').map(({ requestId, attempt }) => [requestId, attempt]),
    attempts.map((attempt) => [id, attempt]),
    `it did not run under the id ${id} that Invoker was given, with the attempts ${attempts.join(', ')}`,
  );
}

/** That before the runs after the first at least so many ms passed; what is stored are whole ones. */
function assertWaited(seen: StepRecord, ...delays: readonly number[]): void {
  const runs = seen.settled.filter(({ type }) => type === 'Async');
  for (const [index, delay] of delays.entries()) {
    const waited = (runs[index + 1]?.acceptedAt ?? NaN) - (runs[index]?.settledAt ?? NaN);
    assert(waited > delay - 2, `attempt ${index + 2} came ${waited} ms after the one before, not ${delay} ms`);
  }
}

/** What the last Async run answered. */
function assertAnswered(seen: StepRecord, payload: string): void {
  const outcome = seen.settled.findLast(({ type }) => type === 'Async')?.outcome;
  assert(outcome?.kind === 'answered', `there is no answer, but ${inspect(outcome)}`);
  assert.deepEqual([outcome.functionError, outcome.payload], [undefined, payload]);
}

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

/** What `waitForInvocation` gave Invoker. */
function parseStatus(answer: string): {
  id: string;
  state: string;
  attempt: number;
  result: unknown;
  errors: string[];
} {
  const { errors, ...status } = JSON.parse(answer) as InvocationStatus;
  return { ...status, errors: errors.map(({ errorMessage }) => errorMessage) };
}
