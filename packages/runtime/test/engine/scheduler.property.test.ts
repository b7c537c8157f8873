/**
 * The whole scheduler under random programs on virtual time: whatever handlers, callers and instances do, every
 * invocation is answered exactly once (I1), no slot is given out twice, and nothing waits for ever (I4).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FunctionDefinition } from '../../src/engine/definition.ts';
import { INSTANCE_FLOOR } from '../../src/engine/instance/memory-budget.ts';
import type { InstanceView, InvocationView } from '../../src/engine/views.ts';
import type { ScriptedInstance, ScriptedRun } from './support/scripted-isolation.ts';
import { TestEngine, type Invoked } from './support/test-engine.ts';
import { flushPromises } from './support/virtual-clock.ts';

/** What a handler does, step by step; the last step settles it, or does not. */
type Step =
  | { readonly kind: 'work'; readonly ms: number }
  /** Calls, and waits for the answer if it says so. */
  | {
      readonly kind: 'call';
      readonly target: number;
      readonly script: Script;
      readonly wait: boolean;
      readonly timeout: number | undefined;
      readonly cancelAfter: number | undefined;
      readonly type: 'Sync' | 'Async';
    };
type Finish =
  | 'return'
  | 'throw'
  /** Never settles, not even when it is aborted. */
  | 'hang'
  /** Settles when it is aborted. */
  | 'until aborted'
  /** Blocks the whole instance: no pings are answered any more. */
  | 'block'
  | 'crash'
  /** An uncaught exception that can be laid to it. */
  | 'uncaught';

interface Script {
  readonly steps: readonly Step[];
  readonly finish: Finish;
}

interface Program {
  /** Instances that the host's memory has room for; then none is kept, so that each can make room for others. */
  readonly room: number | undefined;
  readonly functions: readonly Partial<FunctionDefinition>[];
  /** How the starts of instances go, over and over. */
  readonly starts: readonly ('ready' | 'fail' | 'hang' | 'crash')[];
  readonly invocations: readonly {
    readonly after: number;
    readonly target: number;
    readonly script: Script;
    readonly type: 'Sync' | 'Async';
    readonly timeout: number | undefined;
    readonly cancelAfter: number | undefined;
  }[];
}

const ms = fc.integer({ min: 0, max: 300 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 3 });
const type = fc.oneof(
  { weight: 4, arbitrary: fc.constant('Sync' as const) },
  { weight: 1, arbitrary: fc.constant('Async' as const) },
);
const finish: fc.Arbitrary<Finish> = fc.oneof(
  { weight: 12, arbitrary: fc.constant('return' as const) },
  { weight: 6, arbitrary: fc.constantFrom('throw', 'until aborted') },
  { weight: 4, arbitrary: fc.constantFrom('hang', 'block', 'crash', 'uncaught') },
);

const script = fc.letrec<{ script: Script; step: Step }>((tie) => ({
  step: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.record({ kind: fc.constant('work' as const), ms }),
    fc.record({
      kind: fc.constant('call' as const),
      target: fc.nat(3),
      script: tie('script'),
      wait: fc.boolean(),
      timeout: maybe(ms),
      cancelAfter: maybe(ms),
      type,
    }),
  ),
  script: fc.record({ steps: fc.array(tie('step'), { maxLength: 3 }), finish }),
})).script;

const program: fc.Arbitrary<Program> = fc.record({
  room: maybe(fc.integer({ min: 1, max: 3 })),
  functions: fc.array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          maxInstances: fc.integer({ min: 1, max: 3 }),
          instanceConcurrency: fc.integer({ min: 1, max: 3 }),
          timeout: fc.integer({ min: 1, max: 400 }),
          maxQueueWait: fc.integer({ min: 0, max: 1000 }),
          maxQueue: fc.integer({ min: 0, max: 5 }),
          minInstances: fc.integer({ min: 0, max: 1 }),
          idleTimeout: fc.integer({ min: 0, max: 1000 }),
          initializationTimeout: fc.integer({ min: 20, max: 200 }),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          runMode: fc.constant('LongLived' as const),
          instanceConcurrency: fc.integer({ min: 1, max: 3 }),
          timeout: fc.integer({ min: 1, max: 400 }),
        }),
      },
    ),
    { minLength: 1, maxLength: 4 },
  ),
  starts: fc.array(
    fc.oneof(
      { weight: 8, arbitrary: fc.constant('ready' as const) },
      { weight: 3, arbitrary: fc.constantFrom('fail', 'hang', 'crash') },
    ),
    { minLength: 1, maxLength: 7 },
  ),
  invocations: fc.array(
    fc.record({ after: ms, target: fc.nat(3), script, type, timeout: maybe(ms), cancelAfter: maybe(ms) }),
    { minLength: 1, maxLength: 20 },
  ),
});

const UNKEPT = { runMode: 'OnDemand', minInstances: 0 } as const;

/** ms that nothing of a program can outlive: every deadline, grace and restart is far shorter. */
const LONG = 2_000_000;

describe('the scheduler', () => {
  it('answers every invocation once, never gives out a slot twice, and lets nothing wait for ever', async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(program, async (given) => {
        const played = await play(given);
        for (const line of played.trace) count(seen, line);
        expect(played.problems).toEqual([]);
        expect(played.unanswered, 'without an answer').toEqual([]);
        expect(played.idle, 'idle when all is over').toBe(true);
        expect(played.left, 'left after the close').toEqual({ instances: [], timers: 0 });
      }),
      { numRuns: 1000, seed: 20261122 },
    );
    // The programs have to be worth something: every end that there is, often.
    expect([...seen].filter(([, times]) => times < 50)).toEqual([]);
    expect([...seen.keys()].sort()).toEqual([
      'Cancelled',
      'DeadlineExceeded',
      'DeadlockDetected',
      'Handled',
      'ResourceExhausted',
      'Uncaught: uncaught',
      'Unhandled',
      'a handler went on after its timeout',
      'another function needs its memory (maxMemory)',
      'exited with code 1',
      'it did not start in time',
      'it was idle for its idleTimeout',
      "it was stuck: no answer to a ping within 200 ms after a handler's timeout",
      'ok',
      'the host is stopping',
      'was ended by SIGSEGV',
    ]);
  });

  it('answers every invocation that was not lost with the queue, and leaves nothing, when it is closed at any moment', async () => {
    await fc.assert(
      fc.asyncProperty(program, fc.integer({ min: 0, max: 2000 }), async (given, closeAt) => {
        const played = await play(given, closeAt);
        expect(played.problems).toEqual([]);
        expect(played.unanswered, 'without an answer').toEqual([]);
        expect(played.left, 'left after the close').toEqual({ instances: [], timers: 0 });
      }),
      { numRuns: 300, seed: 20261122 },
    );
  });

  it('does the same thing twice when it is given the same', async () => {
    await fc.assert(
      fc.asyncProperty(program, async (given) => {
        const [once, again] = [await play(given), await play(given)];
        expect(again.trace).toEqual(once.trace);
      }),
      { numRuns: 50, seed: 20261122 },
    );
  });
});

/** The ends of invocations, and the reasons why instances ended. */
function count(seen: Map<string, number>, line: string): void {
  const end = /^settled \S+ (.*)$|^exited \S+: (.*)$/.exec(line);
  const what = end?.[1] ?? end?.[2];
  if (what !== undefined) seen.set(what, (seen.get(what) ?? 0) + 1);
}

interface Played {
  readonly trace: readonly string[];
  readonly problems: readonly string[];
  readonly unanswered: readonly string[];
  readonly idle: boolean;
  readonly left: { readonly instances: readonly string[]; readonly timers: number };
}

/** `closeAt`: the engine is closed at that time, whatever happens then. */
async function play(given: Program, closeAt?: number): Promise<Played> {
  const keys = given.functions.map((_, n) => `S/f${n}`);
  const test = new TestEngine({
    functions: Object.fromEntries(
      given.functions.map((own, n) => [keys[n]!, given.room === undefined ? own : { ...own, ...UNKEPT }]),
    ),
    settings: given.room === undefined ? {} : { maxMemory: given.room * INSTANCE_FLOOR },
  });
  const watch = new Watch(test);
  const actors = new Actors(test, keys, given);
  void test.engine.open();
  const invoked: Invoked[] = [];
  if (closeAt !== undefined) test.clock.setTimeout(() => void test.engine.close(2000), closeAt);
  for (const { after, target, script, type, timeout, cancelAfter } of given.invocations) {
    test.advance(after);
    // Async work is started from promises: time stands still until they have run.
    await flushPromises();
    const call = test.invoke(keys[target % keys.length]!, {
      type,
      payload: actors.payloadFor(script),
      ...(timeout === undefined ? {} : { timeout }),
    });
    invoked.push(call);
    if (cancelAfter !== undefined) test.clock.setTimeout(() => call.cancel(), cancelAfter);
  }
  // Async work comes one piece after the other, each accepted and started from a promise.
  for (let round = 0; round < 500; round += 1) {
    await flushPromises();
    if (round > 0 && test.engine.pending === 0) break;
    test.advance(200_000);
  }
  await flushPromises();
  const unanswered = [
    ...invoked.flatMap((call, n) =>
      call.outcomes.length === 1 ? [] : [`invocation ${n}: ${call.outcomes.length} outcomes`],
    ),
    ...watch.unsettled,
    ...test.isolation.instances.flatMap((instance) =>
      instance.ended
        ? []
        : [...instance.calls.values()]
            .filter(({ end }) => end === undefined)
            .map(({ number }) => `call ${number} of ${instance.name}`),
    ),
  ];
  for (const { invocation, requestId } of invoked) {
    if (invocation !== undefined && invocation.settledAt! > invocation.deadline) {
      watch.problems.push(
        `${requestId} was answered ${invocation.settledAt! - invocation.deadline} ms after its deadline`,
      );
    }
  }
  const idle = await test.isIdle();
  await test.close(LONG);
  const left = { instances: test.isolation.alive, timers: test.clock.pending };
  return { trace: test.trace, problems: watch.problems, unanswered, idle, left };
}

/** Looks at everything that is told, and remembers what must not be. */
class Watch {
  readonly problems: string[] = [];
  readonly #settled = new Map<string, number>();

  constructor(test: TestEngine) {
    const { events } = test;
    events.on('invocation:accepted', (invocation) => {
      const requestId = runOf(invocation);
      // Async work that was throttled has not begun its run, and begins the same one again.
      const again = invocation.type === 'Async' && this.#settled.get(requestId) === 1;
      if (this.#settled.has(requestId) && !again) this.problems.push(`${requestId} was accepted twice`);
      this.#settled.set(requestId, 0);
    });
    events.on('invocation:settled', (invocation) => {
      const requestId = runOf(invocation);
      const times = (this.#settled.get(requestId) ?? 0) + 1;
      this.#settled.set(requestId, times);
      if (times > 1) this.problems.push(`${requestId} settled ${times} times`);
    });
    events.on('invocation:started', (invocation, instance) => {
      const { definition } = invocation;
      const requestId = runOf(invocation);
      const { instanceConcurrency, maxInstances } = definition;
      if (this.#settled.get(requestId) !== 0) this.problems.push(`${requestId} started after it had settled`);
      if (instance.state !== 'ready')
        this.problems.push(`${requestId} started in ${instance.name}, which is ${instance.state}`);
      if (instance.running > instanceConcurrency) this.problems.push(`${instance.running} run in ${instance.name}`);
      const pool = [...test.engine.pools].find((one) => one.definition === definition);
      const serving = (pool?.instances ?? []).filter(isServing);
      if (serving.length > maxInstances) this.problems.push(`${serving.length} instances serve ${definition.key}`);
    });
    events.on('log', ({ source, message }) => {
      if (source === 'host') this.problems.push(message);
    });
  }

  get unsettled(): string[] {
    return [...this.#settled].filter(([, times]) => times === 0).map(([id]) => id);
  }
}

/** Async work has the same id at each of its runs. */
function runOf({ requestId, attempt }: InvocationView): string {
  return attempt === 1 ? requestId : `${requestId}, run ${attempt}`;
}

function isServing({ state }: InstanceView): boolean {
  return state === 'ready' || state === 'suspect' || state === 'starting';
}

/** Plays instances and handlers as the program has them. */
class Actors {
  readonly #test: TestEngine;
  readonly #keys: readonly string[];
  readonly #scripts: Script[] = [];

  constructor(test: TestEngine, keys: readonly string[], given: Program) {
    this.#test = test;
    this.#keys = keys;
    test.isolation.onStart = (instance) => {
      const start = given.starts[(test.isolation.instances.length - 1) % given.starts.length]!;
      instance.onRun = (run) => {
        const script = this.#scripts[Number(run.event)]!;
        this.#later(0, run, () => this.#play(run, script));
      };
      test.clock.setTimeout(() => {
        if (instance.killed || instance.ended) return;
        if (start === 'ready') instance.ready();
        else if (start === 'fail') instance.failToLoad('broken');
        else if (start === 'crash') instance.exit({ kind: 'code', code: 1 });
      }, 10);
    };
  }

  payloadFor(script: Script): string {
    return String(this.#scripts.push(script) - 1);
  }

  #play(run: ScriptedRun, script: Script): void {
    const [step, ...rest] = script.steps;
    const goOn = (): void => this.#play(run, { steps: rest, finish: script.finish });
    if (step === undefined) {
      this.#finish(run, script.finish);
    } else if (step.kind === 'work') {
      this.#later(step.ms, run, goOn);
    } else {
      const call = run.call(this.#keys[step.target % this.#keys.length]!, {
        type: step.type,
        payload: this.payloadFor(step.script),
        ...(step.timeout === undefined ? {} : { timeout: step.timeout }),
      });
      if (step.cancelAfter !== undefined) this.#later(step.cancelAfter, run, () => call.cancel());
      if (!step.wait || call.end !== undefined) this.#later(0, run, goOn);
      else call.onEnd = () => this.#later(0, run, goOn);
    }
  }

  #finish(run: ScriptedRun, how: Finish): void {
    const { instance } = run;
    switch (how) {
      case 'return':
        run.return('value');
        break;
      case 'throw':
        run.throw('error');
        break;
      case 'hang':
        break;
      case 'until aborted':
        if (run.aborted === undefined) run.onAbort = () => this.#later(1, run, () => run.throw('aborted'));
        else run.throw('aborted');
        break;
      case 'block':
        block(instance);
        break;
      case 'crash':
        instance.exit({ kind: 'signal', signal: 'SIGSEGV' });
        break;
      case 'uncaught':
        instance.dying('uncaught', run.number);
        this.#later(1, run, () => instance.exit({ kind: 'code', code: 1 }));
        break;
    }
  }

  /** Unless the instance is blocked or over by then. */
  #later(delay: number, { instance }: ScriptedRun, action: () => void): void {
    this.#test.clock.setTimeout(() => {
      if (instance.behaviour.pongAfter !== undefined && !instance.ended) action();
    }, delay);
  }
}

function block(instance: ScriptedInstance): void {
  instance.behaviour = { ...instance.behaviour, pongAfter: undefined, stopAfter: undefined };
}
