/**
 * What each operation of the admin socket does with the host. Every end is an answer: nothing here rejects.
 */
import { encodeStatus } from '@edgefc/sdk/internal';
import type { Found } from '../engine/async-api.ts';
import type { Clock } from '../engine/clock.ts';
import type { LogEvent } from '../engine/events.ts';
import { refused, type Refused } from '../engine/invocation/outcome.ts';
import { fromWire } from '../engine/protocol.ts';
import type { Host, HostOutcome } from '../engine/host-api.ts';
import { followLogs } from './follow-logs.ts';
import { decodeBytes, encodeBytes, type InvokeArgs, type RefusalJson, type StopBegun } from './protocol.ts';
import type { AnyRequest } from './read-request.ts';
import { gatherStatus, type ObservedHost, type ProcessFacts } from './status.ts';

/** The parts of a host that can be administrated. */
export type AdminHost = ObservedHost & Pick<Host, 'invoke' | 'events'>;

export interface OperationParts {
  readonly host: AdminHost;
  readonly clock: Clock;
  readonly facts: ProcessFacts;
  /** Begins to stop the host; not called a second time. */
  readonly beginStop: (gracePeriod: number | undefined) => StopBegun;
}

export interface OperationContext {
  /** Aborted when the request was taken back, or whoever made it is gone. */
  readonly signal: AbortSignal;
  /** Sends a log line ahead of the answer. */
  readonly log: (entry: LogEvent) => void;
}

export type Answer = { readonly value: unknown } | { readonly refused: RefusalJson };

/** Does what is asked for; `cancel` is the connection's own. */
export async function perform(
  request: Exclude<AnyRequest, { op: 'cancel' }>,
  parts: OperationParts,
  context: OperationContext,
): Promise<Answer> {
  try {
    return await dispatch(request, parts, context);
  } catch (error) {
    // The queue was closed, or closes: the host ends.
    const why = error instanceof Error ? error.message : String(error);
    return toAnswer(refused('Stopping', `${request.op} was not done: ${why}`));
  }
}

async function dispatch(
  { op, args }: Exclude<AnyRequest, { op: 'cancel' }>,
  parts: OperationParts,
  context: OperationContext,
): Promise<Answer> {
  const { host, clock, facts, beginStop } = parts;
  const { async } = host;
  switch (op) {
    case 'status':
      return { value: await gatherStatus(host, clock, facts) };
    case 'stop':
      return { value: beginStop(args.gracePeriod) };
    case 'invoke':
      return invoke(args, host, context);
    case 'async.get':
      return answer(await async.get(args.id, args.target), ({ payload, invokerContext, calls, ...status }) => ({
        status: encodeStatus(status),
        payload: payload === null ? null : encodeBytes(fromWire(payload)),
        invokerContext,
        calls,
      }));
    case 'async.wait':
      return answer(await async.wait(args.id, args.timeout, args.target), encodeStatus);
    case 'async.stop':
      return answer(await async.stop(args.id, args.target), encodeStatus);
    case 'async.list':
      return answer(await async.list(args), (statuses) => statuses.map(encodeStatus));
    case 'dead-letters.redrive':
      return answer(await async.redrive(args), (count) => count);
    case 'dead-letters.purge':
      return answer(await async.purge(args), (count) => count);
  }
}

async function invoke(args: InvokeArgs, host: AdminHost, { signal, log }: OperationContext): Promise<Answer> {
  const { payload, ...invocation } = args;
  const following = followLogs(host.events, log);
  try {
    const outcome = host.invoke({
      ...invocation,
      signal,
      ...(payload === null ? {} : { payload: decodeBytes(payload) }),
    });
    // Accepted by now: what others invoke from here on is theirs.
    following.begun();
    return toInvokeAnswer(await outcome);
  } finally {
    following.end();
  }
}

function toInvokeAnswer(outcome: HostOutcome): Answer {
  switch (outcome.kind) {
    case 'answered': {
      const { kind, payload, functionError = null, requestId } = outcome;
      return { value: { kind, payload: encodeBytes(payload), functionError, requestId } };
    }
    case 'accepted':
      return { value: outcome };
    case 'refused':
      return toAnswer(outcome);
  }
}

function answer<T>(found: Found<T>, toJson: (value: T) => unknown): Answer {
  return found.kind === 'found' ? { value: toJson(found.value) } : toAnswer(found);
}

function toAnswer({ code, message, retryable }: Refused): Answer {
  return { refused: { code, message, retryable } };
}
