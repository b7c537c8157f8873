/** Keeps 64 calls under way to the healthy neighbour and counts every one that does not come back as it should. */
import { FCClient } from '@edgefc/sdk';

const client = new FCClient();

/** @param {string} event JSON of `{ milliseconds }` */
export async function handler(event) {
  const { milliseconds } = JSON.parse(event);
  const begin = performance.now();
  const end = begin + milliseconds;
  let answered = 0;
  let sent = 0;
  /** @type {string[]} */
  const lost = [];
  const loop = async () => {
    while (performance.now() < end) {
      const payload = `${sent++}`;
      try {
        const data = await client.invokeFunction({ serviceName: 'Bench', functionName: 'neighbour', payload });
        if (!data.functionError && data.payload === payload) answered += 1;
        else lost.push(String(data.payload));
      } catch (error) {
        lost.push(String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: 64 }, loop));
  return { rate: (answered / (performance.now() - begin)) * 1000, lost: lost.length, firstLost: lost[0] };
}
