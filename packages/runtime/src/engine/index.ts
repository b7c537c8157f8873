/** The engine for other compositions, above all the testkit's. Unsupported: it may change in any release. */
export { systemClock, type Clock, type TimerHandle } from './clock.ts';
export { DeadlineQueue, type DeadlineEntry } from './deadline-queue.ts';
export type {
  Credentials,
  FunctionDefinition,
  HostDefinition,
  HostSettings,
  IsolationKind,
  RunMode,
} from './definition.ts';
export type { OutcomeReceiver, Refused } from './invocation/outcome.ts';
export type { CallMessage, FromInstance, InstanceBoot, LogLevel, ToInstance, WireBytes } from './protocol.ts';
export { Engine, type EngineParts } from './engine.ts';
export { createEventBus, type HostEventBus, type HostEvents, type LogEvent } from './events.ts';
export type { InstanceExit, InstanceHandle, InstanceListener, Isolation } from './instance/isolation.ts';
export type { Outcome } from './invocation/outcome.ts';
export { MemoryQueue } from './queue/memory-queue.ts';
export type { InstanceState, InstanceView, InvocationView } from './views.ts';
export { MemoryTables } from './queue/memory-tables.ts';
export type { Queue } from './queue/queue.ts';
