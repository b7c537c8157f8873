/**
 * A function as the engine knows it: every setting resolved, every duration in ms, every size in bytes.
 * Configuration (config/) makes these once, at the edge; nothing here has a default.
 */

export type IsolationKind = 'thread' | 'process';
export type RunMode = 'OnDemand' | 'LongLived';
/**
 * When accepted Async work is safe: `fsync` before the id is given out; `batched` within {@link BATCH_WINDOW} of it
 * (a killed host loses nothing, a power cut at most that window); `memory` never, it ends with the host.
 */
export type Durability = 'fsync' | 'batched' | 'memory';

/** ms that a power cut may take from work whose durability is `batched`. */
export const BATCH_WINDOW = 100;

/** How Async work that fails is tried again. */
export interface RetryPolicy {
  /** Runs that may fail before the work is dead, the first one counted; `Infinity`: until it expires. */
  readonly attempts: number;
  /** ms before the second run; doubled before each further one. */
  readonly minDelay: number;
  /** ms before any run, at most. */
  readonly maxDelay: number;
  /** ms from when it was first due until it expires. */
  readonly maxAge: number;
}

/** When a timer fires. */
export type Schedule =
  | {
      readonly kind: 'cron';
      /** 5 fields, or 6 with seconds first. */
      readonly expression: string;
      /** IANA name; undefined: the host's. */
      readonly timeZone: string | undefined;
    }
  | { readonly kind: 'every'; readonly interval: number };

/** Enqueues an Async invocation of its function on a schedule. */
export interface TimerDefinition {
  /** Unique within its function. */
  readonly name: string;
  readonly schedule: Schedule;
  /** What the event has as `payload`. */
  readonly payload: string;
  /** Whether ticks that were missed fire once when the host is back. */
  readonly catchUp: boolean;
}

/** Messages on topics that a filter matches invoke a function. */
export interface RouteDefinition {
  /** `Service/function` that has to have published it; undefined: anybody. */
  readonly source: string | undefined;
  /** An MQTT topic filter. */
  readonly filter: string;
  /** `Service/function`. */
  readonly target: string;
}

export interface FunctionDefinition {
  readonly service: string;
  readonly name: string;
  /** `service/name`, the key of the registry. */
  readonly key: string;
  /** The configured function id, when there is one. */
  readonly id: string | undefined;
  /** Absolute directory that `handler` is resolved under. */
  readonly codeUri: string;
  /** `file.export`, e.g. `src/app.main`. */
  readonly handler: string;
  readonly initializer: string | undefined;
  readonly preStop: string | undefined;
  readonly isolation: IsolationKind;
  readonly runMode: RunMode;
  /** ms a handler may run. */
  readonly timeout: number;
  /** ms that loading and the initializer may take together. */
  readonly initializationTimeout: number;
  /** ms a call may wait for a slot, on top of `timeout`. */
  readonly maxQueueWait: number;
  /** Bytes of heap and external memory an instance may use. */
  readonly memorySize: number;
  /** Invocations that one instance runs at once. */
  readonly instanceConcurrency: number;
  readonly maxInstances: number;
  readonly minInstances: number;
  /** Calls that may wait for a slot. */
  readonly maxQueue: number;
  /** ms an instance beyond `minInstances` may be idle. */
  readonly idleTimeout: number;
  readonly onUnhandledRejection: 'exit' | 'warn';
  /** The function's whole environment: configured, from its file, and passed on from the host. */
  readonly environment: Readonly<Record<string, string>>;
  /** Async invocations that run at once, over all instances. */
  readonly asyncConcurrency: number;
  readonly retry: RetryPolicy;
  readonly durability: Durability;
  /** `Service/function` that is told how Async work succeeded. */
  readonly onSuccess: string | undefined;
  /** `Service/function` that is told how Async work failed for good. */
  readonly onFailure: string | undefined;
  readonly timers: readonly TimerDefinition[];
}

/** What the queue of Async work may hold. */
export interface QueueLimits {
  /** Bytes of work that has not ended. */
  readonly maxQueueBytes: number;
  /** Bytes that have to be free on the disk for new work to be accepted. */
  readonly minFreeDisk: number;
  /** What is kept of work that succeeded or was stopped. */
  readonly retention: {
    /** ms. */
    readonly age: number;
    readonly bytes: number;
    readonly count: number;
    /** Bytes of a result; what is longer is cut. */
    readonly result: number;
  };
  /** What is kept of work that failed or expired. */
  readonly deadLetters: { readonly age: number; readonly bytes: number; readonly count: number };
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string;
}

/** What holds for the whole host, resolved. */
export interface HostSettings {
  readonly region: string;
  readonly accountId: string;
  readonly credentials: Credentials;
  /** Largest payload and result of a Sync invocation, bytes. */
  readonly maxSyncPayload: number;
  /** Largest payload of an Async invocation, bytes. */
  readonly maxAsyncPayload: number;
  /** Bytes that all instances may hold together. */
  readonly maxMemory: number;
  /** ms that running work has to finish when the host stops. */
  readonly gracePeriod: number;
  /** Absolute directory of the host's state. */
  readonly dataDir: string;
  readonly queue: QueueLimits;
}

/** A whole configuration, resolved. */
export interface HostDefinition {
  readonly settings: HostSettings;
  readonly functions: readonly FunctionDefinition[];
  readonly routes: readonly RouteDefinition[];
}
