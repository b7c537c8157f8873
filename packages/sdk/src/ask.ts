/**
 * What is asked about Async invocations: parameters checked, the question sent, the answer read.
 *
 * FCClient is the promise edge around these functions. An unknown id and an unknown function are the host's to refuse.
 */
import { describeValue, formatCount } from './describe-value.ts';
import { invalid } from './errors.ts';
import { wrongDuration } from './function-error.ts';
import {
  decodeStatus,
  INVOCATION_STATES,
  type EncodedStatus,
  type InvocationState,
  type InvocationStatus,
} from './invocation-status.ts';
import { isAbortSignal, MAX_ID_LENGTH, MAX_TIMEOUT, wrongSignal } from './invocation.ts';
import { answerOf, cancelled, missingMethod, transportFor, type Destination } from './invoke.ts';
import type { QueryName } from './transport.ts';

/** Longest id of an invocation, in characters; the host's own have less than 30. */
const MAX_INVOCATION_ID = 200;
/** ms that waitForInvocation waits when nothing is said. */
const DEFAULT_WAIT = 60_000;
/** Most invocations that one list gives. */
const MAX_LIST = 1_000;

/** Options of `waitForInvocation`. `null` counts as "not given". */
export interface WaitForInvocationOptions {
  /** How long to wait, ms, 0 to one day. Default 60,000. */
  readonly timeout?: number | null | undefined;
  /** Ends the wait when aborted, with `Cancelled`; the work goes on. */
  readonly signal?: AbortSignal | null | undefined;
}

/** Which invocations `listInvocations` gives. `null` counts as "not given". */
export interface ListInvocationsParams {
  /** Only those of this function: `Service/function`, its id or its ARN. */
  readonly function?: string | null | undefined;
  /** Only those in one of these states. Default: in any. */
  readonly states?: readonly InvocationState[] | null | undefined;
  /** Only those accepted before this one: the id of the last one of the page before. */
  readonly before?: string | null | undefined;
  /** How many at most, 1 to 1,000. Default 100. */
  readonly limit?: number | null | undefined;
}

/** Asks for one invocation, or to stop one. */
export async function askById(
  method: string,
  name: 'get' | 'stop',
  id: string,
  destination: Destination,
): Promise<InvocationStatus> {
  checkId(method, 'id', id);
  return decodeStatus((await ask(method, name, { id }, destination)) as EncodedStatus);
}

/** Asks for one invocation once it is over. */
export async function askToWait(
  method: string,
  id: string,
  options: WaitForInvocationOptions | null | undefined,
  destination: Destination,
): Promise<InvocationStatus> {
  checkId(method, 'id', id);
  checkObject(method, 'options', options, '{ timeout, signal }');
  const timeout: unknown = options?.timeout ?? DEFAULT_WAIT;
  if (typeof timeout !== 'number' || !(timeout >= 0 && timeout <= MAX_TIMEOUT)) {
    throw wrongDuration(`${method}: timeout`, timeout, `from 0 to ${String(MAX_TIMEOUT)} (1 day)`);
  }
  const signal = options?.signal ?? undefined;
  if (signal !== undefined && !isAbortSignal(signal)) throw wrongSignal(signal);
  return decodeStatus((await ask(method, 'wait', { id, timeout }, destination, signal)) as EncodedStatus);
}

/** Asks for many invocations. */
export async function askForList(
  method: string,
  params: ListInvocationsParams | null | undefined,
  destination: Destination,
): Promise<InvocationStatus[]> {
  checkObject(method, 'params', params, '{ function, states, before, limit }');
  const { function: of, states, before, limit }: Readonly<Record<string, unknown>> = { ...params };
  const args: Record<string, unknown> = {};
  if (of !== undefined && of !== null) {
    if (typeof of !== 'string' || of === '' || of.length > MAX_ID_LENGTH) {
      throw invalid(
        `${method}: function is ${describeValue(of)}; it is 'Service/function', a function's id or its ARN.`,
      );
    }
    args['function'] = of;
  }
  if (states !== undefined && states !== null) args['states'] = checkStates(method, states);
  if (before !== undefined && before !== null) {
    checkId(method, 'before', before);
    args['before'] = before;
  }
  if (limit !== undefined && limit !== null) {
    if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > MAX_LIST) {
      throw invalid(
        `${method}: limit is ${describeValue(limit)}; it must be a whole number from 1 to ${formatCount(MAX_LIST)}.`,
      );
    }
    args['limit'] = limit;
  }
  return ((await ask(method, 'list', args, destination)) as EncodedStatus[]).map(decodeStatus);
}

function checkStates(method: string, states: unknown): readonly unknown[] {
  const known: readonly unknown[] = INVOCATION_STATES;
  const isList = Array.isArray(states);
  const index = isList ? states.findIndex((state) => !known.includes(state)) : 0;
  if (isList && index < 0) return states;
  const what = isList
    ? `states[${String(index)}] is ${describeValue(states[index])}`
    : `states is ${describeValue(states)}`;
  throw invalid(`${method}: ${what}; give an Array of ${known.join(', ')}.`);
}

function checkId(method: string, parameter: string, id: unknown): void {
  if (typeof id === 'string' && id !== '' && id.length <= MAX_INVOCATION_ID) return;
  throw invalid(
    `${method}: ${parameter} is ${describeValue(id)}; give the id that the Async call gave, ` +
      `a String of 1 to ${String(MAX_INVOCATION_ID)} characters.`,
  );
}

function checkObject(method: string, parameter: string, value: unknown, shape: string): void {
  if (value === undefined || value === null || (typeof value === 'object' && !Array.isArray(value))) return;
  throw invalid(`${method}: ${parameter} is ${describeValue(value)}; pass ${shape}, or nothing.`);
}

/** The answer as the host encoded it: both sides share one encoding, so its shape is not questioned here. */
async function ask(
  method: string,
  name: QueryName,
  args: object,
  destination: Destination,
  signal?: AbortSignal,
): Promise<unknown> {
  const transport = transportFor(method, `the question of ${method}`, destination);
  if (signal?.aborted === true) throw cancelled(`The question of ${method} was not asked`, signal);
  if (transport.query === undefined) throw missingMethod(method);
  const { json } = answerOf(await transport.query(name, args, signal), signal);
  return JSON.parse(json);
}
