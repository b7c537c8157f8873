/**
 * Listens to what a host tells, and writes it down.
 *
 * One recorder for all lives of a test's host: what was stored goes on under its own id in the next one, and what a killed
 * life had begun is marked as lost.
 */
import type {
  Clock,
  FunctionDefinition,
  HostEventBus,
  InstanceView,
  InvocationView,
  LogEvent,
  MessageEvent,
  MessageView,
  Refused,
  RequestView,
  WorkAcceptedEvent,
  WorkEvent,
  WorkOrigin,
} from '@edgefc/runtime/testing';
import {
  InvocationEntry,
  PublishEntry,
  toRecordedOutcome,
  type AttemptEntry,
  type InvocationFacts,
} from './entries.ts';
import type { Moment, RecordedOrigin, RecordedState } from './model.ts';
import { TestRecord } from './record.ts';
import { RecordStore } from './store.ts';

export interface RecorderParts {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  /** Calls of what is neither real nor faked, as text for a failing test; undefined: there were none. */
  readonly describeUnfaked?: () => string | undefined;
}

/** Who asked, as the engine's events say it. */
interface Asked {
  readonly caller: string | undefined;
  readonly parent: InvocationView | undefined;
}

type Descent = Pick<InvocationFacts, 'origin' | 'parent' | 'parentAttempt'>;

export class Recorder {
  readonly record: TestRecord;
  readonly #clock: RecorderParts['clock'];
  readonly #startedAt: number;
  readonly #store = new RecordStore();

  constructor({ clock, describeUnfaked = () => undefined }: RecorderParts) {
    this.#clock = clock;
    this.#startedAt = clock.monotonic();
    this.record = new TestRecord({ store: this.#store, now: () => this.#now(), describeUnfaked });
  }

  /** Listens to one life of the host, from before its start on. The one before it is over. */
  listen(events: HostEventBus): void {
    this.#loseWhatRan();
    events.on('function:registered', this.#onRegistered);
    events.on('invocation:refused', this.#onRefused);
    events.on('invocation:accepted', this.#onAccepted);
    events.on('invocation:started', this.#onStarted);
    events.on('invocation:settled', this.#onSettled);
    events.on('work:accepted', this.#onWorkAccepted);
    events.on('work:settled', this.#onWorkSettled);
    events.on('work:redriven', this.#onRedriven);
    events.on('message:published', this.#onPublished);
    events.on('message:refused', this.#onMessageRefused);
    events.on('log', this.#onLog);
    events.on('instance:exited', this.#onExited);
  }

  readonly #onRegistered = ({ key }: FunctionDefinition): void => {
    this.#store.functions.add(key);
  };

  /** A Sync call, or a run of Async work. */
  readonly #onAccepted = (invocation: InvocationView): void => {
    const { requestId, definition, type, attempt } = invocation;
    let entry = this.#store.find(requestId);
    if (entry === undefined) {
      const descent = type === 'Sync' ? toDescent(invocation) : toStored(invocation);
      entry = this.#add({ id: requestId, target: definition.key, type, state: 'Enqueued', ...descent }, invocation);
    }
    entry.state = 'Enqueued';
    entry.attempts.push({
      attempt,
      instance: undefined,
      queued: this.#now(),
      started: undefined,
      ended: undefined,
      outcome: undefined,
      retryIn: undefined,
    });
  };

  readonly #onStarted = ({ requestId }: InvocationView, instance: InstanceView): void => {
    const entry = this.#store.find(requestId);
    if (entry?.last === undefined) return;
    entry.state = 'Running';
    entry.last.instance = instance.name;
    entry.last.started = this.#now();
  };

  readonly #onSettled = ({ requestId, type, outcome }: InvocationView): void => {
    const entry = this.#store.find(requestId);
    if (entry?.last === undefined || outcome === undefined || outcome.kind === 'accepted') return;
    const now = this.#now();
    const recorded = toRecordedOutcome(outcome);
    entry.last.ended = now;
    entry.last.outcome = recorded;
    entry.outcome = recorded;
    // What becomes of Async work is only told once it is written down.
    if (type === 'Async') return;
    entry.state = recorded.kind === 'succeeded' ? 'Succeeded' : 'Failed';
    entry.ended = now;
  };

  readonly #onWorkAccepted = ({ id, work, origin, deduplicated }: WorkAcceptedEvent): void => {
    const descent = descentOf(origin, work.caller ?? undefined);
    const known = this.#store.find(id);
    if (deduplicated && known !== undefined) {
      known.duplicates.push({ origin: descent.origin, parent: descent.parent, asked: this.#now() });
      return;
    }
    const { target, delay, dedupeKey, orderKey, maxAttempts } = work;
    const entry = this.#add(
      {
        id,
        target,
        type: 'Async',
        state: 'Enqueued',
        ...descent,
        ...(delay === 0 ? {} : { delay }),
        ...(dedupeKey === null ? {} : { dedupeKey }),
        ...(orderKey === null ? {} : { orderKey }),
        ...(maxAttempts === null ? {} : { maxRetries: maxAttempts - 1 }),
      },
      work,
    );
    if (origin.kind === 'timer') {
      this.#store.ticks.push({ timer: origin.name, function: target, ticked: entry.asked, invocation: id });
    }
  };

  readonly #onWorkSettled = ({ id, state, retryIn }: WorkEvent): void => {
    const entry = this.#store.find(id);
    if (entry === undefined) return;
    const now = this.#now();
    entry.state = state;
    if (retryIn !== undefined) {
      if (entry.last !== undefined) entry.last.retryIn = retryIn;
      return;
    }
    entry.ended = now;
    if (state === 'Failed' || state === 'Expired') entry.deadLettered = now;
  };

  readonly #onRedriven = (id: string): void => {
    const entry = this.#store.find(id);
    if (entry === undefined) return;
    entry.state = 'Enqueued';
    entry.ended = undefined;
  };

  readonly #onRefused = (request: RequestView, outcome: Refused, target: string | undefined): void => {
    const entry = this.#add(
      {
        id: `refused.${this.#store.place()}`,
        target: target ?? request.target,
        type: request.type,
        state: 'Refused',
        ...toDescent(request),
      },
      request,
    );
    entry.outcome = toRecordedOutcome(outcome);
    entry.ended = entry.asked;
  };

  readonly #onPublished = ({ id, topic, targets, payload, ...asked }: MessageEvent): void => {
    this.#addPublish({ topic, payload, ...asked }, { id, targets, refusal: undefined });
    // The work of a message is told of first.
    const { invocations } = this.#store;
    for (let left = targets.length, index = invocations.length - 1; left > 0 && index >= 0; index -= 1) {
      const entry = invocations[index];
      if (entry?.origin.kind !== 'route' || entry.origin.message !== id) continue;
      entry.parent = asked.parent?.requestId;
      entry.parentAttempt = asked.parent?.attempt;
      left -= 1;
    }
  };

  readonly #onMessageRefused = (message: MessageView, { code, message: why }: Refused): void => {
    const id = `refused.${this.#store.place()}`;
    this.#addPublish(message, { id, targets: [], refusal: { code, message: why } });
  };

  /** As a gateway's log tells it; that an instance ends after its answer is to be seen nowhere else. */
  readonly #onExited = ({ name, definition }: InstanceView, reason: string, expected: boolean): void => {
    if (expected) return;
    const now = this.#now();
    this.#store.logs.push({
      log: {
        level: 'warn',
        message: `instance ended: ${reason}`,
        written: now,
        source: 'host',
        function: definition.key,
        instance: name,
        requestId: undefined,
        attempt: undefined,
      },
      place: this.#store.place(),
    });
  };

  readonly #onLog = ({
    time,
    level,
    message,
    service,
    function: name,
    instance,
    requestId,
    source,
  }: LogEvent): void => {
    const run = requestId === undefined ? undefined : this.#store.find(requestId)?.last;
    this.#store.logs.push({
      log: {
        level,
        message,
        written: { ...this.#now(), wall: time },
        source,
        function: service === undefined || name === undefined ? undefined : `${service}/${name}`,
        instance,
        requestId,
        attempt: run?.attempt,
      },
      place: this.#store.place(),
    });
  };

  #add(
    facts: Omit<InvocationFacts, 'n' | 'asked' | 'place'>,
    { payload, invokerContext }: Pick<RequestView, 'payload' | 'invokerContext'>,
  ): InvocationEntry {
    const store = this.#store;
    const numbered = { ...facts, n: store.number(), asked: this.#now(), place: store.place() };
    const entry = new InvocationEntry(numbered, payload, invokerContext);
    store.add(entry);
    return entry;
  }

  #addPublish(
    { topic, source, parent, payload }: MessageView,
    facts: Pick<PublishEntry, 'id' | 'targets' | 'refusal'>,
  ): void {
    const store = this.#store;
    const descent = { source, parent: parent?.requestId, parentAttempt: parent?.attempt };
    store.publishes.push(
      new PublishEntry({ ...facts, topic, ...descent, asked: this.#now(), place: store.place() }, payload),
    );
  }

  /** The plug was pulled: Sync calls are over, Async work waits in the queue. */
  #loseWhatRan(): void {
    const now = this.#now();
    for (const entry of this.#store.open()) {
      const { last } = entry;
      if (last !== undefined && last.ended === undefined) lose(last, now);
      if (entry.type === 'Async') {
        entry.state = waitingState(entry);
        continue;
      }
      entry.state = 'Lost';
      entry.outcome = { kind: 'lost' };
      entry.ended = now;
    }
  }

  #now(): Moment {
    return { wall: this.#clock.now(), at: this.#clock.monotonic() - this.#startedAt };
  }
}

function descentOf(origin: WorkOrigin, caller: string | undefined): Descent {
  switch (origin.kind) {
    case 'call':
      return toDescent({ caller, parent: origin.parent });
    case 'timer':
      return withoutParent({ kind: 'timer', timer: origin.name });
    case 'route':
      return withoutParent({ kind: 'route', topic: origin.topic, message: origin.messageId, publisher: caller });
    case 'destination':
      return { ...withoutParent({ kind: 'destination', function: caller ?? '' }), parent: origin.of };
  }
}

function lose(attempt: AttemptEntry, now: Moment): void {
  attempt.ended = now;
  attempt.outcome = { kind: 'lost' };
}

function waitingState({ attempts }: InvocationEntry): RecordedState {
  return attempts.length === 0 ? 'Enqueued' : 'Retrying';
}

function toDescent({ caller, parent }: Asked): Descent {
  const origin: RecordedOrigin = caller === undefined ? { kind: 'outside' } : { kind: 'function', function: caller };
  return { origin, parent: parent?.requestId, parentAttempt: parent?.attempt };
}

/** A run of work that nobody was heard asking for. */
function toStored({ caller }: Asked): Descent {
  return withoutParent({ kind: 'stored', function: caller });
}

function withoutParent(origin: RecordedOrigin): Descent {
  return { origin, parent: undefined, parentAttempt: undefined };
}
