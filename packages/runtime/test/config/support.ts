/** Configurations for tests: a directory with a file in it and a function's folder beside it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostFacts } from '../../src/config/host-facts.ts';
import { loadConfig } from '../../src/config/load.ts';
import { ConfigError, formatProblem } from '../../src/config/problems.ts';
import type { ResolvedConfig } from '../../src/config/resolve.ts';
import type { EdgefcConfig } from '../../src/config/types.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { hostFacts } from './host-facts-of-tests.ts';

export interface ConfigDirectory {
  readonly directory: string;
  write(name: string, text: string): void;
  /** Loads `edgefc.config.json` with this text (or of this value). */
  load(
    config: string | EdgefcConfig,
    options?: { facts?: Partial<HostFacts>; dataDir?: string },
  ): Promise<ResolvedConfig>;
  /** The lines that it fails with, or the warnings; the directory is shown as `<dir>`. */
  complaints(config: string | EdgefcConfig): Promise<string[]>;
}

/** A directory with an empty `code/` folder, gone after the test. */
export function makeConfigDirectory(): ConfigDirectory {
  const directory = makeTempDir();
  mkdirSync(join(directory, 'code'));
  const write = (name: string, text: string): void => {
    writeFileSync(join(directory, name), text);
  };
  const load: ConfigDirectory['load'] = (config, { facts, dataDir } = {}) => {
    write('edgefc.config.json', typeof config === 'string' ? config : JSON.stringify(config));
    return loadConfig('edgefc.config.json', hostFacts(directory, facts), dataDir === undefined ? {} : { dataDir });
  };
  const shown = (text: string): string => text.replaceAll(directory, '<dir>');
  return {
    directory,
    write,
    load,
    async complaints(config) {
      try {
        const { warnings } = await load(config);
        return warnings.map((warning) => shown(`warning: ${formatProblem(warning)}`));
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        return [
          ...error.warnings.map((warning) => shown(`warning: ${formatProblem(warning)}`)),
          ...error.problems.map((problem) => shown(formatProblem(problem))),
        ];
      }
    },
  };
}

/** A configuration file of one function, its settings a line each, the first one on line 5. */
export function oneFunction(...settings: readonly string[]): string {
  return [
    '{',
    '  "services": {',
    '    "EdgeFC": {',
    '      "functions": { "helloworld": {',
    ['"codeUri": "./code"', ...settings].map((setting) => `        ${setting}`).join(',\n'),
    '      } }',
    '    }',
    '  }',
    '}',
  ].join('\n');
}
