/**
 * `edgefc systemd`: prints the unit for the host of one configuration on this machine; what has to be done with it stands
 * in its head. The configuration is loaded, as a service would see it: the unit's limits and times follow from it.
 */
import { createRequire } from 'node:module';
import { lstatSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { findConfig } from '../../config/find.ts';
import { loadConfig } from '../../config/load.ts';
import type { FunctionDefinition } from '../../engine/definition.ts';
import { print, type CliContext } from '../context.ts';
import { ExitCode } from '../exit-codes.ts';
import { readVersion } from '../read-version.ts';
import { reportProblems } from '../report-errors.ts';
import { UsageError } from '../usage-error.ts';
import { formatUnit, MEMORY_SHARE } from './unit.ts';

export interface SystemdOptions {
  readonly config?: string;
  readonly dataDir?: string;
  readonly user: string;
  readonly name: string;
}

/** @throws ConfigError, UsageError */
export async function systemd(options: SystemdOptions, context: CliContext): Promise<number> {
  const name = checkName('--name', options.name);
  const user = checkName('--user', options.user);
  const { facts } = context;
  const file = options.config ?? findConfig(facts.cwd);
  const stateDirectory = `/var/lib/${name}`;
  const { EDGEFC_DATA_DIR: _ours, ...env } = facts.hostEnv;
  // What the service will find: not this shell's data directory, and the memory that its own limit leaves.
  const asService = {
    ...facts,
    hostEnv: { ...env, STATE_DIRECTORY: stateDirectory },
    totalMemory: facts.totalMemory * MEMORY_SHARE,
  };
  const { dataDir: named } = options;
  const { definition, warnings } = await loadConfig(file, asService, named === undefined ? {} : { dataDir: named });
  await reportProblems(warnings, 'warning', context);
  const { settings, functions } = definition;
  const config = resolve(facts.cwd, file);
  const main = join(dirname(createRequire(import.meta.url).resolve('@edgefc/runtime/package.json')), 'dist', 'main.js');
  const { dataDir } = settings;
  const unit = formatUnit({
    version: readVersion(),
    name,
    user,
    execPath: context.execPath,
    main,
    config,
    dataDir: dataDir === stateDirectory ? undefined : dataDir,
    isDataDirNamed: named !== undefined,
    codeUris: [...new Set(functions.map(({ codeUri }) => codeUri))],
    gracePeriod: settings.gracePeriod,
    maxMemory: settings.maxMemory,
    totalMemory: facts.totalMemory,
    instances: functions.reduce((sum, definition) => sum + mostInstances(definition), 0),
  });
  await warnOf([context.execPath, main, config], user, context);
  await print(context.stdout, unit);
  return ExitCode.Ok;
}

function mostInstances({ runMode, maxInstances }: FunctionDefinition): number {
  return runMode === 'LongLived' ? 1 : maxInstances;
}

/** A name that means the same to systemd, to a shell and as a folder of /var/lib. */
function checkName(option: string, name: string): string {
  if (/^[a-z_][a-z0-9_-]{0,30}$/.test(name)) return name;
  throw new UsageError(
    `${option}: found ${JSON.stringify(name)}, allowed up to 31 of a-z, 0-9, _ and -, the first a letter or _`,
  );
}

/** What would keep the service from starting, or one day end it, and can be seen from here. */
async function warnOf(paths: readonly string[], user: string, { stderr }: CliContext): Promise<void> {
  const warnings: string[] = [];
  for (const path of paths) {
    if (/\/_npx\//.test(path)) {
      warnings.push(
        `${path} is in npx's cache, which may be emptied; install @edgefc/runtime beside the configuration`,
      );
    }
    const closed = user === 'root' ? undefined : closedFolderOf(path);
    if (closed !== undefined) {
      warnings.push(
        `${path}: ${closed} is closed to other users; ${user} has to get through, or it has to lie elsewhere`,
      );
    }
  }
  await print(stderr, warnings.map((warning) => `warning: ${warning}\n`).join(''));
}

/** The first folder on the way to `path` that only its owner, and perhaps his group, may pass. */
function closedFolderOf(path: string): string | undefined {
  const folders: string[] = [];
  for (let folder = dirname(path); folder !== '/' && folder !== '.'; folder = dirname(folder)) folders.unshift(folder);
  return folders.find((folder) => {
    const found = lstatSync(folder, { throwIfNoEntry: false });
    return found?.isDirectory() === true && (found.mode & 0o001) === 0;
  });
}
