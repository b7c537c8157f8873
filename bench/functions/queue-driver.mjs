/** The producer: runs one slice of the queue benchmark (peers/queue/work.mjs) from inside its own instance. */
import { FCClient } from '@edgefc/sdk';
import { makePayload } from '../cases.mjs';
import { drive } from '../drive.mjs';
import { alone } from '../peers/queue/work.mjs';

const client = new FCClient();

/** @param {string} event JSON of `{ one, target, milliseconds }`, or of `{ one, target, jobs }` for so many jobs */
export async function handler(event) {
  const { one, target, milliseconds, jobs } = JSON.parse(event);
  const payload = makePayload(one);
  const common = { serviceName: 'Bench', functionName: target };
  const enqueue = () => client.invokeFunction({ ...common, invocationType: 'Async', payload });
  if (jobs !== undefined) return fill(enqueue, one.inFlight, jobs);
  if (one.work === 'sync') return alone(() => client.invokeFunction({ ...common, payload: 'note' }), milliseconds);
  if (one.work !== 'start') return drive(enqueue, one.inFlight, milliseconds);

  const collect = async () => {
    const { payload: starts } = await client.invokeFunction({ ...common, payload: 'collect' });
    return JSON.parse(String(starts)).map(Number);
  };
  await collect();
  /** @type {number[]} */
  const calls = [];
  const slice = await alone(() => {
    calls.push(Number(process.hrtime.bigint()));
    return enqueue();
  }, milliseconds);
  // One job more, with the pause before it that the others had: when it has been accepted the last one has long started.
  await alone(enqueue, 0);
  const starts = (await collect()).slice(0, calls.length);
  if (starts.length < calls.length) throw new Error(`${calls.length} jobs were enqueued, ${starts.length} had started`);
  return { ...slice, samples: calls.map((before, index) => (starts[index] - before) / 1000) };
}

/** @param {() => Promise<unknown>} enqueue @param {number} producers @param {number} jobs */
async function fill(enqueue, producers, jobs) {
  let left = jobs;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      await enqueue();
    }
  };
  await Promise.all(Array.from({ length: producers }, lane));
}
