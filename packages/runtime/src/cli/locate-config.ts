/** The configuration a command works with: the one that was named, or the one in the current directory. */
import { findConfig } from '../config/find.ts';
import { loadConfig } from '../config/load.ts';
import type { ResolvedConfig } from '../config/resolve.ts';
import type { CliContext } from './context.ts';
import { reportProblems } from './report-errors.ts';

/**
 * Loads it, and prints its warnings.
 *
 * @throws ConfigError
 */
export async function locateConfig(
  options: { readonly config?: string; readonly dataDir?: string },
  context: CliContext,
): Promise<ResolvedConfig> {
  const { facts } = context;
  const { config: file = findConfig(facts.cwd), dataDir } = options;
  const config = await loadConfig(file, facts, dataDir === undefined ? {} : { dataDir });
  await reportProblems(config.warnings, 'warning', context);
  return config;
}
