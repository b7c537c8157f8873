/**
 * Loaded by Jest in `setupFilesAfterEnv` (the preset of `@edgefc/testkit/jest` says so), gives its global `expect` the matchers
 * for test hosts, and `jest.Matchers` their types. With `injectGlobals: false`: `expect.extend(matchers)` in a setup file of
 * your own, with `matchers` from `@edgefc/testkit`.
 */
import { matchers, type EdgefcMatchers } from './assert/matchers.ts';

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- because the global types of Jest are one
  namespace jest {
    // eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unused-vars -- because an augmentation can only extend, with the same parameters
    interface Matchers<R, T = {}> extends EdgefcMatchers<R> {}
  }
}

interface JestGlobal {
  readonly expect?: { extend(matchers: object): void };
}

const { expect } = globalThis as JestGlobal;
if (expect === undefined) {
  throw new Error(
    '@edgefc/testkit/matchers/jest found no global expect: name it in setupFilesAfterEnv (setupFiles is too early); with injectGlobals: false, call expect.extend(matchers) with the matchers of @edgefc/testkit',
  );
}
expect.extend(matchers);
