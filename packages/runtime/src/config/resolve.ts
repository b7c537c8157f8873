/**
 * From what a person wrote to what the engine takes: every value checked, every default filled in, every path
 * absolute. All problems are found before anything is thrown; what only may be wrong is a warning.
 */
import { join, resolve } from 'node:path';
import { functionKey, isName, nearestNames } from '@edgefc/sdk/internal';
import type { FunctionDefinition, HostDefinition, HostSettings } from '../engine/definition.ts';
import type { LogLevel } from '../engine/protocol.ts';
import type { HostFacts } from './host-facts.ts';
import { Layers } from './layers.ts';
import { showValue, type ConfigProblem } from './problems.ts';
import { Report } from './report.ts';
import { resolveFunction } from './resolve-function.ts';
import { resolveLimits, type Limits } from './resolve-limits.ts';
import { Targets } from './resolve-targets.ts';
import { createConfigSchema, type ConfigLayer, type ConfigSchema } from './schema.ts';
import type { ConfigSource } from './source.ts';
import type { EdgefcConfig } from './types.ts';

/** The share of the memory that the instances may hold; the rest is the host's, the system's and the page cache's. */
const MEMORY_SHARE = 0.6;
/** ms; Docker kills 10 s after it asked, and persisting comes after the work. */
const GRACE_PERIOD = 8000;

/** What the host's log lets through, resolved. */
export interface LogSettings {
  readonly level: LogLevel;
  readonly burst: number;
  readonly linesPerSecond: number;
}

export interface ResolveContext extends HostFacts {
  /** What paths in the configuration are relative to. */
  readonly baseDir: string;
  /** Where keys stand in the file; without it problems have no line. */
  readonly source?: ConfigSource;
  /** The data directory that the command line names, relative to `cwd`. */
  readonly dataDir?: string;
}

export interface ResolvedConfig {
  readonly definition: HostDefinition;
  readonly log: LogSettings;
  readonly warnings: readonly ConfigProblem[];
}

/**
 * Resolves a configuration.
 *
 * @throws ConfigError with every problem
 */
export function resolveConfig(config: EdgefcConfig, context: ResolveContext): ResolvedConfig {
  return resolveUnknown(config, context);
}

/** The same for a value that was read from somewhere and may be anything. */
export function resolveUnknown(config: unknown, context: ResolveContext): ResolvedConfig {
  const report = new Report(context.source);
  const schema = createConfigSchema();
  for (const { path, line, firstLine } of context.source?.duplicates ?? []) {
    report.problem(
      path,
      `${duplicateKind(path)} stands here a second time, first on line ${firstLine}; rename or remove one`,
      line,
    );
  }
  for (const { path, known } of schema.unknownKeys(config)) {
    report.warning(path, `unknown key, ignored; ${offerKeys(String(path.at(-1) ?? ''), known)}`);
  }
  const layer = readLayer(schema, config, report);
  const definition = layer === undefined ? undefined : resolveLayer(layer, context, report);
  report.throwIfAny();
  if (layer === undefined || definition === undefined)
    throw new Error('edgefc: a configuration without problems has a value; this is a bug');
  const { level = 'info', burst = 1000, linesPerSecond = 200 } = layer.log ?? {};
  return { definition, log: { level, burst, linesPerSecond }, warnings: report.warnings };
}

/** Reads what can be read: without the wrong values the rest is still checked, so that one run finds everything. */
function readLayer(schema: ConfigSchema, config: unknown, report: Report): ConfigLayer | undefined {
  const first = schema.read(config);
  if (first.ok) return first.layer;
  for (const { path, message } of first.problems) report.problem(path, message);
  const rest = schema.read(
    withoutPaths(
      config,
      first.problems.map(({ path }) => path),
    ),
  );
  return rest.ok ? rest.layer : undefined;
}

function resolveLayer(layer: ConfigLayer, context: ResolveContext, report: Report): HostDefinition {
  const limits = resolveLimits(layer.limits ?? {}, report);
  const { baseDir } = context;
  const functionContext = { facts: context, baseDir, maxAsyncPayload: limits.maxAsyncPayload, report };
  const found: { readonly definition: FunctionDefinition; readonly layers: Layers }[] = [];
  for (const [service, { defaults = {}, functions: entries }] of Object.entries(layer.services)) {
    const servicePath = ['services', service];
    if (!isName(service)) report.problem(servicePath, badName(service));
    for (const [name, settings] of Object.entries(entries)) {
      const path = [...servicePath, 'functions', name];
      if (!isName(name)) report.problem(path, badName(name));
      const layers = new Layers([
        { path: ['defaults'], settings: layer.defaults ?? {} },
        { path: [...servicePath, 'defaults'], settings: defaults },
        { path, settings },
      ]);
      found.push({ definition: resolveFunction({ service, name, path, layers }, functionContext), layers });
    }
  }
  const targets = new Targets(
    found.map(({ definition }) => definition),
    report,
  );
  const functions = found.map(({ definition, layers }) => ({
    ...definition,
    ...targets.destinations(definition.key, layers),
  }));
  if (functions.length === 0 && report.problems.length === 0)
    report.warning(['services'], 'there is no function in it, so the host has nothing to run');
  checkUnique(functions, report);
  return { settings: resolveSettings(layer, limits, context), functions, routes: targets.routes(layer.routes ?? []) };
}

function resolveSettings(layer: ConfigLayer, limits: Limits, context: ResolveContext): HostSettings {
  return {
    region: layer.region ?? '',
    accountId: layer.accountId ?? '',
    credentials: {
      accessKeyId: layer.credentials?.accessKeyId ?? '',
      accessKeySecret: layer.credentials?.accessKeySecret ?? '',
      securityToken: layer.credentials?.securityToken ?? '',
    },
    ...limits,
    maxMemory: layer.maxMemory ?? Math.floor(context.totalMemory * MEMORY_SHARE),
    gracePeriod: layer.gracePeriod ?? GRACE_PERIOD,
    dataDir: resolveDataDir(layer.dataDir, context),
  };
}

/** What a data directory is resolved from, besides the configuration's own `dataDir`. */
export type DataDirContext = Pick<ResolveContext, 'hostEnv' | 'cwd' | 'baseDir'> & { readonly dataDir?: string };

/** Command line, environment, configuration, what systemd gives the service, beside the configuration. */
export function resolveDataDir(configured: string | undefined, context: DataDirContext): string {
  const { dataDir, hostEnv, cwd, baseDir } = context;
  const fromEnvironment = hostEnv['EDGEFC_DATA_DIR'];
  // Several state directories are separated by colons; the first is the service's own.
  const [stateDirectory] = hostEnv['STATE_DIRECTORY']?.split(':') ?? [];
  if (dataDir !== undefined) return resolve(cwd, dataDir);
  if (fromEnvironment !== undefined && fromEnvironment !== '') return resolve(cwd, fromEnvironment);
  if (configured !== undefined) return resolve(baseDir, configured);
  if (stateDirectory !== undefined && stateDirectory !== '') return resolve(cwd, stateDirectory);
  return join(baseDir, '.edgefc');
}

function checkUnique(functions: readonly FunctionDefinition[], report: Report): void {
  const byId = new Map<string, FunctionDefinition>();
  const byFoldedKey = new Map<string, FunctionDefinition>();
  for (const definition of functions) {
    const { service, name, key, id } = definition;
    const path = ['services', service, 'functions', name];
    const sameId = id === undefined ? undefined : byId.get(id);
    if (sameId !== undefined) {
      report.problem(
        [...path, 'functionId'],
        `found ${showValue(id)}, which is already the id of ${sameId.key}; allowed an id of its own`,
      );
    } else if (id !== undefined) {
      byId.set(id, definition);
    }
    // Allowed, because FC tells such names apart; but more often one of them is a slip.
    const folded = functionKey(service, name).toLowerCase();
    const twin = byFoldedKey.get(folded);
    if (twin === undefined) byFoldedKey.set(folded, definition);
    else report.warning(path, `${key} differs from ${twin.key} only in upper and lower case; callers will mix them up`);
  }
}

function duplicateKind(path: readonly string[]): string {
  const [services, , functions] = path;
  if (services !== 'services') return 'the key';
  if (path.length === 2) return 'the service';
  return path.length === 4 && functions === 'functions' ? 'the function' : 'the key';
}

function badName(name: string): string {
  return `found the name ${showValue(name)}, allowed a letter and then up to 127 letters, digits, "_" or "-"`;
}

function offerKeys(key: string, known: readonly string[]): string {
  const near = nearestNames(key, known);
  // Other systems leave a part of the name out: `memory`, `concurrency`.
  const longer = known.filter((name) => name.toLowerCase().includes(key.toLowerCase()));
  const offered = near.length > 0 ? near : longer;
  return offered.length > 0
    ? `did you mean ${offered.slice(0, 3).join(' or ')}?`
    : `known here: ${known.toSorted().join(', ')}`;
}

/** A copy without the values at `paths`; of a list that holds a wrong value, nothing stays. */
function withoutPaths(value: unknown, paths: readonly (readonly PropertyKey[])[]): unknown {
  if (paths.length === 0 || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return undefined;
  const kept: [string, unknown][] = [];
  for (const [key, entry] of Object.entries(value)) {
    const below = paths.filter(([first]) => first === key).map((path) => path.slice(1));
    if (below.some((path) => path.length === 0)) continue;
    kept.push([key, withoutPaths(entry, below)]);
  }
  return Object.fromEntries(kept);
}
