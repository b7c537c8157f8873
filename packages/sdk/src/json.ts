/**
 * JSON as it really is: the platform's declaration says that `JSON.stringify` always gives text.
 */

/** The JSON text of a value; `undefined` for what JSON has no text for: undefined, a function, a symbol. */
export function toJson(value: unknown): string | undefined {
  return JSON.stringify(value);
}
