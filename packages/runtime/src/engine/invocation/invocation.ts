/**
 * One invocation, from its acceptance to the release of its slot.
 *
 * Two things end separately. The *answer*: given to the invoker exactly once, whoever is first (I1). The *slot*:
 * held until the handler settles or its instance is gone, because the code still runs whether or not anybody
 * waits for it. Both are states here; the pool moves the slot, `answer` gives the answer.
 */
import type { FunctionDefinition } from '../definition.ts';
import type { DeadlineEntry } from '../deadline-queue.ts';
import type { WireBytes } from '../protocol.ts';
import type { InvocationView } from '../views.ts';
import type { Outcome, OutcomeReceiver } from './outcome.ts';

/** Where an invocation stands: waiting for a slot, holding one, or done with it. */
export type SlotState = 'new' | 'queued' | 'running' | 'released';

/** What runs an invocation: all that is asked of an instance from here. */
export interface Runner {
  /** Aborts the signal of a run; its slot stays held. */
  abort(invocation: Invocation, reason: string): void;
  /** A handler used up its timeout. */
  overrun(invocation: Invocation): void;
}

/** Whom a deadline comes from: the caller's own, the call's `timeout`, or the function's settings. */
export type DeadlineSource = 'caller' | 'call' | 'function';

/** Told when a deadline of an invocation passed. */
export interface DeadlineWatcher {
  deadlinePassed(invocation: Invocation): void;
}

export interface InvocationOptions {
  readonly requestId: string;
  readonly definition: FunctionDefinition;
  readonly type: 'Sync' | 'Async';
  readonly payload: WireBytes;
  readonly invokerContext: string | null;
  readonly attempt: number;
  readonly parent: Invocation | undefined;
  readonly caller: string | undefined;
  /** Where the answer goes; Async work has none. */
  readonly receiver?: OutcomeReceiver;
  readonly acceptedAt: number;
  readonly deadline: number;
  readonly deadlineSource: DeadlineSource;
  /** Routings that led to it, and destinations. */
  readonly hops: number;
  readonly chain: number;
  /** Takes the answer, once. */
  readonly onAnswer: (outcome: Outcome, invocation: Invocation) => void;
}

export class Invocation implements InvocationView, DeadlineEntry {
  readonly requestId: string;
  readonly definition: FunctionDefinition;
  readonly type: 'Sync' | 'Async';
  readonly payload: WireBytes;
  readonly invokerContext: string | null;
  readonly attempt: number;
  readonly parent: Invocation | undefined;
  readonly caller: string | undefined;
  readonly receiver: OutcomeReceiver | undefined;
  readonly acceptedAt: number;
  /** Monotonic ms at which the invoker stops waiting. */
  readonly deadline: number;
  readonly deadlineSource: DeadlineSource;
  readonly hops: number;
  readonly chain: number;

  startedAt: number | undefined;
  settledAt: number | undefined;
  outcome: Outcome | undefined;

  slot: SlotState = 'new';
  /** The instance that runs it, while `slot` is `running`. */
  instance: Runner | undefined;
  /** Its number in that instance. */
  run: number = 0;
  /** Monotonic ms at which the handler has used up its own timeout; meaningful while running. */
  handlerDeadline: number = Infinity;
  /** Outstanding Sync calls of the handler: the waiting edges (scheduler/wait-for.ts). */
  calls: Set<Invocation> | undefined;

  due: number = 0;
  heapIndex: number = -1;
  /** Set by the scheduler: it knows what a passed deadline means now. */
  watcher: DeadlineWatcher | undefined;

  readonly #onAnswer: (outcome: Outcome, invocation: Invocation) => void;

  constructor(options: InvocationOptions) {
    this.requestId = options.requestId;
    this.definition = options.definition;
    this.type = options.type;
    this.payload = options.payload;
    this.invokerContext = options.invokerContext;
    this.attempt = options.attempt;
    this.parent = options.parent;
    this.caller = options.caller;
    this.receiver = options.receiver;
    this.acceptedAt = options.acceptedAt;
    this.deadline = options.deadline;
    this.deadlineSource = options.deadlineSource;
    this.hops = options.hops;
    this.chain = options.chain;
    this.#onAnswer = options.onAnswer;
  }

  /** When the handler has to be done: the earlier of its own timeout and the invoker's deadline. */
  get effectiveDeadline(): number {
    return Math.min(this.deadline, this.handlerDeadline);
  }

  /** Whether the handler is waiting for somebody else rather than working. */
  get waiting(): boolean {
    return this.calls !== undefined && this.calls.size > 0;
  }

  onDeadline(): void {
    this.watcher?.deadlinePassed(this);
  }

  /** Gives the invoker its answer, unless it has one (I1); returns whether this was the one. */
  answer(outcome: Outcome, now: number): boolean {
    if (this.outcome !== undefined) return false;
    this.outcome = outcome;
    this.settledAt = now;
    this.parent?.calls?.delete(this);
    this.#onAnswer(outcome, this);
    return true;
  }
}
