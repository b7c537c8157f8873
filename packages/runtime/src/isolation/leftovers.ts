/**
 * Function processes that a killed host left behind (I9).
 *
 * Every process is recorded while it lives, as one small file named by its pid; a starting host ends those whose host
 * is gone. A pid alone proves nothing (it may have been given to somebody else), so the boot and the start time that
 * the kernel keeps have to agree too.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A process, told apart from any later one with the same pid. */
interface ProcessIdentity {
  readonly pid: number;
  readonly started: string;
}

interface Leftover {
  readonly host: ProcessIdentity;
  readonly instance: ProcessIdentity;
}

export class Leftovers {
  readonly #directory: string;
  readonly #self: ProcessIdentity | undefined;
  #made = false;

  constructor(dataDir: string) {
    this.#directory = join(dataDir, 'instances');
    this.#self = identify(process.pid);
  }

  /** Notes that this host runs `pid`. Without /proc nothing is noted: there is nothing to tell processes apart by. */
  record(pid: number): void {
    const instance = identify(pid);
    if (instance === undefined || this.#self === undefined) return;
    const file = join(this.#directory, String(pid));
    const leftover: Leftover = { host: this.#self, instance };
    try {
      if (!this.#made) mkdirSync(this.#directory, { recursive: true });
      this.#made = true;
      writeFileSync(file, JSON.stringify(leftover));
    } catch {
      // A full disk: the end of its socket still ends the process, and mostly the kernel does.
      rmSync(file, { force: true });
    }
  }

  forget(pid: number): void {
    rmSync(join(this.#directory, String(pid)), { force: true });
  }

  /** Ends what other, dead hosts left behind; returns the pids. */
  sweep(): number[] {
    const ended: number[] = [];
    for (const name of this.#names()) {
      const leftover = this.#read(name);
      if (leftover !== undefined && isAlive(leftover.host)) continue;
      if (leftover !== undefined && isAlive(leftover.instance)) {
        endProcess(leftover.instance.pid);
        ended.push(leftover.instance.pid);
      }
      rmSync(join(this.#directory, name), { force: true });
    }
    return ended;
  }

  #names(): string[] {
    try {
      return readdirSync(this.#directory);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
  }

  #read(name: string): Leftover | undefined {
    try {
      return JSON.parse(readFileSync(join(this.#directory, name), 'utf8')) as Leftover;
    } catch {
      // Cut short by a power loss, which ended the process as well.
      return undefined;
    }
  }
}

/** Kills a process with everything in its group: function processes lead a group of their own. */
export function endProcess(pid: number): void {
  endGroup(pid);
  kill(pid);
}

/** Kills what is left of the group that a process led; the process itself has ended, its pid may be somebody else's. */
export function endGroup(pid: number): void {
  kill(-pid);
}

function kill(target: number): void {
  try {
    process.kill(target, 'SIGKILL');
  } catch (error) {
    // Already gone is what was wanted.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function identify(pid: number): ProcessIdentity | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in parentheses and may hold anything; the third is the state, field 22 the start in ticks.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // What has ended and waits for its parent to notice runs no more; in some containers nobody ever notices.
    if (state === 'Z' || state === 'X') return undefined;
    return { pid, started: `${boot}/${fields[18] ?? ''}` };
  } catch {
    return undefined;
  }
}

function isAlive(process: ProcessIdentity): boolean {
  return identify(process.pid)?.started === process.started;
}
