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

export function isolationConformance({ isolation, contains }: IsolationConformanceOptions): ConformanceCase[] {
  const write = writeCases('Isolation', async () => {
    const bench = new Bench(await isolation());
    return { subject: bench, release: () => bench.release() };
  });
  return [...lifeCases(write), ...trafficCases(write), ...containmentCases(write, contains)];
}
