/**
 * What a conformance suite is made of: plain data, so that any runner can run it.
 *
 * A case says what the port requires, and which rule that stands for: an invariant of the design (I1 to I9), a sentence of the
 * contract, or the port's own words. It throws an AssertionError that names all three.
 */
import { Check } from './check.ts';

export interface ConformanceCase {
  /** A sentence about behaviour. */
  readonly name: string;
  /** What it stands for: `I2: an Async id is given out only after …`. */
  readonly rule: string;
  /** Rejects with an AssertionError when the rule is broken, and with whatever the adapter threw. */
  readonly run: () => Promise<void>;
}

/** What registers tests: of Vitest, Jest or node:test. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  it(name: string, test: () => Promise<void>): unknown;
}

/**
 * Registers `cases` with a test runner, one test each, under the rules that they stand for.
 *
 * Give the runner 30 s for a test: a case waits 15 s for what has to happen, and then says what did not.
 *
 * @param cases - of {@link queueConformance}, {@link isolationConformance} or {@link transportConformance}, all or some of them
 * @param runner - `describe` and `it` of the runner
 * @param title - names the adapter in the report
 * @example Vitest (with `test: { testTimeout: 30_000 }` in its configuration)
 * import { describe, it } from 'vitest';
 * import { queueConformance, runConformance } from '@edgefc/testkit/conformance';
 * runConformance(queueConformance({ survives: 'kill', storage: () => new MyStorage() }), { describe, it }, 'MyQueue');
 * @example Jest (with `testTimeout: 30_000` in its configuration)
 * const { queueConformance, runConformance } = require('@edgefc/testkit/conformance');
 * runConformance(queueConformance({ survives: 'kill', storage: () => new MyStorage() }), { describe, it }, 'MyQueue');
 * @example node:test (`node --test --test-timeout=30000`)
 * import { describe, it } from 'node:test';
 * import { queueConformance, runConformance } from '@edgefc/testkit/conformance';
 * runConformance(queueConformance({ survives: 'kill', storage: () => new MyStorage() }), { describe, it }, 'MyQueue');
 * @example Any other runner: a case is data
 * for (const { rule, name, run } of queueConformance(options)) myTest(`${rule}: ${name}`, run);
 */
export function runConformance(cases: readonly ConformanceCase[], runner: TestRunner, title: string): void {
  runner.describe(title, () => {
    for (const rule of new Set(cases.map((one) => one.rule))) {
      runner.describe(rule, () => {
        for (const one of cases) if (one.rule === rule) runner.it(one.name, one.run);
      });
    }
  });
}

/** How a suite writes its cases down: `S` is what each is given, made anew for it and taken down after it. */
export type CaseWriter<S> = (
  rule: string,
  name: string,
  body: (subject: S, check: Check) => Promise<void>,
) => ConformanceCase;

/** `prepare` makes what a case works on, and what takes that down whatever came of it. */
export function writeCases<S>(
  port: string,
  prepare: (check: Check) => Promise<{ readonly subject: S; readonly release: () => Promise<void> }>,
): CaseWriter<S> {
  return (rule, name, body) => ({
    name,
    rule,
    run: async () => {
      const check = new Check(port, rule);
      const { subject, release } = await prepare(check);
      const takeDown = (): Promise<void> => check.soon(release(), 'an adapter can be closed after a case');
      try {
        await body(subject, check);
      } catch (error) {
        // What the case found is told, and not what came of it.
        await takeDown().catch(() => undefined);
        throw error;
      }
      await takeDown();
    },
  });
}
