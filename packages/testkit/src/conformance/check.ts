/** Assertions that say what a port requires, which rule that is, what was found, and what should have been. */
import { AssertionError } from 'node:assert';
import { inspect, isDeepStrictEqual, types } from 'node:util';

/** ms of real time after which something that has to happen has not. */
const PATIENCE = 15_000;

export class Check {
  readonly #port: string;
  readonly #rule: string;

  constructor(port: string, rule: string) {
    this.#port = port;
    this.#rule = rule;
  }

  /** @param required - what the port requires, as a sentence without its end */
  ok(holds: boolean, required: string, found?: unknown): void {
    if (!holds) this.#fail(required, found, undefined);
  }

  equal(actual: unknown, expected: unknown, required: string): void {
    if (!isDeepStrictEqual(plain(actual), plain(expected))) this.#fail(required, actual, expected);
  }

  /** The properties of `expected`; others may be there. */
  has(actual: unknown, expected: Readonly<Record<string, unknown>>, required: string): void {
    const found = Object.fromEntries(Object.keys(expected).map((name) => [name, property(actual, name)]));
    this.equal(found, expected, required);
  }

  /** Waits for `promise`, though not for ever: a wait that cannot end is a broken rule, not a test that hangs. */
  async soon<T>(promise: Promise<T>, required: string, patience: number = PATIENCE): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(this.#error(required, `nothing, for ${patience / 1000} s`, undefined));
      }, patience);
    });
    try {
      return await Promise.race([promise, tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** @param code - what the error has as `code` */
  async rejects(promise: Promise<unknown>, code: string, required: string): Promise<void> {
    const outcome = await this.soon(
      promise.then(
        (value) => ({ kind: 'resolved', value }),
        (error: unknown) => ({ kind: 'rejected', code: property(error, 'code') }),
      ),
      required,
    );
    this.equal(outcome, { kind: 'rejected', code }, required);
  }

  fail(required: string, found: unknown): never {
    return this.#fail(required, found, undefined);
  }

  #fail(required: string, actual: unknown, expected: unknown): never {
    throw this.#error(required, actual, expected);
  }

  #error(required: string, actual: unknown, expected: unknown): AssertionError {
    const lines = [`the ${this.#port} port requires: ${required}`, `rule: ${this.#rule}`];
    if (expected !== undefined) lines.push(`expected: ${show(expected)}`);
    if (expected !== undefined || actual !== undefined) lines.push(`found: ${show(actual)}`);
    // Runners compare the two in detail, and take minutes for a megabyte: they get what a person can read.
    const shown = expected === undefined ? {} : { actual: show(actual), expected: show(expected) };
    return new AssertionError({ message: lines.join('\n'), ...shown, operator: 'conforms' });
  }
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (Reflect.get(value, name) as unknown) : undefined;
}

/** The same values in this realm's own classes: a runner's realm and an adapter's may be two; bytes are bytes, of whatever class. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return value.map(plain);
  if (types.isMap(value)) return new Map([...value].map(([key, one]) => [plain(key), plain(one)]));
  if (types.isSet(value)) return new Set([...value].map(plain));
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
}

function show(value: unknown): string {
  return inspect(value, { depth: 6, maxStringLength: 200, maxArrayLength: 20, breakLength: 110 });
}
