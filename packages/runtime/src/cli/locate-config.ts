/** The configuration a command works with: the one that was named, or the one in the current directory. */
import { enableCompileCache } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { findConfig } from '../config/find.ts';
import { loadConfig } from '../config/load.ts';
import { resolveDataDir, type ResolvedConfig } from '../config/resolve.ts';
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
  if (/\.m?ts$/.test(file)) {
    // Stripping the types of a configuration takes Node 33 ms of a start of 100 (2026-11-22, Node 24.21, medians); its
    // compile cache keeps the result, keyed by the content. Where the directory cannot be written nothing happens.
    const baseDir = dirname(resolve(facts.cwd, file));
    const dataDirContext = { ...facts, baseDir, ...(dataDir === undefined ? {} : { dataDir }) };
    enableCompileCache(join(resolveDataDir(undefined, dataDirContext), 'compile-cache'));
  }
  const config = await loadConfig(file, facts, dataDir === undefined ? {} : { dataDir });
  await reportProblems(config.warnings, 'warning', context);
  return config;
}
