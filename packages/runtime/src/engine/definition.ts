/**
 * A function as the engine knows it: every setting resolved, every duration in ms, every size in bytes.
 * Configuration (config/) makes these once, at the edge; nothing here has a default.
 */

export type IsolationKind = 'thread' | 'process';
export type RunMode = 'OnDemand' | 'LongLived';

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
}

/** A whole configuration, resolved. */
export interface HostDefinition {
  readonly settings: HostSettings;
  readonly functions: readonly FunctionDefinition[];
}
