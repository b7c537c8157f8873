/** What the Isolation suite asks of whoever brings an adapter. */
import type { Isolation } from '@edgefc/runtime/testing';

/**
 * What a function can do to its instance that the adapter keeps to that instance:
 *
 * - `exit`: `process.exit`
 * - `uncaught`: an exception or a rejection that nobody handles
 * - `loop`: an endless loop without a turn of the event loop
 * - `memory`: more memory than its `memorySize`
 */
export type Containment = 'exit' | 'uncaught' | 'loop' | 'memory';

export interface IsolationConformanceOptions {
  /** Cases about anything else are left out: what is not contained takes the test's own process along. */
  readonly contains: readonly Containment[];
  /** Called once for each case, which closes it. */
  readonly isolation: () => Isolation | Promise<Isolation>;
}
