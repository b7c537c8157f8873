/** Rules about Async work that the scenarios of the other files do not spell out one by one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BATCH_WINDOW, type QueueLimits } from '../../src/engine/definition.ts';
import { refused } from '../../src/engine/invocation/outcome.ts';
import { Kind } from '../../src/engine/protocol.ts';
import { appendError } from '../../src/engine/queue/attempt-errors.ts';
import { MemoryQueue } from '../../src/engine/queue/memory-queue.ts';
import { MemoryTables } from '../../src/engine/queue/memory-tables.ts';
import type { AttemptError, WorkRecord } from '../../src/engine/queue/work.ts';
import { decideEnding } from '../../src/engine/scheduler/retry-policy.ts';
import { parseSchedule } from '../../src/engine/timers/schedule.ts';
import { record } from '../store/support.ts';
import { QUEUE_LIMITS } from '../support/queue-limits.ts';
import { defineFunction, TestEngine, type InvokeOptions, type TestEngineOptions } from './support/test-engine.ts';
import { live, VirtualClock } from './support/virtual-clock.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const RETRY = { attempts: 4, minDelay: 1000, maxDelay: 300_000, maxAge: DAY };
const ONCE = { durability: 'fsync', retry: { ...RETRY, attempts: 1 } } as const;

function start(options: TestEngineOptions & { readonly limits?: Partial<QueueLimits> }): TestEngine {
  const limits = { ...QUEUE_LIMITS, ...options.limits };
  return new TestEngine({
    behaviour: { readyAfter: 0 },
    settings: { queue: limits },
    queue: new MemoryQueue({ limits }),
    ...options,
  });
}

async function enqueue(test: TestEngine, target: string, options: InvokeOptions = {}): Promise<string> {
  const invoked = test.invoke(target, { ...options, type: 'Async' });
  await live(test.clock, 0);
  if (invoked.outcome?.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(invoked.outcome)}`);
  return invoked.outcome.id;
}

async function show(test: TestEngine, id: string): Promise<unknown> {
  const found = await test.engine.queries.get(id);
  return found.kind === 'found' ? found.value : found.code;
}

describe('an Async invocation', () => {
  it('keeps its requestId over a retry, a lost host and a redrive, and every start is an attempt of its own', async () => {
    const tables = new MemoryTables();
    const functions = { 'S/a': { durability: 'fsync', retry: { ...RETRY, attempts: 2 } } } as const;
    const seen: unknown[] = [];
    const boot = (bootId: string): TestEngine =>
      start({ functions, bootId, queue: new MemoryQueue({ limits: QUEUE_LIMITS, tables }) });
    const first = boot('first');
    const id = await enqueue(first, 'S/a', { payload: 'x' });
    seen.push([first.running('x').requestId, first.running('x').attempt]);
    first.running('x').throw('boom');
    await live(first.clock, 1000);
    seen.push([first.running('x').requestId, first.running('x').attempt]);
    // Killed: nothing is written down any more.
    const second = boot('second');
    await live(second.clock, 1000);
    seen.push([second.running('x').requestId, second.running('x').attempt]);
    second.running('x').throw('boom');
    await live(second.clock, 0);
    expect(await show(second, id)).toMatchObject({ state: 'Failed' });
    await second.engine.queries.redrive({ id });
    await live(second.clock, 0);
    seen.push([second.running('x').requestId, second.running('x').attempt]);
    expect(seen).toEqual([1, 2, 3, 4].map((attempt) => [id, attempt]));
  });

  it('that was alone in an instance that crashed, or is to blame, has failed; the others are lost, which uses no attempt', async () => {
    const test = start({ functions: { 'S/a': { ...ONCE, instanceConcurrency: 2 }, 'S/b': ONCE } });
    const guilty = await enqueue(test, 'S/a', { payload: 'guilty' });
    const neighbour = await enqueue(test, 'S/a', { payload: 'neighbour' });
    const alone = await enqueue(test, 'S/b', { payload: 'alone' });
    const shared = test.running('guilty').instance;
    shared.dying('a timer threw', test.running('guilty').number);
    shared.exit({ kind: 'code', code: 1 });
    test.running('alone').instance.exit({ kind: 'signal', signal: 'SIGSEGV' });
    await live(test.clock, 0);
    expect(await show(test, guilty)).toMatchObject({ state: 'Failed', errors: [{ functionError: 'Unhandled' }] });
    expect(await show(test, alone)).toMatchObject({ state: 'Failed', errors: [{ functionError: 'Unhandled' }] });
    const lost = { attempt: 1, functionError: null, errorType: 'InstanceLost' };
    expect(await show(test, neighbour)).toMatchObject({ state: 'Retrying', errors: [lost] });
    await live(test.clock, 999);
    expect(test.runs).toEqual([]);
    await live(test.clock, 1);
    test.running('neighbour').return('ok');
    await live(test.clock, 0);
    expect(await show(test, neighbour)).toMatchObject({ state: 'Succeeded', attempt: 2 });
  });

  it('is lost with an instance, or throttled, 20 times at most, with the same back-off as after a failure', () => {
    const definition = defineFunction('S/a', ONCE);
    const throttled = refused('ResourceExhausted', 'no slot');
    const lostAfter = (losses: number): unknown => {
      const work: WorkRecord = { ...record(1), target: 'S/a', dueAt: 0, state: 'Running', starts: losses + 1, losses };
      return decideEnding({ record: work, definition, outcome: throttled, at: 0, wall: 0, maxResult: 9, random: 0 });
    };
    expect([0, 1, 2, 19].map(lostAfter)).toMatchObject([
      { kind: 'retry', counts: 'loss', readyAt: 1000 },
      { kind: 'retry', counts: 'loss', readyAt: 2000 },
      { kind: 'retry', counts: 'loss', readyAt: 4000 },
      { kind: 'retry', counts: 'loss', readyAt: 300_000 },
    ]);
    expect(lostAfter(20)).toMatchObject({ kind: 'dead', state: 'Failed', error: { errorType: 'ResourceExhausted' } });
  });

  it('has its maximum age from when it was due, not from its acceptance', async () => {
    const retry = { attempts: Infinity, minDelay: 1000, maxDelay: 1000, maxAge: 2500 };
    const test = start({ functions: { 'S/a': { durability: 'fsync', retry } } });
    const id = await enqueue(test, 'S/a', { payload: 'x', delay: HOUR });
    await live(test.clock, HOUR);
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      test.running('x').throw('down');
      await live(test.clock, attempt < 3 ? 1000 : 499);
    }
    expect(await show(test, id)).toMatchObject({ state: 'Retrying' });
    await live(test.clock, 1);
    expect(await show(test, id)).toMatchObject({ state: 'Expired', errors: [{}, {}, {}] });
  });

  it('that is redriven joins the tail of its order key', async () => {
    const test = start({ functions: { 'S/a': ONCE } });
    const first = await enqueue(test, 'S/a', { payload: '1', orderKey: 'k' });
    for (const payload of ['2', '3']) await enqueue(test, 'S/a', { payload, orderKey: 'k' });
    test.running('1').throw('no');
    await live(test.clock, 0);
    await test.engine.queries.redrive({ id: first });
    const order: string[] = [];
    while (test.runs.length > 0) {
      order.push(...test.runs.map(({ event }) => event));
      test.runs[0]!.return();
      await live(test.clock, 0);
    }
    expect(order).toEqual(['2', '3', '1']);
  });

  it('is found by its dedupe key while it is not over, however long; the key of another function is another', async () => {
    const test = start({ functions: { 'S/a': ONCE, 'S/b': ONCE } });
    const first = await enqueue(test, 'S/a', { dedupeKey: 'k', delay: 2 * DAY });
    expect(await enqueue(test, 'S/b', { dedupeKey: 'k' })).not.toBe(first);
    await live(test.clock, 1.5 * DAY);
    const repeat = test.invoke('S/a', { type: 'Async', dedupeKey: 'k' });
    await live(test.clock, 0);
    expect(repeat.outcome).toEqual({ kind: 'accepted', id: first, deduplicated: true });
  });
});

describe('what is kept', () => {
  it('of a result is as much as may be, in whole characters, and it says that it was cut', async () => {
    const retention = { ...QUEUE_LIMITS.retention, result: 5 };
    const test = start({ functions: { 'S/a': ONCE }, limits: { retention } });
    for (const [result, kept, resultCut] of [
      ['short', 'short', false],
      ['grüße', 'grü', true],
    ] as const) {
      const id = await enqueue(test, 'S/a', { payload: result });
      test.running(result).return(result);
      await live(test.clock, 0);
      expect(await show(test, id)).toMatchObject({ state: 'Succeeded', result: kept, resultCut });
    }
  });

  it('of the errors of very many attempts are the first 10 and the last 40, each of bounded length', () => {
    let errors: readonly AttemptError[] = [];
    for (let attempt = 1; attempt <= 1000; attempt += 1) {
      const stackTrace = Array.from({ length: 100 }, () => 'at somewhere');
      const error = { functionError: 'Handled', errorType: 'Error', errorMessage: 'x'.repeat(1e5) } as const;
      errors = appendError(errors, { ...error, attempt, stackTrace, at: attempt });
    }
    const kept = [...Array.from({ length: 10 }, (_, n) => n + 1), ...Array.from({ length: 40 }, (_, n) => n + 961)];
    expect(errors.map(({ attempt }) => attempt)).toEqual(kept);
    expect(JSON.stringify(errors).length).toBeLessThan(100_000);
  });

  const none = { age: 365 * DAY, bytes: 1e9, count: 1e6 };

  it.each([
    ['ended work', 'retention'],
    ['dead letters', 'deadLetters'],
  ] as const)(
    'of %s is bounded in age, bytes and number; the oldest go first, and are counted',
    async (_what, which) => {
      const fails = which === 'deadLetters';
      for (const [limit, left] of [
        [{ count: 2 }, 2],
        // A row is 200 bytes and what it holds: the error of a dead letter.
        [{ bytes: fails ? 1100 : 700 }, 3],
        [{ age: 3.5 * HOUR }, 3],
      ] as const) {
        const limits = { [which]: { ...none, ...limit, ...(fails ? {} : { result: 1000 }) } };
        const test = start({ functions: { 'S/a': ONCE }, limits });
        await test.engine.open();
        const ids: string[] = [];
        for (let n = 0; n < 5; n += 1) {
          ids.push(await enqueue(test, 'S/a'));
          if (fails) test.running('').throw('');
          else test.running('').return();
          await live(test.clock, HOUR);
        }
        const states = await Promise.all(ids.map((id) => show(test, id)));
        const gone = states.map((state) => state === 'InvocationNotFound');
        expect(gone, JSON.stringify(limit)).toEqual([0, 1, 2, 3, 4].map((n) => n < 5 - left));
        const { accepted, removed, ended, dead } = await test.engine.queries.stats();
        expect([accepted, removed, ended + dead]).toEqual([5, 5 - left, left]);
        await test.close();
      }
    },
  );
});

describe('a destination', () => {
  it('is told what was asked and what came of it, bytes as base64; that of a failure besides the dead letter', async () => {
    const functions = { 'S/a': { ...ONCE, onSuccess: 'S/good', onFailure: 'S/bad' }, 'S/good': ONCE, 'S/bad': ONCE };
    const test = start({ functions });
    const told = async (payload: Uint8Array | string, end: () => void): Promise<unknown> => {
      test.engine.dispatch({
        target: 'S/a',
        type: 'Async',
        payload,
        invokerContext: null,
        options: undefined,
        parent: undefined,
        caller: undefined,
        onOutcome: () => undefined,
      });
      await live(test.clock, 0);
      end();
      await live(test.clock, 0);
      const [run] = test.runs;
      const event: unknown = JSON.parse(run!.event);
      run!.return();
      await live(test.clock, 0);
      return { of: run!.instance.boot.definition.key, event };
    };
    const context = { requestId: expect.any(String) as string, functionName: 'S/a', approximateInvokeCount: 1 };
    const bytes = new Uint8Array([0, 255]);
    const done = await told(bytes, () => {
      const [run] = test.runs;
      run!.settled = true;
      run!.instance.tell([Kind.Returned, run!.number, bytes]);
    });
    expect(done).toEqual({
      of: 'S/good',
      event: {
        requestContext: { ...context, condition: 'Succeeded' },
        requestPayload: { base64: 'AP8=' },
        responsePayload: { base64: 'AP8=' },
      },
    });
    const failed = await told('text', () => {
      test.running('text').throw('no');
    });
    expect(failed).toMatchObject({
      of: 'S/bad',
      event: {
        requestContext: { ...context, condition: 'Failed: Error' },
        requestPayload: 'text',
        responsePayload: { errorMessage: 'no' },
      },
    });
    expect(await test.engine.queries.list({ states: ['Failed'] })).toMatchObject({ value: [{ function: 'S/a' }] });
  });

  it('of a destination of a destination is the 16th at most, and what is not told is said', async () => {
    const test = start({ functions: { 'S/a': { ...ONCE, onSuccess: 'S/a' } } });
    await enqueue(test, 'S/a');
    let runs = 0;
    for (; test.runs.length > 0 && runs < 30; runs += 1) {
      test.runs[0]!.return();
      await live(test.clock, 0);
    }
    expect(runs).toBe(1 + 16);
    expect(test.logs.map(({ level, message }) => [level, message])).toEqual([
      ['error', expect.stringMatching(/of S\/a: its destination is not told, after a chain of 16 destinations$/)],
    ]);
  });
});

describe('a timer', () => {
  const TODAY = Date.UTC(2030, 0, 1, 10);

  async function startTimer(expression: string, wall: number, tables = new MemoryTables()): Promise<TestEngine> {
    const reading = parseSchedule(expression, expression.startsWith('@') ? undefined : 'Asia/Shanghai');
    if (!reading.ok) throw new Error(reading.wrong);
    const timer = { name: 't', schedule: reading.schedule, payload: 'wake up', catchUp: false };
    const test = start({
      functions: { 'S/a': { ...ONCE, timers: [timer] } },
      clock: new VirtualClock(wall),
      queue: new MemoryQueue({ limits: QUEUE_LIMITS, tables }),
      bootId: `boot${tables.boots().length}`,
    });
    await test.engine.open();
    return test;
  }

  it.each([
    ['30 18 * * *', 30 * 60_000, '2030-01-01T10:30:00.000Z'],
    ['15 30 18 * * *', 30 * 60_000 + 15_000, '2030-01-01T10:30:15.000Z'],
    ['@every 10m', 10 * 60_000, '2030-01-01T10:10:00.000Z'],
  ])('of %s sends its event at its time', async (expression, delay, triggerTime) => {
    const test = await startTimer(expression, TODAY);
    await live(test.clock, delay - 1);
    expect(test.runs).toEqual([]);
    await live(test.clock, 1);
    expect(test.runs.map(({ event }) => JSON.parse(event) as unknown)).toEqual([
      { triggerTime, triggerName: 't', payload: 'wake up' },
    ]);
    await test.close();
  });

  it('holds in the next host while the clock is earlier than the newest time on disk', async () => {
    const tables = new MemoryTables();
    const first = await startTimer('* * * * *', TODAY, tables);
    await live(first.clock, 60_000);
    first.runs[0]!.return();
    await live(first.clock, 30_000);
    await first.close();
    const newest = first.clock.now();
    const second = await startTimer('* * * * *', newest - HOUR, tables);
    const triggerTimes = (): string[] =>
      second.isolation.instances
        .flatMap(({ runs }) => runs)
        .map(({ event }) => (JSON.parse(event) as { triggerTime: string }).triggerTime);
    await live(second.clock, HOUR - 1);
    expect([triggerTimes(), second.engine.timers?.held]).toEqual([[], true]);
    await live(second.clock, 60_000);
    expect([triggerTimes(), second.engine.timers?.held]).toEqual([['2030-01-01T10:02:00.000Z'], false]);
    await second.close();
  });
});

describe('the README', () => {
  it('states how much batched work a power cut may take', () => {
    const readme = readFileSync(join(import.meta.dirname, '../../../../README.md'), 'utf8');
    expect(readme).toContain(`\`'batched'\`: a power cut may take the last ${BATCH_WINDOW} ms`);
  });
});
