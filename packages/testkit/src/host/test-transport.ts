/**
 * The way of a test's own code, outside of any function, to its host. Whoever calls so waits as `host.invoke()` does: time is
 * skipped for the answer, and what can never come is reported.
 */
import { HostTransport } from '@edgefc/runtime/testing';
import type {
  InvocationOutcome,
  InvocationRequest,
  PublishOutcome,
  PublishRequest,
  QueryName,
  QueryOutcome,
  Transport,
} from '@edgefc/sdk/internal';
import { TestHostError } from '../errors.ts';
import { leaveFrames } from '../frame.ts';
import type { Driver } from '../time/driver.ts';
import type { Life } from './life.ts';

export interface TestTransportParts {
  readonly life: Life;
  readonly driver: Driver;
  /** Whether waiting skips time. */
  readonly skips: boolean;
}

export class TestTransport implements Transport {
  readonly #parts: TestTransportParts;
  readonly #host: HostTransport;

  constructor(parts: TestTransportParts) {
    this.#parts = parts;
    this.#host = new HostTransport(parts.life.core);
  }

  get limits(): Transport['limits'] {
    return this.#host.limits;
  }

  invoke(request: InvocationRequest): Promise<InvocationOutcome> {
    const { target, type } = request;
    return this.#drive(`the ${type} call to '${target}'`, type === 'Sync', () => this.#host.invoke(request));
  }

  publish(request: PublishRequest): Promise<PublishOutcome> {
    return this.#drive(`publishing '${request.topic}'`, false, () => this.#host.publish(request));
  }

  query(name: QueryName, args: object, signal?: AbortSignal): Promise<QueryOutcome> {
    const waits = name === 'wait' || name === 'stop';
    return this.#drive(`the question '${name}'`, waits, () => this.#host.query(name, args, signal));
  }

  #drive<T>(what: string, waits: boolean, begin: () => Promise<T>): Promise<T> {
    const { life, driver, skips } = this.#parts;
    const called = `${what}, made by the test`;
    if (life.ended)
      return Promise.reject(new TestHostError(`${called}: the host does not run; restart() starts it again`));
    const killed = life.killed.then(() => {
      throw new TestHostError(`${called}: the host was killed before it answered; restart() starts it again`);
    });
    return driver.untilSettled(Promise.race([leaveFrames(begin), killed]), { skip: skips && waits, what: called });
  }
}
