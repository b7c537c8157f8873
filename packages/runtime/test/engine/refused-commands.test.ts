/**
 * A command that the queue could not do, alone, while it goes on with everything else: an unreadable row, a bug at one of
 * them. What hung on it has to end all the same (I4), and no other work may stand still for it.
 */
import { expect, it } from 'vitest';
import type { Durability } from '../../src/engine/definition.ts';
import { MemoryQueue } from '../../src/engine/queue/memory-queue.ts';
import { QueueError, type CommandTime, type QueueCommand, type ResultOf } from '../../src/engine/queue/queue.ts';
import { QUEUE_LIMITS } from '../support/queue-limits.ts';
import { TestEngine, type TestEngineOptions } from './support/test-engine.ts';
import { live } from './support/virtual-clock.ts';

/** Refuses commands of one kind, as the writer does with one that fails, as long as it is told to. */
class StumblingQueue extends MemoryQueue {
  refused: QueueCommand['kind'] | undefined;
  readonly asked: QueueCommand['kind'][] = [];

  override execute<C extends QueueCommand>(
    command: C,
    time: CommandTime,
    durability: Durability,
  ): Promise<ResultOf<C>> {
    this.asked.push(command.kind);
    if (command.kind !== this.refused) return super.execute(command, time, durability);
    return Promise.reject(new QueueError('QueueUnusable', `${command.kind} failed: a row cannot be read`));
  }
}

function start(functions: TestEngineOptions['functions']): { test: TestEngine; queue: StumblingQueue } {
  const queue = new StumblingQueue({ limits: QUEUE_LIMITS });
  return { test: new TestEngine({ functions, queue, behaviour: { readyAfter: 0 } }), queue };
}

async function enqueue(test: TestEngine, payload: string): Promise<string> {
  const invoked = test.invoke('S/a', { type: 'Async', payload });
  await live(test.clock, 0);
  if (invoked.outcome?.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(invoked.outcome)}`);
  return invoked.outcome.id;
}

it('work whose end could not be written down is not stopped for ever: who asks for it is told', async () => {
  const { test, queue } = start({ 'S/a': { durability: 'fsync' } });
  const id = await enqueue(test, 'x');
  queue.refused = 'settle';
  test.running('x').return();
  await live(test.clock, 0);
  queue.refused = undefined;
  // The row says that it runs, and nobody runs it.
  expect(await test.engine.queries.get(id)).toMatchObject({ value: { state: 'Running' } });
  expect(test.runs).toEqual([]);
  queue.asked.length = 0;
  expect(await test.engine.queries.stop(id)).toMatchObject({
    kind: 'refused',
    code: 'ResourceExhausted',
    message: expect.stringMatching(/counts as running.*next start of the host/) as unknown,
  });
  expect(queue.asked.filter((kind) => kind === 'stop').length).toBeLessThan(10);
  expect(test.logs.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^writing down how .* of S\/a ended did not get to the disk .*a row cannot be read/),
  ]);
});

it('work whose claim failed is claimed again after a pause, without anybody asking', async () => {
  const { test, queue } = start({ 'S/a': { durability: 'fsync' } });
  for (const payload of ['first', 'second', 'third']) await enqueue(test, payload);
  queue.refused = 'claim';
  test.running('first').return();
  await live(test.clock, 0);
  expect(test.runs).toEqual([]);
  queue.refused = undefined;
  queue.asked.length = 0;
  await live(test.clock, 4999);
  expect(queue.asked).not.toContain('claim');
  await live(test.clock, 1);
  test.running('second').return();
  await live(test.clock, 0);
  test.running('third').return();
  await live(test.clock, 0);
  expect(await test.engine.queries.stats()).toMatchObject({ ended: 3, live: { enqueued: 0, running: 0 } });
});
