/**
 * The typed event bus. The log, metrics and the testkit's record are listeners here and nowhere else.
 *
 * Events carry the engine's own objects, so that emitting costs nothing when nobody listens; listeners read and
 * never write. A listener that throws is the listener's bug: it is logged, and kept off the invocation path (I5).
 */
import { EventEmitter } from 'eventemitter3';
import { systemClock, type Clock } from './clock.ts';
import type { FunctionDefinition } from './definition.ts';
import type { LogLevel } from './protocol.ts';
import type { AttemptError, WorkState } from './queue/work.ts';
import type { InstanceView, InvocationView } from './views.ts';

/** One captured piece of output, or a line of the host's own. */
export interface LogEvent {
  /** Wall clock, epoch ms. */
  readonly time: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly service?: string;
  readonly function?: string;
  readonly instance?: string;
  readonly requestId?: string;
  /** Who wrote: the function, or the host about it. */
  readonly source: 'function' | 'host';
}

/** What became of Async work after a run, or in place of one. */
export interface WorkEvent {
  /** The invocation id. */
  readonly id: string;
  /** `Service/function`. */
  readonly target: string;
  /** 1-based; 0: it never ran. */
  readonly attempt: number;
  readonly state: WorkState;
  /** How the run failed, if it did. */
  readonly error: AttemptError | undefined;
  /** ms until it may run again; undefined: it is over. */
  readonly retryIn: number | undefined;
}

export interface MessageEvent {
  readonly id: string;
  readonly topic: string;
  /** `Service/function`; undefined: somebody outside. */
  readonly source: string | undefined;
  /** The functions that get it. */
  readonly targets: readonly string[];
}

export interface HostEvents {
  'invocation:accepted': [invocation: InvocationView];
  'invocation:started': [invocation: InvocationView, instance: InstanceView];
  /** The invoker has its answer. */
  'invocation:settled': [invocation: InvocationView];
  /** A run of Async work is over, and it is written down what comes of it. */
  'work:settled': [work: WorkEvent];
  /** A message was published. */
  'message:published': [message: MessageEvent];
  'instance:starting': [instance: InstanceView];
  'instance:ready': [instance: InstanceView];
  /** `expected`: the host stopped it; otherwise it ended by itself, or had to be ended. */
  'instance:exited': [instance: InstanceView, reason: string, expected: boolean];
  'function:registered': [definition: FunctionDefinition];
  log: [entry: LogEvent];
  'host:started': [];
  'host:stopping': [];
  'host:stopped': [];
}

export type HostEventBus = EventEmitter<HostEvents>;

/** `clock`: tells the time of what the bus itself has to log. */
export function createEventBus(clock: Pick<Clock, 'now'> = systemClock): HostEventBus {
  return new ContainedEventBus(clock);
}

class ContainedEventBus extends EventEmitter<HostEvents> {
  readonly #clock: Pick<Clock, 'now'>;

  constructor(clock: Pick<Clock, 'now'>) {
    super();
    this.#clock = clock;
  }

  override emit<K extends keyof HostEvents>(event: K, ...args: EventEmitter.EventArgs<HostEvents, K>): boolean {
    try {
      return super.emit(event, ...args);
    } catch (error) {
      // A log that throws has nowhere to be told.
      if (event !== 'log') {
        const message = `a listener of "${event}" threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
        this.emit('log', { time: this.#clock.now(), level: 'error', message, source: 'host' });
      }
      return true;
    }
  }
}
