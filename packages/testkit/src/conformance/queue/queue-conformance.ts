/**
 * What the engine relies on in a Queue (the port: queue.ts of the engine), as data: who stores accepted work somewhere else
 * runs these cases over it.
 */
import { writeCases, type ConformanceCase } from '../case.ts';
import { acceptanceCases } from './acceptance.ts';
import { durabilityCases } from './durability.ts';
import { endCases } from './ends.ts';
import { QueueLife } from './life.ts';
import { limitCases } from './limits.ts';
import { orderCases } from './order.ts';
import type { QueueConformanceOptions } from './options.ts';

export function queueConformance({ storage, survives }: QueueConformanceOptions): ConformanceCase[] {
  const write = writeCases('Queue', async () => {
    const life = new QueueLife(await storage());
    return { subject: life, release: () => life.release() };
  });
  return [
    ...acceptanceCases(write),
    ...orderCases(write),
    ...endCases(write),
    ...limitCases(write),
    ...durabilityCases(write, survives),
  ];
}
