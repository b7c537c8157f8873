/** The demo's hosts: all have ../edgefc.config.ts, each has a data directory. */
import { fileURLToPath } from 'node:url';
import { createHost, gatherHostFacts, loadConfig, type Host } from '@edgefc/runtime';

/** Makes a host, to be started. */
export async function openHost(dataDir: string): Promise<Host> {
  const { definition, warnings } = await loadConfig(
    fileURLToPath(new URL('../edgefc.config.ts', import.meta.url)),
    gatherHostFacts(process.env, process.cwd()),
    { dataDir },
  );
  for (const { key, message } of warnings) process.stderr.write(`${key}: ${message}\n`);
  return createHost(definition);
}
