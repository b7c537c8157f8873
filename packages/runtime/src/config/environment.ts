/**
 * The environment a function sees: its own variables, its file's, and those of the host that it may see. Nothing
 * else of the host's reaches it, and no `.env` loads by itself.
 */

/** Host variables that every function sees: where programs are, and what place, language and time it is. */
const ALWAYS_PASSED = ['PATH', 'HOME', 'TZ', 'LANG', 'NODE_ENV'] as const;

export interface EnvironmentParts {
  readonly hostEnv: Readonly<Record<string, string | undefined>>;
  /** Names of further host variables. */
  readonly passEnv: readonly string[];
  readonly envFile: Readonly<Record<string, string>>;
  readonly environmentVariables: Readonly<Record<string, string>>;
}

/** Joins the parts; what is configured wins over the file, the file over the host. */
export function buildEnvironment(parts: EnvironmentParts): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of [...ALWAYS_PASSED, ...parts.passEnv]) {
    const value = parts.hostEnv[name];
    if (value !== undefined) environment[name] = value;
  }
  return Object.assign(environment, parts.envFile, parts.environmentVariables);
}
