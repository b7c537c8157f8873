/** What may stand in for a function, a topic or a thing, and what a test sees of the calls that came there. */
import type { Context, Event, HandlerCallback, ErrorCode, UnhandledErrorType } from '@edgefc/sdk/internal';
import type { EdgefcConfig, InstanceExit } from '@edgefc/runtime/testing';

/**
 * Called as a handler would be, in the test's own process and on the host's time. What it returns is the reply, whether it is a
 * promise or not; one that names `callback` answers through it.
 */
export type FakeImplementation = {
  // A method, so that a parameter may be narrower (`(event: Buffer) => …`).
  bivariant(event: Event, context: Context, callback: HandlerCallback): unknown;
}['bivariant'];

/**
 * What a fake may be given as: text or bytes (the reply), any other JSON value (the reply as JSON), a function (called as the
 * handler), or what `fake.…` makes.
 */
export type FakeValue = Fake | FakeImplementation | object | string | number | boolean | null;

/** The fakes of a host: of functions by `Service/function`, of topics by their filter. */
export interface Fakes {
  readonly [target: `${string}/${string}`]: FakeValue;
  /** Subscribers by MQTT topic filter: each gets the messages that match, besides the routes of the configuration. */
  readonly topics?: Readonly<Record<string, FakeValue>>;
  /** Devices. Not yet: this release refuses it. */
  readonly things?: Readonly<Record<string, FakeValue>>;
}

/** Settings of a function that is only faked: what stands in for a service is no bottleneck. */
export const FAKE_SETTINGS: NonNullable<EdgefcConfig['defaults']> = {
  maxInstances: 100,
  asyncConcurrency: 99,
  memorySize: '16MB',
};

/** A call that came to a fake: a Sync call, or a run of Async work. */
export interface FakeCall {
  /** 1-based, among the calls that came to this fake. */
  readonly n: number;
  /** `Service/function`. */
  readonly target: string;
  readonly type: 'Sync' | 'Async';
  readonly payload: string | Buffer;
  /** The payload as text. */
  readonly text: string;
  /** The payload as a JSON value; undefined: it is none. */
  readonly json: unknown;
  readonly invokerContext: Readonly<Record<string, unknown>>;
  /** 1-based; of Async work, the durable starts. */
  readonly attempt: number;
  /** `Service/function` that called; undefined: the test, a timer or a route. */
  readonly caller: string | undefined;
  readonly requestId: string;
  /** Whether this fake answered it; otherwise it passed the call on. */
  readonly answered: boolean;
}

/** What a call is matched by: its payload (text, bytes, or a JSON value deeply equal), or a function that looks at it. */
export type FakeMatch = string | Uint8Array | object | number | boolean | null | ((call: FakeCall) => boolean);

/** A description: a host that is given it keeps its own count, so that one fake may be given to many. */
export interface Fake {
  /** Only for the first call; the others are passed on. */
  once(): Fake;
  /** Only for the first `count` calls; the others are passed on. */
  times(count: number): Fake;
  /** What answers the calls that this one passes on. Without it: the real function, where there is one. */
  otherwise(next: FakeValue): Fake;
  /** The same for calls that `match`. */
  when(match: FakeMatch, value: FakeValue): Fake;
  /** As it was written. */
  toString(): string;
  readonly [FAKE]: FakeParts;
}

/** Answers one after the other; the last one repeats, unless one of these says otherwise. */
export interface SequenceFake extends Fake {
  /** After the last one, `value` for ever. */
  thenRepeat(value: FakeValue): Fake;
  /** A call after the last one is a mistake: it fails, and the test is shown it. */
  thenFail(): Fake;
  /** Calls after the last one are passed on: to `otherwise`, or to the real function. */
  thenPass(): Fake;
}

/** Finds a fake whichever copy of the testkit made it: ES module, CommonJS, or another realm's. */
export const FAKE: unique symbol = Symbol.for('edgefc.testkit.fake');

export interface FakeParts {
  readonly label: string;
  /** Whether it may refuse a call before that runs. */
  readonly refuses: boolean;
  /** The function that it stands before, when it says so itself (`fake.partial`). */
  readonly real: unknown;
  /** A count of its own. */
  readonly begin: () => Decide;
}

/**
 * When a call is decided on: at the front door, where only Async work can be refused before it is accepted; or where it would
 * get its slot.
 */
export type Moment = 'accept' | 'start';

/** What becomes of a call; undefined: it is passed on. Counts nothing when it only passes on acceptance. */
export type Decide = (call: FakeCall, moment: Moment) => Effect | undefined;

/** How an instance ends in the middle of a run. */
export interface Death {
  /** What it says before; undefined: nothing. */
  readonly last: { readonly errorType: UnhandledErrorType; readonly message: string } | undefined;
  readonly exit: InstanceExit;
}

/** What becomes of a call. */
export type Effect =
  | { readonly kind: 'real' }
  | { readonly kind: 'reply'; readonly payload: string | Uint8Array }
  | { readonly kind: 'perform'; readonly implementation: FakeImplementation }
  /** `error`: JSON; `retry`: as in the protocol's ThrewMessage. */
  | { readonly kind: 'throw'; readonly error: string; readonly retry: number | null }
  | { readonly kind: 'hang' }
  | { readonly kind: 'delay'; readonly ms: number; readonly then: Effect }
  | { readonly kind: 'die'; readonly death: Death }
  /** Runs to its end, which nobody hears of. */
  | { readonly kind: 'dieAfter'; readonly death: Death; readonly then: Effect }
  | { readonly kind: 'refuse'; readonly at: Moment; readonly code: ErrorCode; readonly message: string }
  /** The test did not expect this call. */
  | { readonly kind: 'unexpected'; readonly message: string };
