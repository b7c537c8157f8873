/**
 * Values in error messages: short, on one line, and safe whatever the value does.
 */
import { types } from 'node:util';

/** Longest quotation of a caller's text in a message, in characters. */
const MAX_QUOTE = 80;

/** Text in quotes, cut when long. */
export function quote(text: string): string {
  return text.length <= MAX_QUOTE
    ? JSON.stringify(text)
    : `${JSON.stringify(text.slice(0, MAX_QUOTE))}… (${formatCount(text.length)} characters)`;
}

/** What kind of value it is, with the value where that is short: `the number 7`, `an Array`, `a Promise`. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `the string ${quote(value)}`;
    case 'number':
    case 'boolean':
      return `the ${typeof value} ${String(value)}`;
    case 'bigint':
      return 'a BigInt';
    case 'symbol':
      return 'a symbol';
    case 'function':
      return 'a function';
    case 'undefined':
      return 'undefined';
    case 'object':
      return value === null ? 'null' : describeObject(value);
  }
}

/** What a platform function (JSON.parse, JSON.stringify) threw, in its own words. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function describeObject(value: object): string {
  // A Proxy may do anything when asked; everything else answers with the tag of its built-in class.
  if (types.isProxy(value)) return 'a Proxy';
  if (Array.isArray(value)) return 'an Array';
  if (types.isDate(value)) return 'a Date';
  if (types.isPromise(value)) return 'a Promise (await it first)';
  if (types.isAnyArrayBuffer(value)) return 'an ArrayBuffer';
  if (ArrayBuffer.isView(value)) return `a ${viewName(value)}`;
  if (value instanceof Error) return 'an Error';
  if (types.isMap(value)) return 'a Map';
  if (types.isSet(value)) return 'a Set';
  return 'an object';
}

function viewName(value: ArrayBufferView): string {
  // The getter on the prototype, so that an own property cannot lie or throw.
  const tag = Object.getOwnPropertyDescriptor(
    Object.getPrototypeOf(Int8Array.prototype) as object,
    Symbol.toStringTag,
  )?.get?.call(value) as unknown;
  return typeof tag === 'string' ? tag : 'DataView';
}

/** `1234567` as `1,234,567`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

const BINARY_UNITS = [
  { name: 'GiB', size: 1024 ** 3 },
  { name: 'MiB', size: 1024 ** 2 },
  { name: 'KiB', size: 1024 },
] as const;

/** A size in bytes for people: `1,048,576 bytes (1 MiB)`. */
export function formatBytes(bytes: number): string {
  const exact = `${formatCount(bytes)} bytes`;
  const unit = BINARY_UNITS.find(({ size }) => bytes >= size);
  return unit === undefined ? exact : `${exact} (${String(Math.round((bytes / unit.size) * 10) / 10)} ${unit.name})`;
}
