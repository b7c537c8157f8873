/** The public names of the runtime: a host, and what configures it. */
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
export type { FunctionDefinition, HostDefinition, HostSettings } from './engine/definition.ts';
export type { HostEventBus, HostEvents, LogEvent } from './engine/events.ts';
