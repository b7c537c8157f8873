/** The function a TypeScript or JavaScript configuration wraps itself in, for the editor's sake. */
import type { EdgefcConfig } from './types.ts';

/**
 * Gives `config` its type; returns it unchanged.
 *
 * @example
 * import { defineConfig } from '@edgefc/runtime';
 *
 * export default defineConfig({
 *   services: { EdgeFC: { functions: { helloworld: { codeUri: './helloworld', timeout: '5s' } } } },
 * });
 */
export function defineConfig(config: EdgefcConfig): EdgefcConfig {
  return config;
}
