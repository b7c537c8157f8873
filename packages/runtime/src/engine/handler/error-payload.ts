/**
 * Turns whatever a handler throws into a FunctionErrorPayload. Total: it never throws, whatever it is given, and what
 * it makes is bounded (a getter that throws, a cycle, a frozen error, `undefined`, a message of a gigabyte).
 */
import { ERROR_CODES, type FunctionErrorPayload } from '@edgefc/sdk/internal';

const MAX_MESSAGE = 64 * 1024;
const MAX_STACK_LINES = 64;
const MAX_DEPTH = 4;
/** Errors of an AggregateError that are told, AggregateErrors in it, and UTF-16 units of each. */
const MAX_ERRORS = 10;
const MAX_NESTED = 2;
const MAX_PART = 4096;
const MAX_NAME = 256;

export function toErrorPayload(thrown: unknown): FunctionErrorPayload {
  const errorMessage = cut(messageOf(thrown, 0));
  return { errorMessage, errorType: typeOf(thrown), stackTrace: stackOf(thrown, 0).slice(0, MAX_STACK_LINES) };
}

/** The payload as JSON, which is how it crosses the wall. */
export function toErrorJson(thrown: unknown): string {
  return JSON.stringify(toErrorPayload(thrown));
}

/** The payload as JSON under an error type of the host's. */
export function toTypedErrorJson(errorType: string, thrown: unknown, prefix = ''): string {
  const payload = toErrorPayload(thrown);
  const kind =
    isErrorLike(thrown) && payload.errorType !== 'Error' && payload.errorType !== errorType
      ? `${payload.errorType}: `
      : '';
  return JSON.stringify({ ...payload, errorType, errorMessage: cut(prefix + kind + messageOf(thrown, 0)) });
}

function messageOf(thrown: unknown, depth: number): string {
  if (!isErrorLike(thrown)) return describeNonError(thrown, depth);
  const message = withCallee(thrown, read(thrown, 'message'));
  // The outermost one is cut by whoever asked: cut twice, it would tell the length of the cut one.
  const whole = typeof message === 'string' ? message : '';
  const text = depth === 0 ? whole : cut(whole, MAX_PART);
  const errors = depth < MAX_NESTED ? errorsOf(thrown) : undefined;
  if (errors === undefined) return text;
  // An AggregateError's own message says nothing about what went wrong.
  const parts = errors.first.map((error) => cut(messageOf(error, depth + 1), MAX_PART));
  const more = errors.count > parts.length ? `; and ${errors.count - parts.length} more` : '';
  return `${text === '' ? 'several errors' : text} [${parts.join('; ')}${more}]`;
}

/** A typed call that failed: its message is the callee's, and whose that is stands beside it. */
function withCallee(thrown: object, message: unknown): unknown {
  if (read(thrown, 'name') !== 'FunctionError') return message;
  const [target, errorType] = [read(thrown, 'target'), read(thrown, 'errorType')];
  if (typeof target !== 'string' || typeof errorType !== 'string' || typeof message !== 'string') return message;
  return `${cut(target, MAX_NAME)} failed (${cut(errorType, MAX_NAME)}): ${message}`;
}

/** The first errors of an AggregateError, and how many there are. */
function errorsOf(thrown: object): { readonly first: readonly unknown[]; readonly count: number } | undefined {
  try {
    const errors: unknown = Reflect.get(thrown, 'errors');
    if (!Array.isArray(errors)) return undefined;
    const count = errors.length;
    const first = Array.from({ length: Math.min(count, MAX_ERRORS) }, (_, index): unknown => errors[index]);
    return { first, count };
  } catch {
    return undefined; // A revoked proxy, or a getter that throws.
  }
}

function typeOf(thrown: unknown): string {
  if (!isErrorLike(thrown)) return thrown === null ? 'null' : typeof thrown;
  const name = read(thrown, 'name');
  if (name === 'EdgefcError') {
    // A call that this function made had no answer: why is in the code, and whoever looks at errors looks for that.
    const code = read(thrown, 'code');
    if (typeof code === 'string' && Object.hasOwn(ERROR_CODES, code)) return code;
  }
  return typeof name === 'string' && name !== '' ? cut(name, MAX_NAME) : 'Error';
}

function stackOf(thrown: unknown, depth: number): string[] {
  if (!isErrorLike(thrown) || depth >= MAX_DEPTH) return [];
  const stack = read(thrown, 'stack');
  const lines =
    typeof stack === 'string' ? stack.split('\n', MAX_STACK_LINES * 2).map((line) => cut(line.trim(), 1024)) : [];
  const frames = usefulFrames(lines.filter((line) => line.startsWith('at ')));
  const cause = read(thrown, 'cause');
  if (cause === undefined || cause === null || cause === thrown) return frames;
  return [...frames, `Caused by: ${cut(messageOf(cause, depth + 1), 1024)}`, ...stackOf(cause, depth + 1)];
}

/** The platform, the SDK, the instance around the handler, and the testkit where the instance is in a test's process. */
const NOT_THE_FUNCTIONS =
  /\(?node:internal\/|[\\/](?:thread|process)-entry\.cjs|[\\/](?:(?:@edgefc|packages)[\\/](?:sdk|runtime|testkit)|linkedge-core-sdk)[\\/](?:dist|src)[\\/]/;

/** The frames of the function's own code; the platform's and ours only when there are no others. */
function usefulFrames(frames: string[]): string[] {
  const useful = frames.filter((frame) => !NOT_THE_FUNCTIONS.test(frame));
  return useful.length > 0 ? useful : frames;
}

function describeNonError(thrown: unknown, depth: number): string {
  switch (typeof thrown) {
    case 'string':
      return thrown;
    case 'undefined':
      return 'undefined was thrown or passed instead of an Error';
    case 'object':
      if (thrown === null) return 'null was thrown or passed instead of an Error';
      try {
        // A toJSON may return anything.
        const json: unknown = JSON.stringify(thrown);
        return typeof json === 'string' ? json : Object.prototype.toString.call(thrown);
      } catch (error) {
        // Its toJSON may throw another one like it, and so on for ever.
        if (depth >= MAX_DEPTH) return nameOfKind(thrown);
        return `${nameOfKind(thrown)} (not serializable: ${cut(messageOf(error, depth + 1), MAX_PART)})`;
      }
    default:
      return nameOfKind(thrown);
  }
}

/** A function may have a `toString` that throws, and of a revoked proxy nothing at all can be read. */
function nameOfKind(value: unknown): string {
  try {
    // eslint-disable-next-line @typescript-eslint/no-base-to-string -- of an object, the base form is all there is to say
    return typeof value === 'object' ? Object.prototype.toString.call(value) : String(value);
  } catch {
    return `[${typeof value}]`;
  }
}

/** Errors by shape, not by class: they may come from another realm or another copy of a library. */
function isErrorLike(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (isError(value)) return true;
  return typeof read(value, 'message') === 'string' && typeof read(value, 'stack') === 'string';
}

function isError(value: object): boolean {
  try {
    return value instanceof Error;
  } catch {
    return false; // A revoked proxy.
  }
}

/** A property, or why it cannot be read: a getter may throw, a proxy may be revoked. */
function read(object: object, key: string): unknown {
  try {
    return Reflect.get(object, key) as unknown;
  } catch {
    return key === 'message' ? `(the error's ${key} cannot be read: its getter throws)` : undefined;
  }
}

function cut(text: string, max = MAX_MESSAGE): string {
  return text.length <= max ? text : `${text.slice(0, max)}… (${text.length - max} more characters)`;
}
