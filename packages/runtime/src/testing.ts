/**
 * What the testkit composes a test's host of. Unsupported: it changes in any release, together with the testkit.
 *
 * Unlike `engine` it reaches outside: configuration files, handlers in files, threads, processes and SQLite.
 */
export { gatherHostFacts, type HostFacts } from './config/host-facts.ts';
export { readConfig, type WrittenConfig } from './config/load.ts';
export { ConfigError, type ConfigProblem } from './config/problems.ts';
export { resolveUnknown, type ResolveContext, type ResolvedConfig } from './config/resolve.ts';
export type { EdgefcConfig, FunctionConfig, FunctionDefaults, LimitsConfig, RouteConfig } from './config/types.ts';
export { parseDuration, writeDuration } from './config/units.ts';
export type { AsyncApi, DeadLetterFilter, Found, InvocationDetails, InvocationFilter } from './engine/async-api.ts';
export { systemClock, type Clock, type TimerHandle } from './engine/clock.ts';
export type {
  Credentials,
  Durability,
  FunctionDefinition,
  HostDefinition,
  HostSettings,
  IsolationKind,
  QueueLimits,
  RouteDefinition,
} from './engine/definition.ts';
export { Engine, type EngineParts, type EngineScope } from './engine/engine.ts';
export {
  createEventBus,
  type HostEventBus,
  type HostEvents,
  type LogEvent,
  type MessageEvent,
  type MessageView,
  type WorkAcceptedEvent,
  type WorkEvent,
  type WorkOrigin,
} from './engine/events.ts';
export { createContext, type InstanceFacts, type RunFacts } from './engine/handler/context.ts';
export { toErrorJson, toErrorPayload, toTypedErrorJson } from './engine/handler/error-payload.ts';
export { InFunctionTransport } from './engine/handler/in-function-transport.ts';
export { InstanceLoop, type Surroundings } from './engine/handler/instance-loop.ts';
export type { LoadedFunction, LoadedHook } from './engine/handler/loaded-function.ts';
export { Run, type LoadedHandler } from './engine/handler/run.ts';
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
export { HostCore, type HostCoreParts } from './engine/host-core.ts';
export { HostTransport } from './engine/host-transport.ts';
export type { InstanceExit, InstanceHandle, InstanceListener, Isolation } from './engine/instance/isolation.ts';
export type { KeptPayload, NestedCall } from './engine/queue/nested-call.ts';
export { writeTestFile, type ExportedTest, type ExportRunner } from './export/test-file.ts';
export { refused, type Accepted, type Answered, type Outcome, type Refused } from './engine/invocation/outcome.ts';
export {
  copyWire,
  fromWire,
  Kind,
  NO_RETRY,
  PROTOCOL_VERSION,
  toWire,
  wireSize,
  type AcceptedMessage,
  type AnswerMessage,
  type FromInstance,
  type InstanceBoot,
  type LogLevel,
  type RefusedMessage,
  type ResultMessage,
  type RunMessage,
  type ToInstance,
  type WireBytes,
  type WirePayload,
} from './engine/protocol.ts';
export { MemoryQueue, type MemoryQueueOptions } from './engine/queue/memory-queue.ts';
export { MemoryTables } from './engine/queue/memory-tables.ts';
export {
  QueueError,
  type CommandTime,
  type Opening,
  type OpeningFacts,
  type Queue,
  type QueueCommand,
  type QueueStats,
  type ResultOf,
} from './engine/queue/queue.ts';
export type { Tables } from './engine/queue/tables.ts';
export type { AttemptError, WorkState } from './engine/queue/work.ts';
export type { InstanceState, InstanceView, InvocationView, RequestView } from './engine/views.ts';
export { RouteTable } from './engine/router/route-table.ts';
export { describeFilterProblem } from './engine/router/topic-filter.ts';
export { instanceEnvironment } from './isolation/environment.ts';
export { SystemIsolations, type SystemIsolationsOptions } from './isolation/system-isolations.ts';
export { SqliteQueue } from './store/sqlite-queue.ts';
export type { TimerStatus } from './engine/timers/timers.ts';
export { FloodGate, LineBuffer } from './wall/output.ts';
export { loadFunction, type ModuleLoader } from './worker/load-handler.ts';
export { installModuleHooks, SDK_NAMES } from './worker/module-hooks.ts';
