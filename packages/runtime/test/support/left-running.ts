/** What a host may have left running: processes, threads, and whatever else keeps this process alive. */
import { readdirSync, readFileSync } from 'node:fs';

export function isAlive(pid: number): boolean {
  try {
    // A zombie that nobody collects has ended, too.
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

/** What keeps this process alive, timers and single turns of the event loop left out. */
export function openHandles(): string[] {
  return process.getActiveResourcesInfo().filter((name) => !/^(?:Timeout|Immediate|TickObject|FS|CloseReq)/.test(name));
}

export function countThreads(): number {
  const tasks = readdirSync('/proc/self/task').map((task) => {
    try {
      return readFileSync(`/proc/self/task/${task}/comm`, 'latin1').trim();
    } catch {
      return ''; // It ended while we looked.
    }
  });
  return tasks.filter((name) => name === 'WorkerThread').length;
}
