/**
 * The line of configuration for Vitest. With it `expect(host)` has the matchers, a failing test shows what happened, and handlers
 * which a test imports find the SDK: Vite resolves what ES modules import before Node is asked, and does not know its names.
 *
 * @example
 * // vitest.config.ts
 * import { edgefc } from '@edgefc/testkit/vitest';
 * export default { plugins: [edgefc()] };
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { SDK_NAMES } from '@edgefc/runtime/testing';
import { HOME } from './isolation/home.ts';

/** Of Vite's plugin interface, what is used. */
export interface EdgefcPlugin {
  readonly name: string;
  readonly enforce: 'pre';
  config(): { test: { setupFiles: string[] } };
  resolveId(this: ResolveContext, source: string): Promise<{ id: string } | null>;
}

interface ResolveContext {
  resolve(source: string, importer?: string, options?: { skipSelf?: boolean }): Promise<{ id: string } | null>;
}

export function edgefc(): EdgefcPlugin {
  const home = fileURLToPath(HOME);
  return {
    name: 'edgefc',
    enforce: 'pre',
    config: () => ({ test: { setupFiles: [createRequire(home).resolve('@edgefc/testkit/vitest/setup')] } }),
    async resolveId(source) {
      const name = SDK_NAMES.get(source);
      // As the testkit finds it: a function need not have it installed.
      return name === undefined ? null : this.resolve(name, home, { skipSelf: true });
    },
  };
}
