/**
 * Imported in Vitest, gives its `expect` the matchers for test hosts, and their types. The plugin of `@edgefc/testkit/vitest`
 * does so before every test file.
 *
 * @example
 * import '@edgefc/testkit/matchers/vitest';
 * expect(host).toHaveInvoked('EdgeFC/helloworld', { payload: expect.stringContaining('Invoker') });
 */
import { expect } from 'vitest';
import { matchers, type EdgefcMatchers } from './assert/matchers.ts';

declare module 'vitest' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unused-vars -- because an augmentation can only extend, with the same parameters
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends EdgefcMatchers<R> {}
}

expect.extend(matchers);
