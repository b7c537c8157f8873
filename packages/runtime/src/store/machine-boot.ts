/** Which boot of the machine this is: with its uptime, downtime is known exactly while the machine ran on. */
import { readFileSync } from 'node:fs';

/** Undefined where the system does not tell (not Linux). */
export function readMachineBoot(): { readonly boot: string; readonly uptime: number } | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const uptime = Number.parseFloat(readFileSync('/proc/uptime', 'utf8')) * 1000;
    return boot === '' || !Number.isFinite(uptime) ? undefined : { boot, uptime };
  } catch {
    return undefined;
  }
}
