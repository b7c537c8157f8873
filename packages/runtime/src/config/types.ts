/**
 * What a person may write in an edgefc configuration, key by key, with units and defaults.
 *
 * The schema (schema.ts) is checked against these interfaces by the compiler, in both directions: a key that is
 * only in one of the two does not compile. Keys that Function Compute (FC) or Link IoT Edge (LE) define keep their
 * names and, as bare numbers, their units; a duration or size of our own always carries its unit.
 */
import type { Durability, IsolationKind, RunMode } from '../engine/definition.ts';
import type { LogLevel } from '../engine/protocol.ts';

/** `'250ms'`, `'5s'`, `'1.5m'`, `'6h'`, `'1d'`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

/** `'64KiB'`, `'512MB'`, `'1GB'`. A KB is 1,024 bytes and equals a KiB, as FC counts its MB. */
export type Size = `${number}${'B' | 'KB' | 'KiB' | 'MB' | 'MiB' | 'GB' | 'GiB'}`;

/** How Async work that fails is tried again. Each key that is absent is taken from the next farther `retry`. */
export interface RetryConfig {
  /** Runs, the first one counted, or `'untilExpired'`: until `maxAge` is over. Default: 4. */
  attempts?: number | 'untilExpired';
  /** Before the second run; doubled, with jitter, before each further one. Default: 1 s, or `maxDelay` if shorter. */
  minDelay?: Duration;
  /** Before any run, at most. Default: 5 min, or `minDelay` if longer. */
  maxDelay?: Duration;
  /** From when the work was first due until it expires, at most 30 days. Default: 24 h. */
  maxAge?: Duration;
}

/** Invokes its function Async on a schedule; exactly one of `cron` and `every` is given. */
export interface TimerConfig {
  /**
   * 5 fields (LE), or 6 with seconds first (FC): `'30 4 * * MON-FRI'`. Also `'@every 10m'`, `'@daily'` and the like, and a
   * time zone in front, `'CRON_TZ=Asia/Shanghai 0 0 4 * * *'` (FC).
   */
  cron?: string;
  /** 1 s to 365 d. */
  every?: Duration;
  /** IANA name, for `cron`. Default: the host's. */
  timeZone?: string;
  /** What the event has as `payload`. Default: the empty text. */
  payload?: string;
  /** Whether ticks that were missed while the host was down fire once, together, when it is back. Default: false. */
  catchUp?: boolean;
  /** Default: true. */
  enabled?: boolean;
}

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
  /**
   * Async invocations that run at once, over all instances; at most `maxInstances` × `instanceConcurrency`. Default: all slots
   * but one, which is left for Sync calls; 1 where there is one slot.
   */
  asyncConcurrency?: number;
  retry?: RetryConfig;
  /** FC's name for `retry.attempts`, the first run not counted: 0 to 8. */
  maxAsyncRetryAttempts?: number;
  /** FC's name for `retry.maxAge`, in seconds. */
  maxAsyncEventAgeInSeconds?: number;
  /**
   * When accepted Async work is safe. Default: `'fsync'`: before the id is given out; `'batched'`: a power cut may take the
   * last 100 ms; `'memory'`: it ends with the host, and wears no flash.
   */
  durability?: Durability;
  /** A function that is invoked Async when Async work of this one succeeded: `'Service/function'`, an id or an ARN. */
  onSuccess?: string;
  /** The same for work that failed for good, besides its dead letter. */
  onFailure?: string;
}

/** One function. */
export interface FunctionConfig extends FunctionDefaults {
  /** Another name that `invokeFunction({ functionId })` finds the function by (LE). */
  functionId?: string;
  /** For people; edgefc does not read it. */
  description?: string;
  /** By name. */
  timers?: Record<string, TimerConfig>;
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

/** What is kept of Async work that has ended. */
export interface ResultLimitsConfig {
  /** Default: 24 h. */
  age?: Duration;
  /** All of them together. Default: 256 MB. */
  bytes?: Size;
  /** Default: 1,000,000. */
  count?: number;
  /** Of one result; a longer one is cut, and says so. Default: 256 KB. */
  size?: Size;
}

/** What is kept of Async work that failed for good or expired. */
export interface DeadLetterLimitsConfig {
  /** Default: 30 d. */
  age?: Duration;
  /** All of them together. Default: 64 MB. */
  bytes?: Size;
  /** Default: 10,000. */
  count?: number;
}

/** The largest payloads, and what Async work may take on the disk. */
export interface LimitsConfig {
  /** Payload and result of a Sync invocation. Default: 32 MB. */
  syncPayload?: Size;
  /** Payload of an Async invocation. Default: 1 MB. */
  asyncPayload?: Size;
  /** Async work that has not ended, all together; more is refused. Default: 256 MB. */
  maxQueueBytes?: Size;
  /** New Async work is refused when less of the disk is free. Default: 128 MB. */
  minFreeDisk?: Size;
  /** The oldest go first. */
  results?: ResultLimitsConfig;
  /** The oldest go first. */
  deadLetters?: DeadLetterLimitsConfig;
}

/** Messages whose topic matches invoke a function. */
export interface RouteConfig {
  /** The function that has to have published the message, or `'any'`. Default: `'any'`. */
  source?: string;
  /** An MQTT topic filter: `'site/+/temperature'`, `'alarms/#'`. */
  topic: string;
  /** `'Service/function'`, an id or an ARN. */
  target: string;
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
  /** A message reaches a target once, however many routes match. Default: none. */
  routes?: RouteConfig[];
  /** Holds for each function of the file that does not say otherwise. */
  defaults?: FunctionDefaults;
  services: Record<string, ServiceConfig>;
}
