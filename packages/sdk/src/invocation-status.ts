/**
 * What is known of an Async invocation, and how it crosses a wall: one encoding for functions, the command line and HTTP.
 */
import type { FunctionErrorKind } from './function-error.ts';

/**
 * `Enqueued`: waits for its first run. `Running`. `Retrying`: waits for another run. `Succeeded`. `Failed`: its attempts
 * are used up, or another would be no use. `Expired`: its maximum age passed first. `Stopped`: somebody stopped it.
 */
export type InvocationState = (typeof INVOCATION_STATES)[number];

export const INVOCATION_STATES = [
  'Enqueued',
  'Running',
  'Retrying',
  'Succeeded',
  'Failed',
  'Expired',
  'Stopped',
] as const;

/** How one run of an Async invocation failed. */
export interface AttemptError {
  /** Which run it was, from 1. */
  readonly attempt: number;
  /** `null`: there was no answer of the function, because its instance was lost or it was throttled. */
  readonly functionError: FunctionErrorKind | null;
  readonly errorType: string;
  readonly errorMessage: string;
  readonly stackTrace: readonly string[];
  /** When, epoch ms. Informative: wall clocks step. */
  readonly at: number;
}

/** An Async invocation as its host knows it. Times are epoch ms and informative: the host measures by its own clock. */
export interface InvocationStatus {
  readonly id: string;
  /** `Service/function`. */
  readonly function: string;
  readonly state: InvocationState;
  /** Runs begun; 0: none yet. */
  readonly attempt: number;
  readonly acceptedAt: number;
  /** Start of the last run. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** When the next run is due, estimated. */
  readonly nextAttemptAt: number | null;
  /** What the function returned, of the kind it returned, once it has `Succeeded`. */
  readonly result: string | Buffer | null;
  /** Whether `result` is only the beginning: the host keeps 256 KiB by default. */
  readonly resultCut: boolean;
  /** The failed runs, oldest first. */
  readonly errors: readonly AttemptError[];
  /** `Service/function` that made the call; `null`: somebody outside. */
  readonly caller: string | null;
  readonly orderKey: string | null;
}

/** A status as JSON has it. */
export type EncodedStatus = Omit<InvocationStatus, 'result'> & {
  readonly result: null | { readonly text: string } | { readonly base64: string };
};

/** The status as a value for `JSON.stringify`, with nothing else that the object may carry. */
export function encodeStatus(status: InvocationStatus): EncodedStatus {
  const { result } = status;
  return {
    id: status.id,
    function: status.function,
    state: status.state,
    attempt: status.attempt,
    acceptedAt: status.acceptedAt,
    startedAt: status.startedAt,
    endedAt: status.endedAt,
    nextAttemptAt: status.nextAttemptAt,
    result:
      result === null ? null : typeof result === 'string' ? { text: result } : { base64: result.toString('base64') },
    resultCut: status.resultCut,
    errors: status.errors,
    caller: status.caller,
    orderKey: status.orderKey,
  };
}

/** The status that {@link encodeStatus} encoded; what a newer host adds stays in it. */
export function decodeStatus({ result, ...rest }: EncodedStatus): InvocationStatus {
  return {
    ...rest,
    result: result === null ? null : 'text' in result ? result.text : Buffer.from(result.base64, 'base64'),
  };
}
