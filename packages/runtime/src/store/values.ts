/** How values of the engine stand in the file, and back: what goes in comes out as the same kind. */
import type { SQLOutputValue } from 'node:sqlite';
import type { WireBytes } from '../engine/protocol.ts';
import type { AttemptError, WorkState } from '../engine/queue/work.ts';

/** Numbers of the states. Part of the file's format, and of the conditions of its indexes (schema.ts). */
export const STATE_CODES: {
  readonly Enqueued: 0;
  readonly Running: 1;
  readonly Retrying: 2;
  readonly Succeeded: 3;
  readonly Failed: 4;
  readonly Expired: 5;
  readonly Stopped: 6;
} = { Enqueued: 0, Running: 1, Retrying: 2, Succeeded: 3, Failed: 4, Expired: 5, Stopped: 6 };

const STATES: readonly WorkState[] = ['Enqueued', 'Running', 'Retrying', 'Succeeded', 'Failed', 'Expired', 'Stopped'];

export function toState(code: number): WorkState {
  const state = STATES[code];
  if (state === undefined) throw new RangeError(`edgefc: ${code} is not a state of work`);
  return state;
}

const BytesKind = { None: 0, Text: 1, Bytes: 2, Utf8: 3, Utf16: 4 } as const;
/** Added to the kind of a payload that is in `bodies`. */
export const APART = 8;
/** Bytes from which a payload is kept apart from its row. */
const LARGE = 2048;

export type StoredBytes = string | Uint8Array | null;

export function kindOf(bytes: WireBytes): number {
  if (bytes === null) return BytesKind.None;
  if (typeof bytes === 'string') return isPlainText(bytes) ? BytesKind.Text : BytesKind.Utf16;
  return bytes instanceof Uint8Array ? BytesKind.Bytes : BytesKind.Utf8;
}

export function toStored(bytes: WireBytes, kind: number): StoredBytes {
  if (bytes === null) return null;
  if (typeof bytes === 'string') return kind === BytesKind.Text ? bytes : Buffer.from(bytes, 'utf16le');
  return bytes instanceof Uint8Array ? bytes : bytes[0];
}

export function isLarge(stored: StoredBytes): boolean {
  if (stored === null) return false;
  return (typeof stored === 'string' ? stored.length : stored.byteLength) >= LARGE;
}

export function fromStored(stored: SQLOutputValue | undefined, kind: number): WireBytes {
  if (kind === BytesKind.None) return null;
  if (typeof stored === 'string') return stored;
  // Node 22 writes NULL for no bytes.
  const bytes = stored === null ? new Uint8Array() : stored;
  if (!(bytes instanceof Uint8Array)) throw new TypeError('edgefc: stored bytes are not of their kind');
  if (kind === BytesKind.Bytes) return bytes;
  if (kind === BytesKind.Utf8) return [bytes];
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf16le');
}

/** Whether a column of text gives it back: UTF-8 has to have it, and Node 22 reads no further than a zero. */
function isPlainText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** A key that a column does not give back stands as JSON behind this; so does one that begins with it. */
const ESCAPE = '\u0001';

/** Keys are compared in the file: two that differ must not become the same. */
export function toStoredKey(key: string): string {
  return isPlainText(key) && !key.startsWith(ESCAPE) ? key : ESCAPE + JSON.stringify(key);
}

export function fromStoredKey(stored: string): string {
  return stored.startsWith(ESCAPE) ? (JSON.parse(stored.slice(1)) as string) : stored;
}

export function toStoredErrors(errors: readonly AttemptError[]): string | null {
  return errors.length === 0 ? null : JSON.stringify(errors);
}

const NO_ERRORS: readonly AttemptError[] = [];

export function fromStoredErrors(stored: string | null): readonly AttemptError[] {
  return stored === null ? NO_ERRORS : (JSON.parse(stored) as AttemptError[]);
}
