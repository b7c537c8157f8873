/**
 * Async work under random programs on virtual time, beside a model that is written from the contract: nothing accepted is
 * lost or done twice, nothing starts early, out of order or beyond its limits, and everything is counted (I2, I3, I6).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FunctionDefinition, QueueLimits } from '../../src/engine/definition.ts';
import { AsyncWorld, TODAY, type Enqueue, type Restart, type Step } from './support/async-world.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

type Operation =
  | ({ readonly kind: 'enqueue' } & Enqueue)
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'sleep'; readonly ms: number }
  | { readonly kind: 'stop'; readonly which: number }
  | {
      readonly kind: 'dead letters';
      readonly what: 'redrive' | 'purge';
      readonly which: number | undefined;
      readonly target: number | undefined;
    }
  | { readonly kind: 'wall'; readonly to: 'an hour back' | 'a day on' | '1970' | 'today' }
  | ({ readonly kind: 'restart' } & Restart)
  /** Once something runs. */
  | { readonly kind: 'kill what runs' };

interface Program {
  /** Whether destinations may lead back: chains of them get long then. */
  readonly circles: boolean;
  readonly functions: readonly (Omit<Partial<FunctionDefinition>, 'onSuccess' | 'onFailure'> & {
    readonly success?: number | undefined;
    readonly failure?: number | undefined;
  })[];
  readonly limits: Partial<QueueLimits>;
  readonly operations: readonly Operation[];
}

/** Not given once in `freq` times. */
const maybe = <T>(arbitrary: fc.Arbitrary<T>, freq = 2): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq });
const seldom = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

const step: fc.Arbitrary<Step> = fc.record({
  after: fc.constantFrom(0, 1, 20, 300),
  how: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('return' as const, 'throw' as const) },
    { weight: 2, arbitrary: fc.constant('throw' as const) },
    { weight: 1, arbitrary: fc.constantFrom('never again' as const, 'later' as const, 'crash' as const) },
    { weight: 2, arbitrary: fc.constantFrom('uncaught' as const, 'hang' as const, 'hang hard' as const) },
  ),
  later: fc.constantFrom(1, 700, 5000, HOUR),
});

const enqueue = fc.record({
  kind: fc.constant('enqueue' as const),
  target: fc.nat(3),
  delay: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.constantFrom(1, 500, 3000, HOUR) },
  ),
  orderKey: maybe(fc.constantFrom('a', 'b')),
  dedupeKey: seldom(fc.constantFrom('x', 'y')),
  maxRetries: seldom(fc.nat(2)),
  plan: fc.array(step, { maxLength: 5 }),
});

const restart = fc.record({
  kind: fc.constant('restart' as const),
  how: fc.constantFrom('stop' as const, 'kill' as const, 'before' as const, 'after' as const),
  down: fc.constantFrom(0, 100, 5000, HOUR),
  sameBoot: fc.boolean(),
  noClock: fc.boolean(),
});

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 30, arbitrary: enqueue },
  {
    weight: 14,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1, 20, 350, 1200, 1500, 9000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('sleep' as const), ms: fc.constantFrom(HOUR, 13 * HOUR, 25 * HOUR) }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('stop' as const), which: fc.nat(40) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('dead letters' as const),
      what: fc.constantFrom('redrive' as const, 'redrive' as const, 'purge' as const),
      which: maybe(fc.nat(10)),
      target: maybe(fc.nat(3)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('wall' as const),
      to: fc.constantFrom('an hour back' as const, 'a day on' as const, '1970' as const, 'today' as const),
    }),
  },
  { weight: 6, arbitrary: restart },
);

const program: fc.Arbitrary<Program> = fc.record({
  circles: fc.integer({ min: 0, max: 19 }).map((n) => n === 0),
  functions: fc.array(
    fc
      .record({
        maxInstances: fc.integer({ min: 1, max: 2 }),
        instanceConcurrency: fc.integer({ min: 1, max: 2 }),
        asyncConcurrency: fc.integer({ min: 1, max: 4 }),
        timeout: fc.constantFrom(1000, 4000),
        durability: fc.constantFrom('fsync' as const, 'fsync' as const, 'batched' as const, 'memory' as const),
        attempts: fc.constantFrom(1, 2, 3, Infinity),
        minDelay: fc.constantFrom(10, 400, 1000),
        maxDelay: fc.constantFrom(1000, 30_000),
        maxAge: fc.constantFrom(1200, 60_000, DAY),
        success: maybe(fc.nat(1)),
        failure: maybe(fc.nat(1)),
      })
      .map(({ attempts, minDelay, maxDelay, maxAge, ...rest }) => ({
        ...rest,
        retry: { attempts, minDelay, maxDelay, maxAge },
      })),
    { minLength: 1, maxLength: 3 },
  ),
  limits: fc
    .record({
      count: fc.constantFrom(1_000_000, 1_000_000, 2, 5),
      dead: fc.constantFrom(10_000, 10_000, 1, 3),
      maxQueueBytes: fc.constantFrom(1_000_000, 1_000_000, 1_000_000, 900),
    })
    .map(({ count, dead, maxQueueBytes }) => ({
      maxQueueBytes,
      retention: { age: DAY, bytes: 1e9, count, result: 1000 },
      deadLetters: { age: 30 * DAY, bytes: 1e9, count: dead },
    })),
  operations: fc.array(operation, { minLength: 3, maxLength: 25 }),
});

describe('Async work', () => {
  it('does what the model does, whatever happens', async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(program, async (given) => {
        expect(await play(given, seen)).toEqual([]);
      }),
      { numRuns: 2200, seed: 20261122 },
    );
    // The programs have to be worth something: everything that can happen, often.
    expect([...seen].filter(([, times]) => times < 5)).toEqual([]);
    expect([...seen.keys()].sort()).toEqual([
      'Expired',
      'Failed',
      'Stopped',
      'Succeeded',
      'came back later',
      'deduplicated',
      'downtime known by the clocks',
      'downtime known by the uptime',
      'downtime not known',
      'lost',
      'not kept any more',
      'not to be tried again',
      'purged',
      'put back',
      'redriven',
      'refused',
      'restarted: after',
      'restarted: before',
      'restarted: kill',
      'restarted: stop',
      'started again',
      'started while others of its key wait',
      'stopped when its time was over',
      'stopped while it ran',
      'stopped while it waited',
      'stored, and never told',
      'the chain ended',
      'timed out',
      'told a failure',
      'told a success',
      'waits for its back-off',
    ]);
  }, 120_000);

  it('is given up after 20 losses with its host, and its destination is told', async () => {
    const seen = new Map<string, number>();
    const hang: Step = { after: 0, how: 'hang', later: 0 };
    const work = fc.record({ orderKey: maybe(fc.constant('a')), runs: fc.integer({ min: 19, max: 22 }) });
    const kill: Operation = { kind: 'kill what runs' };
    await fc.assert(
      fc.asyncProperty(fc.array(work, { minLength: 1, maxLength: 3 }), async (works) => {
        const retry = { attempts: 1, minDelay: 10, maxDelay: 1000, maxAge: DAY };
        const problems = await play(
          {
            circles: false,
            functions: [
              { durability: 'fsync', maxInstances: 2, asyncConcurrency: 2, retry, failure: 0 },
              { durability: 'fsync' },
            ],
            limits: {},
            operations: [
              ...works.map(({ orderKey, runs }): Operation => {
                const plan = Array.from({ length: runs }, () => hang);
                const none = { delay: 0, dedupeKey: undefined, maxRetries: undefined };
                return { kind: 'enqueue', target: 0, orderKey, plan, ...none };
              }),
              ...Array.from({ length: 50 }, () => kill),
            ],
          },
          seen,
        );
        expect(problems).toEqual([]);
      }),
      { numRuns: 30, seed: 20261122 },
    );
    expect(seen.get('given up')).toBeGreaterThan(10);
    expect(seen.get('Succeeded')).toBeGreaterThan(10);
  });
});

async function play(
  { circles, functions, limits, operations }: Program,
  seen: Map<string, number>,
): Promise<readonly string[]> {
  const keyOf = (from: number, by: number | undefined): string | undefined => {
    const n = by === undefined ? Infinity : from + 1 + by;
    if (n === Infinity || (!circles && n >= functions.length)) return undefined;
    return `S/f${n % functions.length}`;
  };
  const world = new AsyncWorld(
    Object.fromEntries(
      functions.map(({ success, failure, ...own }, n) => [
        `S/f${n}`,
        { ...own, onSuccess: keyOf(n, success), onFailure: keyOf(n, failure) },
      ]),
    ),
    limits,
    seen,
  );
  const { problems } = world.model;
  for (const operation of operations) {
    await perform(world, operation);
    await world.settled();
    if (problems.length > 0) return problems;
  }
  await world.drain();
  if (problems.length === 0) await world.close();
  return problems;
}

async function perform(world: AsyncWorld, operation: Operation): Promise<void> {
  switch (operation.kind) {
    case 'enqueue':
      await world.enqueue(operation);
      break;
    case 'pass':
      await world.pass(operation.ms);
      break;
    case 'sleep':
      await world.sleep(operation.ms);
      break;
    case 'stop':
      await world.stop(operation.which);
      break;
    case 'dead letters':
      await world.deadLetters(operation.what, operation.which, operation.target);
      break;
    case 'wall': {
      const now = world.test.clock.now();
      const to = { 'an hour back': now - HOUR, 'a day on': now + DAY, '1970': 1000, today: TODAY + DAY };
      world.setWall(to[operation.to]);
      break;
    }
    case 'restart':
      await world.restart(operation);
      break;
    case 'kill what runs':
      if (world.test.runs.length === 0) await world.pass(world.untilNext());
      await world.restart({ how: 'kill', down: 0, sameBoot: true, noClock: false });
  }
}
