/**
 * What is to go wrong with the writes of a host: a disk that is full, and a plug that is pulled at a commit.
 *
 * It counts durable writes over all lives of the host. Whoever writes (FaultyQueue) asks before each.
 */
import type { QueueCommand } from '@edgefc/runtime/testing';
import type { Fault } from './fault.ts';

/** Where, at a commit, the world ends: before it is on the disk, or after, when nobody has heard of it yet. */
export type CrashMoment = 'before' | 'after';

/** What becomes of a write. */
export type Verdict = 'write' | 'full' | 'crash before' | 'crash after';

interface Armed {
  /** The write it is meant for, counted over all. */
  readonly at: number;
  readonly moment: CrashMoment;
}

interface Failure extends Fault {
  hits: number;
  /** The write that fails, counted over all; undefined: every one. */
  readonly at: number | undefined;
}

export class DiskFaults {
  /** What each durable write so far was, in words. */
  readonly writes: string[] = [];
  /** Told when the plug is pulled; nothing of that life is written, answered or heard from then on. */
  onCrash: (() => void) | undefined;
  #crash: Armed | undefined;
  #failures: Failure[] = [];
  #onSpace: (() => void) | undefined;

  /** The world ends at the n-th durable write from now. */
  crashAt(n: number, moment: CrashMoment): void {
    this.#crash = { at: this.writes.length + n, moment };
  }

  /** Nothing is pulled that was not pulled yet. */
  disarm(): void {
    this.#crash = undefined;
  }

  failWrite(n: number): Fault {
    return this.#fail(this.writes.length + n);
  }

  fill(): Fault {
    return this.#fail(undefined);
  }

  /** Whether the next write fails as well, whichever it is. */
  get isFilled(): boolean {
    return this.#failures.some(({ at }) => at === undefined);
  }

  clear(): void {
    this.#failures = [];
    this.#onSpace?.();
  }

  /** Asked before each commit, with the commands that change something. One that fails counts as a write, too. */
  next(commands: readonly QueueCommand[]): Verdict {
    const counted = commands.filter(isCounted);
    if (counted.length === 0) return this.isFilled && commands.length > 0 ? 'full' : 'write';
    this.writes.push(counted.map(describeCommand).join('; '));
    const write = this.writes.length;
    if (this.#crash?.at === write) {
      const { moment } = this.#crash;
      this.#crash = undefined;
      return moment === 'before' ? 'crash before' : 'crash after';
    }
    const failure = this.#failures.find(({ at }) => at === undefined || at === write);
    if (failure === undefined) return 'write';
    failure.hits += 1;
    return 'full';
  }

  /** Told when there may be space again. */
  whenSpace(callback: (() => void) | undefined): void {
    this.#onSpace = callback;
  }

  #fail(at: number | undefined): Fault {
    const failure: Failure = {
      hits: 0,
      at,
      stop: () => {
        this.#failures = this.#failures.filter((one) => one !== failure);
        this.#onSpace?.();
      },
    };
    this.#failures.push(failure);
    return failure;
  }
}

/**
 * Whether a test would count it. Housekeeping is none of its writes; nor is looking for work to start, which mostly finds none:
 * a host that ends right after it leaves what it leaves before the end of that run.
 */
function isCounted({ kind }: QueueCommand): boolean {
  return kind !== 'tidy' && kind !== 'claim';
}

/** What a command does, in short: `accept S/f`, `end 12: succeeded`. */
function describeCommand(command: QueueCommand): string {
  switch (command.kind) {
    case 'put': {
      const targets = [...new Set(command.work.map(({ target }) => target))].join(', ');
      const what = command.timer === undefined ? 'accept' : `tick of ${command.timer.name}:`;
      return `${what} ${targets}${command.claim ? ' and start it' : ''}`;
    }
    case 'settle': {
      const { ending, followUps } = command;
      const how = ending.kind === 'dead' ? ending.state : ending.kind;
      return `end ${command.seq}: ${how}${followUps.map(({ target }) => `, tell ${target}`).join('')}`;
    }
    case 'stop':
      return `stop ${command.seq}`;
    default:
      return command.kind;
  }
}
