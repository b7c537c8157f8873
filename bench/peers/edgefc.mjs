/** edgefc: one function calls another through the host; both in threads, or both in processes. */
import { createBenchHost, FUNCTIONS, invokeJson } from '../edgefc-host.mjs';

/** @param {'thread' | 'process'} isolation @returns {Promise<import('../contender.mjs').Contender>} */
async function start(isolation) {
  const common = {
    codeUri: FUNCTIONS,
    isolation,
    maxInstances: 1,
    minInstances: 1,
    timeout: '120s',
    memorySize: '1GB',
  };
  const host = await createBenchHost({
    caller: { ...common, handler: 'caller.handler', instanceConcurrency: 1 },
    echo: { ...common, handler: 'echo.handler', instanceConcurrency: 64 },
  });
  return {
    version: 'edgefc, this tree',
    run: (one, milliseconds) => invokeJson(host, 'Bench/caller', { one, milliseconds }),
    stop: () => host.stop(),
  };
}

/** @type {Record<string, import('../contender.mjs').Start>} */
export const variants = { thread: () => start('thread'), process: () => start('process') };
