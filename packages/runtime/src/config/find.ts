/** Finds the configuration of a directory, when nobody named one. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from './problems.ts';

/** The names that are looked for. */
export const CONFIG_NAMES: readonly string[] = ['ts', 'mts', 'js', 'mjs', 'cjs', 'json'].map(
  (type) => `edgefc.config.${type}`,
);

/**
 * The configuration file of `directory`, by its name alone.
 *
 * @throws ConfigError when there is none, or more than one
 */
export function findConfig(directory: string): string {
  const [found, another] = CONFIG_NAMES.filter((name) => existsSync(join(directory, name)));
  if (found === undefined) {
    throw fail(
      `no configuration in ${directory}: looked for ${CONFIG_NAMES.join(', ')}; name one with --config <file>`,
    );
  }
  if (another !== undefined) {
    throw fail(
      `both ${found} and ${another} are in ${directory}; remove one, or name the one you mean with --config <file>`,
    );
  }
  return found;
}

function fail(message: string): ConfigError {
  return new ConfigError([{ file: undefined, line: undefined, key: '', message }]);
}
