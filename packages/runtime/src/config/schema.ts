/**
 * The one schema: which keys there are, how each value is read, and what is said when it is wrong.
 *
 * It is checked against types.ts by the compiler, and against definition.ts: every key reads into the value that the
 * engine wants (ms, bytes). Nothing is filled in here, because a function's setting may come from the file's, the
 * service's or its own entry; defaults.ts is applied once these are joined.
 *
 * `zod/mini`, bundled into the command: 6 ms to import on a machine where `zod` takes 50–65 ms from node_modules and
 * 18 ms bundled (2026-11-22, Node 24.21, medians); the whole of `edgefc start` has 150 ms.
 */
import * as z from 'zod/mini';
import type { Durability, IsolationKind, RunMode } from '../engine/definition.ts';
import type { LogLevel } from '../engine/protocol.ts';
import { LOG_LEVELS } from '../engine/protocol.ts';
import { describeFilterProblem } from '../engine/router/topic-filter.ts';
import { LONGEST_INTERVAL, SHORTEST_INTERVAL } from '../engine/timers/schedule.ts';
import { VARIABLE_NAME } from './env-file.ts';
import { showValue } from './problems.ts';
import type {
  CredentialsConfig,
  DeadLetterLimitsConfig,
  EdgefcConfig,
  FunctionConfig,
  FunctionDefaults,
  LimitsConfig,
  LogConfig,
  ResultLimitsConfig,
  RetryConfig,
  RouteConfig,
  ServiceConfig,
  TimerConfig,
} from './types.ts';
import { LONGEST_DURATION, readDuration, readSize } from './units.ts';
import type { DurationRule, Reading, SizeRule } from './units.ts';

/** One function's settings as read, before the layers are joined and the defaults filled in. */
export interface FunctionLayer {
  codeUri?: string | undefined;
  handler?: string | undefined;
  initializer?: string | undefined;
  preStop?: string | undefined;
  runtime?: string | undefined;
  isolation?: IsolationKind | undefined;
  runMode?: RunMode | undefined;
  timeout?: number | undefined;
  initializationTimeout?: number | undefined;
  maxQueueWait?: number | undefined;
  memorySize?: number | undefined;
  instanceConcurrency?: number | undefined;
  maxInstances?: number | undefined;
  minInstances?: number | undefined;
  maxQueue?: number | undefined;
  idleTimeout?: number | undefined;
  onUnhandledRejection?: 'exit' | 'warn' | undefined;
  environmentVariables?: Record<string, string> | undefined;
  envFile?: string | undefined;
  passEnv?: string[] | undefined;
  asyncConcurrency?: number | undefined;
  retry?: RetryLayer | undefined;
  maxAsyncRetryAttempts?: number | undefined;
  maxAsyncEventAgeInSeconds?: number | undefined;
  durability?: Durability | undefined;
  onSuccess?: string | undefined;
  onFailure?: string | undefined;
  functionId?: string | undefined;
  timers?: Record<string, TimerLayer> | undefined;
}

export interface RetryLayer {
  attempts?: number | undefined;
  minDelay?: number | undefined;
  maxDelay?: number | undefined;
  maxAge?: number | undefined;
}

export interface TimerLayer {
  cron?: string | undefined;
  every?: number | undefined;
  timeZone?: string | undefined;
  payload?: string | undefined;
  catchUp?: boolean | undefined;
  enabled?: boolean | undefined;
}

export interface LimitsLayer {
  syncPayload?: number | undefined;
  asyncPayload?: number | undefined;
  maxQueueBytes?: number | undefined;
  minFreeDisk?: number | undefined;
  results?:
    | {
        age?: number | undefined;
        bytes?: number | undefined;
        count?: number | undefined;
        size?: number | undefined;
      }
    | undefined;
  deadLetters?: { age?: number | undefined; bytes?: number | undefined; count?: number | undefined } | undefined;
}

export interface RouteLayer {
  source?: string | undefined;
  topic: string;
  target: string;
}

export interface ConfigLayer {
  region?: string | undefined;
  accountId?: string | undefined;
  credentials?: { accessKeyId: string; accessKeySecret: string; securityToken?: string | undefined } | undefined;
  maxMemory?: number | undefined;
  gracePeriod?: number | undefined;
  dataDir?: string | undefined;
  limits?: LimitsLayer | undefined;
  log?: { level?: LogLevel | undefined; burst?: number | undefined; linesPerSecond?: number | undefined } | undefined;
  routes?: RouteLayer[] | undefined;
  defaults?: FunctionLayer | undefined;
  services: Record<string, { defaults?: FunctionLayer | undefined; functions: Record<string, FunctionLayer> }>;
}

/** A problem of one value: where it stands, and the whole sentence about it. */
export interface SchemaProblem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

export type SchemaResult =
  | { readonly ok: true; readonly layer: ConfigLayer }
  | { readonly ok: false; readonly problems: readonly SchemaProblem[] };

/** A key that no schema knows, and the ones it could have been. */
export interface UnknownKey {
  readonly path: readonly PropertyKey[];
  readonly known: readonly string[];
}

export interface ConfigSchema {
  read(config: unknown): SchemaResult;
  unknownKeys(config: unknown): UnknownKey[];
}

const MB = 1024 ** 2;
/** FC's classic maximum for `timeout`; whoever writes a larger bare number counts in ms, or can write '2h'. */
const BARE_SECONDS = 600;
/** FC's largest instance is 32 GB. */
const BARE_MEGABYTES = 32_768;
const DAY = 86_400_000;
/** What `maxAsyncEventAgeInSeconds` may be at most: 30 days. */
const LONGEST_AGE = 30 * DAY;
/** FC's maximum; more are written as `retry.attempts`. */
const FC_RETRIES = 8;
const TERABYTE = 1024 ** 4;

/** Makes the schema; a call, because nothing runs at import. */
export function createConfigSchema(): ConfigSchema {
  const defaultsShape = {
    codeUri: text('a directory, relative to the configuration file'),
    handler: entryPoint(),
    initializer: entryPoint(),
    preStop: entryPoint(),
    runtime: matching(/^nodejs\d+(\.\w+)?$/, "one of Node's runtimes, 'nodejs6' and later"),
    isolation: oneOf('process', 'thread'),
    runMode: oneOf('OnDemand', 'LongLived'),
    timeout: duration({ key: 'timeout', min: 1, max: 86_400_000, bareSeconds: BARE_SECONDS }),
    initializationTimeout: duration({
      key: 'initializationTimeout',
      min: 1,
      max: 86_400_000,
      bareSeconds: BARE_SECONDS,
    }),
    maxQueueWait: duration({ key: 'maxQueueWait', min: 0, max: LONGEST_DURATION }),
    memorySize: size({ key: 'memorySize', min: 16 * MB, max: 1024 ** 4, bareMegabytes: BARE_MEGABYTES }),
    instanceConcurrency: whole(1, 10_000),
    maxInstances: whole(1, 1000),
    minInstances: whole(0, 1000),
    maxQueue: whole(0, 1_000_000),
    idleTimeout: duration({ key: 'idleTimeout', min: 0, max: LONGEST_DURATION }),
    onUnhandledRejection: oneOf('exit', 'warn'),
    environmentVariables: z.record(z.string(), variable(), { error: "an object of texts, such as { PORT: '8080' }" }),
    envFile: text('a file, relative to the configuration file'),
    passEnv: z.array(matching(VARIABLE_NAME, 'the name of a variable'), {
      error: "a list of names, such as ['HTTPS_PROXY']",
    }),
    asyncConcurrency: whole(1, 10_000_000),
    retry: group({
      attempts: attempts(),
      minDelay: duration({ key: 'minDelay', min: 1, max: LONGEST_DURATION }),
      maxDelay: duration({ key: 'maxDelay', min: 1, max: LONGEST_DURATION }),
      maxAge: duration({ key: 'maxAge', min: 1, max: LONGEST_AGE }),
    } satisfies Shape<RetryConfig>),
    maxAsyncRetryAttempts: whole(0, FC_RETRIES),
    maxAsyncEventAgeInSeconds: whole(1, LONGEST_AGE / 1000),
    durability: oneOf('fsync', 'batched', 'memory'),
    onSuccess: target(),
    onFailure: target(),
  } satisfies Shape<FunctionDefaults>;
  const defaults = group(defaultsShape);

  const functions = group({
    ...defaultsShape,
    functionId: matching(/^[^\s\p{Cc}]{1,256}$/u, 'a text of 1 to 256 characters without spaces'),
    description: z.string({ error: 'a text' }),
    timers: z.record(
      z.string(),
      group({
        cron: text("a cron expression, such as '30 4 * * *'"),
        every: duration({ key: 'every', min: SHORTEST_INTERVAL, max: LONGEST_INTERVAL }),
        timeZone: text("a time zone, such as 'Asia/Shanghai'"),
        payload: z.string({ error: 'a text' }),
        catchUp: flag(),
        enabled: flag(),
      } satisfies Shape<TimerConfig>),
      { error: "an object of timers by name, such as { nightly: { cron: '30 4 * * *' } }" },
    ),
  } satisfies Shape<FunctionConfig>);

  const services = required(
    {
      description: z.optional(z.string({ error: 'a text' })),
      defaults: z.optional(defaults),
      functions: z.record(z.string(), functions, { error: 'an object of functions by name' }),
    } satisfies Shape<ServiceConfig>,
    'an object with functions',
  );

  const root = required(
    {
      region: z.optional(z.string({ error: 'a text' })),
      accountId: z.optional(
        z.string({ error: 'a text in quotes, because an id may have more digits than a number holds' }),
      ),
      credentials: z.optional(
        required(
          {
            accessKeyId: text('a text'),
            accessKeySecret: text('a text'),
            securityToken: z.optional(z.string({ error: 'a text' })),
          } satisfies Shape<CredentialsConfig>,
          'an object with accessKeyId and accessKeySecret',
        ),
      ),
      maxMemory: z.optional(size({ key: 'maxMemory', min: 16 * MB, max: 64 * 1024 ** 4 })),
      gracePeriod: z.optional(duration({ key: 'gracePeriod', min: 0, max: 3_600_000 })),
      dataDir: z.optional(text('a directory, relative to the configuration file')),
      limits: z.optional(
        group({
          // A string of Node holds 512 MiB, and a payload may be one.
          syncPayload: size({ key: 'syncPayload', min: 1, max: 256 * MB }),
          asyncPayload: size({ key: 'asyncPayload', min: 1, max: 256 * MB }),
          maxQueueBytes: size({ key: 'maxQueueBytes', min: 1, max: TERABYTE }),
          minFreeDisk: size({ key: 'minFreeDisk', min: 0, max: TERABYTE }),
          results: group({
            age: duration({ key: 'age', min: 0, max: 365 * DAY }),
            bytes: size({ key: 'bytes', min: 0, max: TERABYTE }),
            count: whole(0, 100_000_000),
            size: size({ key: 'size', min: 0, max: 256 * MB }),
          } satisfies Shape<ResultLimitsConfig>),
          deadLetters: group({
            age: duration({ key: 'age', min: 0, max: 3650 * DAY }),
            bytes: size({ key: 'bytes', min: 0, max: TERABYTE }),
            count: whole(0, 100_000_000),
          } satisfies Shape<DeadLetterLimitsConfig>),
        } satisfies Shape<LimitsConfig>),
      ),
      log: z.optional(
        group({
          level: oneOf(...LOG_LEVELS),
          burst: whole(1, 1_000_000),
          linesPerSecond: whole(1, 1_000_000),
        } satisfies Shape<LogConfig>),
      ),
      routes: z.optional(
        z.array(
          required(
            {
              source: z.optional(target("the function that publishes: 'Service/function', an id or an ARN, or 'any'")),
              topic: reading(readFilter),
              target: target(),
            } satisfies Shape<RouteConfig>,
            'an object with topic and target',
          ),
          { error: "a list of routes, such as [{ topic: 'alarms/#', target: 'Service/function' }]" },
        ),
      ),
      defaults: z.optional(defaults),
      services: z.record(z.string(), services, { error: 'an object of services by name' }),
    } satisfies Shape<EdgefcConfig>,
    'an object with services',
  );

  return {
    read(config) {
      const result = root.safeParse(config);
      if (result.success) return { ok: true, layer: result.data };
      return { ok: false, problems: result.error.issues.map((issue) => toProblem(issue, config)) };
    },
    unknownKeys: (config) => collectUnknownKeys(root, config, []),
  };
}

/** Every key of `T`, and no other, with a schema. */
type Shape<T> = Record<keyof T, z.ZodMiniType>;

/** An object whose keys may all be absent. */
function group<T extends Record<string, z.ZodMiniType>>(
  shape: T,
): z.ZodMiniObject<{ [K in keyof T]: z.ZodMiniOptional<T[K]> }> {
  return z.partial(z.object(shape, { error: 'an object' }));
}

function required<T extends Record<string, z.ZodMiniType>>(shape: T, allowed: string): z.ZodMiniObject<T> {
  return z.object(shape, { error: allowed });
}

/** A non-empty text. */
function text(allowed: string): z.ZodMiniType<string> {
  return z.string({ error: allowed }).check(z.minLength(1, { error: allowed }));
}

function matching(pattern: RegExp, allowed: string): z.ZodMiniType<string> {
  return z.string({ error: allowed }).check(z.regex(pattern, { error: allowed }));
}

function entryPoint(): z.ZodMiniType<string> {
  return matching(
    /^[^\s\0]*[^\s\0./]\.[\p{ID_Start}$_][\p{ID_Continue}$]*$/u,
    "file.export, such as 'index.handler' or 'src/app.main'",
  );
}

function oneOf<const T extends string>(...values: readonly T[]): z.ZodMiniType<T> {
  const known = values.map((value) => `'${value}'`).join(', ');
  return z.enum(Object.fromEntries(values.map((value) => [value, value])) as Record<T, T>, {
    error: known.replace(/, ([^,]*)$/, ' or $1'),
  });
}

function whole(min: number, max: number): z.ZodMiniType<number> {
  const error = `a whole number from ${min} to ${max}`;
  return z.int({ error }).check(z.gte(min, { error }), z.lte(max, { error }));
}

function flag(): z.ZodMiniType<boolean> {
  return z.boolean({ error: 'true or false' });
}

function target(allowed = "a function: 'Service/function', an id or an ARN"): z.ZodMiniType<string> {
  return text(allowed);
}

function attempts(): z.ZodMiniType<number> {
  return reading((value) => {
    if (value === 'untilExpired') return { ok: true, value: Infinity };
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 1000) return { ok: true, value };
    const allowed = "a whole number from 1 to 1000, the first run counted, or 'untilExpired'";
    return { ok: false, wrong: `found ${showValue(value)}, allowed ${allowed}` };
  });
}

function readFilter(value: unknown): Reading<string> {
  if (typeof value !== 'string') {
    const allowed = "an MQTT topic filter, such as 'site/+/temperature' or 'alarms/#'";
    return { ok: false, wrong: `found ${showValue(value)}, allowed ${allowed}` };
  }
  const problem = describeFilterProblem(value);
  return problem === undefined ? { ok: true, value } : { ok: false, wrong: problem };
}

function variable(): z.ZodMiniType<string> {
  return z.string({
    error: ({ input }) =>
      typeof input === 'number' || typeof input === 'boolean' ? `a text; write '${input}'` : 'a text',
  });
}

function duration(rule: DurationRule): z.ZodMiniType<number> {
  return reading((value) => readDuration(value, rule));
}

function size(rule: SizeRule): z.ZodMiniType<number> {
  return reading((value) => readSize(value, rule));
}

/** A value that one of our own readers takes; its sentence is the whole message. */
function reading<T>(read: (value: unknown) => Reading<T>): z.ZodMiniType<T> {
  return z.pipe(
    z.unknown(),
    z.transform((value, payload) => {
      const result = read(value);
      if (result.ok) return result.value;
      payload.issues.push({ code: 'custom', input: value, message: result.wrong, params: { sentence: true } });
      return z.NEVER;
    }),
  );
}

function toProblem(issue: z.core.$ZodIssue, config: unknown): SchemaProblem {
  if (issue.code === 'custom' && issue.params?.['sentence'] === true)
    return { path: issue.path, message: issue.message };
  return { path: issue.path, message: `found ${showValue(valueAt(config, issue.path))}, allowed ${issue.message}` };
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, part) => (isObject(at) ? at[part] : undefined), value);
}

/** Walks value and schema side by side, through objects, records, lists and optionals. */
function collectUnknownKeys(schema: z.core.$ZodType, value: unknown, path: readonly PropertyKey[]): UnknownKey[] {
  if (schema instanceof z.ZodMiniOptional) return collectUnknownKeys(schema._zod.def.innerType, value, path);
  if (schema instanceof z.ZodMiniArray) {
    const { element } = schema._zod.def;
    const entries: unknown[] = Array.isArray(value) ? value : [];
    return entries.flatMap((entry, index) => collectUnknownKeys(element, entry, [...path, index]));
  }
  if (!isObject(value)) return [];
  if (schema instanceof z.ZodMiniRecord) {
    const { valueType } = schema._zod.def;
    return Object.entries(value).flatMap(([key, entry]) => collectUnknownKeys(valueType, entry, [...path, key]));
  }
  if (!(schema instanceof z.ZodMiniObject)) return [];
  const shape: Readonly<Record<string, z.core.$ZodType>> = schema._zod.def.shape;
  return Object.entries(value).flatMap(([key, entry]) => {
    const known = Object.hasOwn(shape, key) ? shape[key] : undefined;
    if (known === undefined) return [{ path: [...path, key], known: Object.keys(shape) }];
    return collectUnknownKeys(known, entry, [...path, key]);
  });
}

function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null;
}
