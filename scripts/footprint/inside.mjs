/**
 * Runs in a folder where the runtime is installed, on the Node that is measured: how long the first call of a cold function
 * takes in a host that runs. Prints JSON: { thread: [ms, …], process: [ms, …] }.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost, gatherHostFacts, resolveConfig } from '@edgefc/runtime';

const times = Number(process.argv[2] ?? 10);
const dataDir = mkdtempSync(join(tmpdir(), 'edgefc-footprint-'));
const kinds = ['thread', 'process'];
const functions = Object.fromEntries(
  kinds.flatMap((isolation) =>
    Array.from({ length: times }, (_, index) => [
      `${isolation}${index}`,
      { codeUri: './echo', isolation, maxInstances: 1 },
    ]),
  ),
);
const facts = gatherHostFacts(process.env, process.cwd());
const { definition } = resolveConfig(
  { dataDir, services: { Footprint: { functions } } },
  { ...facts, baseDir: process.cwd() },
);
const host = createHost(definition);
await host.start();
const results = { thread: [], process: [] };
for (let index = 0; index < times; index += 1) {
  for (const kind of kinds) {
    const begin = performance.now();
    const outcome = await host.invoke({ target: `Footprint/${kind}${index}`, payload: 'x' });
    results[kind].push(performance.now() - begin);
    if (outcome.kind !== 'answered' || String(outcome.payload) !== 'x') throw new Error(JSON.stringify(outcome));
  }
}
await host.stop();
rmSync(dataDir, { recursive: true, force: true });
console.log(JSON.stringify(results));
