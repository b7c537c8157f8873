/**
 * Loads a configuration file: JSON is parsed, TypeScript and JavaScript are imported as Node does, without a build.
 */
import { readFile } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { evaluateConfig } from './evaluate.ts';
import { CONFIG_NAMES } from './find.ts';
import type { HostFacts } from './host-facts.ts';
import { readJson } from './json.ts';
import { ConfigError, type ConfigProblem } from './problems.ts';
import { resolveUnknown, type ResolvedConfig } from './resolve.ts';
import { scanSource, type ConfigSource } from './source.ts';

const TYPES: readonly string[] = CONFIG_NAMES.map((name) => extname(name));

/**
 * Loads and resolves the configuration in `file`, which is relative to `facts.cwd`. Paths in it are relative to where
 * it was named, not to where a symbolic link leads.
 *
 * @throws ConfigError with every problem
 */
export async function loadConfig(
  file: string,
  facts: HostFacts,
  options: { readonly dataDir?: string } = {},
): Promise<ResolvedConfig> {
  const { value, ...place } = await readConfig(file, facts.cwd);
  return resolveUnknown(value, { ...facts, ...options, ...place });
}

/** A configuration as its author wrote it, not yet checked. */
export interface WrittenConfig {
  readonly value: unknown;
  /** What paths in it are relative to. */
  readonly baseDir: string;
  /** Where its keys stand. */
  readonly source?: ConfigSource;
}

/**
 * Reads the configuration in `file`, which is relative to `cwd`.
 *
 * @throws ConfigError when it cannot be read or does not load
 */
export async function readConfig(file: string, cwd: string): Promise<WrittenConfig> {
  const path = resolve(cwd, file);
  const text = await readConfigFile(file, path);
  const value = extname(file) === '.json' ? parseJson(file, text) : await evaluateConfig(file, path, text);
  return { value, baseDir: dirname(path), source: scanSource(file, text) };
}

async function readConfigFile(file: string, path: string): Promise<string> {
  if (!TYPES.includes(extname(file))) {
    throw failure({
      file,
      message: `cannot tell what kind of configuration this is, allowed a name that ends in ${TYPES.join(', ')}`,
    });
  }
  try {
    return (await readFile(path, 'utf8')).replace(/^\ufeff/, '');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const why = code === 'ENOENT' ? `there is no such file (${path})` : `cannot be read: ${String(error)}`;
    throw failure({ file, message: why }, error);
  }
}

function parseJson(file: string, text: string): unknown {
  const reading = readJson(text);
  if (reading.ok) return reading.value;
  throw failure({ file, line: reading.line, message: reading.message });
}

function failure(problem: Partial<ConfigProblem> & { file: string; message: string }, cause?: unknown): ConfigError {
  return new ConfigError([{ line: undefined, key: '', ...problem }], { cause });
}
