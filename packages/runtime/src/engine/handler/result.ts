/** What a handler returned, as it travels: text and bytes as they are, anything else as its JSON text (SPEC 1). */

export type EncodedResult =
  | { readonly kind: 'value'; readonly value: string | Uint8Array }
  | { readonly kind: 'unserializable'; readonly error: Error };

export function encodeResult(value: unknown): EncodedResult {
  if (typeof value === 'string') return { kind: 'value', value };
  if (value === undefined || value === null) return { kind: 'value', value: '' };
  if (value instanceof Uint8Array) return { kind: 'value', value };
  let why: string;
  try {
    const json: unknown = JSON.stringify(value);
    if (typeof json === 'string') return { kind: 'value', value: json };
    why = `it is a ${typeof value}, which JSON does not have`;
  } catch (error) {
    why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  }
  const error = new TypeError(
    `the result cannot be serialized as JSON: ${why}; return a string, a Buffer or a value that JSON.stringify takes`,
  );
  error.name = 'ResultNotSerializable';
  return { kind: 'unserializable', error };
}
