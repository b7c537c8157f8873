/** The in-function Transport: a call of the function becomes a Call message, its answer settles the promise. */
import {
  ERROR_CODES,
  type ErrorCode,
  type InvocationOutcome,
  type InvocationRequest,
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
} from '../engine/protocol.ts';
import type { CurrentRun } from './current-run.ts';

interface PendingCall {
  readonly resolve: (outcome: InvocationOutcome) => void;
  readonly forget: (() => void) | undefined;
}

export class InFunctionTransport implements Transport {
  readonly limits: Transport['limits'];
  readonly #post: (message: FromInstance) => void;
  readonly #currentRun: CurrentRun;
  readonly #pending = new Map<number, PendingCall>();
  #lastCall = 0;

  constructor(boot: InstanceBoot, currentRun: CurrentRun, post: (message: FromInstance) => void) {
    this.limits = { sync: boot.settings.maxSyncPayload, async: boot.settings.maxAsyncPayload };
    this.#currentRun = currentRun;
    this.#post = post;
  }

  invoke(request: InvocationRequest): Promise<InvocationOutcome> {
    return new Promise((resolve) => {
      const call = ++this.#lastCall;
      const { signal, options } = request;
      let forget: (() => void) | undefined;
      if (signal !== undefined) {
        const cancel = (): void => {
          this.#post([Kind.CancelCall, call]);
        };
        signal.addEventListener('abort', cancel, { once: true });
        forget = () => {
          signal.removeEventListener('abort', cancel);
        };
      }
      this.#pending.set(call, { resolve, forget });
      this.#post([
        Kind.Call,
        call,
        this.#currentRun.number,
        request.target,
        request.type,
        request.payload === undefined ? null : toWire(request.payload),
        request.invokerContext ?? null,
        options === undefined ? null : JSON.stringify(options),
      ]);
    });
  }

  /** An answer came in. */
  settle(message: AnswerMessage | AcceptedMessage | RefusedMessage): void {
    const pending = this.#pending.get(message[1]);
    if (pending === undefined) return;
    this.#pending.delete(message[1]);
    pending.forget?.();
    pending.resolve(toOutcome(message));
  }
}

function toOutcome(message: AnswerMessage | AcceptedMessage | RefusedMessage): InvocationOutcome {
  switch (message[0]) {
    case Kind.Answer:
      return { kind: 'answered', payload: fromWire(message[2]), functionError: message[3] ?? undefined };
    case Kind.Accepted:
      return { kind: 'accepted', id: message[2], deduplicated: message[3] };
    case Kind.Refused:
      return { kind: 'refused', code: toErrorCode(message[2]), message: message[3], retryable: message[4] };
  }
}

function toErrorCode(code: string): ErrorCode {
  return isErrorCode(code) ? code : 'ResourceExhausted';
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}
