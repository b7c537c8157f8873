/** `@edgefc/testkit/conformance`: an adapter of one of the engine's ports proves itself with the cases of that port. */
export { runConformance, type ConformanceCase, type TestRunner } from './case.ts';
export { isolationConformance } from './isolation/isolation-conformance.ts';
export type { Containment, IsolationConformanceOptions } from './isolation/options.ts';
export type { QueueConformanceOptions, QueueStorage } from './queue/options.ts';
export { queueConformance } from './queue/queue-conformance.ts';
export type {
  TransportAnswer,
  TransportCall,
  TransportConformanceOptions,
  TransportUnderTest,
} from './transport/options.ts';
export { transportConformance } from './transport/transport-conformance.ts';
