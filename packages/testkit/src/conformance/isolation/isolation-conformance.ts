/**
 * What the engine relies on in an Isolation (the port: instance/isolation.ts of the engine), as data: who keeps functions
 * apart in another way runs these cases over it.
 */
import { writeCases, type ConformanceCase } from '../case.ts';
import { Bench } from './bench.ts';
import { containmentCases } from './containment.ts';
import { lifeCases } from './life.ts';
import type { IsolationConformanceOptions } from './options.ts';
import { trafficCases } from './traffic.ts';

/**
 * The cases for an adapter of the Isolation port: how instances start and end, what crosses the wall, and what a function does
 * to its own instance, as far as `contains` says that it stays there. The cases bring their own function, written to a temporary
 * directory.
 *
 * @param options - `isolation` makes an adapter for each case, which closes it
 * @example
 * const options = { isolation: () => new MyIsolation(), contains: ['exit', 'uncaught', 'loop', 'memory'] } as const;
 * runConformance(isolationConformance(options), { describe, it }, 'MyIsolation');
 */
export function isolationConformance({ isolation, contains }: IsolationConformanceOptions): ConformanceCase[] {
  const write = writeCases('Isolation', async () => {
    const bench = new Bench(await isolation());
    return { subject: bench, release: () => bench.release() };
  });
  return [...lifeCases(write), ...trafficCases(write), ...containmentCases(write, contains)];
}
