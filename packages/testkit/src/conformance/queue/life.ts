/** One storage in one case: its queues one after another, the time, and commands in short. */
import type {
  CommandTime,
  Opening,
  OpeningFacts,
  Queue,
  QueueCommand,
  QueueLimits,
  QueueStats,
  ResultOf,
} from '@edgefc/runtime/testing';
import type { Claim, DeadLetters, Ending, ListFilter, NewWork, Put, Record, Settled, TimerTick } from './commands.ts';
import { newWork } from './commands.ts';
import type { Check } from '../check.ts';
import type { QueueStorage } from './options.ts';

export const DAY: number = 24 * 3_600_000;
/** Epoch ms of the wall clock, where a case does not move it. */
export const WALL: number = Date.UTC(2030, 0, 1);

/** Those of a host that nobody configured; a disk that is nearly full is not what is tested. */
export const LIMITS: QueueLimits = {
  maxQueueBytes: 256 * 1024 ** 2,
  minFreeDisk: 0,
  retention: { age: DAY, bytes: 256 * 1024 ** 2, count: 1_000_000, result: 256 * 1024 },
  deadLetters: { age: 30 * DAY, bytes: 64 * 1024 ** 2, count: 10_000 },
};

export type Durability = Parameters<Queue['execute']>[2];

export class QueueLife {
  readonly #storage: QueueStorage;
  readonly #check: Check;
  #queue: Queue | undefined;
  #starts = 0;
  /** Ledger time of the commands, ms. */
  at = 1000;
  wall: number = WALL;
  durability: Durability = 'fsync';

  constructor(storage: QueueStorage, check: Check) {
    this.#storage = storage;
    this.#check = check;
  }

  get queue(): Queue {
    if (this.#queue === undefined) throw new Error('edgefc testkit: the case has not opened a queue; this is a bug');
    return this.#queue;
  }

  get time(): CommandTime {
    return { at: this.at, wall: this.wall };
  }

  /** Opens the next queue on the storage. */
  async open(limits: Partial<QueueLimits> = {}, facts: Partial<OpeningFacts> = {}): Promise<Opening> {
    this.#queue = await this.#storage.queue({ ...LIMITS, ...limits });
    this.#starts += 1;
    const bootId = `start${this.#starts}`;
    const opening = this.#queue.open({ bootId, wall: this.wall, machine: undefined, backoff: new Map(), ...facts });
    return this.#check.soon(opening, '`open` says what there is');
  }

  async close(): Promise<void> {
    const queue = this.#queue;
    this.#queue = undefined;
    if (queue !== undefined) await this.#check.soon(queue.close(1000), '`close` ends');
  }

  /** As the storage does it. Everything up to its own first wait happens at once. */
  async kill(): Promise<void> {
    const queue = this.queue;
    if (this.#storage.kill === undefined) {
      throw new Error("a QueueStorage whose queues survive a kill needs `kill`: without it, say survives: 'close'");
    }
    this.#queue = undefined;
    await this.#storage.kill(queue);
  }

  async release(): Promise<void> {
    await this.close();
    await this.#storage.dispose();
  }

  put(work: Partial<NewWork> = {}, more: Partial<Omit<Put, 'kind' | 'work'>> = {}): Promise<ResultOf<Put>> {
    return this.putAll([work], more);
  }

  putAll(work: readonly Partial<NewWork>[], more: Partial<Omit<Put, 'kind' | 'work'>> = {}): Promise<ResultOf<Put>> {
    const command: Put = { kind: 'put', work: work.map(newWork), claim: false, timer: undefined, reserved: false };
    return this.#execute({ ...command, ...more });
  }

  /** Puts work that has to be stored; its number. */
  async stored(work: Partial<NewWork> = {}, more: Partial<Omit<Put, 'kind' | 'work'>> = {}): Promise<number> {
    const result = await this.put(work, more);
    const [seq] = result.kind === 'stored' ? result.seqs : [];
    if (seq === undefined)
      throw new Error(`the queue did not store work that it has room for: ${JSON.stringify(result)}`);
    return seq;
  }

  claim(more: Partial<Omit<Claim, 'kind'>> = {}): Promise<ResultOf<Claim>> {
    const command: Claim = { kind: 'claim', target: 'Shop/order', limit: 100, minSeq: 0, ...more };
    return this.#execute(command);
  }

  /** The numbers of what is ready, started. */
  async claimed(more: Partial<Omit<Claim, 'kind'>> = {}): Promise<number[]> {
    return (await this.claim(more)).work.map(({ seq }) => seq);
  }

  settle(
    seq: number,
    ending: Ending,
    more: { ran?: boolean; followUps?: readonly Partial<NewWork>[] } = {},
  ): Promise<Settled> {
    const { ran = true, followUps = [] } = more;
    return this.#execute({ kind: 'settle', seq, ending, ran, followUps: followUps.map(newWork) });
  }

  get(seq: number): Promise<Record | undefined> {
    return this.#execute({ kind: 'get', seq });
  }

  stop(seq: number): Promise<ResultOf<{ kind: 'stop'; seq: number }>> {
    return this.#execute({ kind: 'stop', seq });
  }

  async list(filter: Partial<ListFilter> = {}): Promise<number[]> {
    const all = { states: undefined, target: undefined, before: undefined, limit: 100 };
    const records = await this.#execute({ kind: 'list', ...all, ...filter });
    return records.map(({ seq }) => seq);
  }

  deadLetters(
    kind: 'redrive' | 'purge',
    more: Partial<Omit<DeadLetters, 'kind'>> = {},
  ): Promise<ResultOf<DeadLetters>> {
    const all = { seq: undefined, target: undefined, diedBefore: Infinity, limit: 1000 };
    return this.#execute({ kind, ...all, ...more });
  }

  timers(...names: readonly string[]): Promise<readonly (TimerTick | undefined)[]> {
    const timers = names.map((name) => ({ target: 'Shop/order', name }));
    return this.#execute({ kind: 'timers', timers });
  }

  /** Until there is nothing more to remove. */
  async tidy(): Promise<{ removed: number; deadRemoved: number }> {
    let [removed, deadRemoved] = [0, 0];
    for (let steps = 1; ; steps += 1) {
      const step = await this.#execute({ kind: 'tidy' });
      removed += step.removed;
      deadRemoved += step.deadRemoved;
      if (!step.more) return { removed, deadRemoved };
      if (steps === 1000) this.#check.fail('`more` ends when there is nothing more to remove', step);
    }
  }

  stats(): Promise<QueueStats> {
    return this.#execute({ kind: 'stats' });
  }

  /** Handed over at once. */
  #execute<C extends QueueCommand>(command: C): Promise<ResultOf<C>> {
    const result = this.queue.execute(command, this.time, this.durability);
    return this.#check.soon(result, `a command is answered (${command.kind})`);
  }
}
