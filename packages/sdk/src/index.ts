/** The public names of @edgefc/sdk, and nothing else. */
export { publishedNames as default } from './published-names.ts';
export { FCClient } from './fc-client.ts';
export type { FCClientOptions, InvokeCallback, SyncResult } from './fc-client.ts';
export type { ListInvocationsParams, WaitForInvocationOptions } from './ask.ts';
export type { AttemptError, InvocationState, InvocationStatus } from './invocation-status.ts';
export type { InvocationType, InvokeFunctionParams } from './invocation.ts';
export { IoTData } from './iot-data.ts';
export type {
  CallThingServiceParams,
  GetThingPropertiesParams,
  GetThingsWithTagsParams,
  SetThingPropertiesParams,
} from './iot-data.ts';
export type { PublishParams } from './publish.ts';
export { CredentialProviderChain } from './credentials.ts';
export { functionRef } from './function-ref.ts';
export type { EnqueueOptions, EnqueueResult, FunctionRef, InvokeOptions } from './function-ref.ts';
export { defineHandler } from './define-handler.ts';
export type { DefineHandlerOptions, StandardSchema, TypedHandler } from './define-handler.ts';
export { FunctionError, NonRetryableError, RetryLater } from './function-error.ts';
export type { FunctionErrorKind } from './function-error.ts';
export { EdgefcError, ERROR_CODES, isEdgefcError } from './errors.ts';
export type { ErrorCode, FunctionErrorPayload, UnhandledErrorType } from './errors.ts';
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
export type { NodeCallback } from './callback-edge.ts';
export type { Payload } from './payload.ts';
