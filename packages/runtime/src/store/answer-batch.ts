/** Answers on their way back from the writer thread: acceptances and successes in runs, as their commands (command-batch.ts). */
import type { ClaimResult, PutResult, QueueCommand, SettleResult } from '../engine/queue/queue.ts';
import type { WorkRecord } from '../engine/queue/work.ts';
import { BatchReader, type Batch } from './batch.ts';

export type CommandAnswer =
  | { readonly id: number; readonly failed: false; readonly result: unknown }
  | { readonly id: number; readonly failed: true; readonly message: string };

const Answer = { Other: 0, Failed: 1, Claimed: 2, Stored: 3, Settled: 4 } as const;

export class AnswerBatch {
  #items: Batch = [];
  /** The run that an answer may still be added to: what it is, its first answer, and how many it has. */
  #kind: number = Answer.Other;
  #first = { id: 0, seq: 0, claimed: false, dueAt: 0 };
  #length = 0;

  get empty(): boolean {
    return this.#items.length === 0 && this.#length === 0;
  }

  /** The result of command `id`. */
  push(id: number, kind: QueueCommand['kind'], result: unknown): void {
    switch (kind) {
      case 'put': {
        const put = result as PutResult;
        if (put.kind !== 'stored' || put.seqs.length !== 1) break;
        const [seq = 0] = put.seqs;
        this.#join(Answer.Stored, id, seq, put.claimed, put.dueAt);
        return;
      }
      case 'settle': {
        const { settled, woken, followed } = result as SettleResult;
        if (!settled || woken.length > 0 || followed !== undefined) break;
        this.#join(Answer.Settled, id, 0, false, 0);
        return;
      }
      case 'claim':
        this.#endRun();
        this.#items.push(Answer.Claimed, id);
        pushClaimed(this.#items, result as ClaimResult);
        return;
      case 'get':
      case 'stop':
      case 'list':
      case 'redrive':
      case 'purge':
      case 'timers':
      case 'tidy':
      case 'stats':
        break;
    }
    this.#endRun();
    this.#items.push(Answer.Other, id, result);
  }

  /** Command `id` failed, and was not applied. */
  pushFailure(id: number, message: string): void {
    this.#endRun();
    this.#items.push(Answer.Failed, id, message);
  }

  /** What was pushed since the last time. */
  take(): Batch {
    this.#endRun();
    const items = this.#items;
    this.#items = [];
    return items;
  }

  /** Numbers of commands go up by one in a run, and those of stored work too. */
  #join(kind: number, id: number, seq: number, claimed: boolean, dueAt: number): void {
    const { id: firstId, seq: firstSeq, claimed: same, dueAt: sameDueAt } = this.#first;
    const length = this.#length;
    const follows =
      length > 0 &&
      kind === this.#kind &&
      id === firstId + length &&
      (kind === Answer.Settled || (seq === firstSeq + length && claimed === same && dueAt === sameDueAt));
    if (!follows) {
      this.#endRun();
      this.#kind = kind;
      this.#first = { id, seq, claimed, dueAt };
    }
    this.#length += 1;
  }

  #endRun(): void {
    if (this.#length === 0) return;
    const { id, seq, claimed, dueAt } = this.#first;
    if (this.#kind === Answer.Settled) this.#items.push(Answer.Settled, id, this.#length);
    else this.#items.push(Answer.Stored, id, this.#length, seq, claimed, dueAt);
    this.#length = 0;
  }
}

export function readAnswers(batch: Batch, each: (answer: CommandAnswer) => void): void {
  const reader = new BatchReader(batch);
  while (reader.more) {
    const answer = reader.next<number>();
    const id = reader.next<number>();
    switch (answer) {
      case Answer.Stored:
        readStored(id, reader, each);
        break;
      case Answer.Settled: {
        const length = reader.next<number>();
        for (let index = 0; index < length; index += 1) each({ id: id + index, failed: false, result: SETTLED });
        break;
      }
      case Answer.Claimed:
        each({ id, failed: false, result: readClaimed(reader) });
        break;
      case Answer.Failed:
        each({ id, failed: true, message: reader.next() });
        break;
      default:
        each({ id, failed: false, result: reader.next() });
    }
  }
}

const SETTLED: SettleResult = { settled: true, woken: [] };

function readStored(id: number, reader: BatchReader, each: (answer: CommandAnswer) => void): void {
  const length = reader.next<number>();
  const seq = reader.next<number>();
  const claimed = reader.next<boolean>();
  const dueAt = reader.next<number>();
  for (let index = 0; index < length; index += 1) {
    const result: PutResult = { kind: 'stored', seqs: [seq + index], claimed, dueAt };
    each({ id: id + index, failed: false, result });
  }
}

/** What was claimed is of one function, runs, and has not ended: that is not said of each. */
function pushClaimed(batch: Batch, { work, nextReadyAt }: ClaimResult): void {
  const [first] = work;
  batch.push(nextReadyAt, first?.target, first?.startedWall, work.length);
  for (const record of work) {
    const { seq, payload, invokerContext, caller, position, dueAt, starts, acceptedAt, acceptedWall, size } = record;
    const rest = isPlain(record) ? null : toRest(record);
    batch.push(seq, payload, invokerContext, caller, position, dueAt, starts, acceptedAt, acceptedWall, size, rest);
  }
}

function readClaimed(reader: BatchReader): ClaimResult {
  const nextReadyAt = reader.next<number | undefined>();
  const target = reader.next<string>();
  const startedWall = reader.next<number>();
  const work = reader.times((): WorkRecord => ({
    state: 'Running',
    target,
    readyAt: null,
    startedWall,
    endedAt: null,
    endedWall: null,
    result: null,
    resultCut: false,
    seq: reader.next(),
    payload: reader.next(),
    invokerContext: reader.next(),
    caller: reader.next(),
    position: reader.next(),
    dueAt: reader.next(),
    starts: reader.next(),
    acceptedAt: reader.next(),
    acceptedWall: reader.next(),
    size: reader.next(),
    ...(reader.next<Rest | null>() ?? PLAIN),
  }));
  return { work, nextReadyAt };
}

/** What few have. */
type Rest = Pick<WorkRecord, 'orderKey' | 'maxAttempts' | 'hops' | 'chain' | 'failures' | 'losses' | 'errors'>;

const PLAIN: Rest = { orderKey: null, maxAttempts: null, hops: 0, chain: 0, failures: 0, losses: 0, errors: [] };

function toRest({ orderKey, maxAttempts, hops, chain, failures, losses, errors }: WorkRecord): Rest {
  return { orderKey, maxAttempts, hops, chain, failures, losses, errors };
}

function isPlain({ orderKey, maxAttempts, hops, chain, failures, losses, errors }: WorkRecord): boolean {
  return orderKey === null && maxAttempts === null && hops + chain + failures + losses === 0 && errors.length === 0;
}
