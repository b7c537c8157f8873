/** What a handler returned, as it travels: text and bytes as they are, anything else as its JSON text (SPEC 1). Total. */
import { toErrorPayload } from './error-payload.ts';

/** UTF-16 units of the reason why a value cannot be serialized. */
const MAX_REASON = 1024;

export type EncodedResult =
  | { readonly kind: 'value'; readonly value: string | Uint8Array }
  | { readonly kind: 'unserializable'; readonly error: Error };

export function encodeResult(value: unknown): EncodedResult {
  if (typeof value === 'string') return { kind: 'value', value };
  if (value === undefined || value === null) return { kind: 'value', value: '' };
  let why: string;
  try {
    // Of a buffer whose memory was transferred away nothing is left; making an array of it says so.
    if (value instanceof Uint8Array)
      return { kind: 'value', value: value.byteLength > 0 ? value : new Uint8Array(value) };
    const json: unknown = JSON.stringify(value);
    if (typeof json === 'string') return { kind: 'value', value: json };
    why = `it is a ${typeof value}, which JSON does not have`;
  } catch (error) {
    const { errorMessage, errorType } = toErrorPayload(error);
    why = (errorMessage === '' ? errorType : errorMessage).split('\n', 1).join('').slice(0, MAX_REASON);
  }
  const error = new TypeError(
    `the result cannot be serialized as JSON: ${why}; return a string, a Buffer or a value that JSON.stringify takes`,
  );
  error.name = 'ResultNotSerializable';
  return { kind: 'unserializable', error };
}
