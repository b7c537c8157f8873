/**
 * Payloads: what may travel, how long it is, and the one view of bytes that functions know, the Buffer.
 */
import { isUint8Array } from 'node:util/types';

/** What a function may send: text or bytes. */
export type Payload = string | Uint8Array;

/** Whether `value` can travel as it is. Bytes of another realm (a Jest sandbox) count too. */
export function isPayload(value: unknown): value is Payload {
  return typeof value === 'string' || isUint8Array(value);
}

/** The same bytes as a Buffer, not copied. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The payload as text; bytes are read as UTF-8. */
export function asText(payload: Payload): string {
  return typeof payload === 'string' ? payload : asBuffer(payload).toString('utf8');
}

/** The size in bytes when it is above `limit`, else `undefined`. Text that must fit is not counted. */
export function sizeAbove(payload: Payload, limit: number): number | undefined {
  if (typeof payload === 'string') {
    // One UTF-16 unit takes at most three bytes of UTF-8.
    if (payload.length * 3 <= limit) return undefined;
    const size = Buffer.byteLength(payload, 'utf8');
    return size > limit ? size : undefined;
  }
  return payload.byteLength > limit ? payload.byteLength : undefined;
}
