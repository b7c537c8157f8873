/**
 * The queue of a test's host: around the one that stores, in memory or in a file, with the faults of its disk.
 *
 * What is handed over within one turn is one commit, as it is below; so a crash point is the same commit on every store. After the
 * plug was pulled it answers nothing any more.
 */
import {
  QueueError,
  type Clock,
  type CommandTime,
  type Durability,
  type Opening,
  type OpeningFacts,
  type Queue,
  type QueueCommand,
  type ResultOf,
  type TimerHandle,
} from '@edgefc/runtime/testing';
import type { DiskFaults } from './disk-faults.ts';

/** ms between tries while the disk is full: the gateway's. */
const RETRY_INTERVAL = 250;

export interface FaultyQueueParts {
  readonly queue: Queue;
  readonly disk: DiskFaults;
  readonly clock: Clock;
}

interface Entry {
  readonly command: QueueCommand;
  readonly time: CommandTime;
  readonly durability: Durability;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class FaultyQueue implements Queue {
  onFull: Queue['onFull'];
  readonly #parts: FaultyQueueParts;
  #waiting: Entry[] = [];
  #running: Promise<void> | undefined;
  #retryTimer: TimerHandle | undefined;
  /** Why new work is refused. */
  #full: string | undefined;
  /** Whether the host was told so. */
  #told = false;
  #state: 'open' | 'crashed' | 'closed' = 'open';
  /** Opening and closing. */
  #underWay = 0;

  constructor(parts: FaultyQueueParts) {
    this.#parts = parts;
    parts.queue.onFull = (message) => this.onFull?.(message);
    parts.disk.whenSpace(() => {
      this.#retry();
    });
  }

  /** Whether anything is being stored right now; what only waits for space on the disk is not. */
  get busy(): boolean {
    return this.#running !== undefined || this.#underWay > 0;
  }

  open(facts: OpeningFacts): Promise<Opening> {
    return this.#count(this.#parts.queue.open(facts));
  }

  execute<C extends QueueCommand>(command: C, time: CommandTime, durability: Durability): Promise<ResultOf<C>> {
    return new Promise<ResultOf<C>>((resolve, reject) => {
      if (this.#state === 'crashed') return;
      if (this.#state === 'closed') {
        reject(closed());
        return;
      }
      // The result of a command is of that command's type.
      const entry: Entry = { command, time, durability, resolve: resolve as (result: unknown) => void, reject };
      this.#waiting.push(entry);
      this.#run();
    });
  }

  async close(grace: number): Promise<void> {
    // What waits for space is tried once more; then it stays unwritten.
    this.#retry();
    while (this.#running !== undefined) await this.#running;
    this.#state = 'closed';
    this.#parts.clock.clearTimeout(this.#retryTimer);
    this.#parts.disk.whenSpace(undefined);
    for (const { reject } of this.#waiting.splice(0)) reject(closed());
    await this.#count(this.#parts.queue.close(grace));
  }

  #run(): void {
    this.#running ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    await Promise.resolve();
    for (;;) {
      const group = this.#waiting.filter((entry) => this.#canGo(entry));
      if (group.length === 0 || this.#state !== 'open') break;
      this.#waiting = this.#waiting.filter((entry) => !group.includes(entry));
      await this.#write(group);
    }
    // In the same turn as the last look at what waits: what comes now has to begin anew.
    this.#running = undefined;
  }

  /** While the disk is full only what writes nothing goes on, and what is refused. */
  #canGo(entry: Entry): boolean {
    return this.#full === undefined || !isWrite(entry) || isNewWork(entry);
  }

  async #write(group: readonly Entry[]): Promise<void> {
    const writes = group.filter(isWrite);
    if (this.#full !== undefined) {
      await this.#answer(group, this.#full);
      return;
    }
    switch (this.#parts.disk.next(writes.map(({ command }) => command))) {
      case 'write':
        await this.#pass(group);
        if (writes.length > 0) this.#tell(undefined);
        break;
      case 'full':
        this.#full =
          'the disk takes no more (a fault of the test): new work is refused, accepted work is completed as far as it can be written';
        this.#tell(this.#full);
        await this.#answer(group, this.#full);
        this.#retryTimer = this.#parts.clock.setTimeout(() => {
          this.#retry();
        }, RETRY_INTERVAL);
        break;
      case 'crash before':
        this.#crash();
        break;
      case 'crash after':
        await Promise.allSettled(group.map((entry) => this.#execute(entry)));
        this.#crash();
        break;
    }
  }

  /** Hands a group over, and waits for it: what comes meanwhile is the next one. */
  async #pass(group: readonly Entry[]): Promise<void> {
    await Promise.all(
      group.map((entry) =>
        this.#execute(entry).then(
          (result) => {
            if (this.#state !== 'crashed') entry.resolve(result);
          },
          (error: unknown) => {
            if (this.#state !== 'crashed') entry.reject(error);
          },
        ),
      ),
    );
  }

  /** On a full disk: reads are answered, new work is refused, the rest waits. */
  async #answer(group: readonly Entry[], message: string): Promise<void> {
    const kept: Entry[] = [];
    const reads: Entry[] = [];
    for (const entry of group) {
      if (!isWrite(entry)) reads.push(entry);
      else if (isNewWork(entry)) entry.resolve({ kind: 'full', message });
      else kept.push(entry);
    }
    this.#waiting = [...kept, ...this.#waiting];
    await this.#pass(reads);
  }

  #retry(): void {
    this.#parts.clock.clearTimeout(this.#retryTimer);
    if (this.#full === undefined || this.#state !== 'open') return;
    this.#full = undefined;
    // The next write tells; where nothing waits to be written, there is nothing to wait for.
    if (this.#waiting.length > 0) this.#run();
    else if (!this.#parts.disk.isFilled) this.#tell(undefined);
  }

  #tell(message: string | undefined): void {
    if (this.#told === (message !== undefined)) return;
    this.#told = !this.#told;
    this.onFull?.(message);
  }

  async #count<T>(work: Promise<T>): Promise<T> {
    this.#underWay += 1;
    try {
      return await work;
    } finally {
      this.#underWay -= 1;
    }
  }

  #crash(): void {
    this.#state = 'crashed';
    this.#waiting = [];
    this.#parts.clock.clearTimeout(this.#retryTimer);
    this.#parts.disk.whenSpace(undefined);
    this.#parts.disk.onCrash?.();
  }

  #execute({ command, time, durability }: Entry): Promise<unknown> {
    return this.#parts.queue.execute(command, time, durability);
  }
}

/** Whether it changes what is stored. What lives in memory only is no durable write. */
function isWrite({ command: { kind }, durability }: Entry): boolean {
  return durability !== 'memory' && kind !== 'get' && kind !== 'stats' && kind !== 'list' && kind !== 'timers';
}

function isNewWork({ command }: Entry): boolean {
  return command.kind === 'put' && !command.reserved;
}

function closed(): QueueError {
  return new QueueError('QueueClosed', 'the queue was closed');
}
