/**
 * The isolation of a test's host: around the real one, for every function.
 *
 * What is neither faked nor disturbed goes straight through. What no handler can produce (a crash, exhausted memory, silence, a
 * delay) is produced here, at the port, so that the engine meets it as it would on the gateway. Implementations given as code
 * run in a second, in-process isolation, whatever the real one is.
 */
import type { Clock, InstanceBoot, InstanceHandle, InstanceListener, Isolation } from '@edgefc/runtime/testing';
import { StagedInstance } from './staged-instance.ts';
import type { Stage } from './stage.ts';

export interface FakeIsolationParts {
  readonly stage: Stage;
  readonly clock: Clock;
  /** What functions run in that are not faked. */
  readonly real: Isolation;
  /** In process; it gives every function the handler `stage.perform`. */
  readonly performers: Isolation;
}

export class FakeIsolation implements Isolation {
  readonly #parts: FakeIsolationParts;
  readonly #instances = new Set<StagedInstance>();

  constructor(parts: FakeIsolationParts) {
    this.#parts = parts;
  }

  start(boot: InstanceBoot, listener: InstanceListener): InstanceHandle {
    // Who only looks whether it loads wants to see the real one.
    if (boot.loadOnly) return this.#parts.real.start(boot, listener);
    const instance = new StagedInstance(boot, {
      ...this.#parts,
      listener,
      onGone: (gone) => this.#instances.delete(gone),
    });
    this.#instances.add(instance);
    instance.begin();
    return instance;
  }

  /** The instances of a function that there are now are lost, with what runs in them; gives how many there were. */
  lose(key: string, why: string): number {
    const lost = [...this.#instances].filter(({ boot }) => boot.definition.key === key);
    for (const instance of lost) instance.lose(why);
    return lost.length;
  }

  async close(): Promise<void> {
    await Promise.all([this.#parts.real.close(), this.#parts.performers.close()]);
  }
}
