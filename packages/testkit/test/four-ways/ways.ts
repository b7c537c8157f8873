/** The ways to run a scenario. A further one (a gateway over HTTP) is a further line. */
import type { TestHostOptions } from '../../src/options.ts';

export interface Way {
  readonly name: string;
  /** What it differs in from the scenario's own options. */
  readonly options: TestHostOptions;
}

export const WAYS: readonly [Way, ...Way[]] = [
  { name: 'in process, on virtual time', options: {} },
  { name: 'in process, on real time', options: { time: 'real' } },
  { name: 'in threads', options: { isolation: 'thread' } },
  { name: 'in processes', options: { isolation: 'process' } },
];
