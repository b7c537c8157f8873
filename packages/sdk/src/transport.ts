/**
 * The Transport port: how an invocation leaves the SDK, and how the SDK finds the way out.
 *
 * Inside an instance the worker sets one transport for the whole instance; a test host answers by the async
 * context; outside there is none, and the caller is told `NoHost`. The transport is looked up at each call and
 * never cached, so that a module loaded once serves whoever runs it.
 */
import type { ErrorCode } from './errors.ts';

/** What a function sends or returns, as it travels: text stays text, bytes stay bytes, nothing is `undefined`. */
export type WirePayload = string | Uint8Array | undefined;

/** A checked invocation, ready to leave. Durations are milliseconds. */
export interface InvocationRequest {
  /** `Service/function`, or the function id or ARN as the caller gave it. */
  readonly target: string;
  readonly type: 'Sync' | 'Async';
  readonly payload: WirePayload;
  /** base64 of a JSON object, already checked. */
  readonly invokerContext: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly options: InvocationRequestOptions | undefined;
}

/** The optional settings of one invocation, only the ones that were given. */
export interface InvocationRequestOptions {
  readonly timeout?: number;
  readonly delay?: number;
  readonly dedupeKey?: string;
  readonly orderKey?: string;
  readonly maxRetries?: number;
}

/** How an invocation ended, as the transport tells it; the public API turns it into `(err, data)`. */
export type InvocationOutcome =
  | {
      readonly kind: 'answered';
      readonly payload: string | Uint8Array;
      readonly functionError: 'Handled' | 'Unhandled' | undefined;
    }
  | { readonly kind: 'accepted'; readonly id: string; readonly deduplicated: boolean }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string; readonly retryable: boolean };

/** A checked message, ready to leave. */
export interface PublishRequest {
  readonly topic: string;
  readonly payload: string | Uint8Array;
}

/** What can be asked about Async invocations. */
export type QueryName = 'get' | 'wait' | 'stop' | 'list';

/** Nothing was done. */
export type Refusal = Extract<InvocationOutcome, { kind: 'refused' }>;

/** How publishing ended: with the message's id, or not at all. */
export type PublishOutcome = Extract<InvocationOutcome, { kind: 'accepted' | 'refused' }>;

/** How a question ended: with one status, or with several for `list`, as JSON (invocation-status.ts has the encoding). */
export type QueryOutcome = { readonly kind: 'result'; readonly json: string } | Refusal;

/** The port. An adapter never rejects for a refusal: every end is an outcome. */
export interface Transport {
  /** Largest payload in bytes, by invocation type. */
  readonly limits: { readonly sync: number; readonly async: number };
  invoke(request: InvocationRequest): Promise<InvocationOutcome>;
  /** Has a message accepted. A host of the first release does not have it. */
  publish?(request: PublishRequest): Promise<PublishOutcome>;
  /**
   * Asks about Async invocations. A host of the first release does not have it.
   *
   * @param args - checked; `wait` has its `timeout` in ms here, which the host sees to
   * @param signal - ends it with `Cancelled` when aborted
   */
  query?(name: QueryName, args: object, signal?: AbortSignal): Promise<QueryOutcome>;
}

/** What is kept under the well-known global: who carries a call made right now, if anybody does. */
export type TransportProvider = () => Transport | undefined;

/**
 * Raised when this port changes so that a host or an SDK of before cannot use it any more. What is optional in it does not count.
 * Hosts and copies of the SDK meet by it, whatever packages they came in; {@link otherTransportVersion} tells those who miss.
 */
export const TRANSPORT_VERSION: number = 1;

const NAME = 'edgefc.transport.v';
const PROVIDER: unique symbol = Symbol.for(`${NAME}${String(TRANSPORT_VERSION)}`);

interface ProviderHolder {
  [PROVIDER]?: TransportProvider;
}

/** The transport for a call made right now, or `undefined` when no host is there. */
export function currentTransport(): Transport | undefined {
  return (globalThis as ProviderHolder)[PROVIDER]?.();
}

/** Makes `provider` answer {@link currentTransport} in this realm; returns the one it replaced. */
export function setTransportProvider(provider: TransportProvider | undefined): TransportProvider | undefined {
  const holder = globalThis as ProviderHolder;
  const previous = holder[PROVIDER];
  if (provider === undefined) delete holder[PROVIDER];
  else holder[PROVIDER] = provider;
  return previous;
}

/** The version of the transport that the host around this code speaks, when that is another than this SDK's. */
export function otherTransportVersion(): number | undefined {
  return Object.getOwnPropertySymbols(globalThis)
    .map(({ description }) => Number(description?.split(NAME)[1]))
    .find((version) => version >= 0 && version !== TRANSPORT_VERSION);
}
