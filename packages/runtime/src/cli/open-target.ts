/** What a command works on: the running host of a data directory, or the directory itself when none runs. */
import { existsSync } from 'node:fs';
import type { AdminApi } from '../admin/admin-api.ts';
import type { AdminClient } from '../admin/client.ts';
import { definitionWithoutConfig, openDormant } from '../admin/dormant.ts';
import { reachHost } from '../admin/reach-host.ts';
import { systemClock } from '../engine/clock.ts';
import { QueueError } from '../engine/queue/queue.ts';
import { openLog } from '../observe/open-log.ts';
import type { CliContext } from './context.ts';
import { readVersion } from './read-version.ts';
import { locateDataDir, type TargetOptions } from './target-options.ts';
import { UsageError } from './usage-error.ts';

export type Target =
  | { readonly kind: 'running'; readonly dataDir: string; readonly api: AdminClient; close(): Promise<void> }
  | { readonly kind: 'stopped'; readonly dataDir: string; readonly api: AdminApi; close(): Promise<void> };

/** There is nothing to work on, and to look is no reason to make one. */
export class NoDataDirError extends UsageError {
  readonly dataDir: string;

  constructor(dataDir: string) {
    super(
      `there is no data directory ${dataDir}: no host has run there; name another one with --data-dir or --config, ` +
        'or start a host with edgefc start',
    );
    this.dataDir = dataDir;
  }
}

/** Runs `work` on the target, and lets go of it. */
export async function withTarget(
  command: string,
  options: TargetOptions,
  context: CliContext,
  work: (target: Target) => Promise<number>,
): Promise<number> {
  const target = await openTarget(command, options, context);
  try {
    return await work(target);
  } finally {
    await target.close();
  }
}

/**
 * Connects to the running host, else opens the data directory.
 *
 * @throws ConfigError, NoDataDirError, HostUnreachableError, QueueError
 */
async function openTarget(command: string, options: TargetOptions, context: CliContext): Promise<Target> {
  const { dataDir, config } = await locateDataDir(options, context);
  for (;;) {
    const client = await reachHost(dataDir, systemClock);
    if (client !== undefined) {
      const close = (): Promise<void> => {
        client.close();
        return Promise.resolve();
      };
      return { kind: 'running', dataDir, api: client, close };
    }
    if (!existsSync(dataDir)) throw new NoDataDirError(dataDir);
    const { stream, colour } = context.stderr;
    try {
      const api = await openDormant({
        definition: config?.definition ?? definitionWithoutConfig(dataDir),
        clock: systemClock,
        version: readVersion(),
        command,
        listen: (events) => {
          const format = options.json === true ? 'json' : 'text';
          openLog(events, { stream, colour, format, level: 'warn', burst: 1000, linesPerSecond: 200 });
        },
      });
      return { kind: 'stopped', dataDir, api, close: () => api.close() };
    } catch (error) {
      // Somebody took it between the two looks: the next one finds out who.
      if (!(error instanceof QueueError && error.code === 'QueueLocked')) throw error;
    }
  }
}
