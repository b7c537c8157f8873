/** The in-function Transport: what the function calls, publishes or asks becomes a message, its answer settles the promise. */
import {
  ERROR_CODES,
  type ErrorCode,
  type InvocationOutcome,
  type InvocationRequest,
  type PublishOutcome,
  type PublishRequest,
  type QueryName,
  type QueryOutcome,
  type Refusal,
  type Transport,
} from '@edgefc/sdk/internal';
import {
  fromWire,
  Kind,
  toWire,
  type AcceptedMessage,
  type AnswerMessage,
  type FromInstance,
  type InstanceBoot,
  type RefusedMessage,
  type ResultMessage,
} from '../protocol.ts';

type Settings = Pick<InstanceBoot['settings'], 'maxSyncPayload' | 'maxAsyncPayload'>;
type Outcome = InvocationOutcome | QueryOutcome;
type Settling = AnswerMessage | AcceptedMessage | RefusedMessage | ResultMessage;

interface PendingCall {
  /** What the host answered; it is for whoever asked to say whether that is an answer to the question. */
  readonly resolve: (outcome: Outcome) => void;
  readonly forget: (() => void) | undefined;
}

export class InFunctionTransport implements Transport {
  readonly limits: Transport['limits'];
  readonly #post: (message: FromInstance) => void;
  readonly #runNumber: () => number;
  readonly #pending = new Map<number, PendingCall>();
  #lastCall = 0;

  /** `runNumber`: of the run that the code which calls right now belongs to; 0 outside of any run. */
  constructor(settings: Settings, runNumber: () => number, post: (message: FromInstance) => void) {
    this.limits = { sync: settings.maxSyncPayload, async: settings.maxAsyncPayload };
    this.#runNumber = runNumber;
    this.#post = post;
  }

  invoke(request: InvocationRequest): Promise<InvocationOutcome> {
    return new Promise((resolve) => {
      const call = ++this.#lastCall;
      const { signal, options } = request;
      const forget = onAbort(signal, () => {
        this.#post([Kind.CancelCall, call]);
      });
      this.#pending.set(call, {
        resolve: (outcome) => {
          resolve(outcome.kind === 'result' ? unexpected('a call') : outcome);
        },
        forget,
      });
      this.#post([
        Kind.Call,
        call,
        this.#runNumber(),
        request.target,
        request.type,
        request.payload === undefined ? null : toWire(request.payload),
        request.invokerContext ?? null,
        options === undefined ? null : JSON.stringify(options),
      ]);
    });
  }

  publish(request: PublishRequest): Promise<PublishOutcome> {
    return new Promise((resolve) => {
      const call = ++this.#lastCall;
      this.#pending.set(call, {
        resolve: (outcome) => {
          const { kind } = outcome;
          resolve(kind === 'accepted' || kind === 'refused' ? outcome : unexpected('a message'));
        },
        forget: undefined,
      });
      this.#post([Kind.Publish, call, this.#runNumber(), request.topic, toWire(request.payload)]);
    });
  }

  query(name: QueryName, args: object, signal?: AbortSignal): Promise<QueryOutcome> {
    return new Promise((resolve) => {
      const call = ++this.#lastCall;
      // There is nothing at the host to take back: its answer comes sooner or later, and finds nobody.
      const forget = onAbort(signal, () => {
        this.#pending.delete(call);
        const message = `The question about ${describeTarget(args)} was taken back through its signal; the work itself goes on.`;
        resolve({ kind: 'refused', code: 'Cancelled', message, retryable: false });
      });
      this.#pending.set(call, {
        resolve: (outcome) => {
          const { kind } = outcome;
          resolve(kind === 'result' || kind === 'refused' ? outcome : unexpected('a question'));
        },
        forget,
      });
      this.#post([Kind.Query, call, this.#runNumber(), name, JSON.stringify(args)]);
    });
  }

  /** An answer came in. */
  settle(message: Settling): void {
    const pending = this.#pending.get(message[1]);
    if (pending === undefined) return;
    this.#pending.delete(message[1]);
    pending.forget?.();
    pending.resolve(toOutcome(message));
  }
}

/** Calls `cancel` when the signal aborts, unless the returned function was called before. */
function onAbort(signal: AbortSignal | undefined, cancel: () => void): (() => void) | undefined {
  if (signal === undefined) return undefined;
  signal.addEventListener('abort', cancel, { once: true });
  return () => {
    signal.removeEventListener('abort', cancel);
  };
}

function toOutcome(message: Settling): Outcome {
  switch (message[0]) {
    case Kind.Answer:
      return { kind: 'answered', payload: fromWire(message[2]), functionError: message[3] ?? undefined };
    case Kind.Accepted:
      return { kind: 'accepted', id: message[2], deduplicated: message[3] };
    case Kind.Refused:
      return { kind: 'refused', code: toErrorCode(message[2]), message: message[3], retryable: message[4] };
    case Kind.Result:
      return { kind: 'result', json: message[2] };
  }
}

/** A host that answers one thing with another is not one that this instance can work with. */
function unexpected(what: string): Refusal {
  const message = `The host answered ${what} with what is no answer to that: its version and the instance's do not fit.`;
  return { kind: 'refused', code: 'NotImplemented', message, retryable: false };
}

function describeTarget(args: object): string {
  return 'id' in args && typeof args.id === 'string' ? args.id : 'Async invocations';
}

function toErrorCode(code: string): ErrorCode {
  return isErrorCode(code) ? code : 'ResourceExhausted';
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}
