/**
 * What comes from an instance is checked before the host acts on it: the code on the other side of the wall shares its
 * thread or process with the function, which can have got hold of the wall's own end (I5).
 *
 * A few comparisons a message. Whoever receives (the Isolation) ends an instance whose message is refused here.
 */
import type { InvocationRequestOptions } from '@edgefc/sdk/internal';
import { Kind, LOG_LEVELS, NO_RETRY, type FromInstance } from './protocol.ts';

/** @throws when `message` is none that an instance may send. */
export function assertFromInstance(message: readonly unknown[]): asserts message is FromInstance {
  if (isFromInstance(message)) return;
  const kind: unknown = Array.isArray(message) ? message[0] : typeof message;
  throw new TypeError(`a message of kind ${String(kind)} is not what the protocol says`);
}

function isFromInstance(message: readonly unknown[]): boolean {
  switch (message[0]) {
    case Kind.Returned:
      return typeof message[1] === 'number' && isPayload(message[2]);
    case Kind.Call:
      return (
        typeof message[1] === 'number' &&
        typeof message[2] === 'number' &&
        typeof message[3] === 'string' &&
        (message[4] === 'Sync' || message[4] === 'Async') &&
        (message[5] === null || isPayload(message[5])) &&
        isTextOrNull(message[6]) &&
        isTextOrNull(message[7])
      );
    case Kind.Log:
      return isTextOrNull(message[1]) && LOG_LEVELS.some((level) => level === message[2]) && isText(message[3]);
    case Kind.Threw:
      return (
        typeof message[1] === 'number' &&
        isText(message[2]) &&
        (message[3] === null || (typeof message[3] === 'number' && message[3] >= NO_RETRY))
      );
    case Kind.Publish:
      return (
        typeof message[1] === 'number' && typeof message[2] === 'number' && isText(message[3]) && isPayload(message[4])
      );
    case Kind.Query:
      return (
        typeof message[1] === 'number' && typeof message[2] === 'number' && isText(message[3]) && isText(message[4])
      );
    case Kind.TooLarge:
      return typeof message[1] === 'number' && typeof message[2] === 'number';
    case Kind.CancelCall:
    case Kind.Pong:
      return typeof message[1] === 'number';
    case Kind.Ready:
      return true;
    case Kind.LoadFailed:
      return isText(message[1]) && isText(message[2]);
    case Kind.Dying:
      return isText(message[1]) && typeof message[2] === 'number' && isText(message[3]);
    default:
      return false;
  }
}

function isPayload(value: unknown): boolean {
  if (typeof value === 'string' || value instanceof Uint8Array) return true;
  return Array.isArray(value) && value.length === 1 && value[0] instanceof Uint8Array;
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string';
}

/** The options of a Call message. @throws when they are not what the SDK's check lets through. */
export function parseCallOptions(json: string): InvocationRequestOptions {
  const options: unknown = JSON.parse(json);
  const timeout = typeof options === 'object' && options !== null && 'timeout' in options ? options.timeout : undefined;
  // A time that is none would put the order of all deadlines in doubt.
  const isTime = timeout === undefined || (typeof timeout === 'number' && timeout >= 0);
  if (typeof options !== 'object' || options === null || !isTime) {
    throw new TypeError('the options of a call are not what the protocol says');
  }
  return options;
}
