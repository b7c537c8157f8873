/**
 * The context a handler gets (SPEC 1): FC's fields and ours.
 *
 * People print it: it looks like a plain object, with `requestId` and `invokerContext` first. What costs something to
 * make (the abort signal) is made when it is asked for.
 */
import type { Context, Logger } from '@edgefc/sdk/internal';
import type { Clock } from '../clock.ts';
import type { InstanceBoot } from '../protocol.ts';

/** What the context of a run is made of. */
export interface RunFacts {
  readonly requestId: string;
  readonly attempt: number;
  readonly invokerContext: Record<string, unknown>;
  /** ms to the deadline, at the moment the run arrived. */
  readonly remaining: number;
  readonly signal: () => AbortSignal;
}

/** The parts every run of an instance shares. */
export interface InstanceFacts {
  readonly boot: InstanceBoot;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createContext(facts: InstanceFacts, run: RunFacts): Context {
  return new RunContext(facts, run);
}

class RunContext implements Context {
  readonly requestId: string;
  readonly invokerContext: Record<string, unknown>;
  readonly function: Context['function'];
  readonly service: Context['service'];
  readonly region: string;
  readonly accountId: string;
  readonly credentials: Context['credentials'];
  readonly attempt: number;
  readonly deadline: number;
  readonly #facts: InstanceFacts;
  readonly #signal: () => AbortSignal;
  /** Monotonic ms. */
  readonly #due: number;

  constructor(facts: InstanceFacts, run: RunFacts) {
    const { definition, settings } = facts.boot;
    this.requestId = run.requestId;
    this.invokerContext = run.invokerContext;
    this.function = {
      name: definition.name,
      handler: definition.handler,
      memory: Math.round(definition.memorySize / 1024 / 1024),
      timeout: definition.timeout / 1000,
    };
    this.service = { name: definition.service };
    this.region = settings.region;
    this.accountId = settings.accountId;
    this.credentials = settings.credentials;
    this.attempt = run.attempt;
    this.deadline = Math.round(facts.clock.now() + run.remaining);
    this.#facts = facts;
    this.#signal = run.signal;
    this.#due = facts.clock.monotonic() + run.remaining;
  }

  // On the prototype, so that printing the context does not show them.

  get logger(): Logger {
    return this.#facts.logger;
  }

  get signal(): AbortSignal {
    return this.#signal();
  }

  getRemainingTimeInMillis(): number {
    return Math.max(0, Math.round(this.#due - this.#facts.clock.monotonic()));
  }
}

// Printed as the plain object that handlers expect, without a class name before it.
Object.defineProperty(RunContext.prototype, 'constructor', { value: Object });
