/**
 * How to start a process that the kernel ends when the host dies, in a busy loop too: through util-linux's `setpriv`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const PLACES = ['/usr/bin/setpriv', '/bin/setpriv', '/usr/local/bin/setpriv'];

/** The command to put before the one to start; empty where there is none that can do it (BusyBox's cannot). */
export function parentDeathSignal(): string[] {
  if (process.platform !== 'linux') return [];
  for (const file of PLACES) {
    if (!existsSync(file)) continue;
    const command = [file, '--pdeathsig', 'KILL', '--'];
    if (spawnSync(file, [...command.slice(1), 'true'], { stdio: 'ignore' }).status === 0) return command;
  }
  return [];
}
