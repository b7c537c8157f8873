/**
 * functionRef: another function as a typed value, JSON on the wire.
 */
import type { TypedHandler } from './define-handler.ts';
import { describeValue, reasonOf } from './describe-value.ts';
import { invalid, type FunctionErrorPayload } from './errors.ts';
import { FunctionError } from './function-error.ts';
import type { InvokeFunctionParams } from './invocation.ts';
import { answerOf, invoke } from './invoke.ts';
import { encodeInvokerContext } from './invoker-context.ts';
import { toJson } from './json.ts';
import { asText, type Payload } from './payload.ts';

/** Options of a Sync call through a reference. */
export interface InvokeOptions extends Pick<InvokeFunctionParams, 'signal' | 'timeout'> {
  /** The callee finds it as `context.invokerContext`. Given as an object, not as base64. */
  readonly invokerContext?: Readonly<Record<string, unknown>> | undefined;
}

/** Options of an Async call through a reference. */
export interface EnqueueOptions extends Pick<
  InvokeFunctionParams,
  'signal' | 'delay' | 'dedupeKey' | 'orderKey' | 'maxRetries'
> {
  /** The callee finds it as `context.invokerContext`. Given as an object, not as base64. */
  readonly invokerContext?: Readonly<Record<string, unknown>> | undefined;
}

/** What an accepted Async call gives. */
export interface EnqueueResult {
  /** The invocation id. */
  readonly id: string;
  /** Whether a call with the same `dedupeKey` came before, whose id this is. */
  readonly deduplicated: boolean;
}

/** The input may be left out where it may be undefined. */
type Arguments<In, Options> = undefined extends In ? [input?: In, options?: Options] : [input: In, options?: Options];

/** Another function, with the types of what it takes and gives. */
export interface FunctionRef<In, Out> {
  /** The function, as it was named. */
  readonly target: string;
  /**
   * Calls the function and waits for its answer.
   *
   * Rejects with a {@link FunctionError} when the callee failed, with an EdgefcError when there is no answer.
   */
  readonly invoke: (...args: Arguments<In, InvokeOptions>) => Promise<Out>;
  /** Has the call accepted, to be run later. Rejects with an EdgefcError when it is not. */
  readonly enqueue: (...args: Arguments<In, EnqueueOptions>) => Promise<EnqueueResult>;
}

type InputOf<H> = H extends TypedHandler<infer In, unknown> ? In : never;
type OutputOf<H> = H extends TypedHandler<unknown, infer Out> ? Out : never;

/**
 * Refers to another function, with the types that its `defineHandler` has.
 *
 * @param target - `Service/function`, the function's id or its ARN
 * @throws EdgefcError `InvalidArgument` when the target is no text, or empty
 *
 * @example
 * import type { handler } from './helloworld.ts';
 * const helloworld = functionRef<typeof handler>('EdgeFC/helloworld');
 * const { greeting } = await helloworld.invoke({ who: 'edge' }, { timeout: 2_000 });
 */
export function functionRef<H extends TypedHandler<unknown, unknown> = TypedHandler<unknown, unknown>>(
  target: string,
): FunctionRef<InputOf<H>, OutputOf<H>>;
/**
 * Refers to a function that is not yours, with types that you state.
 *
 * @example
 * const add = functionRef<[number, number], number>('Math/add');
 */
export function functionRef<In, Out>(target: string): FunctionRef<In, Out>;
export function functionRef(target: string): FunctionRef<unknown, unknown> {
  if (typeof (target as unknown) !== 'string' || target === '') {
    throw invalid(
      `functionRef: the target is ${describeValue(target)}; pass 'Service/function', a function's id or its ARN.`,
    );
  }
  const checked = { text: undefined };
  const ambient = { endpoint: undefined };
  return {
    target,
    async invoke(input?: unknown, options: InvokeOptions = {}) {
      const outcome = await invoke(toParams('Sync', target, input, options), checked, ambient);
      const answer = answerOf(outcome, options.signal);
      if (answer.kind === 'accepted') throw mismatch(target, 'Sync');
      if (answer.functionError !== undefined) {
        throw new FunctionError(target, answer.functionError, parseError(answer.payload));
      }
      return parseResult(target, answer.payload);
    },
    async enqueue(input?: unknown, options: EnqueueOptions = {}) {
      const outcome = await invoke(toParams('Async', target, input, options), checked, ambient);
      const answer = answerOf(outcome, options.signal);
      if (answer.kind === 'answered') throw mismatch(target, 'Async');
      return { id: answer.id, deduplicated: answer.deduplicated };
    },
  };
}

function toParams(
  invocationType: 'Sync' | 'Async',
  target: string,
  input: unknown,
  options: InvokeOptions | EnqueueOptions,
): InvokeFunctionParams {
  const { invokerContext, ...rest } = options;
  return {
    ...rest,
    functionId: target,
    invocationType,
    payload: encode(target, 'input', () => toJson(input)),
    invokerContext:
      invokerContext === undefined
        ? undefined
        : encode(target, 'invokerContext', () => encodeInvokerContext(invokerContext)),
  };
}

function encode(target: string, what: string, run: () => string | undefined): string | undefined {
  try {
    return run();
  } catch (error) {
    throw invalid(
      `The ${what} for ${target} cannot be sent as JSON (${reasonOf(error)}); ` +
        'pass plain values without cycles and BigInts.',
      { cause: error },
    );
  }
}

function parseResult(target: string, payload: Payload): unknown {
  const text = asText(payload);
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FunctionError(target, 'Handled', {
      errorMessage:
        `${target} answered, but not with JSON (${reasonOf(error)}); ` +
        'call it with FCClient.invokeFunction to get its text or bytes.',
      errorType: 'InvalidResult',
      stackTrace: [],
    });
  }
}

/** The body of a failed invocation; a foreign one that is not as documented still gives its text. */
function parseError(payload: Payload): FunctionErrorPayload {
  const text = asText(payload);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined; // Not JSON: the text itself is the message.
  }
  const fields = new Map<string, unknown>(typeof body === 'object' && body !== null ? Object.entries(body) : []);
  const message = fields.get('errorMessage');
  const type = fields.get('errorType');
  const stack = fields.get('stackTrace');
  return {
    errorMessage: typeof message === 'string' ? message : text,
    errorType: typeof type === 'string' ? type : 'Error',
    stackTrace: Array.isArray(stack) ? stack.filter((line) => typeof line === 'string') : [],
  };
}

function mismatch(target: string, type: string): TypeError {
  return new TypeError(`The transport answered the ${type} call to ${target} as if it were of the other type.`);
}
