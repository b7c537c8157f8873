/** Which run the code that executes right now belongs to: parent of its calls, tag of its output, owner of its crash. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Run } from './run.ts';

export class CurrentRun {
  readonly #storage = new AsyncLocalStorage<Run>();

  enter(run: Run, callback: () => void): void {
    this.#storage.run(run, callback);
  }

  /** `undefined` outside of any run. */
  get run(): Run | undefined {
    return this.#storage.getStore();
  }

  /** The run's number, 0 outside of any run. */
  get number(): number {
    return this.run?.number ?? 0;
  }
}
