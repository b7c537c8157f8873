/**
 * Finds the host that uses a data directory.
 *
 * Who holds the lock without a socket is a command that is done in a moment, or a host that starts or stops: it is waited for
 * a little, so that two commands at once do not refuse each other.
 */
import { existsSync } from 'node:fs';
import type { Clock } from '../engine/clock.ts';
import { readHolder, type Holder } from '../store/lock.ts';
import { connectAdmin, type AdminClient } from './client.ts';
import { HostUnreachableError } from './host-unreachable.ts';
import { adminSocketPaths, isTrustedSocket } from './socket-path.ts';

/** ms that a holder without a socket is waited for. */
const PATIENCE = 5000;
/** ms between two looks. */
const LOOK_AGAIN = 50;

/**
 * Connects to the host of `dataDir`; undefined: none uses it.
 *
 * @throws HostUnreachableError when one does that cannot be talked to
 */
export async function reachHost(dataDir: string, clock: Clock): Promise<AdminClient | undefined> {
  if (!existsSync(dataDir)) return undefined;
  const deadline = clock.monotonic() + PATIENCE;
  for (;;) {
    const client = await connectAny(adminSocketPaths(dataDir), dataDir);
    if (client !== undefined) return client;
    const holder = readHolder(dataDir);
    if (holder === undefined) return undefined;
    // It may see another temporary directory than this command does.
    const there = holder.socket === null ? undefined : await connectAny([holder.socket], dataDir);
    if (there !== undefined) return there;
    if (clock.monotonic() >= deadline) throw new HostUnreachableError(describeHolder(dataDir, holder));
    await pause(clock, LOOK_AGAIN);
  }
}

async function connectAny(paths: readonly string[], dataDir: string): Promise<AdminClient | undefined> {
  for (const path of paths) {
    if (!isTrustedSocket(path, dataDir)) continue;
    const client = await connectAdmin(path);
    if (client !== undefined) return client;
  }
  return undefined;
}

function describeHolder(dataDir: string, { pid, command, started }: Holder): string {
  const who = pid === 0 ? 'another process' : `${command} (pid ${pid}, started ${started})`;
  return (
    `the data directory ${dataDir} is in use by ${who}, which does not answer on an admin socket: it starts, stops, or is a ` +
    'command of its own; try again when it is done, or end it'
  );
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimeout(resolve, ms);
  });
}
