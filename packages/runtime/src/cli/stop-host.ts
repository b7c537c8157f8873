/** Stops a command's host, and sees to it that the process can end afterwards. */
import type { Host } from '../engine/host-api.ts';
import type { CliContext } from './context.ts';

export async function stopHost(host: Host, context: CliContext, gracePeriod?: number): Promise<void> {
  await host.stop(gracePeriod === undefined ? {} : { gracePeriod });
  if (host.stuckThreads > 0) context.leaveThreads();
}
