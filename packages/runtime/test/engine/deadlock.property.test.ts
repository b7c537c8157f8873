/**
 * Deadlock detection against a model that knows nothing of graphs: it plays every handler that could go on to its end,
 * again and again, and looks who still waits when nothing moves any more.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InvocationView } from '../../src/engine/views.ts';
import type { ScriptedCall, ScriptedRun } from './support/scripted-isolation.ts';
import { TestEngine } from './support/test-engine.ts';

/** One step of a program; numbers choose among what is there at the time. */
type Step =
  | { readonly kind: 'invoke'; readonly target: number }
  | { readonly kind: 'call'; readonly run: number; readonly target: number }
  | { readonly kind: 'return'; readonly run: number }
  | { readonly kind: 'cancel'; readonly run: number; readonly call: number };

interface Shape {
  readonly maxInstances: number;
  readonly instanceConcurrency: number;
}

const index = fc.nat(11);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('invoke' as const), target: index }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('call' as const), run: index, target: index }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('return' as const), run: index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), run: index, call: index }) },
);
const shapes = fc.array(
  fc.record({ maxInstances: fc.integer({ min: 1, max: 2 }), instanceConcurrency: fc.integer({ min: 1, max: 2 }) }),
  { minLength: 1, maxLength: 4 },
);

describe('deadlock detection', () => {
  it('refuses exactly the calls that could never get a slot', () => {
    const seen = { refused: 0, waited: 0 };
    fc.assert(
      fc.property(shapes, fc.array(step, { minLength: 5, maxLength: 40 }), (functions, steps) => {
        const world = new World(functions);
        for (const one of steps) world.play(one);
        seen.refused += world.refusals;
        seen.waited += world.waits;
      }),
      { numRuns: 1500, seed: 20261122 },
    );
    // The programs have to be worth something: plenty of both kinds.
    expect(seen.refused).toBeGreaterThan(500);
    expect(seen.waited).toBeGreaterThan(500);
  });
});

/** What the model knows of an invocation, from events and from the handlers' own doing. */
interface Known {
  readonly id: string;
  readonly target: number;
  readonly parent: Known | undefined;
  state: 'waiting' | 'running' | 'over';
  answered: boolean;
}

class World {
  readonly #shapes: readonly Shape[];
  readonly #test: TestEngine;
  readonly #known = new Map<string, Known>();
  readonly #calls = new Map<ScriptedRun, ScriptedCall[]>();
  /** The bus keeps what a listener throws to itself, so it is collected. */
  readonly #wronglyRefused: string[] = [];
  refusals = 0;
  waits = 0;

  constructor(functions: readonly Shape[]) {
    this.#shapes = functions;
    this.#test = new TestEngine({
      functions: Object.fromEntries(
        functions.map((shape, n) => [`S/f${n}`, { ...shape, timeout: 1e9, maxQueueWait: 1e9, idleTimeout: 1e9 }]),
      ),
      behaviour: { readyAfter: 0 },
    });
    const { events } = this.#test;
    events.on('invocation:accepted', (view) => {
      const parent = view.parent === undefined ? undefined : this.#get(view.parent);
      const target = Number(view.definition.name.slice(1));
      this.#known.set(view.requestId, { id: view.requestId, target, parent, state: 'waiting', answered: false });
    });
    events.on('invocation:started', (view) => {
      this.#get(view).state = 'running';
    });
    events.on('invocation:settled', (view) => {
      const known = this.#get(view);
      if (view.outcome?.kind === 'refused' && view.outcome.code === 'DeadlockDetected') {
        this.refusals += 1;
        if (this.#servable().has(known)) this.#wronglyRefused.push(view.requestId);
      }
      known.answered = true;
      if (known.state === 'waiting') known.state = 'over';
    });
  }

  play(one: Step): void {
    switch (one.kind) {
      case 'invoke':
        this.#test.invoke(`S/f${one.target % this.#shapes.length}`);
        break;
      case 'call':
        this.#withRun(one.run, (run) => {
          const call = run.call(`S/f${one.target % this.#shapes.length}`);
          this.#calls.set(run, [...(this.#calls.get(run) ?? []), call]);
        });
        break;
      case 'return':
        this.#withRun(one.run, (run) => {
          this.#known.get(run.requestId)!.state = 'over';
          run.return();
        });
        break;
      case 'cancel':
        this.#withRun(one.run, (run) => {
          const open = (this.#calls.get(run) ?? []).filter(({ end }) => end === undefined);
          if (open.length > 0) open[one.call % open.length]!.cancel();
        });
        break;
    }
    this.#test.advance(0);
    this.#check();
  }

  /** Everybody who waits can be served. */
  #check(): void {
    expect(this.#wronglyRefused, 'refused, although they could have got a slot').toEqual([]);
    const servable = this.#servable();
    for (const known of this.#known.values()) {
      if (known.state !== 'waiting') continue;
      if (known.parent !== undefined) this.waits += 1;
      expect(servable.has(known), `${known.id} waits for ever for f${known.target}`).toBe(true);
    }
  }

  /** Those that get a slot when everybody who can go on does, and goes on to its end. */
  #servable(): Set<Known> {
    const played = [...this.#known.values()].filter(({ state }) => state !== 'over');
    const running = new Set(played.filter(({ state }) => state === 'running'));
    const waiting = new Set(played.filter(({ state }) => state === 'waiting'));
    const answered = new Set(played.filter((known) => known.answered));
    const served = new Set<Known>();
    // A handler goes on when it never waited, when one of its calls is answered, or when it was told to stop.
    const open = new Map<Known, Known[]>(
      [...running].map((known) => [known, played.filter((call) => call.parent === known && !call.answered)]),
    );
    for (let moved = true; moved;) {
      moved = false;
      for (const known of [...running]) {
        const calls = open.get(known) ?? [];
        if (calls.length > 0 && !answered.has(known) && !calls.some((call) => answered.has(call))) continue;
        running.delete(known);
        answered.add(known);
        moved = true;
      }
      for (const known of [...waiting]) {
        if (countIn(running, known.target) >= slotsOf(this.#shapes[known.target]!)) continue;
        waiting.delete(known);
        running.add(known);
        served.add(known);
        moved = true;
      }
    }
    return served;
  }

  #withRun(n: number, action: (run: ScriptedRun) => void): void {
    const { runs } = this.#test;
    if (runs.length > 0) action(runs[n % runs.length]!);
  }

  #get(view: InvocationView): Known {
    return this.#known.get(view.requestId)!;
  }
}

function countIn(running: ReadonlySet<Known>, target: number): number {
  let count = 0;
  for (const known of running) if (known.target === target) count += 1;
  return count;
}

function slotsOf({ maxInstances, instanceConcurrency }: Shape): number {
  return maxInstances * instanceConcurrency;
}
