/**
 * FCClient: the class that functions call one another with, by the names and the rules of Link IoT Edge's SDK.
 */
import { askById, askForList, askToWait, type ListInvocationsParams, type WaitForInvocationOptions } from './ask.ts';
import { assertCallback, atEdge, deliver, type NodeCallback } from './callback-edge.ts';
import { describeValue, quote } from './describe-value.ts';
import { invalid, type EdgefcError } from './errors.ts';
import type { FunctionErrorKind } from './function-error.ts';
import type { CheckedContext, InvokeFunctionParams } from './invocation.ts';
import type { InvocationStatus } from './invocation-status.ts';
import { answerOf, invoke, type Destination } from './invoke.ts';
import { asBuffer } from './payload.ts';

/** How to reach a host from outside of it. Both may be left out: inside a function nothing is needed. */
export interface FCClientOptions {
  /** Address of a host's HTTP API. Default: the environment variable EDGEFC_ENDPOINT. */
  readonly endpoint?: string | undefined;
  /** Key for that API. Default: the environment variable EDGEFC_ACCESS_KEY. */
  readonly accessKey?: string | undefined;
}

/** The answer of a Sync invocation (LE). A callee that failed is an answer too: look at `functionError`. */
export interface SyncResult {
  /** What the callee returned, of the kind it returned; or the JSON `{ errorMessage, errorType, stackTrace }`. */
  readonly payload: string | Buffer;
  /** `null` when the callee succeeded (LE). */
  readonly functionError: FunctionErrorKind | null;
  /** Always 200 (LE). */
  readonly statusCode: 200;
}

/** `(err, data)`, called exactly once and never before `invokeFunction` has returned. */
export type InvokeCallback<T> = NodeCallback<T, EdgefcError>;

type SyncParams = InvokeFunctionParams & { readonly invocationType?: 'Sync' | null | undefined };
type AsyncParams = InvokeFunctionParams & { readonly invocationType: 'Async' };
/** As the compiler sees an object in a variable of its own: what is in it is text. Taken for Sync, which is the default. */
type WidenedParams<Type extends string> = Omit<InvokeFunctionParams, 'invocationType'> & {
  readonly invocationType: Type;
} & (string extends Type ? unknown : never);

/**
 * Calls other functions (LE).
 *
 * @example
 * const fc = new FCClient();
 * const { payload } = await fc.invokeFunction({ serviceName: 'EdgeFC', functionName: 'helloworld', payload: 'Hi.' });
 */
export class FCClient {
  readonly #destination: Destination;
  readonly #checked: CheckedContext = { text: undefined };

  /** @throws EdgefcError `InvalidArgument` when an option is not what it should be */
  constructor(options: FCClientOptions = {}) {
    this.#destination = toDestination(options);
  }

  /**
   * Invokes a function (LE): Sync gives its answer, Async the invocation's id once it has been accepted.
   *
   * With a callback it returns `undefined` and calls `callback(err, data)`; without one it returns a promise. Every
   * error arrives there, wrong parameters included. Only a callback that is no function throws, a TypeError; what a callback
   * throws is an uncaught exception, never a second call.
   *
   * Errors, by code: `InvalidArgument`, `EntityTooLarge`, `ServiceNotFound`, `FunctionNotFound`, `ResourceExhausted`,
   * `DeadlockDetected`, `DeadlineExceeded`, `Cancelled`, `Stopping`, `NoHost`. A failing callee is not an error: its
   * answer has `functionError` (LE).
   *
   * @param params - whom to call and with what; durations are milliseconds
   *
   * @example
   * const fc = new FCClient();
   * fc.invokeFunction({ serviceName: 'EdgeFC', functionName: 'helloworld', payload: 'Hi.' }, (err, data) => {
   *   if (err) console.error(err.code, err.message);
   *   else console.log(data.functionError ?? 'fine', data.payload);
   * });
   */
  invokeFunction(params: AsyncParams): Promise<string>;
  invokeFunction(params: SyncParams): Promise<SyncResult>;
  invokeFunction(params: InvokeFunctionParams): Promise<SyncResult | string>;
  invokeFunction<Type extends string>(params: WidenedParams<Type>): Promise<SyncResult>;
  invokeFunction(params: AsyncParams, callback: InvokeCallback<string>): void;
  invokeFunction(params: SyncParams, callback: InvokeCallback<SyncResult>): void;
  invokeFunction(params: InvokeFunctionParams, callback: InvokeCallback<SyncResult | string>): void;
  invokeFunction<Type extends string>(params: WidenedParams<Type>, callback: InvokeCallback<SyncResult>): void;
  invokeFunction<T extends SyncResult | string>(
    given: InvokeFunctionParams | WidenedParams<string>,
    callback?: NodeCallback<T, EdgefcError>,
  ): Promise<SyncResult | string> | undefined {
    const params = given as InvokeFunctionParams; // What it is gets checked, whatever the compiler knew.
    if (callback === undefined) return this.#invoke(params);
    assertCallback('FCClient.invokeFunction', callback);
    deliver(this.#invoke(params) as Promise<T>, callback); // The overloads above say which T belongs to which params.
    return undefined;
  }

  /**
   * What is known of an Async invocation, also after a restart of the host. Ended ones are kept for 24 h by default, dead
   * letters for 30 days.
   *
   * Errors, by code: `InvalidArgument`, `InvocationNotFound`, `Stopping`, `NoHost`, `NotImplemented` (the host is older
   * than this SDK); so for the three methods below, which add to them.
   *
   * @param id - what the Async call gave
   *
   * @example
   * const { state, attempt, errors } = await new FCClient().getInvocation(id);
   */
  getInvocation(id: string): Promise<InvocationStatus>;
  getInvocation(id: string, callback: InvokeCallback<InvocationStatus>): void;
  getInvocation(id: string, callback?: InvokeCallback<InvocationStatus>): Promise<InvocationStatus> | undefined {
    const method = 'FCClient.getInvocation';
    return atEdge(method, callback, () => askById(method, 'get', id, this.#destination));
  }

  /**
   * The status of an Async invocation once it is over, however it ended: look at `state`.
   *
   * Errors besides: `DeadlineExceeded` when it was not over in time and `Cancelled` when the signal aborted; the work goes
   * on in both cases.
   *
   * @param id - what the Async call gave
   * @param options - may be left out, also before a callback; `timeout` in ms, 0 to one day, default 60,000
   *
   * @example
   * const { state, result } = await new FCClient().waitForInvocation(id, { timeout: 5_000 });
   */
  waitForInvocation(id: string, options?: WaitForInvocationOptions | null): Promise<InvocationStatus>;
  waitForInvocation(id: string, callback: InvokeCallback<InvocationStatus>): void;
  waitForInvocation(
    id: string,
    options: WaitForInvocationOptions | null | undefined,
    callback: InvokeCallback<InvocationStatus>,
  ): void;
  waitForInvocation(
    id: string,
    options?: WaitForInvocationOptions | InvokeCallback<InvocationStatus> | null,
    callback?: InvokeCallback<InvocationStatus>,
  ): Promise<InvocationStatus> | undefined {
    const method = 'FCClient.waitForInvocation';
    const [given, done] = typeof options === 'function' ? [null, options] : [options, callback];
    return atEdge(method, done, () => askToWait(method, id, given, this.#destination));
  }

  /**
   * Stops an Async invocation: one that waits is `Stopped` at once; one that runs is aborted (`context.signal`), and this
   * gives its status once it has settled. No retry and no destination follows.
   *
   * Errors besides: `InvocationEnded` when it is over already.
   *
   * @param id - what the Async call gave
   *
   * @example
   * await new FCClient().stopInvocation(id);
   */
  stopInvocation(id: string): Promise<InvocationStatus>;
  stopInvocation(id: string, callback: InvokeCallback<InvocationStatus>): void;
  stopInvocation(id: string, callback?: InvokeCallback<InvocationStatus>): Promise<InvocationStatus> | undefined {
    const method = 'FCClient.stopInvocation';
    return atEdge(method, callback, () => askById(method, 'stop', id, this.#destination));
  }

  /**
   * Async invocations, newest first.
   *
   * Errors besides: `ServiceNotFound` and `FunctionNotFound` where the host says so of `function`.
   *
   * @param params - may be left out, also before a callback; `limit` 1 to 1,000, default 100
   *
   * @example
   * const dead = await new FCClient().listInvocations({ function: 'EdgeFC/helloworld', states: ['Failed', 'Expired'] });
   */
  listInvocations(params?: ListInvocationsParams | null): Promise<InvocationStatus[]>;
  listInvocations(callback: InvokeCallback<InvocationStatus[]>): void;
  listInvocations(params: ListInvocationsParams | null | undefined, callback: InvokeCallback<InvocationStatus[]>): void;
  listInvocations(
    params?: ListInvocationsParams | InvokeCallback<InvocationStatus[]> | null,
    callback?: InvokeCallback<InvocationStatus[]>,
  ): Promise<InvocationStatus[]> | undefined {
    const method = 'FCClient.listInvocations';
    const [given, done] = typeof params === 'function' ? [null, params] : [params, callback];
    return atEdge(method, done, () => askForList(method, given, this.#destination));
  }

  async #invoke(params: InvokeFunctionParams): Promise<SyncResult | string> {
    const answer = answerOf(await invoke(params, this.#checked, this.#destination), params.signal);
    if (answer.kind === 'accepted') return answer.id;
    const { payload, functionError } = answer;
    return {
      payload: typeof payload === 'string' ? payload : asBuffer(payload),
      functionError: functionError ?? null,
      statusCode: 200,
    };
  }
}

function toDestination(options: FCClientOptions): Destination {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw invalid(
      `FCClient: options is ${describeValue(options)}; pass { endpoint, accessKey }, or nothing inside a function.`,
    );
  }
  const endpoint: unknown = options.endpoint;
  const accessKey: unknown = options.accessKey;
  if (
    endpoint !== undefined &&
    (typeof endpoint !== 'string' || !/^https?:\/\//.test(endpoint) || !URL.canParse(endpoint))
  ) {
    throw invalid(
      `FCClient: endpoint is ${typeof endpoint === 'string' ? quote(endpoint) : describeValue(endpoint)}; ` +
        "it must be the http or https URL of a host, such as 'http://127.0.0.1:9000'.",
    );
  }
  if (accessKey !== undefined && (typeof accessKey !== 'string' || accessKey === '')) {
    // A key is not repeated in a message, whatever it is.
    throw invalid('FCClient: accessKey must be a String that is not empty.');
  }
  return { endpoint };
}
