/** A host for the benchmarks, made from the built package in this tree. */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the functions that the benchmarks run. */
export const FUNCTIONS = fileURLToPath(new URL('./functions/', import.meta.url));
/** The built command. */
export const COMMAND = fileURLToPath(new URL('../packages/runtime/dist/main.js', import.meta.url));

const RUNTIME = new URL('../packages/runtime/dist/index.js', import.meta.url).href;

/**
 * @typedef {object} BenchHost
 * @property {any} events   the host's event bus
 * @property {(invocation: { target: string, type: 'Sync', payload: string }) => Promise<any>} invoke
 * @property {() => Promise<void>} stop
 */

/**
 * Makes and starts a host with a data directory of its own, so that several can run side by side.
 *
 * @param {Record<string, object>} functions the functions of the service `Bench`, as in a configuration file
 * @param {object} [settings] of the host, as in a configuration file
 * @returns {Promise<BenchHost>}
 */
export async function createBenchHost(functions, settings = {}) {
  const { createHost, resolveConfig } = await import(RUNTIME);
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const { definition } = await resolveConfig(
    { ...settings, services: { Bench: { functions } } },
    { baseDir: folder, cwd: folder, hostEnv: process.env, cpus: availableParallelism(), totalMemory: totalmem() },
  );
  const host = createHost(definition);
  await host.start();
  return {
    events: host.events,
    invoke: (invocation) => host.invoke(invocation),
    stop: async () => {
      await host.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Invokes with JSON and parses the answer; anything but an answer without error throws.
 *
 * @param {BenchHost} host
 * @param {string} target
 * @param {unknown} input
 * @returns {Promise<any>}
 */
export async function invokeJson(host, target, input) {
  const outcome = await host.invoke({ target, type: 'Sync', payload: JSON.stringify(input) });
  if (outcome.kind !== 'answered' || outcome.functionError !== undefined) {
    throw new Error(`${target}: ${JSON.stringify({ ...outcome, payload: String(outcome.payload) })}`);
  }
  return outcome.payload === '' ? undefined : JSON.parse(String(outcome.payload));
}
