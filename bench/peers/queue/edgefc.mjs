/**
 * edgefc: a function enqueues for another one through `invokeFunction({ invocationType: 'Async' })`; both in threads, or
 * both in processes.
 *
 * Where only the acknowledgement is measured the target is busy with its first job, so that everything else waits, as
 * in the other queues. What has been accepted stays in the queue from slice to slice: it grows over the whole run.
 */
import { createBenchHost, FUNCTIONS, invokeJson } from '../../edgefc-host.mjs';
import { CONCURRENCY } from './work.mjs';

/** @param {'thread' | 'process'} isolation @returns {Promise<import('../../contender.mjs').Contender>} */
async function start(isolation) {
  const common = { codeUri: FUNCTIONS, isolation, maxInstances: 1, minInstances: 1, timeout: '1h', memorySize: '1GB' };
  const host = await createBenchHost(
    {
      driver: { ...common, handler: 'queue-driver.handler' },
      busy: { ...common, handler: 'queue-target.hold' },
      worker: { ...common, handler: 'echo.handler', instanceConcurrency: CONCURRENCY, asyncConcurrency: CONCURRENCY },
      idle: { ...common, handler: 'queue-target.note', instanceConcurrency: 2, asyncConcurrency: 1 },
    },
    { gracePeriod: '100ms', limits: { maxQueueBytes: '64GB', minFreeDisk: '1MB' } },
  );
  let done = 0;
  /** @type {(() => void) | undefined} */
  let onDone;
  host.events.on('work:settled', (/** @type {any} */ { target, state, error }) => {
    if (target !== 'Bench/worker') return;
    if (state !== 'Succeeded') throw new Error(`a job ended as ${state}: ${JSON.stringify(error)}`);
    done += 1;
    onDone?.();
  });

  /** @param {any} one @param {number} milliseconds */
  const cycle = async (one, milliseconds) => {
    const [before, begin] = [done, performance.now()];
    const slice = await invokeJson(host, 'Bench/driver', { one, target: 'worker', milliseconds });
    const { promise, resolve } = Promise.withResolvers();
    onDone = () => done - before === slice.calls && resolve(undefined);
    onDone();
    await promise;
    onDone = undefined;
    return { calls: slice.calls, elapsed: performance.now() - begin, samples: [] };
  };
  return {
    version: 'edgefc, this tree',
    run: (one, milliseconds) => {
      const { work } = /** @type {any} */ (one);
      if (work === 'cycle') return cycle(one, milliseconds);
      const target = work === 'start' || work === 'sync' ? 'idle' : 'busy';
      return invokeJson(host, 'Bench/driver', { one, target, milliseconds });
    },
    stop: () => host.stop(),
  };
}

/** @type {Record<string, import('../../contender.mjs').Start>} */
export const variants = { thread: () => start('thread'), process: () => start('process') };
