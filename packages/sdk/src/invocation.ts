/**
 * The first stage of a call: what the caller wrote becomes an {@link InvocationRequest}, or an error that says what is
 * wrong with it.
 *
 * This is the hot path: a plain valid Sync call allocates its request and nothing else.
 */
import { describeValue, formatBytes, formatCount, quote } from './describe-value.ts';
import { EdgefcError, invalid } from './errors.ts';
import { DELAY_RANGE, MAX_DELAY, wrongDuration } from './function-error.ts';
import { decodeInvokerContext } from './invoker-context.ts';
import { functionKey, isName } from './names.ts';
import { isPayload, sizeAbove, type Payload } from './payload.ts';
import type { InvocationRequest, InvocationRequestOptions, Transport } from './transport.ts';

/** `Sync`: wait for the callee's answer. `Async`: have the invocation accepted. */
export type InvocationType = 'Sync' | 'Async';

/** Longest `timeout` of a call, ms: one day, the longest that a function may run (FC). */
export const MAX_TIMEOUT: number = 24 * 60 * 60 * 1000;
/** Longest `dedupeKey` and `orderKey`, in characters: they are kept in memory for every invocation. */
export const MAX_KEY_LENGTH = 1024;
/** Longest `functionId`, in characters: two names, an ARN's prefix, and room. */
export const MAX_ID_LENGTH = 1024;
/** Largest `maxRetries`: with the shortest sensible back-off still more than a month. */
export const MAX_RETRIES = 1_000_000;

/**
 * What `invokeFunction` takes. `null` counts as "not given" everywhere (LE).
 *
 * `serviceName`, `functionName`, `functionId`, `invocationType`, `invokerContext` and `payload` are Link IoT Edge's;
 * the rest is ours.
 */
export interface InvokeFunctionParams {
  /** The service of the callee: a letter, then up to 127 letters, digits, `_` or `-`. */
  readonly serviceName?: string | null | undefined;
  /** The callee's name in its service, by the same rule. */
  readonly functionName?: string | null | undefined;
  /** Instead of the two names, and before them when all are given: a configured id, an ARN, or `Service/function`. */
  readonly functionId?: string | null | undefined;
  /** Default `Sync`. */
  readonly invocationType?: InvocationType | null | undefined;
  /** The callee's event. Anything but text or bytes is yours to `JSON.stringify`. Default: nothing, which arrives as `''`. */
  readonly payload?: Payload | null | undefined;
  /** base64 of a JSON object; the callee finds it as `context.invokerContext`. */
  readonly invokerContext?: string | null | undefined;
  /** Takes the call back when aborted; the caller gets `Cancelled`. */
  readonly signal?: AbortSignal | null | undefined;
  /** Sync: how long the callee may take, ms, above 0 and at most one day. Default: the callee's own `timeout`. */
  readonly timeout?: number | null | undefined;
  /** Async: start this many ms after acceptance at the earliest, 0 to 365 days. Default 0. */
  readonly delay?: number | null | undefined;
  /** Async: a repeat with the same key is the first one, not a second one. Up to 1,024 characters. */
  readonly dedupeKey?: string | null | undefined;
  /** Async: invocations with the same key run one after another. Up to 1,024 characters. */
  readonly orderKey?: string | null | undefined;
  /** Async: how often a failed run is tried again, 0 to 1,000,000. Default: the callee's `retry`. */
  readonly maxRetries?: number | null | undefined;
}

/**
 * The last invoker context that was found valid. One per client: callers tend to send the same one again and again,
 * and decoding it costs more than the rest of the check.
 */
export interface CheckedContext {
  text: string | undefined;
}

/**
 * Checks what the caller gave.
 *
 * @param limits - of the transport that would carry the call; without one nothing is too large
 * @param checked - remembers the last valid invoker context
 */
export function toRequest(
  params: InvokeFunctionParams,
  limits: Transport['limits'] | undefined,
  checked: CheckedContext,
): InvocationRequest | EdgefcError {
  // Callers are JavaScript: every type below is a promise that has to be checked.
  if (typeof params !== 'object' || (params as unknown) === null) {
    return invalid(
      `params is ${describeValue(params)}, not an object; pass { serviceName, functionName, payload, … }.`,
    );
  }

  const type: unknown = params.invocationType ?? 'Sync';
  if (type !== 'Sync' && type !== 'Async') {
    return invalid(`invocationType is ${describeValue(type)}; it is 'Sync' (the default) or 'Async'.`);
  }

  const target = targetOf(params);
  if (typeof target !== 'string') return target;

  const payload: unknown = params.payload ?? undefined;
  if (payload !== undefined && !isPayload(payload)) return wrongPayload(payload);

  const limit = type === 'Sync' ? limits?.sync : limits?.async;
  if (limit !== undefined && payload !== undefined) {
    const large = checkSize('payload', payload, limit, type);
    if (large !== undefined) return large;
  }

  // The published SDK sends '' for "none", and code written against it may.
  const context = params.invokerContext === '' ? undefined : (params.invokerContext ?? undefined);
  if (context !== undefined && context !== checked.text) {
    if (typeof (context as unknown) !== 'string') return wrongContext(`is ${describeValue(context)}`);
    if (limit !== undefined && context.length > limit) return tooLarge('invokerContext', context.length, limit, type);
    const decoded = decodeInvokerContext(context);
    if (decoded.kind === 'invalid') return wrongContext(decoded.problem);
    checked.text = context;
  }

  const signal: unknown = params.signal ?? undefined;
  if (signal !== undefined && !isAbortSignal(signal)) return wrongSignal(signal);

  const options = optionsOf(params, type);
  if (options instanceof EdgefcError) return options;

  return { target, type, payload, invokerContext: context, signal, options };
}

function targetOf(params: InvokeFunctionParams): string | EdgefcError {
  // functionId wins when given, whatever else is (LE).
  const id: unknown = params.functionId;
  if (id !== undefined && id !== null && id !== '') {
    if (typeof id !== 'string') {
      return invalid(
        `functionId is ${describeValue(id)}; it is a String: a function's id, its ARN, or 'Service/function'.`,
      );
    }
    if (id.length > MAX_ID_LENGTH) {
      return invalid(
        `functionId has ${formatCount(id.length)} characters, more than ${formatCount(MAX_ID_LENGTH)}; ` +
          "it is a function's id, its ARN, or 'Service/function'.",
      );
    }
    return id;
  }

  const service: unknown = params.serviceName;
  const name: unknown = params.functionName;
  if (typeof service === 'string' && typeof name === 'string' && isName(service) && isName(name)) {
    return functionKey(service, name);
  }

  const noService = service === undefined || service === null || service === '';
  const noName = name === undefined || name === null || name === '';
  if (noService || noName) {
    const missing =
      noService && noName ? 'serviceName and functionName are' : `${noService ? 'serviceName' : 'functionName'} is`;
    return invalid(`${missing} missing; give both serviceName and functionName, or functionId.`);
  }
  return typeof service === 'string' && isName(service)
    ? wrongName('functionName', name)
    : wrongName('serviceName', service);
}

function optionsOf(
  params: InvokeFunctionParams,
  type: InvocationType,
): InvocationRequestOptions | undefined | EdgefcError {
  const timeout: unknown = params.timeout ?? undefined;
  const delay: unknown = params.delay ?? undefined;
  const dedupeKey: unknown = params.dedupeKey ?? undefined;
  const orderKey: unknown = params.orderKey ?? undefined;
  const maxRetries: unknown = params.maxRetries ?? undefined;
  if (
    timeout === undefined &&
    delay === undefined &&
    dedupeKey === undefined &&
    orderKey === undefined &&
    maxRetries === undefined
  ) {
    return undefined;
  }

  const options: { -readonly [Key in keyof InvocationRequestOptions]: InvocationRequestOptions[Key] } = {};

  if (timeout !== undefined) {
    if (type === 'Async') {
      return invalid(
        "timeout belongs to Sync invocations; an Async one has the callee's own timeout and retry settings. " +
          'Leave it out, or configure it at the callee.',
      );
    }
    if (typeof timeout !== 'number' || !(timeout > 0 && timeout <= MAX_TIMEOUT)) {
      return wrongDuration('timeout', timeout, `above 0 and at most ${String(MAX_TIMEOUT)} (1 day)`);
    }
    options.timeout = timeout;
  }

  if (delay !== undefined) {
    if (type === 'Sync') return asyncOnly('delay');
    if (typeof delay !== 'number' || !(delay >= 0 && delay <= MAX_DELAY)) {
      return wrongDuration('delay', delay, DELAY_RANGE);
    }
    options.delay = delay;
  }

  if (dedupeKey !== undefined) {
    if (type === 'Sync') return asyncOnly('dedupeKey');
    if (!isKey(dedupeKey)) return wrongKey('dedupeKey', dedupeKey);
    options.dedupeKey = dedupeKey;
  }

  if (orderKey !== undefined) {
    if (type === 'Sync') return asyncOnly('orderKey');
    if (!isKey(orderKey)) return wrongKey('orderKey', orderKey);
    options.orderKey = orderKey;
  }

  if (maxRetries !== undefined) {
    if (type === 'Sync') return asyncOnly('maxRetries');
    if (typeof maxRetries !== 'number' || !Number.isInteger(maxRetries) || maxRetries < 0 || maxRetries > MAX_RETRIES) {
      return invalid(
        `maxRetries is ${describeValue(maxRetries)}; it must be a whole number from 0 to ${formatCount(MAX_RETRIES)}, ` +
          'the first run not counted.',
      );
    }
    options.maxRetries = maxRetries;
  }

  return options;
}

function isKey(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_KEY_LENGTH;
}

/** The error for a signal that is none. */
export function wrongSignal(signal: unknown): EdgefcError {
  return invalid(`signal is ${describeValue(signal)}; pass an AbortSignal (an AbortController's .signal).`);
}

/** By shape: a signal of another realm or of a polyfill does as well. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  return (
    typeof value === 'object' &&
    value !== null &&
    'aborted' in value &&
    typeof value.aborted === 'boolean' &&
    'addEventListener' in value &&
    typeof value.addEventListener === 'function'
  );
}

function wrongName(parameter: string, value: unknown): EdgefcError {
  return invalid(
    typeof value === 'string'
      ? `${parameter} is ${quote(value)}; a name is a letter followed by up to 127 letters, digits, "_" or "-".`
      : `${parameter} is ${describeValue(value)}; it must be a String.`,
  );
}

/** The error for a payload that is neither text nor bytes. */
export function wrongPayload(value: unknown): EdgefcError {
  // JSON would turn bytes in another shape into numbers, or into nothing: those have a better way.
  const bytes = ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
  return invalid(
    `payload is ${describeValue(value)}; it must be a String or a Buffer/Uint8Array. ` +
      (bytes
        ? 'Wrap its bytes (Buffer.from(buffer, byteOffset, byteLength)), or send its values as text with JSON.stringify.'
        : 'Use JSON.stringify(payload) to send a value.'),
  );
}

function wrongContext(problem: string): EdgefcError {
  return invalid(`invokerContext ${problem}; make it with Buffer.from(JSON.stringify({ … })).toString('base64').`);
}

/** What carries a payload. */
type Carrier = InvocationType | 'message';

const CARRIERS: Readonly<Record<Carrier, string>> = {
  Sync: 'a Sync invocation',
  Async: 'an Async invocation',
  message: 'a message',
};

/** The error for a payload above `limit` bytes; `undefined` when it is not. */
export function checkSize(
  parameter: string,
  payload: Payload,
  limit: number,
  carrier: Carrier,
): EdgefcError | undefined {
  const size = sizeAbove(payload, limit);
  return size === undefined ? undefined : tooLarge(parameter, size, limit, carrier);
}

function tooLarge(parameter: string, size: number, limit: number, carrier: Carrier): EdgefcError {
  return new EdgefcError(
    'EntityTooLarge',
    `${parameter} has ${formatBytes(size)}, more than the ${formatBytes(limit)} that ${CARRIERS[carrier]} may send; ` +
      `send less, or raise limits.${carrier === 'Sync' ? 'sync' : 'async'}Payload in the host's configuration.`,
  );
}

function wrongKey(parameter: string, value: unknown): EdgefcError {
  return invalid(
    `${parameter} is ${value === '' ? 'the empty string' : describeValue(value)}; ` +
      `it must be a String of 1 to ${formatCount(MAX_KEY_LENGTH)} characters.`,
  );
}

function asyncOnly(parameter: string): EdgefcError {
  return invalid(
    `${parameter} belongs to Async invocations, and this one is Sync; leave it out, or set invocationType: 'Async'.`,
  );
}
