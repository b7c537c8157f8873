/**
 * What the ledger (ledger.ts) keeps its records in: synchronous, and inside a transaction that its owner opens and commits.
 *
 * Two implementations: in memory (memory-tables.ts) and SQLite (store/sqlite-tables.ts). Nothing here decides anything;
 * whoever implements it only has to find rows fast: no method may cost more with more history, or with more
 * pending work than it returns.
 */
import type { WirePayload } from '../protocol.ts';
import type { AttemptError, DeadState, EndedState, WorkRecord, WorkState } from './work.ts';

/** Goes back to waiting. */
export interface Waiting {
  readonly state: 'Enqueued' | 'Retrying';
  /** null: behind another of its order key. */
  readonly readyAt: number | null;
  readonly starts: number;
  readonly failures: number;
  readonly losses: number;
  readonly errors: readonly AttemptError[];
}

/** Is over. */
export interface Ended {
  readonly state: EndedState | DeadState;
  readonly endedAt: number;
  readonly endedWall: number;
  readonly starts: number;
  readonly failures: number;
  readonly losses: number;
  readonly errors: readonly AttemptError[];
  readonly result: WirePayload | null;
  readonly resultCut: boolean;
  /** Bytes it counts as from now on. */
  readonly size: number;
  /** A dead letter keeps its payload for its redrive; of anything else it is dropped. */
  readonly keepPayload: boolean;
}

/** A row of the history, as far as retention needs it. */
export interface HistoryEntry {
  readonly seq: number;
  readonly state: WorkState;
  readonly endedAt: number;
  readonly size: number;
}

/** A row without its texts and bytes: what most decisions need. */
export type WorkHead = Pick<
  WorkRecord,
  | 'seq'
  | 'state'
  | 'target'
  | 'orderKey'
  | 'readyAt'
  | 'dueAt'
  | 'starts'
  | 'failures'
  | 'losses'
  | 'errors'
  | 'startedWall'
  | 'size'
>;

export interface Dedupe {
  readonly seq: number;
  /** Until when it holds at least. */
  readonly until: number;
}

/** Where a timer stands. */
export interface TimerTick {
  /** Wall clock of the last tick that was enqueued, epoch ms. */
  readonly wall: number;
  /** Its ledger time. */
  readonly at: number;
}

/** Which rows a listing shows: newest first, those before `before`. */
export interface ListFilter {
  readonly states: readonly WorkState[] | undefined;
  readonly target: string | undefined;
  /** Only rows with a lower `seq`. */
  readonly before: number | undefined;
  readonly limit: number;
}

/** What is counted, and cannot be derived from the live rows alone. Stored whenever it has changed in a transaction. */
export interface Meta {
  /** The highest `seq` ever given: the number of all accepted work. */
  lastSeq: number;
  /** Redrives so far: what positions are ahead of `seq`. */
  redriven: number;
  /** Kept `Succeeded` and `Stopped`. */
  endedCount: number;
  endedBytes: number;
  /** Kept `Failed` and `Expired`. */
  deadCount: number;
  deadBytes: number;
  /** Ended and dead ones that are not kept any more. */
  removed: number;
  /** The newest ledger time, and what the clocks said then. */
  ledgerTime: number;
  /** Wall clock, epoch ms. */
  wall: number;
  /** The newest wall clock ever stored, epoch ms: cron holds while the clock is behind it. */
  newestWall: number;
  /** Which boot of the machine it was; null where the system does not tell. */
  machineBoot: string | null;
  /** ms since that boot. */
  uptime: number | null;
}

/** Counts over the live rows. */
export interface LiveCounts {
  readonly enqueued: number;
  readonly running: number;
  readonly retrying: number;
  readonly bytes: number;
}

export interface Tables {
  // Work.
  insert(record: WorkRecord): void;
  get(seq: number): WorkRecord | undefined;
  find(seq: number): WorkHead | undefined;
  /** The highest `seq` of any row; 0: there is none. */
  maxSeq(): number;
  /** Waiting → Running: `readyAt` null, `starts` one more. */
  start(seqs: readonly number[], wall: number): void;
  wait(seq: number, waiting: Waiting): void;
  /** A waiting row may start at `readyAt`. */
  release(seq: number, readyAt: number): void;
  end(seq: number, ended: Ended): void;
  /**
   * A dead row is `Enqueued` again, at `position`, with `failures` and `losses` 0 and no end; `starts` and `errors` stay, so
   * that its next run has a number of its own.
   */
  revive(seq: number, position: number, readyAt: number | null, dueAt: number, size: number): void;
  remove(seq: number): void;
  /** Waiting rows of `target` with `readyAt` up to `now` and `seq` from `minSeq`, by `readyAt`, then `position`. */
  ready(target: string, now: number, limit: number, minSeq: number): WorkRecord[];
  /** The earliest `readyAt` of `target` among rows with `seq` from `minSeq`. */
  nextReadyAt(target: string, minSeq: number): number | undefined;
  /** Functions that have waiting rows, with how many. */
  waitingTargets(): Map<string, number>;
  /** The live row of an order key with the lowest position. */
  firstOfKey(target: string, orderKey: string): Pick<WorkRecord, 'seq' | 'readyAt' | 'state' | 'dueAt'> | undefined;
  /** `seq` of every running row. */
  running(): number[];
  /** The oldest `Succeeded` and `Stopped` rows, or the oldest dead ones, by `endedAt`. */
  oldestEnded(limit: number): HistoryEntry[];
  oldestDead(limit: number, target: string | undefined): HistoryEntry[];
  list(filter: ListFilter): WorkRecord[];
  /** Called when the ledger opens; afterwards the ledger counts itself. */
  countLive(): LiveCounts;

  // Dedupe keys, by function.
  getDedupe(target: string, key: string): Dedupe | undefined;
  setDedupe(target: string, key: string, dedupe: Dedupe): void;
  /** Forgets up to `limit` of those whose `until` passed and whose work is not live; how many. */
  pruneDedupe(now: number, limit: number): number;

  // Timers, by `Service/function` and name.
  getTimer(target: string, name: string): TimerTick | undefined;
  setTimer(target: string, name: string, tick: TimerTick): void;

  // Boots of the host, oldest first.
  boots(): Boot[];
  addBoot(boot: Boot): void;

  getMeta(): Meta | undefined;
  setMeta(meta: Meta): void;
}

/** A start of the host on this data: ids carry its name, and it tells which numbers are its. */
export interface Boot {
  readonly bootId: string;
  /** The first `seq` that it may have given. */
  readonly firstSeq: number;
}
