/**
 * The context a handler gets (SPEC 1): FC's fields and ours.
 *
 * A plain object on purpose: people print it, and `requestId` and `invokerContext` come first. What costs something to
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
  const { definition, settings } = facts.boot;
  const arrived = facts.clock.monotonic();
  const context: Omit<Context, 'signal' | 'getRemainingTimeInMillis' | 'logger'> = {
    requestId: run.requestId,
    invokerContext: run.invokerContext,
    function: {
      name: definition.name,
      handler: definition.handler,
      memory: Math.round(definition.memorySize / 1024 / 1024),
      timeout: definition.timeout / 1000,
    },
    service: { name: definition.service },
    region: settings.region,
    accountId: settings.accountId,
    credentials: settings.credentials,
    attempt: run.attempt,
    deadline: Math.round(facts.clock.now() + run.remaining),
  };
  // Not enumerable: they would only clutter what `console.log(context)` shows.
  return Object.defineProperties(context as Context, {
    logger: { value: facts.logger },
    signal: { get: run.signal },
    getRemainingTimeInMillis: {
      value: () => Math.max(0, Math.round(arrived + run.remaining - facts.clock.monotonic())),
    },
  });
}
