/**
 * IPCWrapper: how the published `linkedge-core-sdk` reaches its host, on our transport.
 *
 * Link IoT Edge posts a task, gets an id at once, and asks for the result by that id. Our transport answers in one
 * step, so the id of a Sync call is made here and its result is kept until it is asked for.
 */
import { assertCallback, whenSettled } from './callback-edge.ts';
import { describeValue, quote } from './describe-value.ts';
import { EdgefcError, invalid } from './errors.ts';
import type { FunctionErrorKind } from './function-error.ts';
import { toRequest, type CheckedContext, type InvocationType, type InvokeFunctionParams } from './invocation.ts';
import { answerOf, send } from './invoke.ts';
import { decodeInvokerContext } from './invoker-context.ts';
import { asBuffer } from './payload.ts';
import { publish } from './publish.ts';
import { currentTransport, type InvocationOutcome, type InvocationRequest } from './transport.ts';
import { UnfetchedResults, type CallEnd } from './unfetched-results.ts';

/** A minute is far more than the published SDK lets pass (nothing); the rest keeps a forgetful caller harmless. */
const UNFETCHED_LIMITS = { lifetime: 60_000, count: 1_000, bytes: 64 * 1024 * 1024 } as const;

/**
 * The id of the host's own router: an Async task for it is a message. It is no name and no ARN, so that no function of
 * the configuration is meant by it.
 */
export const ROUTER_ID = 'edgefc:router';

export type PostTaskCallback = (err: unknown, invocationId?: string) => void;

export type TaskResultCallback = (
  err: unknown,
  body?: string | Buffer,
  functionError?: FunctionErrorKind | null,
  statusCode?: number,
) => void;

/** Starts invocations and hands out their results (LE). */
export class IPCWrapper {
  readonly #unfetched: UnfetchedResults = new UnfetchedResults(UNFETCHED_LIMITS);
  readonly #checked: CheckedContext = { text: undefined };
  #started = 0;

  /** @param _authToken - part of the published call; not needed here, where the transport knows its function */
  // eslint-disable-next-line @typescript-eslint/no-useless-constructor -- without it, the published call would not type-check
  constructor(_authToken?: string) {
    // Nothing to open: the transport is looked up at each call.
  }

  /**
   * Starts an invocation and gives its id: of Sync at once, of Async when it has been accepted.
   *
   * An Async one of {@link ROUTER_ID} publishes its payload on the `custom.topic` of its invoker context: what the
   * published SDK's IoTData.publish posts (LE). Where it came from (`custom.source`) the host knows itself.
   *
   * @param functionId - an id, an ARN, or `Service/function`
   * @param invocationType - `Sync` or `Async`
   * @param invokerContext - base64 of a JSON object; `''` for none
   * @param payload - text or bytes; `undefined` for none
   */
  postTask(
    functionId: string,
    invocationType: string,
    invokerContext: string | null | undefined,
    payload: string | Uint8Array | null | undefined,
    callback: PostTaskCallback,
  ): void {
    assertCallback('IPCWrapper.postTask', callback);
    whenSettled(
      // toRequest says what is wrong with a type that is neither Sync nor Async.
      this.#start({ functionId, invocationType: invocationType as InvocationType, invokerContext, payload }),
      (id) => {
        callback(null, id);
      },
      callback,
    );
  }

  /**
   * Gives the result of a Sync invocation when it is there, once.
   *
   * @param functionId - the same as in `postTask`
   * @param invocationId - what `postTask` gave
   */
  getTaskResult(functionId: string, invocationId: string, callback: TaskResultCallback): void {
    assertCallback('IPCWrapper.getTaskResult', callback);
    whenSettled(
      this.#fetch(functionId, invocationId),
      (end) => {
        if (end.kind === 'error') {
          callback(end.error);
        } else if (end.answer.kind === 'accepted') {
          callback(null, end.answer.id, null, 200);
        } else {
          const { payload, functionError } = end.answer;
          callback(null, typeof payload === 'string' ? payload : asBuffer(payload), functionError ?? null, 200);
        }
      },
      callback,
    );
  }

  async #start(params: InvokeFunctionParams): Promise<string> {
    if (params.functionId === ROUTER_ID && params.invocationType === 'Async') {
      // Its own checks say what is missing; the payload's type is checked there, too.
      return await publish({ topic: topicIn(params.invokerContext), payload: params.payload ?? '' });
    }
    const transport = currentTransport();
    const request: InvocationRequest | EdgefcError = toRequest(params, transport?.limits, this.#checked);
    if (request instanceof EdgefcError) throw request;

    const call = send(request, transport, { endpoint: undefined });
    if (request.type === 'Async') {
      const answer = answerOf(await call);
      if (answer.kind === 'accepted') return answer.id;
      throw new TypeError(`The transport answered the Async call to ${request.target} as if it were Sync.`);
    }
    this.#started += 1;
    const id = `sync-${String(this.#started)}`;
    this.#unfetched.add(id, toEnd(call));
    return id;
  }

  async #fetch(functionId: string, invocationId: string): Promise<CallEnd> {
    const call = this.#unfetched.take(invocationId);
    if (call !== undefined) return await call;
    throw invalid(
      `No result of invocation ${describe(invocationId)} of ${describe(functionId)} is kept here: ` +
        'the result of a Sync invocation is given once, to the wrapper that posted it, within 60 s of its end; ' +
        'that of an Async one is not given here.',
    );
  }
}

/** The topic in a router's invoker context. */
function topicIn(invokerContext: unknown): string {
  const decoded = typeof invokerContext === 'string' ? decodeInvokerContext(invokerContext) : undefined;
  const custom = decoded?.kind === 'context' ? decoded.value['custom'] : undefined;
  const topic = typeof custom === 'object' && custom !== null && 'topic' in custom ? custom.topic : undefined;
  if (typeof topic === 'string') return topic;
  throw invalid(
    'The invoker context of a task for the router has no topic; make it with ' +
      "Buffer.from(JSON.stringify({ custom: { topic } })).toString('base64'), or use IoTData.publish.",
  );
}

/** The callers are JavaScript: an id may be anything. */
function describe(id: unknown): string {
  return typeof id === 'string' ? quote(id) : describeValue(id);
}

async function toEnd(call: Promise<InvocationOutcome>): Promise<CallEnd> {
  try {
    return { kind: 'value', answer: answerOf(await call) };
  } catch (error) {
    return { kind: 'error', error };
  }
}
