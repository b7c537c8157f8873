/** The public names of the runtime: a host, and what configures it. */
export { defineConfig } from './config/define.ts';
export { gatherHostFacts, type HostFacts } from './config/host-facts.ts';
export { loadConfig } from './config/load.ts';
export { ConfigError, type ConfigProblem } from './config/problems.ts';
export { resolveConfig, type LogSettings, type ResolveContext, type ResolvedConfig } from './config/resolve.ts';
export type {
  CredentialsConfig,
  DeadLetterLimitsConfig,
  Duration,
  EdgefcConfig,
  FunctionConfig,
  FunctionDefaults,
  LimitsConfig,
  LogConfig,
  ResultLimitsConfig,
  RetryConfig,
  RouteConfig,
  ServiceConfig,
  Size,
  TimerConfig,
} from './config/types.ts';
export type { AsyncApi, DeadLetterFilter, Found, InvocationDetails, InvocationFilter } from './engine/async-api.ts';
export type {
  Credentials,
  Durability,
  FunctionDefinition,
  HostDefinition,
  HostSettings,
  QueueLimits,
  RetryPolicy,
  RouteDefinition,
  Schedule,
  TimerDefinition,
} from './engine/definition.ts';
export type { HostEventBus, HostEvents, LogEvent, MessageEvent, WorkEvent } from './engine/events.ts';
export type { LogLevel } from './engine/protocol.ts';
export type { Accepted, Answered, Outcome, Refused } from './engine/invocation/outcome.ts';
export { QueueError, type DiskStats, type QueueStats } from './engine/queue/queue.ts';
export type { AttemptError, WorkState } from './engine/queue/work.ts';
export type { TimerStatus } from './engine/timers/timers.ts';
export type { InstanceState, InstanceView, InvocationView } from './engine/views.ts';
export type {
  CheckOutcome,
  FunctionStatus,
  Host,
  HostInvocation,
  HostMessage,
  HostOutcome,
  HostStart,
  HostStartOptions,
} from './engine/host-api.ts';
export { createHost, type HolderFacts, type HostOptions } from './host.ts';
