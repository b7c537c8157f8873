/**
 * The core of every call: check, find the transport, send, and turn a refusal into an error.
 *
 * FCClient, the typed references and the `linkedge-common-js` shim are promise edges around these functions. They
 * throw instead of rejecting, so that a call costs one promise beside the transport's: call them in async functions.
 */
import { quote } from './describe-value.ts';
import { EdgefcError } from './errors.ts';
import { toRequest, type CheckedContext, type InvokeFunctionParams } from './invocation.ts';
import {
  currentTransport,
  otherTransportVersion,
  TRANSPORT_VERSION,
  type InvocationOutcome,
  type InvocationRequest,
  type Refusal,
  type Transport,
} from './transport.ts';

/** What is left of an invocation's outcome when refusals have become errors. */
export type Answer = Exclude<InvocationOutcome, Refusal>;

/** Where a client sends its calls: to the host around the caller, or to an HTTP endpoint. */
export interface Destination {
  /** Given to the constructor. The host around the caller is then not asked. */
  readonly endpoint: string | undefined;
}

/**
 * Makes one call.
 *
 * Throws an EdgefcError `InvalidArgument`, `EntityTooLarge`, `NoHost` or `Cancelled` when it cannot be made.
 */
export function invoke(
  params: InvokeFunctionParams,
  checked: CheckedContext,
  destination: Destination,
): Promise<InvocationOutcome> {
  const transport = destination.endpoint === undefined ? currentTransport() : undefined;
  const request = toRequest(params, transport?.limits, checked);
  if (request instanceof EdgefcError) throw request;
  return send(request, transport, destination);
}

/** Sends a checked call. Throws `NoHost` without a transport, `Cancelled` when its signal is aborted already. */
export function send(
  request: InvocationRequest,
  transport: Transport | undefined,
  destination: Destination,
): Promise<InvocationOutcome> {
  const { target, signal } = request;
  if (transport === undefined)
    throw unreachable('FCClient.invokeFunction', `the call to ${quote(target)}`, destination);
  if (signal?.aborted === true) throw cancelled(`The call to ${quote(target)} was not made`, signal);
  return transport.invoke(request);
}

/**
 * The transport for something else than an invocation. Throws `NoHost` without one.
 *
 * @param method - as the caller knows it
 * @param what - would be carried
 */
export function transportFor(method: string, what: string, destination: Destination): Transport {
  const transport = destination.endpoint === undefined ? currentTransport() : undefined;
  if (transport === undefined) throw unreachable(method, what, destination);
  return transport;
}

/**
 * The answer in an outcome. Throws an EdgefcError for a refusal.
 *
 * @param signal - the caller's: the reason it was aborted with does not cross the wall, and becomes the error's cause
 */
export function answerOf<T extends { readonly kind: string }>(outcome: T | Refusal, signal?: AbortSignal | null): T {
  if (!isRefusal(outcome)) return outcome;
  throw new EdgefcError(outcome.code, outcome.message, {
    retryable: outcome.retryable,
    ...(outcome.code === 'Cancelled' && signal?.aborted === true ? { cause: signal.reason } : {}),
  });
}

function isRefusal(outcome: { readonly kind: string }): outcome is Refusal {
  return outcome.kind === 'refused';
}

/** The error for a signal that is aborted before anything was sent. */
export function cancelled(what: string, signal: AbortSignal): EdgefcError {
  return new EdgefcError('Cancelled', `${what}: its signal was aborted before.`, { cause: signal.reason });
}

/** The error of a method that the host around the function is too old for. */
export function missingMethod(method: string): EdgefcError {
  return new EdgefcError(
    'NotImplemented',
    `${method}: the host that runs this function is older than its @edgefc/sdk and does not have this; ` +
      'update edgefc (@edgefc/runtime) on the host.',
  );
}

/** Why there is no transport, and what to do. */
function unreachable(method: string, what: string, destination: Destination): EdgefcError {
  const endpoint = destination.endpoint ?? process.env['EDGEFC_ENDPOINT'] ?? '';
  if (endpoint !== '') {
    return new EdgefcError(
      'NotImplemented',
      `${method} over HTTP (endpoint ${quote(endpoint)}) is not in this release; ` +
        'call from inside a function that an edgefc host runs.',
    );
  }
  const version = otherTransportVersion();
  if (version !== undefined) {
    if (version < TRANSPORT_VERSION) return missingMethod(method);
    return new EdgefcError(
      'NotImplemented',
      `${method}: the host is newer than this @edgefc/sdk; update that where the function is built.`,
    );
  }
  return new EdgefcError(
    'NoHost',
    `No edgefc host carries ${what}: this code does not run inside a function. ` +
      'Run it as one (edgefc invoke <service>/<function> --config <file>, or edgefc start), ' +
      'or inside a test host (createTestHost of @edgefc/testkit).',
  );
}
