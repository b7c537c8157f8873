/** A case that cannot fail shows nothing: each has an adapter that breaks what it is about. */
import { AssertionError } from 'node:assert';
import { describe, expect, it } from 'vitest';
import type { ConformanceCase } from '../../../src/conformance/case.ts';

/**
 * @param cases - of an adapter that breaks the promise of the case of this name
 * @param sabotages - by the name of the case that has to see it
 */
export function expectEachRed<S>(
  port: string,
  cases: (sabotage: S) => readonly ConformanceCase[],
  sabotages: Readonly<Record<string, S>>,
  unbroken: S,
): void {
  describe(`each case of the ${port} suite`, () => {
    it('has an adapter here that breaks what it is about', () => {
      expect(Object.keys(sabotages).sort()).toEqual(
        cases(unbroken)
          .map(({ name }) => name)
          .sort(),
      );
    });

    for (const [name, sabotage] of Object.entries(sabotages)) {
      it(`fails with its rule on an adapter that breaks it: ${name}`, async () => {
        const found = cases(sabotage).find((one) => one.name === name);
        if (found === undefined) throw new Error(`the suite has no case "${name}"`);
        const failure = await found.run().then(
          () => undefined,
          (error: unknown) => error,
        );
        expect(failure).toBeInstanceOf(AssertionError);
        expect((failure as AssertionError).message).toContain(`the ${port} port requires: `);
        expect((failure as AssertionError).message).toContain(`rule: ${found.rule}`);
      });
    }
  });
}
