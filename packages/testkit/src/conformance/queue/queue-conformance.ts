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

/**
 * The cases for an adapter of the Queue port: what is accepted, started, ended, kept and counted, order keys, dedupe keys,
 * limits, and what outlives a close and a kill.
 *
 * @param options - `storage` makes what the queues of one case stand on, `survives` says how much of it is promised
 * @example
 * class Files implements QueueStorage {
 *   readonly #directory = mkdtempSync(join(tmpdir(), 'my-queue-'));
 *   queue(limits: QueueLimits): Queue {
 *     return new MyQueue(this.#directory, limits); // The next one finds what the one before has left.
 *   }
 *   async kill(queue: Queue): Promise<void> {
 *     // As a host that is killed: from now on it writes nothing more that the next one sees.
 *   }
 *   dispose(): void {
 *     rmSync(this.#directory, { recursive: true });
 *   }
 * }
 * runConformance(queueConformance({ survives: 'kill', storage: () => new Files() }), { describe, it }, 'MyQueue');
 */
export function queueConformance({ storage, survives }: QueueConformanceOptions): ConformanceCase[] {
  const write = writeCases('Queue', async (check) => {
    const life = new QueueLife(await storage(), check);
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
