/**
 * The Transport of code outside of any function, in the process that the host runs in: what the SDK sends goes straight to
 * the host. In a test that is the test itself; it is no caller, has no parent and no slot.
 */
import type {
  InvocationOutcome,
  InvocationRequest,
  PublishOutcome,
  PublishRequest,
  QueryName,
  QueryOutcome,
  Refusal,
  Transport,
} from '@edgefc/sdk/internal';
import { answerQuery } from './answer-query.ts';
import type { Host, HostInvocation, HostOutcome } from './host-api.ts';
import type { Refused } from './invocation/outcome.ts';

export class HostTransport implements Transport {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  get limits(): Transport['limits'] {
    const { maxSyncPayload, maxAsyncPayload } = this.#host.definition.settings;
    return { sync: maxSyncPayload, async: maxAsyncPayload };
  }

  async invoke({
    target,
    type,
    payload,
    invokerContext,
    signal,
    options,
  }: InvocationRequest): Promise<InvocationOutcome> {
    const invocation: HostInvocation = {
      target,
      type,
      ...options,
      ...(payload === undefined ? {} : { payload }),
      ...(invokerContext === undefined ? {} : { invokerContext }),
      ...(signal === undefined ? {} : { signal }),
    };
    return toInvocationOutcome(await this.#host.invoke(invocation));
  }

  async publish(request: PublishRequest): Promise<PublishOutcome> {
    const outcome = await this.#host.publish(request);
    if (outcome.kind === 'answered') throw new Error('edgefc: a message is accepted or refused; this is a bug');
    return outcome.kind === 'accepted' ? outcome : toRefusal(outcome);
  }

  query(name: QueryName, args: object, signal?: AbortSignal): Promise<QueryOutcome> {
    return new Promise((resolve) => {
      const cancel = (): void => {
        const message = `The question about Async invocations was taken back through its signal; the work itself goes on.`;
        resolve({ kind: 'refused', code: 'Cancelled', message, retryable: false });
      };
      signal?.addEventListener('abort', cancel, { once: true });
      void answerQuery(this.#host.async, name, JSON.stringify(args)).then((answer) => {
        signal?.removeEventListener('abort', cancel);
        resolve(typeof answer === 'string' ? { kind: 'result', json: answer } : toRefusal(answer));
      });
    });
  }
}

function toInvocationOutcome(outcome: HostOutcome): InvocationOutcome {
  switch (outcome.kind) {
    case 'answered':
      return { kind: 'answered', payload: outcome.payload, functionError: outcome.functionError };
    case 'accepted':
      return { kind: 'accepted', id: outcome.id, deduplicated: outcome.deduplicated };
    case 'refused':
      return toRefusal(outcome);
  }
}

function toRefusal({ code, message, retryable }: Refused): Refusal {
  return { kind: 'refused', code, message, retryable };
}
