/**
 * What a test says about its host, and the definition that the engine takes.
 *
 * Functions, fakes and a configuration file become one configuration, which the runtime's own schema resolves: a setting that
 * is wrong on the gateway is wrong here, with the same message.
 */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  gatherHostFacts,
  readConfig,
  resolveUnknown,
  type EdgefcConfig,
  type FunctionConfig,
  type FunctionDefinition,
  type HostDefinition,
  type LoadedFunction,
  type LoadedHandler,
  type LoadedHook,
  type WrittenConfig,
} from '@edgefc/runtime/testing';
import { refuseThings, topicFakes } from './fakes/topics.ts';
import { refuseUnconfiguredFake, refuseUnknownOptions, refuseUnknownSettings } from './check-options.ts';
import { readDuration } from './duration.ts';
import { TestHostError } from './errors.ts';
import { isFake, realOf } from './fakes/combine.ts';
import { FAKE_SETTINGS, type Fake, type Fakes, type FakeValue } from './fakes/types.ts';

/** A handler as it is written: any of its signatures. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- because a typed handler is assignable to no narrower type
export type TestHandler = (event: any, context: any, callback: any) => unknown;
/** `initializer` or `preStop` as it is written. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- because a typed hook is assignable to no narrower type
export type TestHook = (context: any, callback: any) => unknown;

/** A function under test with its settings: those of the configuration. */
export interface TestFunctionConfig extends Omit<FunctionConfig, 'handler' | 'initializer' | 'preStop'> {
  /** The handler itself, where it is (see {@link TestFunction}), or a fake. Default: the configuration's, else `'index.handler'`. */
  handler?: string | URL | TestHandler | Fake;
  initializer?: string | TestHook;
  preStop?: string | TestHook;
}

/**
 * A function under test: its handler, or where it is: `'./pump/index.handler'` (file and export), `'./pump/index.js'` (its
 * export `handler`), `'./pump'` (a directory: `index.handler`), a file URL; or with settings.
 */
export type TestFunction = string | URL | TestHandler | TestFunctionConfig;

/** How instances are kept apart in the test. */
export type TestIsolation = 'in-process' | 'thread' | 'process';

/**
 * Who moves time: `'auto'`: whoever waits for a call skips to the next timer whenever nothing else can go on;
 * `'manual'`: only `advance`, `advanceTo` and `runUntilIdle`; `'real'`: the machine's clock.
 */
export type TestTime = 'auto' | 'manual' | 'real';

export interface TestHostOptions {
  /** By `Service/function`. With `config`, they add to it and override it, setting by setting. */
  readonly functions?: Readonly<Record<string, TestFunction>>;
  /** What stands in for functions that are not under test, by `Service/function`; for topics and things too. */
  readonly fakes?: Fakes;
  /** A configuration file, relative to `root`, or a configuration. Default: none. */
  readonly config?: string | URL | EdgefcConfig;
  /** Settings that hold for every function which does not say otherwise. */
  readonly defaults?: EdgefcConfig['defaults'];
  readonly routes?: EdgefcConfig['routes'];
  readonly limits?: EdgefcConfig['limits'];
  readonly credentials?: EdgefcConfig['credentials'];
  readonly region?: string;
  readonly accountId?: string;
  /** What relative paths are relative to. Default: the working directory. */
  readonly root?: string | URL;
  /**
   * Default `'in-process'`. In `'thread'` and `'process'` time is real, functions are given as paths, and fakes still run in
   * the test.
   */
  readonly isolation?: TestIsolation;
  /** Default `'auto'` in process, else `'real'`. */
  readonly time?: TestTime;
  /** Where the wall clock starts. Default: 2030-01-01T00:00:00Z. */
  readonly now?: Date | string | number;
  /** Where randomness starts: jitter of retries, random faults, ids. Default: 1. */
  readonly seed?: number;
  /** A directory for the queue's SQLite file, which then outlives the host. Default: the queue is in memory. */
  readonly dataDir?: string;
  /** Real ms, or `'10s'`, without anything happening after which a wait is given up and explained. Default: 2 s. */
  readonly patience?: number | string;
  /** Whether the functions' output is also printed as it comes. Default: false. */
  readonly print?: boolean;
}

/** What a test's host is made of. */
export interface ResolvedTest {
  readonly definition: HostDefinition;
  /** What was given as code and not as a place, by `Service/function`. */
  readonly inline: ReadonlyMap<string, InlineCode>;
  /** Functions that there is code of. */
  readonly real: ReadonlySet<string>;
  readonly fakes: ReadonlyMap<string, FakeValue>;
  /** What a configuration that was given as a file has, and what the test adds to it: others cannot be faked. */
  readonly configured: ReadonlySet<string> | undefined;
  /** Where the whole configuration is; undefined: there is none, or it was given as an object. */
  readonly config: string | undefined;
  /** Where the queue's file is; undefined: it is in memory. */
  readonly dataDir: string | undefined;
  /** Whether output is also printed. */
  readonly print: boolean;
  readonly isolation: TestIsolation;
  readonly time: TestTime;
  /** Epoch ms. */
  readonly now: number;
  readonly seed: number;
  readonly patience: number;
}

/** What of a function was given as code; the rest is loaded. */
export type InlineCode = Partial<LoadedFunction>;

const OPTIONS: Readonly<Record<keyof TestHostOptions, true>> = {
  functions: true,
  fakes: true,
  config: true,
  defaults: true,
  routes: true,
  limits: true,
  credentials: true,
  region: true,
  accountId: true,
  root: true,
  isolation: true,
  time: true,
  now: true,
  seed: true,
  dataDir: true,
  patience: true,
  print: true,
};

const START = Date.UTC(2030, 0, 1);
const PATIENCE = 2000;
/** What a small gateway has, so that defaults which depend on it are the same on every machine that runs the test. */
const CPUS = 4;
const MEMORY = 8 * 1024 ** 3;

/**
 * Resolves the options of a test host.
 *
 * @throws TestHostError, ConfigError
 */
export async function resolveTest(options: TestHostOptions): Promise<ResolvedTest> {
  refuseUnknownOptions(options, Object.keys(OPTIONS));
  const root = toPath(options.root ?? process.cwd());
  const isolation = oneOf('isolation', options.isolation, ['in-process', 'thread', 'process'], 'in-process');
  const time = oneOf('time', options.time, ['auto', 'manual', 'real'], isolation === 'in-process' ? 'auto' : 'real');
  if (isolation !== 'in-process' && time !== 'real') {
    throw new TestHostError(
      `time is '${time}', but in a ${isolation} time is real: leave it out, or use isolation: 'in-process'`,
    );
  }
  const written = await readWritten(options.config, root);
  const { topics, things, ...functionFakes } = options.fakes ?? {};
  refuseThings(things);
  const configured =
    typeof options.config === 'object' && !(options.config instanceof URL) ? undefined : configuredBy(written, options);
  for (const key of Object.keys(functionFakes)) refuseUnconfiguredFake(`fakes['${key}']`, key, configured);
  const subscribers = topicFakes(topics ?? {});
  const composing: Composing = {
    root,
    isolation,
    inline: new Map(),
    fakes: new Map([...Object.entries<FakeValue>(functionFakes), ...Object.entries(subscribers.fakes)]),
  };
  const routes = [...(options.routes ?? []), ...subscribers.routes];
  const value = compose({ ...options, routes }, written, composing);
  const facts = { ...gatherHostFacts(process.env, root), cpus: CPUS, totalMemory: MEMORY };
  const { definition, warnings } = resolveUnknown(value, {
    ...facts,
    baseDir: written?.baseDir ?? root,
    ...(written?.source === undefined ? {} : { source: written.source }),
    // Without a directory of the test's own nothing is written there.
    dataDir: options.dataDir === undefined ? join(root, '.edgefc') : resolve(root, options.dataDir),
  });
  refuseUnknownSettings(options, warnings);
  const { inline, fakes } = composing;
  return {
    definition,
    inline,
    real: new Set(definition.functions.filter(({ handler }) => handler !== NO_CODE).map(({ key }) => key)),
    fakes,
    configured,
    config:
      typeof options.config === 'string' || options.config instanceof URL
        ? resolve(root, toPath(options.config))
        : undefined,
    dataDir: options.dataDir === undefined ? undefined : definition.settings.dataDir,
    print: options.print ?? false,
    isolation,
    time,
    now: toInstant(options.now),
    seed: options.seed ?? 1,
    patience: readDuration(options.patience ?? PATIENCE, 'patience'),
  };
}

/** A function that is only faked, and was not known before: with the defaults of one. */
export function defineFake(key: string, { definition, configured }: ResolvedTest): FunctionDefinition {
  const [service, name] = splitKey(key, 'host.fake()');
  refuseUnconfiguredFake('host.fake()', key, configured);
  const { dataDir } = definition.settings;
  const value = { services: { [service]: { functions: { [name]: fakedLayer(process.cwd()) } } } };
  const facts = { ...gatherHostFacts({}, process.cwd()), cpus: CPUS, totalMemory: MEMORY };
  const { functions } = resolveUnknown(value, { ...facts, baseDir: process.cwd(), dataDir }).definition;
  const [defined] = functions;
  if (defined === undefined) throw new Error('edgefc: a function was not resolved; this is a bug');
  return defined;
}

/** What stands where the place of the code would: there is none. */
const NO_CODE = 'fake.handler';

function fakedLayer(root: string): object {
  return { ...FAKE_SETTINGS, codeUri: root, handler: NO_CODE };
}

interface Composing {
  readonly root: string;
  readonly isolation: TestIsolation;
  readonly inline: Map<string, InlineCode>;
  readonly fakes: Map<string, FakeValue>;
}

/** One configuration of everything the test said; what is wrong in it, the runtime's schema says. */
function compose(options: TestHostOptions, written: WrittenConfig | undefined, composing: Composing): unknown {
  const base: unknown = written?.value ?? { services: {} };
  if (!isRecord(base)) return base;
  const services: Record<string, unknown> = { ...(isRecord(base['services']) ? base['services'] : {}) };
  for (const [key, own] of Object.entries(options.functions ?? {})) {
    const [service, name] = splitKey(key, 'functions');
    merge(services, service, name, toLayer(key, own, composing));
  }
  for (const [key, value] of composing.fakes) {
    const [service, name] = splitKey(key, 'fakes');
    const real = realOf(value);
    if (real !== undefined) merge(services, service, name, toLayer(key, real as TestFunction, composing));
    // What is under test or configured may be asked by a fake that passes a call on; anything else needs no code.
    else if (!hasCode(services, service, name, written?.baseDir ?? composing.root)) {
      merge(services, service, name, fakedLayer(composing.root));
    }
  }
  const { defaults, routes, limits, credentials, region, accountId } = options;
  const given = { defaults, routes, limits, credentials, region, accountId };
  return {
    ...base,
    ...withoutUndefined(given),
    ...(routes === undefined ? {} : { routes: [...asList(base['routes']), ...routes] }),
    services,
  };
}

/** What functions a written configuration has, and the test adds. */
function configuredBy(
  written: WrittenConfig | undefined,
  { functions = {} }: TestHostOptions,
): Set<string> | undefined {
  if (!isRecord(written?.value) || !isRecord(written.value['services'])) return undefined;
  const keys = Object.entries(written.value['services']).flatMap(([service, own]) =>
    isRecord(own) && isRecord(own['functions'])
      ? Object.keys(own['functions']).map((name) => `${service}/${name}`)
      : [],
  );
  return new Set([...keys, ...Object.keys(functions)]);
}

/** Whether there is code of a function, as far as it is configured. */
function hasCode(services: Readonly<Record<string, unknown>>, service: string, name: string, base: string): boolean {
  const present = services[service];
  if (!isRecord(present) || !isRecord(present['functions'])) return false;
  const own = present['functions'][name];
  if (!isRecord(own)) return false;
  const defaults = isRecord(present['defaults']) ? present['defaults'] : {};
  const codeUri = own['codeUri'] ?? defaults['codeUri'];
  return typeof codeUri === 'string' && isDirectory(resolve(base, codeUri));
}

/** Lays `layer` over what the configuration has of the function. */
function merge(services: Record<string, unknown>, service: string, name: string, layer: object): void {
  const present = services[service];
  const functions = isRecord(present) && isRecord(present['functions']) ? present['functions'] : {};
  const before = functions[name];
  services[service] = {
    ...(isRecord(present) ? present : {}),
    functions: { ...functions, [name]: { ...(isRecord(before) ? before : {}), ...layer } },
  };
}

function toLayer(key: string, given: TestFunction, { root, isolation, inline, fakes }: Composing): object {
  const own: TestFunctionConfig = typeof given === 'object' && !(given instanceof URL) ? given : { handler: given };
  const { handler, initializer, preStop, ...settings } = own;
  const code: { -readonly [K in keyof InlineCode]: InlineCode[K] } = {};
  const layer: Record<string, unknown> = { ...settings };
  if (handler !== undefined && isFake(handler)) {
    if (!fakes.has(key)) fakes.set(key, handler);
    layer['codeUri'] = root;
    layer['handler'] = NO_CODE;
  } else if (typeof handler === 'function') {
    code.handler = handler as LoadedHandler;
    layer['codeUri'] = settings.codeUri ?? root;
    layer['handler'] = 'inline.handler';
  } else if (handler !== undefined) {
    Object.assign(
      layer,
      toPlace(
        key,
        handler,
        settings.codeUri === undefined ? root : resolve(root, settings.codeUri),
        settings.codeUri !== undefined,
      ),
    );
  }
  if (typeof initializer === 'function') {
    code.initializer = initializer as LoadedHook;
    layer['initializer'] = 'inline.initializer';
  } else if (initializer !== undefined) layer['initializer'] = initializer;
  if (typeof preStop === 'function') {
    code.preStop = preStop as LoadedHook;
    layer['preStop'] = 'inline.preStop';
  } else if (preStop !== undefined) layer['preStop'] = preStop;
  if (Object.keys(code).length > 0) {
    if (isolation !== 'in-process') {
      throw new TestHostError(
        `functions['${key}'] is given as code, which cannot cross into a ${isolation}: give its place, such as './pump/index.handler', or leave isolation out`,
      );
    }
    inline.set(key, code);
  }
  return layer;
}

const EXTENSIONS = ['.js', '.cjs', '.mjs', '.ts', '.mts', '.cts'];

/** `codeUri` and `handler` of a place; with a `codeUri` of its own, a text is what the configuration's `handler` is. */
function toPlace(key: string, place: string | URL, base: string, ownCodeUri: boolean): object {
  if (ownCodeUri && typeof place === 'string') return { codeUri: base, handler: place };
  const path = resolve(base, typeof place === 'string' && !place.startsWith('file:') ? place : fileURLToPath(place));
  if (isDirectory(path)) return { codeUri: path, handler: 'index.handler' };
  const extension = extname(path);
  if (EXTENSIONS.includes(extension)) {
    if (!existsSync(path)) {
      throw new TestHostError(
        `functions['${key}'] is ${path}, and there is no such file; relative paths start from \`root\`, which is the working directory unless you set it`,
      );
    }
    return { codeUri: dirname(path), handler: `${basename(path, extension)}.handler` };
  }
  const directory = dirname(path);
  if (!isDirectory(directory)) {
    throw new TestHostError(
      `functions['${key}'] is in ${directory}, and there is no such directory; relative paths start from \`root\`, which is the working directory unless you set it`,
    );
  }
  return { codeUri: directory, handler: basename(path) };
}

async function readWritten(config: TestHostOptions['config'], root: string): Promise<WrittenConfig | undefined> {
  if (config === undefined) return undefined;
  if (typeof config === 'string' || config instanceof URL) return readConfig(toPath(config), root);
  return { value: config, baseDir: root };
}

function splitKey(key: string, where: string): [service: string, name: string] {
  const slash = key.indexOf('/');
  if (slash > 0 && slash < key.length - 1) return [key.slice(0, slash), key.slice(slash + 1)];
  throw new TestHostError(`${where} has the key '${key}': write 'Service/function', such as 'EdgeFC/helloworld'`);
}

function toInstant(now: TestHostOptions['now']): number {
  if (now === undefined) return START;
  const instant = typeof now === 'number' ? now : new Date(now).getTime();
  if (Number.isFinite(instant)) return instant;
  throw new TestHostError(
    `now is ${String(now)}: give a Date, an ISO text such as '2030-01-01T00:00Z', or epoch milliseconds`,
  );
}

function oneOf<T extends string>(name: string, value: T | undefined, allowed: readonly T[], otherwise: T): T {
  if (value === undefined) return otherwise;
  if (allowed.includes(value)) return value;
  throw new TestHostError(`${name} is '${value}': allowed ${allowed.map((one) => `'${one}'`).join(', ')}`);
}

function toPath(path: string | URL): string {
  return path instanceof URL || path.startsWith('file:') ? fileURLToPath(path) : path;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function withoutUndefined(object: object): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
