/** A call as fakes and tests see it. */
import { asText, decodeInvokerContext } from '@edgefc/sdk/internal';
import { fromWire, type WireBytes } from '@edgefc/runtime/testing';
import type { FakeCall } from './types.ts';

export interface CallFacts {
  readonly target: string;
  readonly type: 'Sync' | 'Async';
  readonly payload: WireBytes;
  /** base64 of a JSON object. */
  readonly invokerContext: string | null;
  readonly attempt: number;
  readonly caller: string | undefined;
  readonly requestId: string;
}

/** What a fake gets that is only looked at: nothing is decoded that nobody asks for. */
export class SeenCall implements FakeCall {
  readonly target: string;
  readonly type: 'Sync' | 'Async';
  readonly payload: string | Buffer;
  readonly attempt: number;
  readonly caller: string | undefined;
  readonly requestId: string;
  readonly n: number;
  answered = false;
  readonly #context: string | null;

  constructor(facts: CallFacts, n: number) {
    this.n = n;
    this.target = facts.target;
    this.type = facts.type;
    const payload = facts.payload === null ? '' : fromWire(facts.payload);
    // A copy: what is handed on may be transferred away, or changed.
    this.payload = typeof payload === 'string' ? payload : Buffer.from(payload);
    this.attempt = facts.attempt;
    this.caller = facts.caller;
    this.requestId = facts.requestId;
    this.#context = facts.invokerContext;
  }

  get text(): string {
    return asText(this.payload);
  }

  get json(): unknown {
    try {
      return JSON.parse(this.text) as unknown;
    } catch {
      return undefined; // It is none.
    }
  }

  get invokerContext(): Readonly<Record<string, unknown>> {
    if (this.#context === null || this.#context === '') return {};
    const decoded = decodeInvokerContext(this.#context);
    return decoded.kind === 'context' ? decoded.value : {};
  }
}
