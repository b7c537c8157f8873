/**
 * How long the first call of a cold function takes, beside a bare worker thread and a bare child process that answer
 * one message. Runs in a process of its own and prints JSON: ms of each, by kind.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { createBenchHost, FUNCTIONS } from './edgefc-host.mjs';
import { startUnixSocket } from './peers/raw-unix-socket.mjs';

const times = Number(process.argv[2] ?? 10);
const host = await createBenchHost(
  Object.fromEntries(
    ['thread', 'process'].flatMap((isolation) =>
      Array.from({ length: times }, (_, index) => [
        `${isolation}${index}`,
        { codeUri: FUNCTIONS, handler: 'echo.handler', isolation, maxInstances: 1 },
      ]),
    ),
  ),
);

/** @type {Record<string, () => Promise<() => unknown>>} */
const bare = {
  'bare thread': async () => {
    const worker = new Worker(new URL('./peers/raw-message-port.worker.mjs', import.meta.url), { workerData: {} });
    worker.postMessage([1, 'x']);
    await once(worker, 'message');
    return () => worker.terminate();
  },
  'bare process': async () => {
    const contender = await startUnixSocket();
    await contender.call?.('x');
    return contender.stop;
  },
};

/** @type {Record<string, number[]>} */
const results = { 'edgefc thread': [], 'bare thread': [], 'edgefc process': [], 'bare process': [] };
for (let index = 0; index < times; index += 1) {
  for (const isolation of ['thread', 'process']) {
    let begin = performance.now();
    const outcome = await host.invoke({ target: `Bench/${isolation}${index}`, type: 'Sync', payload: 'x' });
    results[`edgefc ${isolation}`]?.push(performance.now() - begin);
    if (outcome.kind !== 'answered' || String(outcome.payload) !== 'x') throw new Error(JSON.stringify(outcome));

    begin = performance.now();
    const stop = await bare[`bare ${isolation}`]?.();
    results[`bare ${isolation}`]?.push(performance.now() - begin);
    await stop?.();
  }
}
await host.stop();
console.log(JSON.stringify(results));
process.exit(0);
