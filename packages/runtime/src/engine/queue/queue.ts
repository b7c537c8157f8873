/**
 * The Queue port: durable Async work, as the scheduler sees it.
 *
 * `execute` hands a command to the ledger (ledger.ts), in order, and resolves when what it did is as safe as the
 * command's durability asks for: then, and not before, is an id given out (I2). What arrives while a commit is being
 * synced goes into the next one together (group commit). A command is applied whole or not at all.
 */
import type { Durability } from '../definition.ts';
import type { WirePayload } from '../protocol.ts';
import type { Boot, LiveCounts, Meta, TimerTick } from './tables.ts';
import type { AttemptError, DeadState, NewWork, WorkRecord, WorkState } from './work.ts';

/** The times that a command happens at. */
export interface CommandTime {
  /** Ledger time, ms. */
  readonly at: number;
  /** Wall clock, epoch ms. */
  readonly wall: number;
}

/** Accepts work: all of it, or none. */
export interface PutCommand {
  readonly kind: 'put';
  readonly work: readonly NewWork[];
  /** Start it in the same commit, if it may start now; only with a single piece of work. */
  readonly claim: boolean;
  /** The timer whose tick this is. */
  readonly timer: { readonly name: string; readonly tick: TimerTick } | undefined;
  /** It has been promised a place already: a destination of accepted work. */
  readonly reserved: boolean;
}

export type PutResult =
  | {
      readonly kind: 'stored';
      /** In the order of `work`. */
      readonly seqs: readonly number[];
      /** Whether it was started with it. */
      readonly claimed: boolean;
      readonly dueAt: number;
    }
  | { readonly kind: 'deduplicated'; readonly seq: number }
  | { readonly kind: 'full'; readonly message: string };

/** Takes ready work of a function and starts it. */
export interface ClaimCommand {
  readonly kind: 'claim';
  readonly target: string;
  readonly limit: number;
  /** Only work with at least this `seq` (memory: at most its negative). 0: any. */
  readonly minSeq: number;
}

export interface ClaimResult {
  /** Started now: `starts` counts this one. */
  readonly work: readonly WorkRecord[];
  /** When the next may start; undefined: none waits with a time. */
  readonly nextReadyAt: number | undefined;
}

/** How a run ended. Whoever decides knows the function's policy; the ledger only writes it down. */
export type Ending =
  | { readonly kind: 'succeeded'; readonly result: WirePayload; readonly cut: boolean }
  /** To be tried again; `counts`: what this run used up. */
  | {
      readonly kind: 'retry';
      readonly readyAt: number;
      readonly counts: 'failure' | 'loss' | 'nothing';
      readonly error: AttemptError | undefined;
    }
  | { readonly kind: 'dead'; readonly state: DeadState; readonly error: AttemptError | undefined }
  | { readonly kind: 'stopped' };

export interface SettleCommand {
  readonly kind: 'settle';
  readonly seq: number;
  readonly ending: Ending;
  /** Whether its handler was begun: a start that did not come to that is taken back. */
  readonly ran: boolean;
  /** Destinations, accepted in the same commit. */
  readonly followUps: readonly NewWork[];
}

export interface SettleResult {
  /** Whether it was running. */
  readonly settled: boolean;
  /** Functions that may have work to start now: of follow-ups, and the next of its order key. */
  readonly woken: readonly string[];
  /** Numbers of the follow-ups, when there are any. */
  readonly followed?: readonly number[];
}

export interface GetCommand {
  readonly kind: 'get';
  readonly seq: number;
}

/** Stops work that waits; a running one is the scheduler's to abort. */
export interface StopCommand {
  readonly kind: 'stop';
  readonly seq: number;
}

export type StopResult =
  | { readonly kind: 'stopped'; readonly record: WorkRecord; readonly woken: readonly string[] }
  | { readonly kind: 'running' }
  | { readonly kind: 'ended'; readonly record: WorkRecord }
  | { readonly kind: 'unknown' };

export interface ListCommand {
  readonly kind: 'list';
  readonly states: readonly WorkState[] | undefined;
  readonly target: string | undefined;
  readonly before: number | undefined;
  /** At most 1,000. */
  readonly limit: number;
}

/** Puts dead letters back into the queue, or removes them: one, those of a function, or all. At most 1,000 a command. */
export interface DeadLettersCommand {
  readonly kind: 'redrive' | 'purge';
  readonly seq: number | undefined;
  readonly target: string | undefined;
  /** Only those that died before this ledger time: what dies again meanwhile is not redriven in a circle. */
  readonly diedBefore: number;
  readonly limit: number;
}

export interface DeadLettersResult {
  readonly seqs: readonly number[];
  readonly woken: readonly string[];
}

export interface TimersCommand {
  readonly kind: 'timers';
  readonly timers: readonly { readonly target: string; readonly name: string }[];
}

/** Removes what is kept for too long or is too much; writes the clocks down. */
export interface TidyCommand {
  readonly kind: 'tidy';
}

export interface TidyResult {
  readonly removed: number;
  /** Dead letters that were removed since the last time, because there were too many or they were too old. */
  readonly deadRemoved: number;
  /** Whether there is more to remove than one commit should. */
  readonly more: boolean;
}

export interface StatsCommand {
  readonly kind: 'stats';
}

export interface QueueStats {
  /** All work ever accepted, and all of it that is not kept any more (I3). */
  readonly accepted: number;
  readonly removed: number;
  readonly live: LiveCounts;
  readonly ended: number;
  readonly endedBytes: number;
  readonly dead: number;
  readonly deadBytes: number;
  /** Waiting work by function. */
  readonly waiting: ReadonlyMap<string, number>;
  /** The part that lives in memory only (`durability: 'memory'`). */
  readonly memory: Omit<QueueStats, 'memory' | 'disk' | 'waiting'>;
  readonly disk: DiskStats | undefined;
}

/** What the queue does to its disk. */
export interface DiskStats {
  readonly file: string;
  readonly fileBytes: number;
  /** Bytes written since local midnight and since the host started (flash wears out). */
  readonly writtenToday: number;
  readonly written: number;
  /** Commits that were synced since the start. */
  readonly syncs: number;
  readonly freeBytes: number;
  /** Why new work is refused for want of space; undefined: it is not. */
  readonly full: string | undefined;
}

/** Every command with its result. */
export interface QueueCommands {
  put: { command: PutCommand; result: PutResult };
  claim: { command: ClaimCommand; result: ClaimResult };
  settle: { command: SettleCommand; result: SettleResult };
  get: { command: GetCommand; result: WorkRecord | undefined };
  stop: { command: StopCommand; result: StopResult };
  list: { command: ListCommand; result: readonly WorkRecord[] };
  redrive: { command: DeadLettersCommand; result: DeadLettersResult };
  purge: { command: DeadLettersCommand; result: DeadLettersResult };
  timers: { command: TimersCommand; result: readonly (TimerTick | undefined)[] };
  tidy: { command: TidyCommand; result: TidyResult };
  stats: { command: StatsCommand; result: QueueStats };
}

export type QueueCommand = QueueCommands[keyof QueueCommands]['command'];
export type ResultOf<C extends QueueCommand> = QueueCommands[C['kind']]['result'];

/** What the host knows of the time when it opens the queue. */
export interface OpeningFacts {
  /** Of this start of the host: random, the first part of every id. */
  readonly bootId: string;
  /** Wall clock, epoch ms. */
  readonly wall: number;
  /** Which boot of the machine this is, and ms since then; undefined where the system does not tell. */
  readonly machine: { readonly boot: string; readonly uptime: number } | undefined;
  /** Back-off by function, for what the last host left running; others have 1 s to 5 min. */
  readonly backoff: ReadonlyMap<string, { readonly minDelay: number; readonly maxDelay: number }>;
}

/** What was found, and what was done about it. */
export interface Opening {
  /** Ledger time now. */
  readonly ledgerTime: number;
  /** ms that the host was down, as far as it is known. */
  readonly downtime: number;
  readonly meta: Meta;
  readonly live: LiveCounts;
  /** Runs that ended with the last host; they wait for another one. */
  readonly recovered: number;
  /** Waiting work by function. */
  readonly waiting: ReadonlyMap<string, number>;
  readonly boots: readonly Boot[];
  /** Sentences for the log: a damaged file was set aside, rows were rescued. */
  readonly notes: readonly string[];
}

/** When the queue cannot be opened; the message says which file, what is wrong, and how to mend it. */
export class QueueError extends Error {
  readonly code: 'QueueLocked' | 'QueueUnusable' | 'QueueTooNew' | 'QueueClosed';

  constructor(code: QueueError['code'], message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'QueueError';
    this.code = code;
  }
}

export interface Queue {
  /** Opens it, recovers what a killed host left running, and says what there is. @throws QueueError */
  open(facts: OpeningFacts): Promise<Opening>;
  /**
   * Rejects with a QueueError `QueueClosed` when the queue was closed before the command was safe: whether it was applied
   * is then seen when it is opened again. A full disk rejects nothing: `put` answers `full`, everything else waits.
   */
  execute<C extends QueueCommand>(command: C, time: CommandTime, durability: Durability): Promise<ResultOf<C>>;
  /** Told when the disk is full (a sentence), and when there is space again (undefined). */
  onFull: ((message: string | undefined) => void) | undefined;
  /** Writes down what was handed over, and releases everything; waits no longer than `grace` ms for space on a full disk. */
  close(grace: number): Promise<void>;
}
