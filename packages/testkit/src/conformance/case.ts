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
 * Registers `cases` with a test runner, one test each.
 *
 * @param title - names the adapter in the report
 * @example
 * import { describe, it } from 'node:test';
 * runConformance(queueConformance({ survives: 'kill', storage: () => new MyStorage() }), { describe, it }, 'MyQueue');
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
  prepare: () => Promise<{ readonly subject: S; readonly release: () => Promise<void> }>,
): CaseWriter<S> {
  return (rule, name, body) => ({
    name,
    rule,
    run: async () => {
      const { subject, release } = await prepare();
      try {
        await body(subject, new Check(port, rule));
      } finally {
        await release();
      }
    },
  });
}
