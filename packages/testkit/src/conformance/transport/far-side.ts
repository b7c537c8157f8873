/** The far side of a transport, as a case plays it. */
import type { InvocationOutcome, InvocationRequest, Transport } from '@edgefc/sdk/internal';
import type { Check } from '../check.ts';
import type { TransportCall, TransportConformanceOptions, TransportUnderTest } from './options.ts';

export const LIMITS: Transport['limits'] = { sync: 6_000_000, async: 128_000 };

export const CANCELLED: InvocationOutcome = {
  kind: 'refused',
  code: 'Cancelled',
  message: 'the call was taken back',
  retryable: false,
};

export function answered(payload: string | Uint8Array): InvocationOutcome {
  return { kind: 'answered', payload, functionError: undefined };
}

export class FarSide {
  /** What has arrived, in order. */
  readonly calls: TransportCall[] = [];
  readonly #under: TransportUnderTest;
  #waiting: (() => void)[] = [];

  static async connect(connect: TransportConformanceOptions['connect']): Promise<FarSide> {
    const arrived: ((call: TransportCall) => void)[] = [];
    const under = await connect(LIMITS, (call) => {
      for (const receive of arrived) receive(call);
    });
    const side = new FarSide(under);
    arrived.push((call) => {
      side.#receive(call);
    });
    return side;
  }

  private constructor(under: TransportUnderTest) {
    this.#under = under;
  }

  get transport(): Transport {
    return this.#under.transport;
  }

  invoke(request: Partial<InvocationRequest> = {}): Promise<InvocationOutcome> {
    return this.transport.invoke({
      target: 'Shop/order',
      type: 'Sync',
      payload: 'payload',
      invokerContext: undefined,
      signal: undefined,
      options: undefined,
      ...request,
    });
  }

  /** The `n`-th call that arrived, from 0 on. */
  async call(check: Check, n: number = 0): Promise<TransportCall> {
    const wait = async (): Promise<TransportCall> => {
      for (;;) {
        const call = this.calls[n];
        if (call !== undefined) return call;
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    };
    return check.soon(wait(), 'a call arrives on the far side');
  }

  async close(): Promise<void> {
    await this.#under.close();
  }

  #receive(call: TransportCall): void {
    this.calls.push(call);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
