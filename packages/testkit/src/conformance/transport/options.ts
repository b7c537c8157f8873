/** What the Transport suite asks of whoever brings an adapter. */
import type {
  InvocationOutcome,
  InvocationRequest,
  PublishRequest,
  QueryName,
  QueryOutcome,
  Transport,
} from '@edgefc/sdk/internal';

/** Everything that may come back over a transport. */
export type TransportAnswer = InvocationOutcome | QueryOutcome;

/** What arrived on the far side of a transport: of the request, what travels. */
export type TransportCall = {
  /** Aborted when the caller takes the call back and the far side is told. */
  readonly signal: AbortSignal;
  /** Sends an answer back; a second one is sent, too. */
  answer(answer: TransportAnswer): void;
} & (
  | { readonly kind: 'invoke'; readonly request: Omit<InvocationRequest, 'signal'> }
  | { readonly kind: 'publish'; readonly request: PublishRequest }
  | { readonly kind: 'query'; readonly name: QueryName; readonly args: object }
);

/** A transport whose far side the suite plays. */
export interface TransportUnderTest {
  readonly transport: Transport;
  close(): void | Promise<void>;
}

export interface TransportConformanceOptions {
  /**
   * Makes a transport with these limits; `serve` is to be called with everything that arrives on the far side. Called once for
   * each case.
   */
  readonly connect: (
    limits: Transport['limits'],
    serve: (call: TransportCall) => void,
  ) => TransportUnderTest | Promise<TransportUnderTest>;
}
