/**
 * The typed event bus. The log, metrics and the testkit's record are listeners here and nowhere else.
 *
 * Events carry the engine's own objects, so that emitting costs nothing when nobody listens; listeners read and
 * never write. A listener that throws is the listener's bug: it is logged, and kept off the invocation path (I5).
 */
import { EventEmitter } from 'eventemitter3';
import { systemClock, type Clock } from './clock.ts';
import type { FunctionDefinition } from './definition.ts';
import type { Refused } from './invocation/outcome.ts';
import type { LogLevel, WirePayload } from './protocol.ts';
import type { AttemptError, NewWork, WorkState } from './queue/work.ts';
import type { InstanceView, InvocationView, RequestView } from './views.ts';

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

/** What asked for Async work. */
export type WorkOrigin =
  /** A function (`parent`: the running invocation of it, unless that had settled) or somebody outside. */
  | { readonly kind: 'call'; readonly parent: InvocationView | undefined }
  /** A tick of the function's timer. */
  | { readonly kind: 'timer'; readonly name: string }
  /** A route of a message, which is told of after its work. */
  | { readonly kind: 'route'; readonly messageId: string; readonly topic: string }
  /** The end of other Async work, by its id. */
  | { readonly kind: 'destination'; readonly of: string };

/** Async work is as safe as its durability says. */
export interface WorkAcceptedEvent {
  /** The invocation id. */
  readonly id: string;
  readonly work: NewWork;
  readonly origin: WorkOrigin;
  /** It was there already, under the same `dedupeKey`: `work` was dropped. */
  readonly deduplicated: boolean;
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

/** What is published. */
export interface MessageView {
  readonly topic: string;
  readonly payload: WirePayload;
  /** `Service/function`; undefined: somebody outside. */
  readonly source: string | undefined;
  /** The running invocation that publishes. */
  readonly parent: InvocationView | undefined;
}

export interface MessageEvent extends MessageView {
  readonly id: string;
  /** The functions that get it. */
  readonly targets: readonly string[];
}

export interface HostEvents {
  'invocation:accepted': [invocation: InvocationView];
  'invocation:started': [invocation: InvocationView, instance: InstanceView];
  /** The invoker has its answer. */
  'invocation:settled': [invocation: InvocationView];
  /** There will be no invocation, or no Async work. `target`: `Service/function`, if there is one of that name. */
  'invocation:refused': [request: RequestView, outcome: Refused, target: string | undefined];
  /** Before it runs. */
  'work:accepted': [work: WorkAcceptedEvent];
  /** A run of Async work is over, or it was stopped before one, and it is written down what comes of it. */
  'work:settled': [work: WorkEvent];
  /** A dead letter waits again, with attempts anew. */
  'work:redriven': [id: string];
  /** A message was published. */
  'message:published': [message: MessageEvent];
  /** A message went nowhere, and its publisher was told. */
  'message:refused': [message: MessageView, outcome: Refused];
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
