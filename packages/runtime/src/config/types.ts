/**
 * What a person may write in an edgefc configuration, key by key, with units and defaults.
 *
 * The schema (schema.ts) is checked against these interfaces by the compiler, in both directions: a key that is
 * only in one of the two does not compile. Keys that Function Compute (FC) or Link IoT Edge (LE) define keep their
 * names and, as bare numbers, their units; a duration or size of our own always carries its unit.
 */
import type { IsolationKind, RunMode } from '../engine/definition.ts';
import type { LogLevel } from '../engine/protocol.ts';

/** `'250ms'`, `'5s'`, `'1.5m'`, `'6h'`, `'1d'`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

/** `'64KiB'`, `'512MB'`, `'1GB'`. A KB is 1,024 bytes and equals a KiB, as FC counts its MB. */
export type Size = `${number}${'B' | 'KB' | 'KiB' | 'MB' | 'MiB' | 'GB' | 'GiB'}`;

/** The settings that make sense for many functions at once: what `defaults` may hold. */
export interface FunctionDefaults {
  /** The directory that `handler` is looked up in, relative to the configuration file. Required for each function. */
  codeUri?: string;
  /** `file.export` under `codeUri`, e.g. `'src/app.main'`. Default: `'index.handler'`. */
  handler?: string;
  /** `file.export` of a function that runs once per instance, before its first invocation (FC). */
  initializer?: string;
  /** `file.export` of a function that runs when an instance is drained (FC). */
  preStop?: string;
  /** FC's runtime name. `nodejs6` to `nodejs12` make `onUnhandledRejection` default to `'warn'`, as those did. */
  runtime?: string;
  /** What separates an instance from the host. Default: `'process'`, which contains everything. */
  isolation?: IsolationKind;
  /** `'LongLived'`: exactly one instance, loaded when the host starts (LE). Default: `'OnDemand'`. */
  runMode?: RunMode;
  /** How long a handler may run; a bare number is seconds (FC). Default: 5 s. */
  timeout?: Duration | number;
  /** How long loading and the initializer may take together; a bare number is seconds (FC). Default: 30 s. */
  initializationTimeout?: Duration | number;
  /** How long a call may wait for a slot, on top of `timeout`. Default: 60 s. */
  maxQueueWait?: Duration;
  /** Heap and external memory an instance may use; a bare number is MB (FC). Default: 512 MB (LE). */
  memorySize?: Size | number;
  /** Invocations that one instance runs at once (FC). Default: 1. */
  instanceConcurrency?: number;
  /** Default: the cores, at most 4, and never below `minInstances`. */
  maxInstances?: number;
  /** Instances kept warm. Default: 0. */
  minInstances?: number;
  /** Calls that may wait for a slot; the next one is refused. Default: 1,000. */
  maxQueue?: number;
  /** How long an instance beyond `minInstances` may be idle before it is stopped. Default: 5 min. */
  idleTimeout?: Duration;
  /** Whether an unhandled rejection ends the instance. Default: `'exit'`; see `runtime`. */
  onUnhandledRejection?: 'exit' | 'warn';
  /** Variables of the function; those of file, service and function are joined, the nearest one wins. */
  environmentVariables?: Record<string, string>;
  /** A file of `NAME=value` lines, relative to the configuration file; `environmentVariables` win over it. */
  envFile?: string;
  /** Names of host variables the function may see, besides PATH, HOME, TZ, LANG and NODE_ENV. Lists are joined. */
  passEnv?: string[];
}

/** One function. */
export interface FunctionConfig extends FunctionDefaults {
  /** Another name that `invokeFunction({ functionId })` finds the function by (LE). */
  functionId?: string;
  /** For people; edgefc does not read it. */
  description?: string;
}

/** One service: a group of functions. */
export interface ServiceConfig {
  /** For people; edgefc does not read it. */
  description?: string;
  /** Holds for each function of the service that does not say otherwise. */
  defaults?: FunctionDefaults;
  functions: Record<string, FunctionConfig>;
}

/** What functions see as `context.credentials`; nothing is filled in when it is absent. */
export interface CredentialsConfig {
  accessKeyId: string;
  accessKeySecret: string;
  securityToken?: string;
}

/** The largest payloads. */
export interface LimitsConfig {
  /** Payload and result of a Sync invocation. Default: 32 MB. */
  syncPayload?: Size;
  /** Payload of an Async invocation. Default: 1 MB. */
  asyncPayload?: Size;
}

/** What the host's log lets through. */
export interface LogConfig {
  /** The least severe level that is written. Default: `'info'`. */
  level?: LogLevel;
  /** Lines of up to 1 KiB that one instance may write at once. Default: 1,000. */
  burst?: number;
  /** Lines of up to 1 KiB a second that one instance may go on writing. Default: 200. */
  linesPerSecond?: number;
}

/** A whole configuration. */
export interface EdgefcConfig {
  /** What functions see as `context.region`. Default: none (the empty string). */
  region?: string;
  /** What functions see as `context.accountId`. Default: none (the empty string). */
  accountId?: string;
  credentials?: CredentialsConfig;
  /** What all instances may hold together. Default: 60 % of the machine's or the cgroup's, whichever is lower. */
  maxMemory?: Size;
  /** How long running work may go on when the host stops. Default: 8 s, below the 10 s after which Docker kills. */
  gracePeriod?: Duration;
  /** The host's state, relative to the configuration file. Default: `.edgefc` beside it. */
  dataDir?: string;
  limits?: LimitsConfig;
  log?: LogConfig;
  /** Holds for each function of the file that does not say otherwise. */
  defaults?: FunctionDefaults;
  services: Record<string, ServiceConfig>;
}
