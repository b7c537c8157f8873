/** One function of the configuration, with every setting filled in. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { functionKey, parseTarget } from '@edgefc/sdk/internal';
import type { FunctionDefinition } from '../engine/definition.ts';
import { parseEnvFile } from './env-file.ts';
import { buildEnvironment } from './environment.ts';
import type { HostFacts } from './host-facts.ts';
import type { Layers } from './layers.ts';
import { showValue } from './problems.ts';
import type { Report } from './report.ts';
import { resolveAsync } from './resolve-async.ts';
import { resolveTimers } from './resolve-timers.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const MB = 1024 ** 2;

/** What a function gets that nobody configured (types.ts says so to people). */
const DEFAULTS = {
  handler: 'index.handler',
  isolation: 'process',
  runMode: 'OnDemand',
  timeout: 5 * SECOND,
  initializationTimeout: 30 * SECOND,
  maxQueueWait: 60 * SECOND,
  memorySize: 512 * MB,
  instanceConcurrency: 1,
  minInstances: 0,
  maxQueue: 1000,
  idleTimeout: 5 * MINUTE,
} as const;

/** More instances than this pay only for functions that mostly wait, and then `instanceConcurrency` is cheaper. */
const MOST_INSTANCES_BY_DEFAULT = 4;

/** The last of Node's versions that went on after an unhandled rejection is 14, the last such FC runtime nodejs12. */
const WARNING_RUNTIME = /^nodejs(?:6|8|10|12)(?:\.|$)|^nodejs(?:7|9|11)(?:\.|$)/;

export interface FunctionPlace {
  readonly service: string;
  readonly name: string;
  /** Where its entry stands. */
  readonly path: readonly string[];
  readonly layers: Layers;
}

export interface FunctionContext {
  readonly facts: Pick<HostFacts, 'hostEnv' | 'cpus'>;
  /** What `codeUri` and `envFile` are relative to. */
  readonly baseDir: string;
  /** Bytes that an Async payload may have. */
  readonly maxAsyncPayload: number;
  readonly report: Report;
}

/** Resolves one function but for its destinations, which name others; what is wrong goes to the report. */
export function resolveFunction(place: FunctionPlace, context: FunctionContext): FunctionDefinition {
  const { service, name, layers } = place;
  const key = functionKey(service, name);
  const runtime = layers.find('runtime')?.value;
  const instanceConcurrency = layers.value('instanceConcurrency', DEFAULTS.instanceConcurrency);
  const instances = resolveInstances(place, context);
  const timers = layers.find('timers');
  return {
    service,
    name,
    key,
    id: resolveId(place, key, context),
    codeUri: resolveCodeUri(place, context),
    handler: layers.value('handler', DEFAULTS.handler),
    initializer: layers.find('initializer')?.value,
    preStop: layers.find('preStop')?.value,
    isolation: layers.value('isolation', DEFAULTS.isolation),
    timeout: layers.value('timeout', DEFAULTS.timeout),
    initializationTimeout: layers.value('initializationTimeout', DEFAULTS.initializationTimeout),
    maxQueueWait: layers.value('maxQueueWait', DEFAULTS.maxQueueWait),
    memorySize: layers.value('memorySize', DEFAULTS.memorySize),
    instanceConcurrency,
    ...instances,
    maxQueue: layers.value('maxQueue', DEFAULTS.maxQueue),
    idleTimeout: layers.value('idleTimeout', DEFAULTS.idleTimeout),
    onUnhandledRejection: layers.value(
      'onUnhandledRejection',
      runtime !== undefined && WARNING_RUNTIME.test(runtime) ? 'warn' : 'exit',
    ),
    environment: resolveEnvironment(place, context),
    ...resolveAsync({ layers, slots: instances.maxInstances * instanceConcurrency }, context.report),
    onSuccess: undefined,
    onFailure: undefined,
    timers:
      timers === undefined
        ? []
        : resolveTimers(
            { path: timers.path, timers: timers.value, maxPayload: context.maxAsyncPayload },
            context.report,
          ),
  };
}

function resolveId({ path, layers }: FunctionPlace, key: string, { report }: FunctionContext): string | undefined {
  const id = layers.find('functionId')?.value;
  if (id === undefined) return undefined;
  const target = parseTarget(id);
  if (target.kind === 'name' && functionKey(target.service, target.function) !== key) {
    report.problem(
      [...path, 'functionId'],
      `found ${showValue(id)}, which reads as the name of the function ${functionKey(target.service, target.function)}; ` +
        'allowed an id that no name or ARN looks like',
    );
  }
  return id;
}

function resolveCodeUri({ path, layers }: FunctionPlace, { baseDir, report }: FunctionContext): string {
  const found = layers.find('codeUri');
  if (found === undefined) {
    report.problem(
      [...path, 'codeUri'],
      "found nothing, allowed the directory of the function's code, relative to this file, such as './helloworld'",
    );
    return baseDir;
  }
  const directory = resolve(baseDir, found.value);
  const stats = statSync(directory, { throwIfNoEntry: false });
  if (stats?.isDirectory() !== true) {
    const what = stats === undefined ? 'does not exist' : 'is not a directory';
    report.problem(found.path, `found ${showValue(found.value)}, but ${directory} ${what}; allowed a directory`);
  }
  return directory;
}

type Instances = Pick<FunctionDefinition, 'runMode' | 'minInstances' | 'maxInstances'>;

function resolveInstances({ path, layers }: FunctionPlace, { facts, report }: FunctionContext): Instances {
  const runMode = layers.find('runMode');
  if (runMode?.value === 'LongLived') {
    for (const key of ['minInstances', 'maxInstances'] as const) {
      const found = layers.find(key);
      // A default from farther away is meant for functions of the other kind, and does not count.
      if (found === undefined || found.value === 1 || found.rank < runMode.rank) continue;
      report.problem(found.path, `found ${found.value}, allowed 1: a LongLived function has exactly one instance`);
    }
    return { runMode: 'LongLived', minInstances: 1, maxInstances: 1 };
  }
  const minInstances = layers.value('minInstances', DEFAULTS.minInstances);
  const maxInstances =
    layers.find('maxInstances')?.value ?? Math.max(minInstances, Math.min(facts.cpus, MOST_INSTANCES_BY_DEFAULT));
  if (minInstances > maxInstances) {
    report.problem(
      layers.find('minInstances')?.path ?? path,
      `found ${minInstances}, allowed at most maxInstances, which is ${maxInstances}`,
    );
  }
  return { runMode: runMode?.value ?? DEFAULTS.runMode, minInstances, maxInstances };
}

function resolveEnvironment(
  { layers }: FunctionPlace,
  { facts, baseDir, report }: FunctionContext,
): Record<string, string> {
  const environmentVariables: Record<string, string> = {};
  for (const { value, path } of layers.findAll('environmentVariables')) {
    for (const name of Object.keys(value)) {
      if (name !== '' && !/[=\0]/.test(name)) continue;
      report.problem(
        [...path, name],
        `found the name ${showValue(name)}, allowed a name without "=" that is not empty`,
      );
    }
    for (const [name, text] of Object.entries(value)) {
      if (text.includes('\0'))
        report.problem([...path, name], 'found a text with a NUL character, which no variable can hold');
    }
    Object.assign(environmentVariables, value);
  }
  return buildEnvironment({
    hostEnv: facts.hostEnv,
    passEnv: layers.findAll('passEnv').flatMap(({ value }) => value),
    envFile: readEnvFile(layers, baseDir, report),
    environmentVariables,
  });
}

function readEnvFile(layers: Layers, baseDir: string, report: Report): Readonly<Record<string, string>> {
  const found = layers.find('envFile');
  if (found === undefined) return {};
  const file = resolve(baseDir, found.value);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const why =
      error instanceof Error && 'code' in error && error.code === 'ENOENT'
        ? 'does not exist'
        : `cannot be read (${String(error)})`;
    report.problem(
      found.path,
      `found ${showValue(found.value)}, but ${file} ${why}; allowed a file of NAME=value lines`,
    );
    return {};
  }
  const { variables, problems } = parseEnvFile(text);
  for (const { line, message } of problems) report.problemIn(file, line, message);
  return variables;
}
