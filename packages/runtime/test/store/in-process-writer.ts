/** The writer without its thread: commands in, answers out, on a clock that the test moves. */
import { readAnswers, type CommandAnswer } from '../../src/store/answer-batch.ts';
import type { Batch, FromWriter } from '../../src/store/batch.ts';
import { CommandBatch } from '../../src/store/command-batch.ts';
import type { Durability, QueueLimits } from '../../src/engine/definition.ts';
import type { CommandTime, Opening, QueueCommand } from '../../src/engine/queue/queue.ts';
import { Writer } from '../../src/store/writer.ts';
import { VirtualClock } from '../engine/support/virtual-clock.ts';
import { factsOf, LIMITS, NOW } from './support.ts';

export class InProcessWriter {
  readonly clock: VirtualClock = new VirtualClock();
  /** Everything posted besides answers. */
  readonly posted: Exclude<FromWriter, Batch>[] = [];
  readonly answers: Map<number, CommandAnswer> = new Map();
  readonly writer: Writer;
  readonly opening: Opening;
  #sent = 0;

  constructor(directory: string, options: { limits?: QueueLimits; reserveBytes?: number; bootId?: string } = {}) {
    this.writer = new Writer({
      directory,
      limits: options.limits ?? LIMITS,
      clock: this.clock,
      reserveBytes: options.reserveBytes ?? 64 * 1024,
      post: (message) => {
        if (!Array.isArray(message)) this.posted.push(message);
        else readAnswers(message, (answer) => this.answers.set(answer.id, answer));
      },
    });
    this.opening = this.writer.open(factsOf(options.bootId));
  }

  /** Hands commands over together; their numbers. */
  send(commands: readonly QueueCommand[], durability: Durability = 'fsync', time: CommandTime = NOW): number[] {
    const batch = new CommandBatch();
    for (const command of commands) batch.push(command, time, durability);
    // As the message port does.
    this.writer.receive(structuredClone(batch.take()));
    const first = this.#sent;
    this.#sent += commands.length;
    return commands.map((_, index) => first + index);
  }

  /** Hands them over, commits, and gives the results; undefined: not answered. */
  run(commands: readonly QueueCommand[], durability: Durability = 'fsync', time: CommandTime = NOW): unknown[] {
    const ids = this.send(commands, durability, time);
    this.writer.run();
    return ids.map((id) => this.resultOf(id));
  }

  resultOf(id: number): unknown {
    const answer = this.answers.get(id);
    if (answer === undefined) return undefined;
    return answer.failed ? new Error(answer.message) : answer.result;
  }
}
