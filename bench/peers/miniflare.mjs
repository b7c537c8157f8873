/**
 * miniflare: workerd with two workers and a service binding between them; the calling worker runs the loop and times
 * it, as an edgefc function does. workerd keeps many isolates in one thread, so no thread is woken for a call. Its
 * clock has steps of 1 ms, so there are no samples of single calls: what is reported for it is the mean.
 */
import { readFile } from 'node:fs/promises';
import { Miniflare } from 'miniflare';
import { versionOf } from './version.mjs';

/** @param {'rpc' | 'fetch'} binding @returns {Promise<import('../contender.mjs').Contender>} */
async function start(binding) {
  const drive = await readFile(new URL('../drive.mjs', import.meta.url), 'utf8');
  const cases = (await readFile(new URL('../cases.mjs', import.meta.url), 'utf8')).replaceAll(
    'Buffer.alloc(size, 0x78)',
    'new Uint8Array(size).fill(0x78)',
  );
  const common = { compatibilityDate: '2026-01-01', modulesRoot: '/' };
  const flare = new Miniflare({
    workers: [
      {
        name: 'caller',
        ...common,
        modules: [
          { type: 'ESModule', path: '/caller.mjs', contents: callerSource(binding) },
          { type: 'ESModule', path: '/drive.mjs', contents: drive },
          { type: 'ESModule', path: '/cases.mjs', contents: cases },
        ],
        serviceBindings: { CALLEE: binding === 'rpc' ? { name: 'callee', entrypoint: 'Echo' } : 'callee' },
      },
      { name: 'callee', ...common, modules: [{ type: 'ESModule', path: '/callee.mjs', contents: CALLEE }] },
    ],
  });
  await flare.ready;
  return {
    version: `${versionOf('miniflare')}, ${versionOf('workerd')}`,
    run: async (one, milliseconds) => {
      const response = await flare.dispatchFetch('http://caller/', {
        method: 'POST',
        body: JSON.stringify({ one, milliseconds }),
      });
      if (!response.ok) throw new Error(`the calling worker answered ${response.status}: ${await response.text()}`);
      return /** @type {any} */ (await response.json());
    },
    stop: () => flare.dispose(),
  };
}

const CALLEE = `
import { WorkerEntrypoint } from 'cloudflare:workers';
export class Echo extends WorkerEntrypoint {
  echo(payload) { return payload; }
}
export default {
  fetch: async (request) => new Response(await request.arrayBuffer()),
};`;

/** @param {'rpc' | 'fetch'} binding */
const callerSource = (binding) => `
import { drive } from './drive.mjs';
import { makePayload } from './cases.mjs';
export default {
  async fetch(request, env) {
    const { one, milliseconds } = await request.json();
    const payload = makePayload(one);
    const call = ${
      binding === 'rpc'
        ? '() => env.CALLEE.echo(payload)'
        : `async () => {
      const response = await env.CALLEE.fetch('http://callee/', { method: 'POST', body: payload });
      return one.kind === 'text' ? response.text() : response.arrayBuffer();
    }`
    };
    const answered = await call();
    if ((answered.length ?? answered.byteLength) !== one.size) throw new Error('the answer has another size');
    const { calls, elapsed } = await drive(call, one.inFlight, milliseconds);
    return Response.json({ calls, elapsed: elapsed || 1, samples: [] });
  },
};`;

/** @type {Record<string, import('../contender.mjs').Start>} */
export const variants = { rpc: () => start('rpc'), fetch: () => start('fetch') };
