/** The one thing that every step does: has Invoker make a call. */
import type { Host } from '@edgefc/runtime';

/**
 * Gives Invoker's answer, which is what the SDK gave Invoker.
 * @throws Error when Invoker did not answer, or failed itself
 */
export async function askInvoker(host: Host, call: string, signal?: AbortSignal): Promise<string> {
  const outcome = await host.invoke({
    target: 'EdgeFC/Invoker',
    payload: call,
    ...(signal === undefined ? {} : { signal }),
  });
  if (outcome.kind === 'refused') throw new Error(`Invoker did not answer: ${outcome.code}: ${outcome.message}`);
  if (outcome.kind === 'accepted')
    throw new Error('Invoker was called Sync, and the host answered as if to an Async call');
  if (outcome.functionError !== undefined)
    throw new Error(`Invoker failed (${outcome.functionError}): ${String(outcome.payload)}`);
  return String(outcome.payload);
}
