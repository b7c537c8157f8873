/**
 * The invoker context: base64 of a JSON object, which reaches the callee as `context.invokerContext`.
 *
 * The SDK checks it before a call leaves and the worker decodes it with the same function, so that what the one lets
 * pass the other can read.
 */
import { reasonOf } from './describe-value.ts';

/** What decoding gives. */
export type DecodedInvokerContext =
  | { readonly kind: 'context'; readonly value: Record<string, unknown> }
  /** `problem` continues the sentence "invokerContext …". */
  | { readonly kind: 'invalid'; readonly problem: string };

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Decodes base64 of a JSON object; strict, because a half-read context is worse than none. */
export function decodeInvokerContext(base64: string): DecodedInvokerContext {
  if (base64.length % 4 !== 0 || !BASE64.test(base64)) {
    return { kind: 'invalid', problem: 'is not base64 (the standard alphabet, padded with "=")' };
  }
  let value: unknown;
  try {
    // Fatal, and keeping a byte order mark: bytes that are not UTF-8 are not JSON.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(base64, 'base64'));
    value = JSON.parse(text);
  } catch (error) {
    return { kind: 'invalid', problem: `is base64, but not of JSON (${reasonOf(error)})` };
  }
  if (!isObject(value)) {
    return { kind: 'invalid', problem: `is the base64 of a JSON ${jsonKindOf(value)}, not of a JSON object` };
  }
  return { kind: 'context', value };
}

/** The base64 text of an invoker context. Throws what `JSON.stringify` throws for a cycle or a BigInt. */
export function encodeInvokerContext(value: Readonly<Record<string, unknown>>): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function jsonKindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
