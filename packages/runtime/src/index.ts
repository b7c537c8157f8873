/** The public names of the runtime: a host, and what configures it. */
export { defineConfig } from './config/define.ts';
export { gatherHostFacts, type HostFacts } from './config/host-facts.ts';
export { loadConfig } from './config/load.ts';
export { ConfigError, type ConfigProblem } from './config/problems.ts';
export { resolveConfig, type LogSettings, type ResolveContext, type ResolvedConfig } from './config/resolve.ts';
export type {
  CredentialsConfig,
  Duration,
  EdgefcConfig,
  FunctionConfig,
  FunctionDefaults,
  LimitsConfig,
  LogConfig,
  ServiceConfig,
  Size,
} from './config/types.ts';
export type { Credentials, FunctionDefinition, HostDefinition, HostSettings } from './engine/definition.ts';
export type { HostEventBus, HostEvents, LogEvent } from './engine/events.ts';
export type { LogLevel } from './engine/protocol.ts';
export type { Accepted, Answered, Outcome, Refused } from './engine/invocation/outcome.ts';
export type { InstanceState, InstanceView, InvocationView } from './engine/views.ts';
export {
  createHost,
  type CheckOutcome,
  type FunctionStatus,
  type Host,
  type HostInvocation,
  type HostOptions,
  type HostOutcome,
  type HostStartOptions,
} from './host.ts';
