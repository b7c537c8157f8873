/**
 * Destinations (FC): another function is told how Async work ended, in an Async invocation of its own that is accepted
 * in the very commit that ends the work.
 */
import type { FunctionDefinition } from '../definition.ts';
import { fromWire, type WireBytes } from '../protocol.ts';
import { withoutCalls } from '../queue/attempt-errors.ts';
import type { Ending } from '../queue/queue.ts';
import type { AttemptError, NewWork, WorkRecord } from '../queue/work.ts';

/** Destinations of destinations end here. */
const MAX_CHAIN = 16;

export interface DestinationFacts {
  readonly id: string;
  readonly record: WorkRecord;
  readonly definition: FunctionDefinition;
  readonly ending: Ending;
  /** Of `onSuccess` or `onFailure`; unknown functions are the configuration's business. */
  readonly isKnown: (target: string) => boolean;
  /** UTF-16 units that what is told may have; what it quotes is cut to fit. */
  readonly maxLength: number;
}

/** The work that tells the function's destination, if it has one for this ending. */
export function destinationOf(facts: DestinationFacts): NewWork | 'too deep' | undefined {
  const { record, definition, ending, isKnown } = facts;
  const target =
    ending.kind === 'succeeded' ? definition.onSuccess : ending.kind === 'dead' ? definition.onFailure : undefined;
  if (target === undefined || !isKnown(target)) return undefined;
  if (record.chain >= MAX_CHAIN) return 'too deep';
  return {
    target,
    payload: tell(facts),
    invokerContext: null,
    caller: record.target,
    delay: 0,
    dedupeKey: null,
    orderKey: null,
    maxAttempts: null,
    hops: record.hops,
    chain: record.chain + 1,
  };
}

/** As JSON; text within text is escaped again with each destination of a chain, and would grow without end. */
function tell(facts: DestinationFacts): string {
  for (let quoted = facts.maxLength; ; quoted = Math.floor(quoted / 2)) {
    const json = JSON.stringify(describe(facts, quoted));
    if (json.length <= facts.maxLength || quoted === 0) return json;
  }
}

/** `quoted`: units of a payload, at most. */
function describe({ id, record, ending }: DestinationFacts, quoted: number): object {
  const error = ending.kind === 'dead' ? (ending.error ?? withoutCalls(record.errors).at(-1)) : undefined;
  const request = toJson(record.payload, quoted);
  const response = ending.kind === 'succeeded' ? toJson(ending.result, quoted) : { value: error ?? null, cut: false };
  const resultCut = ending.kind === 'succeeded' && ending.cut;
  return {
    requestContext: {
      requestId: id,
      functionName: record.target,
      condition: conditionOf(ending, error),
      approximateInvokeCount: record.starts,
    },
    requestPayload: request.value,
    ...(request.cut ? { requestPayloadCut: true } : {}),
    responsePayload: response.value,
    ...(response.cut || resultCut ? { responsePayloadCut: true } : {}),
  };
}

function conditionOf(ending: Ending, error: AttemptError | undefined): string {
  if (ending.kind === 'succeeded') return 'Succeeded';
  const state = ending.kind === 'dead' ? ending.state : 'Failed';
  return error === undefined ? state : `${state}: ${error.errorType}`;
}

/** Text as it is, bytes as `{ "base64": … }`. */
function toJson(payload: WireBytes, quoted: number): { readonly value: unknown; readonly cut: boolean } {
  const value = payload === null ? '' : fromWire(payload);
  const cut = value.length > quoted;
  if (typeof value === 'string') return { value: cut ? value.slice(0, quoted) : value, cut };
  return { value: { base64: value.subarray(0, quoted).toString('base64') }, cut };
}
