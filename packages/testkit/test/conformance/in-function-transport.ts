/** The transport inside an instance, with the far side at the host's end of the wall. */
import {
  fromWire,
  InFunctionTransport,
  Kind,
  toWire,
  type FromInstance,
  type WireBytes,
} from '@edgefc/runtime/testing';
import type {
  TransportAnswer,
  TransportCall,
  TransportConformanceOptions,
} from '../../src/conformance/transport/options.ts';

export const connectInFunction: TransportConformanceOptions['connect'] = (limits, serve) => {
  const settings = { maxSyncPayload: limits.sync, maxAsyncPayload: limits.async };
  const open = new Map<number, AbortController>();
  const receive = (message: FromInstance): void => {
    if (message[0] === Kind.CancelCall) open.get(message[1])?.abort();
    const call = toCall(message);
    if (call === undefined) return;
    const controller = new AbortController();
    open.set(call.number, controller);
    const answer = (one: TransportAnswer): void => {
      transport.settle(toMessage(call.number, one));
    };
    serve({ ...call.what, signal: controller.signal, answer });
  };
  const transport = new InFunctionTransport(settings, () => 7, receive);
  return {
    transport,
    close: () => {
      // It holds nothing beyond its calls.
    },
  };
};

type Unanswerable<C> = C extends unknown ? Omit<C, 'signal' | 'answer'> : never;

function toCall(
  message: FromInstance,
): { readonly number: number; readonly what: Unanswerable<TransportCall> } | undefined {
  switch (message[0]) {
    case Kind.Call: {
      const [, number, , target, type, payload, invokerContext, options] = message;
      const parsed = options === null ? undefined : (JSON.parse(options) as object);
      const request = {
        target,
        type,
        payload: read(payload),
        invokerContext: invokerContext ?? undefined,
        options: parsed,
      };
      return { number, what: { kind: 'invoke', request } };
    }
    case Kind.Publish: {
      const [, number, , topic, payload] = message;
      return { number, what: { kind: 'publish', request: { topic, payload: fromWire(payload) } } };
    }
    case Kind.Query: {
      const [, number, , name, args] = message;
      if (name !== 'get' && name !== 'wait' && name !== 'stop' && name !== 'list')
        throw new Error(`no question: ${name}`);
      return { number, what: { kind: 'query', name, args: JSON.parse(args) as object } };
    }
    default:
      return undefined;
  }
}

function read(payload: WireBytes): string | Uint8Array | undefined {
  return payload === null ? undefined : fromWire(payload);
}

function toMessage(call: number, answer: TransportAnswer): Parameters<InFunctionTransport['settle']>[0] {
  switch (answer.kind) {
    case 'answered':
      return [Kind.Answer, call, toWire(answer.payload), answer.functionError ?? null];
    case 'accepted':
      return [Kind.Accepted, call, answer.id, answer.deduplicated];
    case 'refused':
      return [Kind.Refused, call, answer.code, answer.message, answer.retryable];
    case 'result':
      return [Kind.Result, call, answer.json];
  }
}
