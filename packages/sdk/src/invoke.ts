/**
 * The core of every call: check, find the transport, send, and turn a refusal into an error.
 *
 * FCClient, the typed references and the `linkedge-common-js` shim are promise edges around these functions. They
 * throw instead of rejecting, so that a call costs one promise beside the transport's: call them in async functions.
 */
import { quote } from './describe-value.ts';
import { EdgefcError } from './errors.ts';
import { toRequest, type CheckedContext, type InvokeFunctionParams } from './invocation.ts';
import { currentTransport, type InvocationOutcome, type InvocationRequest, type Transport } from './transport.ts';

/** What is left of an outcome when refusals have become errors. */
export type Answer = Exclude<InvocationOutcome, { kind: 'refused' }>;

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
  if (transport === undefined) throw unreachable(request.target, destination);
  if (request.signal?.aborted === true) {
    throw new EdgefcError(
      'Cancelled',
      `The call to ${quote(request.target)} was not made: its signal was aborted before.`,
      { cause: request.signal.reason },
    );
  }
  return transport.invoke(request);
}

/**
 * The answer in an outcome. Throws an EdgefcError for a refusal.
 *
 * @param signal - the caller's: the reason it was aborted with does not cross the wall, and becomes the error's cause
 */
export function answerOf(outcome: InvocationOutcome, signal?: AbortSignal | null): Answer {
  if (outcome.kind !== 'refused') return outcome;
  throw new EdgefcError(outcome.code, outcome.message, {
    retryable: outcome.retryable,
    ...(outcome.code === 'Cancelled' && signal?.aborted === true ? { cause: signal.reason } : {}),
  });
}

/** Why there is no transport, and what to do. */
function unreachable(target: string, destination: Destination): EdgefcError {
  const endpoint = destination.endpoint ?? process.env['EDGEFC_ENDPOINT'] ?? '';
  if (endpoint !== '') {
    return new EdgefcError(
      'NotImplemented',
      `FCClient.invokeFunction over HTTP (endpoint ${quote(endpoint)}) is not in this release; ` +
        'call from inside a function that an edgefc host runs.',
    );
  }
  return new EdgefcError(
    'NoHost',
    `No edgefc host carries the call to ${quote(target)}: this code does not run inside a function. ` +
      'Run it as one (edgefc invoke <service>/<function> --config <file>, or edgefc start), ' +
      'or inside a test host (createTestHost of @edgefc/testkit).',
  );
}
