/**
 * The fakes and faults of one host: what becomes of each call, decided where the call would get its slot.
 *
 * It outlives the lives of its host: a test that kills the host and starts it again keeps its fakes, their counts, and what
 * came to them. What it decides is carried out by FakeIsolation, which asks for it by request id.
 */
import {
  fromWire,
  refused,
  type EngineParts,
  type FunctionDefinition,
  type LoadedHandler,
  type Refused,
  type WireBytes,
} from '@edgefc/runtime/testing';
import { SeenCall, type CallFacts } from './call.ts';
import { toFake } from './combine.ts';
import { FAKE, type Decide, type Effect, type FakeCall, type FakeImplementation, type FakeValue } from './types.ts';
import { Unfaked } from './unfaked.ts';

type AdmissionGate = NonNullable<EngineParts['gate']>;
type DispatchRequest = Parameters<AdmissionGate['admit']>[0];
type Invocation = Parameters<AdmissionGate['start']>[0];

export interface StageParts {
  /** Whether there is a real function behind the name. */
  readonly hasCode: (key: string) => boolean;
  /** All names that can be called. */
  readonly keys: () => Iterable<string>;
  /** Takes in a function that there is not yet, so that it can be faked. */
  readonly add: (key: string) => void;
  /** Changes what was decided: the faults. */
  readonly disturb: (call: FakeCall, effect: Effect) => Effect;
}

/** A fake that a test has put before a function. */
export interface FakeHandle {
  /** The calls that came to it, Sync calls and runs of Async work, oldest first. */
  readonly calls: readonly FakeCall[];
  /** Takes it away again: what was before it answers. */
  restore(): void;
}

/** One fake of a function, over the ones before it. */
interface Layer extends FakeHandle {
  readonly label: string;
  readonly decide: Decide;
  readonly calls: SeenCall[];
}

export class Stage implements AdmissionGate {
  readonly unfaked: Unfaked = new Unfaked();
  readonly #parts: StageParts;
  /** By `Service/function`; the last is asked first. */
  readonly #layers = new Map<string, Layer[]>();
  /** What was decided about calls that have not begun to run, by request id. */
  readonly #decided = new Map<string, Effect>();
  /** Implementations on their way into an instance, by request id. */
  readonly #cast = new Map<string, FakeImplementation[]>();

  constructor(parts: StageParts) {
    this.#parts = parts;
  }

  /** Whether anything stands before the function. */
  isFaked(key: string): boolean {
    return (this.#layers.get(key)?.length ?? 0) > 0;
  }

  hasCode(key: string): boolean {
    return this.#parts.hasCode(key);
  }

  /** Puts a fake before a function, whether it is real, faked already, or not there at all. */
  fake(key: string, value: FakeValue): FakeHandle {
    const { label, begin } = toFake(value)[FAKE];
    let layers = this.#layers.get(key);
    if (layers === undefined) this.#layers.set(key, (layers = []));
    const own = layers;
    const layer: Layer = {
      label,
      decide: begin(),
      calls: [],
      restore: () => {
        const place = own.indexOf(layer);
        if (place >= 0) own.splice(place, 1);
      },
    };
    own.push(layer);
    this.#parts.add(key);
    return layer;
  }

  // What the engine asks.

  unknown(request: DispatchRequest, refusal: Refused): Refused {
    const { target, caller } = request;
    const call = { target, caller, payload: toText(request.payload) };
    return { ...refusal, message: this.unfaked.unknown(call, refusal.message, this.#parts.keys()) };
  }

  admit(request: DispatchRequest, definition: FunctionDefinition): Refused | undefined {
    // A Sync call is decided on where it gets its slot, and once.
    if (request.type === 'Sync') return undefined;
    const facts = { ...request, target: definition.key, attempt: 1, requestId: '' };
    for (const { decide, calls } of this.#asked(definition.key)) {
      const call = new SeenCall(facts, calls.length + 1);
      const effect = decide(call, 'accept');
      if (effect?.kind !== 'refuse') continue;
      call.answered = true;
      calls.push(call);
      return refused(effect.code, effect.message);
    }
    return undefined;
  }

  start(invocation: Invocation): Refused | undefined {
    const { definition, requestId } = invocation;
    const facts: CallFacts = { ...pick(invocation), target: definition.key };
    const effect = this.#parts.disturb(new SeenCall(facts, 0), this.#decide(facts));
    switch (effect.kind) {
      case 'refuse':
        return refused(effect.code, effect.message);
      case 'unexpected':
        return refused('FunctionNotFound', effect.message);
      case 'real':
        this.#decided.delete(requestId);
        return undefined;
      default:
        this.#decided.set(requestId, effect);
        return undefined;
    }
  }

  // What carries it out asks.

  /** What was decided about a run that begins now. */
  take(requestId: string): Effect {
    const effect = this.#decided.get(requestId) ?? { kind: 'real' };
    this.#decided.delete(requestId);
    return effect;
  }

  /** The next run with this id that comes to a performer is `implementation`'s. */
  cast(requestId: string, implementation: FakeImplementation): void {
    const waiting = this.#cast.get(requestId);
    if (waiting === undefined) this.#cast.set(requestId, [implementation]);
    else waiting.push(implementation);
  }

  /** The handler of every performer: it is whatever was cast for the run. */
  readonly perform: LoadedHandler = (event, context, callback) => {
    const requestId = requestIdOf(context);
    const waiting = this.#cast.get(requestId);
    const implementation = waiting?.shift();
    if (waiting?.length === 0) this.#cast.delete(requestId);
    if (implementation === undefined) throw new Error('edgefc: a run without an implementation; this is a bug');
    const result = implementation(...([event, context, callback] as Parameters<FakeImplementation>));
    // One that does not name the callback answers with what it returns, without a promise too: a fake has no author who
    // forgot one, and a mock (`vi.fn()`) that returns nothing is to answer with nothing.
    if (implementation.length < 3 && !isThenable(result)) callback(undefined, result);
    return result;
  };

  #decide(facts: CallFacts): Effect {
    const { target } = facts;
    const asked = this.#asked(target);
    for (const { decide, calls } of asked) {
      const call = new SeenCall(facts, calls.length + 1);
      calls.push(call);
      const effect = decide(call, 'start');
      if (effect === undefined) continue;
      call.answered = true;
      if (effect.kind === 'unexpected') return this.#unexpected(facts, asked, effect.message);
      if (needsReal(effect) && !this.#parts.hasCode(target)) return this.#unexpected(facts, asked, undefined);
      return effect;
    }
    return this.#parts.hasCode(target) ? { kind: 'real' } : this.#unexpected(facts, asked, undefined);
  }

  #unexpected(facts: CallFacts, asked: readonly Layer[], why: string | undefined): Effect {
    const { target, caller, payload } = facts;
    const labels = asked.map(({ label }) => label);
    const message = this.unfaked.unanswered({ target, caller, payload: toText(payload) }, labels, why);
    return { kind: 'unexpected', message };
  }

  /** The layers before a function, the one that is asked first first. */
  #asked(key: string): Layer[] {
    return [...(this.#layers.get(key) ?? [])].reverse();
  }
}

function pick({ type, payload, invokerContext, attempt, caller, requestId }: Invocation): Omit<CallFacts, 'target'> {
  return { type, payload, invokerContext, attempt, caller, requestId };
}

function needsReal(effect: Effect): boolean {
  if (effect.kind === 'delay' || effect.kind === 'dieAfter') return needsReal(effect.then);
  return effect.kind === 'real';
}

function toText(payload: WireBytes): string {
  return payload === null ? '' : String(fromWire(payload));
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function requestIdOf(context: unknown): string {
  return typeof context === 'object' && context !== null && 'requestId' in context ? String(context.requestId) : '';
}
