/** A queue that breaks a promise: what it is handed, what it answers, or what it keeps is not what it should be. */
import {
  MemoryQueue,
  MemoryTables,
  type CommandTime,
  type Durability,
  type Opening,
  type OpeningFacts,
  type Queue,
  type QueueCommand,
  type QueueLimits,
  type ResultOf,
} from '@edgefc/runtime/testing';
import type { QueueStorage } from '../../../src/conformance/queue/options.ts';

export interface QueueSabotage {
  /** What is done instead. */
  readonly command?: (command: QueueCommand) => QueueCommand;
  /** What is answered instead. */
  readonly result?: (result: object, command: QueueCommand) => object;
  /** Commands of this kind are overtaken. */
  readonly late?: QueueCommand['kind'];
  /** What is put together is accepted one by one. */
  readonly piecemeal?: boolean;
  readonly time?: (time: CommandTime) => CommandTime;
  readonly durability?: (durability: Durability) => Durability;
  readonly limits?: (limits: QueueLimits) => QueueLimits;
  readonly facts?: (facts: OpeningFacts) => OpeningFacts;
  readonly opening?: (opening: Opening) => Opening;
  readonly staysOpen?: boolean;
  readonly forgets?: 'when it is killed' | 'when it is closed';
}

/** Tables that are kept, as a file is. */
export class BrokenStorage implements QueueStorage {
  readonly #sabotage: QueueSabotage;
  #tables = new MemoryTables();
  #life = { alive: true };

  constructor(sabotage: QueueSabotage) {
    this.#sabotage = sabotage;
  }

  queue(limits: QueueLimits): Queue {
    const life = { alive: true };
    this.#life = life;
    const queue = new MemoryQueue({
      limits: this.#sabotage.limits?.(limits) ?? limits,
      tables: this.#tables,
      onCommit: () => {
        if (!life.alive) throw new Error('the host was killed');
      },
    });
    return new BrokenQueue(queue, this.#sabotage, () => {
      if (this.#sabotage.forgets === 'when it is closed') this.#tables = new MemoryTables();
    });
  }

  async kill(queue: Queue): Promise<void> {
    this.#life.alive = false;
    if (this.#sabotage.forgets === 'when it is killed') this.#tables = new MemoryTables();
    await queue.close(0);
  }

  dispose(): void {
    // Tables in memory leave nothing.
  }
}

class BrokenQueue implements Queue {
  onFull: Queue['onFull'];
  readonly #queue: MemoryQueue;
  readonly #sabotage: QueueSabotage;
  readonly #closed: () => void;

  constructor(queue: MemoryQueue, sabotage: QueueSabotage, closed: () => void) {
    this.#queue = queue;
    this.#sabotage = sabotage;
    this.#closed = closed;
  }

  async open(facts: OpeningFacts): Promise<Opening> {
    const opening = await this.#queue.open(this.#sabotage.facts?.(facts) ?? facts);
    return this.#sabotage.opening?.(opening) ?? opening;
  }

  async execute<C extends QueueCommand>(command: C, time: CommandTime, durability: Durability): Promise<ResultOf<C>> {
    const { late, piecemeal = false } = this.#sabotage;
    const hand = (one: QueueCommand): Promise<unknown> =>
      this.#queue.execute(
        this.#sabotage.command?.(one) ?? one,
        this.#sabotage.time?.(time) ?? time,
        this.#sabotage.durability?.(durability) ?? durability,
      );
    if (command.kind === late) await nextTurn();
    let result: unknown;
    if (piecemeal && command.kind === 'put') {
      for (const work of command.work) {
        result = await hand({ ...command, work: [work] });
        await nextTurn();
      }
    } else result = await hand(command);
    if (typeof result === 'object' && result !== null) result = this.#sabotage.result?.(result, command) ?? result;
    // Whatever the sabotage made of it.
    return result as ResultOf<C>;
  }

  async close(): Promise<void> {
    this.#closed();
    if (this.#sabotage.staysOpen !== true) await this.#queue.close();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
