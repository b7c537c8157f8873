/**
 * One run of a handler inside an instance: called, settled once (I1), aborted when told to.
 *
 * `handler.length` is never looked at: a returned thenable decides by its settlement, anything else waits for the
 * callback. Whoever settles first wins; what comes later is dropped with a warning, because it usually is a bug.
 */
import { decodeInvokerContext } from '@edgefc/sdk/internal';
import { fromWire, Kind, NO_RETRY, toWire, wireSize, type FromInstance, type RunMessage } from '../protocol.ts';
import { createContext, type InstanceFacts } from './context.ts';
import { toErrorJson } from './error-payload.ts';
import { encodeResult } from './result.ts';
import { retryHint } from './retry-hint.ts';

/** A handler as it was loaded: nothing is known of it but that it can be called. */
export type LoadedHandler = (
  event: unknown,
  context: unknown,
  callback: (error?: unknown, data?: unknown) => void,
) => unknown;

export interface RunParts extends InstanceFacts {
  readonly handler: LoadedHandler;
  readonly send: (message: FromInstance, run: Run) => void;
  readonly warn: (text: string) => void;
  /** Told when the run has settled. */
  readonly onSettled: (run: Run) => void;
}

export class Run {
  readonly number: number;
  readonly requestId: string;
  readonly #parts: RunParts;
  #settledBy: string | undefined;
  #controller: AbortController | undefined;
  #abortReason: Error | undefined;
  /** What the handler returned that is no promise, when it looks like an answer. */
  #ignored: string | undefined;

  constructor(parts: RunParts, message: RunMessage) {
    this.#parts = parts;
    this.number = message[1];
    this.requestId = message[3];
  }

  get settled(): boolean {
    return this.#settledBy !== undefined;
  }

  /** Calls the handler. Never throws. */
  start(message: RunMessage): void {
    const [, , event, requestId, invokerContext, attempt, remaining] = message;
    let result: unknown;
    try {
      const context = createContext(this.#parts, {
        requestId,
        attempt,
        remaining,
        invokerContext: toInvokerContext(invokerContext),
        signal: () => this.#signal(),
      });
      result = this.#parts.handler(event === null ? '' : fromWire(event), context, this.#callback);
      if (isThenable(result)) {
        // `Promise.resolve` also tames thenables that call back twice or throw.
        Promise.resolve(result).then(this.#fulfilled, this.#rejected);
      } else {
        this.#ignored = describeAnswer(result);
      }
    } catch (error) {
      this.#fail('throwing', error);
    }
  }

  abort(reason: string): void {
    if (this.settled) return;
    if (this.#ignored !== undefined) {
      this.#parts.warn(
        `${this.#parts.boot.definition.key} returned ${this.#ignored}, which is no answer: only a promise is, or the callback; make the handler async`,
      );
    }
    const error = new Error(`the invocation was aborted: ${reason}`);
    error.name = 'AbortError';
    this.#abortReason = error;
    this.#controller?.abort(error);
  }

  readonly #callback = (error?: unknown, data?: unknown): void => {
    if (error) this.#fail('callback', error);
    else this.#succeed('callback', data);
  };

  readonly #fulfilled = (value: unknown): void => {
    // An async handler that answered through callback resolves with undefined afterwards: that is no second answer.
    if (value === undefined && this.settled) return;
    this.#succeed('the returned promise', value);
  };

  readonly #rejected = (error: unknown): void => {
    this.#fail('the rejected promise', error);
  };

  #succeed(by: string, value: unknown): void {
    if (this.#isLate(by)) return;
    const encoded = encodeResult(value);
    if (encoded.kind === 'unserializable') {
      this.#send([Kind.Threw, this.number, toErrorJson(encoded.error), null]);
      return;
    }
    const payload = toWire(encoded.value);
    const limit = this.#parts.boot.settings.maxSyncPayload;
    const size = typeof payload === 'string' && payload.length * 3 <= limit ? 0 : wireSize(payload);
    this.#send(size > limit ? [Kind.TooLarge, this.number, size] : [Kind.Returned, this.number, payload]);
  }

  #fail(by: string, error: unknown): void {
    if (this.#isLate(by)) return;
    const hint = retryHint(error);
    // An aborted handler passes on whatever its calls were cancelled with: no word of its author about another run.
    const aborted = this.#abortReason !== undefined && hint === NO_RETRY;
    this.#send([Kind.Threw, this.number, toErrorJson(error), aborted ? null : hint]);
  }

  #send(message: FromInstance): void {
    this.#parts.send(message, this);
    this.#parts.onSettled(this);
  }

  /** Whether the run has settled already; the first one settles it. */
  #isLate(by: string): boolean {
    if (this.#settledBy === undefined) {
      this.#settledBy = by;
      return false;
    }
    const { key } = this.#parts.boot.definition;
    this.#parts.warn(
      `${key} settled twice: first by ${this.#settledBy}, then by ${by}; the first counts, the second is dropped`,
    );
    return true;
  }

  #signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }
}

/** base64 of a JSON object; the SDK checked it before it was sent. */
function toInvokerContext(encoded: string | null): Record<string, unknown> {
  if (encoded === null || encoded === '') return {};
  const decoded = decodeInvokerContext(encoded);
  if (decoded.kind === 'invalid') throw new TypeError(`the invoker context ${decoded.problem}`);
  return decoded.value;
}

/** Whoever returns a timer or a socket has callbacks in mind; whoever returns one of these meant it as the answer. */
function describeAnswer(value: unknown): string | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return `a ${typeof value}`;
  if (value instanceof Uint8Array) return 'bytes';
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return 'an array';
  return Object.getPrototypeOf(value) === Object.prototype ? 'an object' : undefined;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    'then' in value &&
    typeof value.then === 'function'
  );
}
