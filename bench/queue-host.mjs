/**
 * The host of queue-recovery.mjs, to be killed: a function enqueues so many jobs for one that never runs them, in ten
 * parts; after each the parent is told, so that it can read this process's memory.
 *
 * usage: node queue-host.mjs <configuration file> <jobs>, with an IPC channel.
 */
import { invokeJson } from './edgefc-host.mjs';

const [file = '', jobs = ''] = process.argv.slice(2);
const { createHost, loadConfig, gatherHostFacts } = await import(
  new URL('../packages/runtime/dist/index.js', import.meta.url).href
);
const { definition } = await loadConfig(file, gatherHostFacts(process.env, process.cwd()));
const host = createHost(definition);
await host.start();
const one = { id: 'fill', kind: 'text', size: 128, inFlight: 512 };
for (let part = 1; part <= 10; part += 1) {
  await invokeJson(host, 'Bench/driver', { one, target: 'busy', jobs: Number(jobs) / 10 });
  process.send?.({ part });
}
