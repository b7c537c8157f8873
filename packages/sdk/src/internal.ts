/**
 * What the other edgefc packages need of the SDK. Not for anyone else: it changes without notice.
 */
export { currentTransport, setTransportProvider } from './transport.ts';
export type {
  InvocationOutcome,
  InvocationRequest,
  InvocationRequestOptions,
  PublishOutcome,
  PublishRequest,
  QueryName,
  QueryOutcome,
  Refusal,
  Transport,
  TransportProvider,
  WirePayload,
} from './transport.ts';
export { EdgefcError, ERROR_CODES, isEdgefcError, isRetryableCode, UNHANDLED_ERROR_TYPES } from './errors.ts';
export type { ErrorCode, FunctionErrorPayload, UnhandledErrorType } from './errors.ts';
export { decodeStatus, encodeStatus, INVOCATION_STATES } from './invocation-status.ts';
export type { AttemptError, EncodedStatus, InvocationState, InvocationStatus } from './invocation-status.ts';
export { MAX_DELAY, retryLaterDelay } from './function-error.ts';
export type { FunctionErrorKind } from './function-error.ts';
export { buildArnString, functionKey, isName, MAX_NAME_LENGTH, parseTarget } from './names.ts';
export { nearestNames } from './nearest-names.ts';
export type { Target } from './names.ts';
export { asBuffer, asText, isPayload, sizeAbove } from './payload.ts';
export type { Payload } from './payload.ts';
export { decodeInvokerContext, encodeInvokerContext } from './invoker-context.ts';
export type { DecodedInvokerContext } from './invoker-context.ts';
export { MAX_ID_LENGTH, MAX_KEY_LENGTH, MAX_RETRIES, MAX_TIMEOUT, toRequest } from './invocation.ts';
export type { CheckedContext, InvocationType, InvokeFunctionParams } from './invocation.ts';
export { assertCallback, deliver, whenSettled } from './callback-edge.ts';
export type { NodeCallback } from './callback-edge.ts';
export { describeValue, formatBytes, formatCount, quote } from './describe-value.ts';
export type {
  AsyncHandler,
  CallbackHandler,
  Context,
  Credentials,
  Event,
  Handler,
  HandlerCallback,
  Initializer,
  Logger,
  PreStop,
} from './handler.ts';
