/** How what was recorded is compared with what a test expects: by the rules of its runner, or by node:assert's. */
import { diff, isDeepStrictEqual, types } from 'node:util';
import type { RecordedPayload } from '../record/model.ts';
import { printInline, printLines } from './print.ts';

/**
 * What a payload is to be: text (equal), a RegExp (found in the text), bytes (equal), any other value (equal to the payload
 * read as JSON; matchers such as `expect.objectContaining` work anywhere inside), or a function that looks at it.
 */
export type PayloadExpectation =
  string | RegExp | Uint8Array | number | boolean | null | object | ((payload: RecordedPayload) => boolean);

/** The equality of whoever runs the test. */
export interface Comparison {
  equals(received: unknown, expected: unknown): boolean;
}

export const STRICT: Comparison = { equals: (received, expected) => isDeepStrictEqual(received, expected) };

export function matchesPayload(payload: RecordedPayload, expected: PayloadExpectation, by: Comparison): boolean {
  if (typeof expected === 'string') return payload.text === expected;
  if (isPredicate(expected)) return expected(payload);
  if (types.isRegExp(expected)) return matchesText(payload.text, expected);
  if (types.isUint8Array(expected)) return payload.bytes.equals(expected);
  const { json } = payload;
  // A matcher for text, such as `expect.stringContaining`, gets what is no JSON as it is.
  if (json === undefined) return isAsymmetric(expected) && by.equals(payload.text, expected);
  return equalsAsJson(json, expected, by) || (isAsymmetric(expected) && by.equals(payload.text, expected));
}

/** A value that came as JSON against one that did not: there is no `undefined` in JSON, and a Date is a text. */
export function equalsAsJson(received: unknown, expected: unknown, by: Comparison): boolean {
  return by.equals(received, expected) || by.equals(received, toJson(expected));
}

/** A text equal to another, or one in which a RegExp finds something, whatever was found before. */
function matchesText(text: string, expected: string | RegExp): boolean {
  return typeof expected === 'string' ? text === expected : text.search(expected) !== -1;
}

/** The same for messages and output, of which a part is enough. */
export function findsText(text: string, expected: string | RegExp): boolean {
  return typeof expected === 'string' ? text.includes(expected) : text.search(expected) !== -1;
}

/** The difference between a payload and what it should have been, in lines. */
export function describePayloadDifference(payload: RecordedPayload, expected: PayloadExpectation): string[] {
  if (isPredicate(expected)) return [`the predicate says no to ${printInline(payload.payload)}`];
  if (typeof expected === 'string') return describeTextDifference(payload.text, expected);
  if (types.isRegExp(expected)) return describeDifference(payload.text, expected);
  if (types.isUint8Array(expected)) return describeDifference(toHex(payload.bytes), toHex(expected));
  if (payload.json === undefined) {
    return [`- ${printInline(expected)}`, `+ ${printInline(payload.payload)}, which is no JSON`];
  }
  return describeDifference(payload.json, expected);
}

/** `-` is what was expected, `+` what was received. */
export function describeDifference(received: unknown, expected: unknown): string[] {
  return describeLines(printLines(received), printLines(expected));
}

/** Text of several lines is compared line by line, as it is. */
function describeTextDifference(received: string, expected: string): string[] {
  if (!expected.includes('\n') && !received.includes('\n')) return describeDifference(received, expected);
  return describeLines(received.split('\n'), expected.split('\n'));
}

function describeLines(received: readonly string[], expected: readonly string[]): string[] {
  return diff(expected, received).map(([operation, line]) => `${SIGNS[operation + 1] ?? ' '} ${line}`);
}

/** Of util.diff: -1 is only in its second, 0 in both, 1 only in its first. */
const SIGNS = ['+', ' ', '-'] as const;

/** `object` takes any function; one with other parameters is the test's mistake. */
function isPredicate(expected: PayloadExpectation): expected is (payload: RecordedPayload) => boolean {
  return typeof expected === 'function';
}

function isAsymmetric(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'asymmetricMatch' in value;
}

function toJson(value: unknown): unknown {
  try {
    const json = JSON.stringify(value) as string | undefined;
    return json === undefined ? undefined : (JSON.parse(json) as unknown);
  } catch {
    return value; // A cycle or a BigInt is in no JSON.
  }
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('hex')
    .replaceAll(/(..)(?=.)/g, '$1 ');
}
