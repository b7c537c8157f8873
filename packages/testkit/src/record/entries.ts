/** The record's own objects: what model.ts shows read-only, with what the recorder writes and the tree needs. */
import { decodeInvokerContext, type FunctionErrorPayload } from '@edgefc/sdk/internal';
import { fromWire, type Outcome, type WireBytes, type WirePayload } from '@edgefc/runtime/testing';
import { WithPayload } from './payload.ts';
import type {
  Moment,
  RecordedAttempt,
  RecordedDuplicate,
  RecordedInvocation,
  RecordedOrigin,
  RecordedOutcome,
  RecordedPublish,
  RecordedState,
  RecordedSuccess,
} from './model.ts';

/** Everything that is known when an invocation is first heard of. */
export type InvocationFacts = Pick<
  RecordedInvocation,
  'id' | 'n' | 'target' | 'type' | 'origin' | 'parent' | 'parentAttempt' | 'asked' | 'state'
> &
  Partial<Pick<RecordedInvocation, 'delay' | 'dedupeKey' | 'orderKey' | 'maxRetries'>> & { readonly place: number };

export interface AttemptEntry extends RecordedAttempt {
  instance: string | undefined;
  started: Moment | undefined;
  ended: Moment | undefined;
  outcome: RecordedOutcome | undefined;
  retryIn: number | undefined;
}

export class InvocationEntry extends WithPayload implements RecordedInvocation {
  /** Its place among everything that is recorded. */
  readonly #place: number;
  readonly id: string;
  readonly n: number;
  readonly target: string;
  readonly type: 'Sync' | 'Async';
  readonly origin: RecordedOrigin;
  readonly invokerContext: Readonly<Record<string, unknown>>;
  readonly delay: number | undefined;
  readonly dedupeKey: string | undefined;
  readonly orderKey: string | undefined;
  readonly maxRetries: number | undefined;
  readonly asked: Moment;
  readonly attempts: AttemptEntry[] = [];
  readonly duplicates: RecordedDuplicate[] = [];
  parent: string | undefined;
  parentAttempt: number | undefined;
  ended: Moment | undefined;
  state: RecordedState;
  outcome: RecordedOutcome | undefined;
  deadLettered: Moment | undefined;

  constructor(facts: InvocationFacts, payload: WireBytes, invokerContext: string | null) {
    super(payload);
    this.#place = facts.place;
    this.id = facts.id;
    this.n = facts.n;
    this.target = facts.target;
    this.type = facts.type;
    this.origin = facts.origin;
    this.parent = facts.parent;
    this.parentAttempt = facts.parentAttempt;
    this.invokerContext = decode(invokerContext);
    this.delay = facts.delay;
    this.dedupeKey = facts.dedupeKey;
    this.orderKey = facts.orderKey;
    this.maxRetries = facts.maxRetries;
    this.asked = facts.asked;
    this.state = facts.state;
  }

  get place(): number {
    return this.#place;
  }

  /** The run that is under way, or was the last. */
  get last(): AttemptEntry | undefined {
    return this.attempts.at(-1);
  }
}

export class PublishEntry extends WithPayload implements RecordedPublish {
  readonly id: string;
  readonly topic: string;
  readonly source: string | undefined;
  readonly parent: string | undefined;
  readonly parentAttempt: number | undefined;
  readonly targets: readonly string[];
  readonly asked: Moment;
  readonly refusal: RecordedPublish['refusal'];
  readonly #place: number;

  constructor(facts: Omit<RecordedPublish, keyof WithPayload> & { readonly place: number }, payload: WirePayload) {
    super(payload);
    this.id = facts.id;
    this.topic = facts.topic;
    this.source = facts.source;
    this.parent = facts.parent;
    this.parentAttempt = facts.parentAttempt;
    this.targets = facts.targets;
    this.asked = facts.asked;
    this.refusal = facts.refusal;
    this.#place = facts.place;
  }

  get place(): number {
    return this.#place;
  }
}

class Success extends WithPayload implements RecordedSuccess {
  readonly kind = 'succeeded' as const;
}

/** `accepted` is no end of anything. */
export function toRecordedOutcome(outcome: Exclude<Outcome, { kind: 'accepted' }>): RecordedOutcome {
  if (outcome.kind === 'refused') {
    const { code, message, retryable } = outcome;
    return { kind: 'refused', code, message, retryable };
  }
  const { payload, functionError } = outcome;
  if (functionError === undefined) return new Success(payload);
  return { kind: 'failed', functionError, ...toError(String(fromWire(payload))) };
}

function toError(json: string): FunctionErrorPayload {
  try {
    const { errorMessage, errorType, stackTrace } = JSON.parse(json) as FunctionErrorPayload;
    return { errorMessage, errorType, stackTrace };
  } catch {
    return { errorMessage: json, errorType: 'Error', stackTrace: [] }; // A process of its own can send anything.
  }
}

function decode(base64: string | null): Readonly<Record<string, unknown>> {
  if (base64 === null || base64 === '') return {};
  const decoded = decodeInvokerContext(base64);
  return decoded.kind === 'context' ? decoded.value : {};
}
