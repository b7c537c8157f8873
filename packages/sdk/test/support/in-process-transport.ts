/**
 * A real transport whose functions are closures of the test: it finds the callee by name, runs it, and turns what it
 * does into outcomes as a host would.
 */
import { randomUUID } from 'node:crypto';
import {
  decodeInvokerContext,
  parseTarget,
  type InvocationOutcome,
  type InvocationRequest,
  type PublishOutcome,
  type PublishRequest,
  type Transport,
} from '../../src/internal.ts';

export type Callee = (
  event: string | Uint8Array,
  context: { readonly invokerContext: Record<string, unknown>; readonly signal: AbortSignal | undefined },
) => unknown;

export class InProcessTransport implements Transport {
  readonly limits: Transport['limits'];
  /** What came in, in order. */
  readonly requests: InvocationRequest[] = [];
  /** What was published, in order. */
  readonly messages: PublishRequest[] = [];
  readonly #callees: Readonly<Record<string, Callee>>;
  readonly #ids = new Map<string, string>();

  constructor(callees: Readonly<Record<string, Callee>>, limits: Transport['limits'] = { sync: 4096, async: 1024 }) {
    this.#callees = callees;
    this.limits = limits;
  }

  async invoke(request: InvocationRequest): Promise<InvocationOutcome> {
    this.requests.push(request);
    const target = parseTarget(request.target);
    const key = target.kind === 'name' ? `${target.service}/${target.function}` : target.id;
    const callee = this.#callees[key];
    if (callee === undefined) {
      return refused('FunctionNotFound', `No function is called ${request.target}.`);
    }
    if (request.type === 'Async') {
      const dedupeKey = request.options?.dedupeKey;
      const known = dedupeKey === undefined ? undefined : this.#ids.get(dedupeKey);
      const id = known ?? randomUUID();
      if (dedupeKey !== undefined) this.#ids.set(dedupeKey, id);
      return { kind: 'accepted', id, deduplicated: known !== undefined };
    }
    return await Promise.race([cancelled(request), this.#run(request, callee)]);
  }

  publish(request: PublishRequest): Promise<PublishOutcome> {
    this.messages.push(request);
    return Promise.resolve({ kind: 'accepted', id: `message-${String(this.messages.length)}`, deduplicated: false });
  }

  async #run(request: InvocationRequest, callee: Callee): Promise<InvocationOutcome> {
    try {
      const decoded =
        request.invokerContext === undefined
          ? ({ kind: 'context', value: {} } as const)
          : decodeInvokerContext(request.invokerContext);
      if (decoded.kind === 'invalid') throw new Error(decoded.problem);
      const result = await callee(request.payload ?? '', { invokerContext: decoded.value, signal: request.signal });
      return { kind: 'answered', payload: toPayload(result), functionError: undefined };
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      const payload = JSON.stringify({ errorMessage: message, errorType: name, stackTrace: ['at callee (test)'] });
      return { kind: 'answered', payload, functionError: 'Handled' };
    }
  }
}

function toPayload(result: unknown): string | Uint8Array {
  if (typeof result === 'string' || result instanceof Uint8Array) return result;
  return result === undefined ? '' : JSON.stringify(result);
}

function cancelled(request: InvocationRequest): Promise<InvocationOutcome> {
  return new Promise((resolve) => {
    request.signal?.addEventListener(
      'abort',
      () => {
        resolve(refused('Cancelled', `The call to ${request.target} was taken back.`));
      },
      { once: true },
    );
  });
}

function refused(code: 'FunctionNotFound' | 'Cancelled', message: string): InvocationOutcome {
  return { kind: 'refused', code, message, retryable: false };
}
