/** Which buffers of a batch of messages are moved to another thread rather than copied. */
import type { WireMessage } from '../engine/protocol.ts';

/** Bytes from which moving a buffer is cheaper than cloning it (copied, then moved, costs 5 µs at 16 KiB where a clone costs 24; 2026-11-22). */
const TRANSFER_FROM = 16 * 1024;

export function transferables(messages: readonly WireMessage[]): ArrayBuffer[] {
  let found: ArrayBuffer[] | undefined;
  for (const message of messages) {
    for (const field of message) {
      const bytes = field instanceof Uint8Array ? field : Array.isArray(field) ? (field[0] as unknown) : undefined;
      // Every payload on the wall is a copy of its own (protocol.ts), so nobody misses the buffer that leaves.
      if (
        bytes instanceof Uint8Array &&
        bytes.byteLength >= TRANSFER_FROM &&
        bytes.buffer instanceof ArrayBuffer &&
        bytes.byteLength === bytes.buffer.byteLength
      ) {
        (found ??= []).push(bytes.buffer);
      }
    }
  }
  return found ?? NOTHING;
}

const NOTHING: ArrayBuffer[] = [];
