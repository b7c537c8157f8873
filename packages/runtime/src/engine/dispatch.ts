/**
 * The one way in: everything that invokes a function comes through here, whoever asks.
 *
 * Resolves the target, checks limits, makes the invocation with its id and deadline, and hands it to the Sync
 * scheduler or the Async one. Functions, the command line and later HTTP, timers and the router differ only in
 * whom `onOutcome` tells.
 */
import type { InvocationRequestOptions } from '@edgefc/sdk/internal';
import type { AdmissionGate } from './admission-gate.ts';
import { answerQuery } from './answer-query.ts';
import type { AsyncApi } from './async-api.ts';
import type { Clock } from './clock.ts';
import type { FunctionDefinition, HostSettings } from './definition.ts';
import type { HostEventBus } from './events.ts';
import { formatBytes } from './format.ts';
import { parseCallOptions } from './incoming.ts';
import { Invocation } from './invocation/invocation.ts';
import { refused, type Outcome, type Refused } from './invocation/outcome.ts';
import type { DispatchRequest } from './invocation/request.ts';
import type { RequestIds } from './invocation/request-ids.ts';
import type { Instance } from './instance/instance.ts';
import { wireSize, type CallMessage, type PublishMessage, type QueryMessage, type WireBytes } from './protocol.ts';
import type { Registry } from './registry.ts';
import type { Publisher } from './router/publisher.ts';
import type { AsyncScheduler } from './scheduler/async.ts';
import type { Scheduler } from './scheduler/scheduler.ts';

export interface DispatcherParts {
  readonly clock: Clock;
  readonly events: HostEventBus;
  readonly settings: HostSettings;
  readonly registry: Registry;
  readonly scheduler: Scheduler;
  readonly async: AsyncScheduler;
  readonly queries: AsyncApi;
  readonly publisher: Publisher;
  readonly requestIds: RequestIds;
  readonly gate: AdmissionGate | undefined;
}

export class Dispatcher {
  readonly #parts: DispatcherParts;
  /** Whether calls that no running invocation makes are refused. */
  #closed = false;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** From now on only running invocations may call, so that they can finish. */
  close(): void {
    this.#closed = true;
  }

  /** Invokes; returns the Sync invocation while it is in flight, so that it can be cancelled. */
  dispatch(request: DispatchRequest): Invocation | undefined {
    const { parent, type } = request;
    const { clock, gate, registry, settings } = this.#parts;
    if (this.#closed && parent === undefined) {
      this.#refuse(request, refused('Stopping', 'the host is stopping and accepts no new invocations'));
      return undefined;
    }
    const resolution = registry.resolve(request.target);
    if (resolution.kind === 'refused') {
      this.#refuse(request, gate === undefined ? resolution : gate.unknown(request, resolution));
      return undefined;
    }
    const limit = type === 'Sync' ? settings.maxSyncPayload : settings.maxAsyncPayload;
    // Text needs no counting while even three bytes a character would fit.
    if (!(typeof request.payload === 'string' && request.payload.length * 3 <= limit)) {
      const size = wireSize(request.payload);
      if (size > limit) {
        const { definition } = resolution;
        this.#refuse(request, tooLarge(definition, type, size, limit), definition);
        return undefined;
      }
    }
    const { definition } = resolution;
    const refusal = gate?.admit(request, definition);
    if (refusal !== undefined) {
      this.#refuse(request, refusal, definition);
      return undefined;
    }
    if (type === 'Async') {
      this.#parts.async.accept(definition, request);
      return undefined;
    }
    const now = clock.monotonic();
    const timeout = request.options?.timeout;
    const own = now + (timeout ?? definition.timeout + definition.maxQueueWait);
    const inherited = parent === undefined ? Infinity : parent.effectiveDeadline;
    const invocation = new Invocation({
      requestId: this.#parts.requestIds.next(),
      definition,
      type: 'Sync',
      payload: request.payload,
      invokerContext: request.invokerContext,
      attempt: 1,
      parent,
      caller: request.caller,
      receiver: request,
      acceptedAt: now,
      deadline: Math.min(own, inherited),
      deadlineSource: inherited < own ? 'caller' : timeout === undefined ? 'function' : 'call',
      hops: parent === undefined ? 0 : parent.hops,
      chain: parent === undefined ? 0 : parent.chain,
      onAnswer: this.#answered,
    });
    this.#parts.events.emit('invocation:accepted', invocation);
    this.#parts.scheduler.submit(invocation);
    return invocation.outcome === undefined ? invocation : undefined;
  }

  #refuse(request: DispatchRequest, outcome: Refused, definition?: FunctionDefinition): void {
    this.#parts.events.emit('invocation:refused', request, outcome, definition?.key);
    request.onOutcome(outcome);
  }

  /** A function calls. */
  call = (instance: Instance, parent: Invocation | undefined, message: CallMessage): void => {
    const request = new FunctionCall(instance, parent, message);
    const invocation = this.dispatch(request);
    if (invocation !== undefined) instance.outstanding.set(request.call, invocation);
  };

  /** A function publishes a message. */
  publish = (instance: Instance, parent: Invocation | undefined, message: PublishMessage): void => {
    const [, call, , topic, payload] = message;
    const source = instance.definition.key;
    this.#parts.publisher.publish({
      topic,
      payload,
      source,
      parent,
      onOutcome: (outcome) => {
        instance.answerCall(call, outcome);
      },
    });
  };

  /** A function asks about Async invocations. */
  query = (instance: Instance, message: QueryMessage): void => {
    const [, call, , name, args] = message;
    answerQuery(this.#parts.queries, name, args).then(
      (answer) => {
        if (typeof answer === 'string') instance.answerQuery(call, answer);
        else instance.answerCall(call, answer);
      },
      (error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        instance.answerCall(call, refused('Stopping', `the question was not answered: ${why}`));
      },
    );
  };

  /** A function takes a call back. */
  cancelCall = (instance: Instance, call: number): void => {
    const invocation = instance.outstanding.get(call);
    if (invocation === undefined) return;
    this.#parts.scheduler.cancel(invocation, refused('Cancelled', 'the caller cancelled the call through its signal'));
  };

  /** An instance is gone: nobody waits for its calls any more. */
  gone = (instance: Instance): void => {
    for (const invocation of [...instance.outstanding.values()]) {
      this.#parts.scheduler.cancel(
        invocation,
        refused('Cancelled', `the instance of the caller ${instance.name} ended`),
      );
    }
  };

  /** One for all invocations: the answer goes to whoever asked. */
  readonly #answered = (outcome: Outcome, invocation: Invocation): void => {
    this.#parts.events.emit('invocation:settled', invocation);
    const { parent } = invocation;
    if (parent?.calls !== undefined && parent.calls.size > 0) this.#parts.scheduler.recheck(parent);
    invocation.receiver?.onOutcome(outcome, invocation.requestId);
  };
}

/** A call that a function makes; its answer goes back to the instance. */
class FunctionCall implements DispatchRequest {
  readonly call: number;
  readonly target: string;
  readonly type: 'Sync' | 'Async';
  readonly payload: WireBytes;
  readonly invokerContext: string | null;
  readonly options: InvocationRequestOptions | undefined;
  readonly parent: Invocation | undefined;
  readonly #instance: Instance;

  constructor(instance: Instance, parent: Invocation | undefined, message: CallMessage) {
    this.#instance = instance;
    this.parent = parent;
    this.call = message[1];
    this.target = message[3];
    this.type = message[4];
    this.payload = message[5];
    this.invokerContext = message[6];
    const options = message[7];
    this.options = options === null ? undefined : parseCallOptions(options);
  }

  get caller(): string {
    return this.#instance.definition.key;
  }

  onOutcome(outcome: Outcome): void {
    this.#instance.outstanding.delete(this.call);
    this.#instance.answerCall(this.call, outcome);
  }
}

function tooLarge(definition: FunctionDefinition, type: 'Sync' | 'Async', size: number, limit: number): Refused {
  const key = type === 'Sync' ? 'limits.syncPayload' : 'limits.asyncPayload';
  return refused(
    'EntityTooLarge',
    `the payload for ${definition.key} is ${size} bytes, more than ${key} (${limit} bytes, ${formatBytes(limit)}); ` +
      'send less, or raise the limit in the configuration',
  );
}
