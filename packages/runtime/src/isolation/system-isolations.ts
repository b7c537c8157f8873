/** Threads and processes together, and what they share: one watch over the memory, one poll, one list of leftovers. */
import { availableParallelism } from 'node:os';
import type { Clock } from '../engine/clock.ts';
import type { IsolationKind } from '../engine/definition.ts';
import type { Isolation } from '../engine/instance/isolation.ts';
import { BusyPoll } from './busy-poll.ts';
import { watchHostHeap } from './host-heap.ts';
import { Leftovers } from './leftovers.ts';
import { MemoryWatch } from './memory-watch.ts';
import { ProcessIsolation } from './process.ts';
import { ThreadIsolation } from './thread.ts';

export interface SystemIsolationsOptions {
  readonly clock: Clock;
  /** Where the processes are written down, for the start after a kill. */
  readonly dataDir: string;
  /** Whether processes die with the host by the kernel's hand, where it has one for that. */
  readonly parentDeathSignal: boolean;
}

export class SystemIsolations implements Readonly<Record<IsolationKind, Isolation>> {
  readonly thread: ThreadIsolation;
  readonly process: ProcessIsolation;
  readonly #leftovers: Leftovers;

  constructor({ clock, dataDir, parentDeathSignal }: SystemIsolationsOptions) {
    this.#leftovers = new Leftovers(dataDir);
    const poll = availableParallelism() > 1 ? new BusyPoll(clock) : undefined;
    const watch = new MemoryWatch(clock, watchHostHeap(clock));
    this.thread = new ThreadIsolation(clock, watch, poll);
    this.process = new ProcessIsolation({ clock, watch, poll, leftovers: this.#leftovers, parentDeathSignal });
  }

  /** Threads that were given up and still run. */
  get stuckThreads(): number {
    return this.thread.givenUp;
  }

  /** Ends the function processes that a killed host left behind, and says which. */
  sweep(): readonly number[] {
    return this.#leftovers.sweep();
  }

  async close(): Promise<void> {
    await Promise.all([this.thread.close(), this.process.close()]);
  }
}
