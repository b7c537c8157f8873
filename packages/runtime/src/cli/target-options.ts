/** The options that every command has which talks to a host, and where they lead. */
import { resolveDataDir, type ResolvedConfig } from '../config/resolve.ts';
import type { CliContext } from './context.ts';
import { locateConfig } from './locate-config.ts';

export interface TargetOptions {
  readonly config?: string;
  readonly dataDir?: string;
  readonly json?: boolean;
}

export interface Located {
  /** Absolute. */
  readonly dataDir: string;
  /** Undefined: it was not needed to find the data directory. */
  readonly config: ResolvedConfig | undefined;
}

/**
 * Finds the data directory. A configuration is read when it was named, or when nothing but it tells the directory: what runs
 * is the host's, so a directory without its configuration can be looked at, too.
 *
 * @throws ConfigError
 */
export async function locateDataDir(options: TargetOptions, context: CliContext): Promise<Located> {
  const { config: file, dataDir } = options;
  const { facts } = context;
  const named = dataDir ?? facts.hostEnv['EDGEFC_DATA_DIR'] ?? '';
  if (file === undefined && named !== '') {
    const where = { ...facts, baseDir: facts.cwd, ...(dataDir === undefined ? {} : { dataDir }) };
    return { dataDir: resolveDataDir(undefined, where), config: undefined };
  }
  const config = await locateConfig(options, context);
  return { dataDir: config.definition.settings.dataDir, config };
}
