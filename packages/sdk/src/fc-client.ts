/**
 * FCClient: the class that functions call one another with, by the names and the rules of Link IoT Edge's SDK.
 */
import { assertCallback, deliver, type NodeCallback } from './callback-edge.ts';
import { describeValue, quote } from './describe-value.ts';
import { EdgefcError } from './errors.ts';
import type { FunctionErrorKind } from './function-error.ts';
import type { CheckedContext, InvokeFunctionParams } from './invocation.ts';
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
   * error arrives there, wrong parameters included. Only a callback that is no function throws, a TypeError.
   *
   * Errors, by code: `InvalidArgument`, `EntityTooLarge`, `ServiceNotFound`, `FunctionNotFound`, `ResourceExhausted`,
   * `DeadlockDetected`, `DeadlineExceeded`, `Cancelled`, `Stopping`, `NoHost`. A failing callee is not an error: its
   * answer has `functionError` (LE).
   *
   * @param params - whom to call and with what; durations are milliseconds
   * @param callback - a throw in it is an uncaught exception, never a second call
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
  invokeFunction(params: AsyncParams, callback: InvokeCallback<string>): void;
  invokeFunction(params: SyncParams, callback: InvokeCallback<SyncResult>): void;
  invokeFunction(params: InvokeFunctionParams, callback: InvokeCallback<SyncResult | string>): void;
  invokeFunction<T extends SyncResult | string>(
    params: InvokeFunctionParams,
    callback?: NodeCallback<T, EdgefcError>,
  ): Promise<SyncResult | string> | undefined {
    if (callback === undefined) return this.#invoke(params);
    assertCallback('FCClient.invokeFunction', callback);
    deliver(this.#invoke(params) as Promise<T>, callback); // The overloads above say which T belongs to which params.
    return undefined;
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
    throw new EdgefcError(
      'InvalidArgument',
      `FCClient: options is ${describeValue(options)}; pass { endpoint, accessKey }, or nothing inside a function.`,
    );
  }
  const endpoint: unknown = options.endpoint;
  const accessKey: unknown = options.accessKey;
  if (
    endpoint !== undefined &&
    (typeof endpoint !== 'string' || !/^https?:\/\//.test(endpoint) || !URL.canParse(endpoint))
  ) {
    throw new EdgefcError(
      'InvalidArgument',
      `FCClient: endpoint is ${typeof endpoint === 'string' ? quote(endpoint) : describeValue(endpoint)}; ` +
        "it must be the http or https URL of a host, such as 'http://127.0.0.1:9000'.",
    );
  }
  if (accessKey !== undefined && (typeof accessKey !== 'string' || accessKey === '')) {
    // A key is not repeated in a message, whatever it is.
    throw new EdgefcError('InvalidArgument', 'FCClient: accessKey must be a String that is not empty.');
  }
  return { endpoint };
}
