/** The Transport suite sees each of its promises broken. */
import type { InvocationOutcome, InvocationRequest, QueryOutcome, Transport } from '@edgefc/sdk/internal';
import type { TransportAnswer, TransportCall } from '../../src/conformance/transport/options.ts';
import { transportConformance } from '../../src/conformance/transport/transport-conformance.ts';
import { connectInFunction } from './in-function-transport.ts';
import { expectEachRed } from './sabotage/expect-red.ts';

/** What is done otherwise. */
interface TransportSabotage {
  readonly limits?: Transport['limits'];
  /** On the way there. */
  readonly call?: (call: TransportCall) => TransportCall;
  /** On the way back. */
  readonly answer?: (answer: TransportAnswer) => TransportAnswer;
  /** The last answer of a turn counts. */
  readonly takesLastAnswer?: boolean;
  /** What becomes of invocations, and of questions. */
  readonly invoked?: (outcome: InvocationOutcome) => InvocationOutcome;
  readonly asked?: (outcome: QueryOutcome) => QueryOutcome;
  /** Something goes on listening to signals. */
  readonly keepsSignals?: boolean;
  /** The far side gets the caller's own bytes. */
  readonly sharesBytes?: boolean;
}

class BrokenTransport implements Transport {
  readonly #transport: Transport;
  readonly #sabotage: TransportSabotage;
  sent: InvocationRequest['payload'];

  constructor(transport: Transport, sabotage: TransportSabotage) {
    this.#transport = transport;
    this.#sabotage = sabotage;
  }

  get limits(): Transport['limits'] {
    return this.#sabotage.limits ?? this.#transport.limits;
  }

  async invoke(request: InvocationRequest): Promise<InvocationOutcome> {
    this.sent = request.payload;
    this.#listen(request.signal);
    const outcome = await this.#transport.invoke(request);
    return this.#sabotage.invoked?.(outcome) ?? outcome;
  }

  publish: NonNullable<Transport['publish']> = (request) =>
    this.#transport.publish?.(request) ?? Promise.reject(new Error('it does not publish'));

  query: NonNullable<Transport['query']> = async (name, args, signal) => {
    this.#listen(signal);
    const outcome = await this.#transport.query?.(name, args, signal);
    if (outcome === undefined) throw new Error('it does not ask');
    return this.#sabotage.asked?.(outcome) ?? outcome;
  };

  #listen(signal: AbortSignal | undefined): void {
    if (this.#sabotage.keepsSignals === true) signal?.addEventListener('abort', () => undefined);
  }
}

/** With what sends the last of the answers that are given in one turn. */
function lastOf(answer: TransportCall['answer']): TransportCall['answer'] {
  const answers: TransportAnswer[] = [];
  return (one) => {
    if (answers.push(one) > 1) return;
    setImmediate(() => {
      answer(answers.at(-1) ?? one);
    });
  };
}

function cases(sabotage: TransportSabotage): ReturnType<typeof transportConformance> {
  return transportConformance({
    connect: async (limits, serve) => {
      const under = await connectInFunction(limits, (call) => {
        const back: TransportCall['answer'] = (one) => {
          call.answer(sabotage.answer?.(one) ?? one);
        };
        const answer = sabotage.takesLastAnswer === true ? lastOf(back) : back;
        const sent = sabotage.call?.(call) ?? call;
        if (sabotage.sharesBytes !== true || sent.kind !== 'invoke') {
          serve({ ...sent, answer });
          return;
        }
        setImmediate(() => {
          serve({ ...sent, request: { ...sent.request, payload: transport.sent }, answer });
        });
      });
      const transport = new BrokenTransport(under.transport, sabotage);
      return { transport, close: () => under.close() };
    },
  });
}

/** As text that is no bytes, or bytes that are no text. */
const otherKind = (payload: string | Uint8Array | undefined): string | Uint8Array | undefined =>
  typeof payload === 'string' ? Buffer.from(payload) : payload;

/** Takes whatever comes for what was asked for. */
const anything: TransportSabotage = {
  invoked: () => ({ kind: 'answered', payload: '{}', functionError: undefined }),
  asked: () => ({ kind: 'result', json: '{}' }),
};

expectEachRed<TransportSabotage>(
  'Transport',
  cases,
  {
    'says what its largest payloads are, in bytes': { limits: { sync: 1, async: 1 } },
    'carries a request as it is': {
      call: (call) => (call.kind === 'invoke' ? { ...call, request: { ...call.request, options: undefined } } : call),
    },
    'carries payloads there and back: text stays text, bytes stay bytes': {
      call: (call) =>
        call.kind === 'invoke'
          ? { ...call, request: { ...call.request, payload: otherKind(call.request.payload) } }
          : call,
    },
    'has taken a copy when `invoke` returns: the caller goes on with its own bytes': { sharesBytes: true },
    'resolves with every end there is, and rejects with none': {
      invoked: (outcome) => (outcome.kind === 'refused' ? { ...outcome, retryable: false } : outcome),
    },
    'settles a call with its first answer, and drops what comes after': { takesLastAnswer: true },
    'does not mix calls that are under way together': {
      invoked: (outcome) => (outcome.kind === 'answered' ? { ...outcome, payload: 'answer to call 7' } : outcome),
    },
    'tells the far side when a call is taken back, and ends it with Cancelled': {
      invoked: (outcome) =>
        outcome.kind === 'refused' ? { kind: 'answered', payload: '', functionError: 'Unhandled' } : outcome,
    },
    'lets go of the signal with the answer': { keepsSignals: true },
    'refuses an answer that is none to an invocation': anything,

    'carries messages: topic and payload as they are, the id or the refusal back': {
      call: (call) =>
        call.kind === 'publish' ? { ...call, request: { ...call.request, topic: `/edge${call.request.topic}` } } : call,
    },
    'carries questions: name and arguments as they are, JSON or the refusal back': {
      call: (call) => (call.kind === 'query' ? { ...call, args: { ...call.args, timeout: 60_000 } } : call),
    },
    'ends a question at once when it is taken back, whatever the far side does': anything,
    'lets go of the signal of a question with its answer': { keepsSignals: true },
    'refuses an answer that is none to a message, and none to a question': anything,
  },
  {},
);
