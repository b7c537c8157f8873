/**
 * The ledger: all rules about stored work, in one synchronous place.
 *
 * It runs inside the transaction of whoever owns the tables (in memory, or in the writer thread over SQLite), so that
 * what a command does is done whole or not at all. It decides what the stored rows say: order keys, dedupe keys, limits,
 * retention, what may start. It does not decide what the functions' settings say: how often to retry, where results go.
 *
 * I3: accepted = live + kept (ended, dead) + removed, after every command; `lastSeq` counts what was accepted.
 */
import type { QueueLimits } from '../definition.ts';
import { formatBytes } from '../format.ts';
import { wireSize } from '../protocol.ts';
import { appendError, errorsSize } from './attempt-errors.ts';
import { isTrusted, knownDowntime } from './ledger-clock.ts';
import type {
  ClaimCommand,
  ClaimResult,
  CommandTime,
  DeadLettersCommand,
  DeadLettersResult,
  Ending,
  Opening,
  OpeningFacts,
  PutCommand,
  PutResult,
  QueueCommand,
  QueueStats,
  ResultOf,
  SettleCommand,
  SettleResult,
  StopResult,
  TidyResult,
} from './queue.ts';
import type { HistoryEntry, LiveCounts, Meta, Tables, WorkHead } from './tables.ts';
import type { AttemptError, EndedState, DeadState, NewWork, WorkRecord } from './work.ts';
import { isDead, isLive } from './work.ts';

/** Bytes that a row takes besides its texts, roughly. */
const ROW_SIZE = 200;
/** ms that a dedupe key holds at least. */
const DEDUPE_AGE = 24 * 3_600_000;
/** Runs that may be lost with their instance or host, before the work is given up. */
export const MAX_LOSSES = 20;
/** Back-off of work whose function is not configured any more. */
const DEFAULT_BACKOFF = { minDelay: 1000, maxDelay: 300_000 };
/** ms between two stored readings of the clocks, unless something else of the meta row has changed. */
const CLOCK_INTERVAL = 1000;
/** Rows that one commit removes besides its work. */
const TIDY_STEP = 8;
/** Rows that one command of dead letters, or of tidying, works through. */
const MAX_STEP = 1000;

export interface LedgerParts {
  readonly tables: Tables;
  readonly limits: QueueLimits;
  /** Why nothing new can be accepted now, as a sentence for the caller; undefined: it can. */
  readonly refusal: () => string | undefined;
}

/** What of the memory has to follow when a transaction is rolled back. */
interface Counters {
  readonly meta: Meta;
  readonly live: LiveCounts;
  readonly metaStoredAt: number;
  readonly deadRemoved: number;
}

export class Ledger {
  readonly #tables: Tables;
  readonly #limits: QueueLimits;
  readonly #refusal: () => string | undefined;
  #meta: Meta = emptyMeta();
  #live = { enqueued: 0, running: 0, retrying: 0, bytes: 0 };
  #metaChanged = false;
  /** Dead letters that retention took since somebody was told. */
  #deadRemoved = 0;
  /** Ledger time at which the meta row was stored last. */
  #metaStoredAt = 0;

  constructor(parts: LedgerParts) {
    this.#tables = parts.tables;
    this.#limits = parts.limits;
    this.#refusal = parts.refusal;
  }

  /** Recovers what a killed host left, and notes this start. */
  open(facts: OpeningFacts): Opening {
    const tables = this.#tables;
    const stored = tables.getMeta();
    const meta = stored ?? emptyMeta();
    const downtime = stored === undefined ? 0 : knownDowntime(stored, facts);
    const at = Math.floor(meta.ledgerTime + downtime);
    this.#meta = { ...meta, lastSeq: Math.max(meta.lastSeq, tables.maxSeq()) };
    this.#live = { ...tables.countLive() };
    const time = { at, wall: facts.wall };
    const lost = tables.running();
    for (const seq of lost) this.#recover(seq, time, facts);
    tables.addBoot({ bootId: facts.bootId, firstSeq: this.#meta.lastSeq + 1 });
    this.#note(time);
    this.#meta.machineBoot = facts.machine?.boot ?? null;
    this.#meta.uptime = facts.machine?.uptime ?? null;
    this.#metaChanged = true;
    this.flushMeta();
    return {
      ledgerTime: at,
      downtime,
      meta: { ...this.#meta },
      live: { ...this.#live },
      recovered: lost.length,
      waiting: tables.waitingTargets(),
      boots: tables.boots(),
      notes: [],
    };
  }

  /** Does what `command` says. The caller has a transaction open, and calls {@link flushMeta} before it commits. */
  apply<C extends QueueCommand>(command: C, time: CommandTime): ResultOf<C>;
  apply(command: QueueCommand, time: CommandTime): ResultOf<QueueCommand> {
    this.#note(time);
    switch (command.kind) {
      case 'put':
        return this.#put(command, time);
      case 'claim':
        return this.#claim(command, time);
      case 'settle':
        return this.#settle(command, time);
      case 'get':
        return this.#tables.get(command.seq);
      case 'stop':
        return this.#stop(command.seq, time);
      case 'list':
        return this.#tables.list({ ...command, limit: Math.min(command.limit, MAX_STEP) });
      case 'redrive':
      case 'purge':
        return this.#deadLetters(command, time);
      case 'timers':
        return command.timers.map(({ target, name }) => this.#tables.getTimer(target, name));
      case 'tidy':
        return this.#tidy(time);
      case 'stats':
        return this.stats();
    }
  }

  /** Stores what is counted, when it has changed. */
  flushMeta(): void {
    if (!this.#metaChanged && this.#meta.ledgerTime - this.#metaStoredAt < CLOCK_INTERVAL) return;
    this.#tables.setMeta(this.#meta);
    this.#metaChanged = false;
    this.#metaStoredAt = this.#meta.ledgerTime;
  }

  /** Called when a transaction begins; what it gives puts everything back that is not in the tables. */
  savepoint(): () => void {
    const saved: Counters = {
      meta: { ...this.#meta },
      live: { ...this.#live },
      metaStoredAt: this.#metaStoredAt,
      deadRemoved: this.#deadRemoved,
    };
    return () => {
      this.#meta = { ...saved.meta };
      this.#live = { ...saved.live };
      this.#metaStoredAt = saved.metaStoredAt;
      this.#deadRemoved = saved.deadRemoved;
      this.#metaChanged = true;
    };
  }

  stats(): QueueStats {
    const { lastSeq, removed, endedCount, endedBytes, deadCount, deadBytes } = this.#meta;
    const live = { ...this.#live };
    const own = { accepted: lastSeq, removed, live, ended: endedCount, endedBytes, dead: deadCount, deadBytes };
    return { ...own, waiting: this.#tables.waitingTargets(), memory: NOTHING, disk: undefined };
  }

  #note({ at, wall }: CommandTime): void {
    const meta = this.#meta;
    // The uptime of the machine runs with ledger time while the host runs.
    if (meta.uptime !== null) meta.uptime += Math.max(0, at - meta.ledgerTime);
    meta.ledgerTime = Math.max(meta.ledgerTime, at);
    meta.wall = wall;
    if (isTrusted(wall)) meta.newestWall = Math.max(meta.newestWall, wall);
  }

  #put(command: PutCommand, time: CommandTime): PutResult {
    const { work, claim, timer, reserved } = command;
    const [first] = work;
    if (first !== undefined && first.dedupeKey !== null) {
      const known = this.#tables.getDedupe(first.target, first.dedupeKey);
      if (known !== undefined && (time.at < known.until || this.#isLive(known.seq))) {
        return { kind: 'deduplicated', seq: known.seq };
      }
    }
    const message = reserved ? undefined : this.#whyFull(work);
    if (message !== undefined) return { kind: 'full', message };
    let claimed = false;
    let dueAt = time.at;
    const seqs = work.map((one) => {
      const record = this.#store(one, time, claim);
      claimed = record.state === 'Running';
      dueAt = record.dueAt;
      return record.seq;
    });
    if (timer !== undefined && first !== undefined) this.#tables.setTimer(first.target, timer.name, timer.tick);
    return { kind: 'stored', seqs, claimed, dueAt };
  }

  #whyFull(work: readonly NewWork[]): string | undefined {
    const refusal = this.#refusal();
    if (refusal !== undefined) return refusal;
    const size = work.reduce((sum, one) => sum + sizeOf(one), 0);
    const { maxQueueBytes } = this.#limits;
    if (this.#live.bytes + size <= maxQueueBytes) return undefined;
    const { enqueued, running, retrying, bytes } = this.#live;
    return (
      `the queue of Async work is full: ${enqueued + running + retrying} invocations with ${formatBytes(bytes)} wait or run, ` +
      `maxQueueBytes is ${formatBytes(maxQueueBytes)}; try again later, or raise maxQueueBytes in the configuration`
    );
  }

  /** Writes a new row; started at once when it may be. */
  #store(work: NewWork, { at, wall }: CommandTime, claim: boolean): WorkRecord {
    const { target, payload, invokerContext, caller, orderKey, maxAttempts, hops, chain, delay, dedupeKey } = work;
    const dueAt = at + Math.ceil(delay);
    const blocked = orderKey !== null && this.#tables.firstOfKey(target, orderKey) !== undefined;
    const starts = claim && !blocked && delay === 0;
    const meta = this.#meta;
    meta.lastSeq += 1;
    const seq = meta.lastSeq;
    const record: WorkRecord = {
      target,
      payload,
      invokerContext,
      caller,
      orderKey,
      maxAttempts,
      hops,
      chain,
      seq,
      state: starts ? 'Running' : 'Enqueued',
      position: seq + meta.redriven,
      readyAt: starts || blocked ? null : dueAt,
      dueAt,
      starts: starts ? 1 : 0,
      failures: 0,
      losses: 0,
      errors: [],
      result: null,
      resultCut: false,
      acceptedAt: at,
      acceptedWall: wall,
      startedWall: starts ? wall : null,
      endedAt: null,
      endedWall: null,
      size: sizeOf(work),
    };
    this.#tables.insert(record);
    if (dedupeKey !== null) this.#tables.setDedupe(target, dedupeKey, { seq, until: at + DEDUPE_AGE });
    this.#live[starts ? 'running' : 'enqueued'] += 1;
    this.#live.bytes += record.size;
    return record;
  }

  #claim({ target, limit, minSeq }: ClaimCommand, { at, wall }: CommandTime): ClaimResult {
    const ready = this.#tables.ready(target, at, limit, minSeq);
    this.#tables.start(
      ready.map(({ seq }) => seq),
      wall,
    );
    const work = ready.map((record): WorkRecord => {
      this.#live[record.state === 'Retrying' ? 'retrying' : 'enqueued'] -= 1;
      this.#live.running += 1;
      return { ...record, state: 'Running', readyAt: null, starts: record.starts + 1, startedWall: wall };
    });
    return { work, nextReadyAt: this.#tables.nextReadyAt(target, minSeq) };
  }

  #settle({ seq, ending, ran, followUps }: SettleCommand, time: CommandTime): SettleResult {
    const head = this.#tables.find(seq);
    if (head?.state !== 'Running') return { settled: false, woken: [] };
    const woken = new Set<string>();
    const starts = ran ? head.starts : head.starts - 1;
    if (ending.kind === 'retry') this.#retry(head, starts, ending);
    else this.#end({ ...head, starts }, ending, time, woken);
    const followed = followUps.map((work) => {
      woken.add(work.target);
      return this.#store(work, time, false).seq;
    });
    this.#trim();
    const result = { settled: true, woken: [...woken] };
    return followed.length === 0 ? result : { ...result, followed };
  }

  #retry(head: WorkHead, starts: number, ending: Extract<Ending, { kind: 'retry' }>): void {
    this.#tables.wait(head.seq, {
      // What never ran, or was only told to come back, may look as if it had not been tried.
      state: starts === 0 ? 'Enqueued' : 'Retrying',
      readyAt: ending.readyAt,
      starts,
      failures: head.failures + (ending.counts === 'failure' ? 1 : 0),
      losses: head.losses + (ending.counts === 'loss' ? 1 : 0),
      errors: appendError(head.errors, ending.error),
    });
    this.#live.running -= 1;
    this.#live[starts === 0 ? 'enqueued' : 'retrying'] += 1;
  }

  #end(
    head: WorkHead,
    ending: Exclude<Ending, { kind: 'retry' }>,
    { at, wall }: CommandTime,
    woken: Set<string>,
  ): void {
    const { seq, target, orderKey } = head;
    const state: EndedState | DeadState =
      ending.kind === 'succeeded' ? 'Succeeded' : ending.kind === 'stopped' ? 'Stopped' : ending.state;
    const dead = isDead(state);
    const result = ending.kind === 'succeeded' ? ending.result : null;
    const errors = ending.kind === 'dead' ? appendError(head.errors, ending.error) : head.errors;
    const size = dead ? head.size + errorsSize(errors) : ROW_SIZE + wireSize(result) + errorsSize(errors);
    this.#tables.end(seq, {
      state,
      endedAt: at,
      endedWall: wall,
      starts: head.starts,
      failures: head.failures + (ending.kind === 'dead' && ending.error !== undefined ? 1 : 0),
      losses: head.losses,
      errors,
      result,
      resultCut: ending.kind === 'succeeded' && ending.cut,
      size,
      keepPayload: dead,
    });
    this.#leaveLive(head);
    this.#countKept(dead, 1, size);
    if (orderKey !== null) this.#releaseNext(target, orderKey, at, woken);
  }

  /** The next of an order key may start. */
  #releaseNext(target: string, orderKey: string, at: number, woken: Set<string>): void {
    const next = this.#tables.firstOfKey(target, orderKey);
    if (next === undefined || next.readyAt !== null || next.state === 'Running') return;
    this.#tables.release(next.seq, Math.max(at, next.dueAt));
    woken.add(target);
  }

  #stop(seq: number, time: CommandTime): StopResult {
    const head = this.#tables.find(seq);
    if (head === undefined) return { kind: 'unknown' };
    if (head.state === 'Running') return { kind: 'running' };
    const woken = new Set<string>();
    const live = isLive(head.state);
    if (live) this.#end(head, { kind: 'stopped' }, time, woken);
    const record = this.#tables.get(seq);
    if (record === undefined) return { kind: 'unknown' };
    return live ? { kind: 'stopped', record, woken: [...woken] } : { kind: 'ended', record };
  }

  #deadLetters(command: DeadLettersCommand, { at }: CommandTime): DeadLettersResult {
    const limit = Math.min(command.limit, MAX_STEP);
    const seqs: number[] = [];
    const woken = new Set<string>();
    for (const entry of this.#chooseDead(command, limit)) {
      if (entry.endedAt >= command.diedBefore) break;
      const head = this.#tables.find(entry.seq);
      if (head === undefined) continue;
      seqs.push(entry.seq);
      this.#countKept(true, -1, -head.size);
      if (command.kind === 'purge') {
        this.#tables.remove(entry.seq);
        this.#meta.removed += 1;
      } else {
        this.#revive(head, at);
        woken.add(head.target);
      }
    }
    return { seqs, woken: [...woken] };
  }

  /** Oldest first: of an order key they come back in the order in which they died. */
  #chooseDead({ seq, target }: DeadLettersCommand, limit: number): HistoryEntry[] {
    if (seq === undefined) return this.#tables.oldestDead(limit, target);
    const record = this.#tables.get(seq);
    if (record === undefined || !isDead(record.state) || record.endedAt === null) return [];
    if (target !== undefined && record.target !== target) return [];
    return [{ seq, state: record.state, endedAt: record.endedAt, size: record.size }];
  }

  #revive({ seq, target, orderKey, size: deadSize, errors }: WorkHead, at: number): void {
    const size = deadSize - errorsSize(errors);
    this.#meta.redriven += 1;
    const blocked = orderKey !== null && this.#tables.firstOfKey(target, orderKey) !== undefined;
    this.#tables.revive(seq, this.#meta.lastSeq + this.#meta.redriven, blocked ? null : at, at, size);
    this.#live.enqueued += 1;
    this.#live.bytes += size;
  }

  #tidy({ at }: CommandTime): TidyResult {
    const { retention, deadLetters } = this.#limits;
    const old = (entries: HistoryEntry[], age: number): HistoryEntry[] =>
      entries.filter(({ endedAt }) => endedAt + age <= at);
    const steps = [
      this.#removeKept(old(this.#tables.oldestEnded(MAX_STEP), retention.age)),
      this.#removeKept(old(this.#tables.oldestDead(MAX_STEP, undefined), deadLetters.age)),
      this.#trim(MAX_STEP),
      this.#tables.pruneDedupe(at, MAX_STEP),
    ];
    // The clocks are written down in any case.
    this.#metaChanged = true;
    const deadRemoved = this.#deadRemoved;
    this.#deadRemoved = 0;
    const [ended = 0, dead = 0, trimmed = 0] = steps;
    return { removed: ended + dead + trimmed, deadRemoved, more: steps.some((step) => step >= MAX_STEP) };
  }

  /** Removes the oldest of what is more than is to be kept; a few rows beside each commit keep pace with it. */
  #trim(step: number = TIDY_STEP): number {
    const { retention, deadLetters } = this.#limits;
    let removed = 0;
    const { endedCount, endedBytes, deadCount, deadBytes } = this.#meta;
    if (endedCount > retention.count || endedBytes > retention.bytes) {
      removed += this.#removeUntil(this.#tables.oldestEnded(step), () => {
        const { endedCount, endedBytes } = this.#meta;
        return endedCount <= retention.count && endedBytes <= retention.bytes;
      });
    }
    if (deadCount > deadLetters.count || deadBytes > deadLetters.bytes) {
      removed += this.#removeUntil(this.#tables.oldestDead(step, undefined), () => {
        const { deadCount, deadBytes } = this.#meta;
        return deadCount <= deadLetters.count && deadBytes <= deadLetters.bytes;
      });
    }
    return removed;
  }

  #removeUntil(entries: readonly HistoryEntry[], enough: () => boolean): number {
    let removed = 0;
    for (const entry of entries) {
      if (enough()) break;
      removed += this.#removeKept([entry]);
    }
    return removed;
  }

  #removeKept(entries: readonly HistoryEntry[]): number {
    for (const { seq, state, size } of entries) {
      this.#tables.remove(seq);
      const dead = isDead(state);
      this.#countKept(dead, -1, -size);
      this.#meta.removed += 1;
      if (dead) this.#deadRemoved += 1;
    }
    return entries.length;
  }

  #countKept(dead: boolean, count: number, bytes: number): void {
    const meta = this.#meta;
    if (dead) {
      meta.deadCount += count;
      meta.deadBytes += bytes;
    } else {
      meta.endedCount += count;
      meta.endedBytes += bytes;
    }
    this.#metaChanged = true;
  }

  #leaveLive({ state, size }: WorkHead): void {
    if (state === 'Running') this.#live.running -= 1;
    else if (state === 'Retrying') this.#live.retrying -= 1;
    else this.#live.enqueued -= 1;
    this.#live.bytes -= size;
  }

  #isLive(seq: number): boolean {
    const head = this.#tables.find(seq);
    return head !== undefined && isLive(head.state);
  }

  /** A run that ended with its host: an instance lost. */
  #recover(seq: number, time: CommandTime, facts: OpeningFacts): void {
    const head = this.#tables.find(seq);
    if (head === undefined) return;
    const error: AttemptError = {
      attempt: head.starts,
      functionError: null,
      errorType: 'InstanceLost',
      errorMessage: `the host ended while ${head.target} ran`,
      stackTrace: [],
      at: time.wall,
    };
    const { minDelay, maxDelay } = facts.backoff.get(head.target) ?? DEFAULT_BACKOFF;
    // What is lost too often is given up by the scheduler, which knows whom to tell.
    const delay = head.losses >= MAX_LOSSES ? 0 : Math.min(maxDelay, minDelay * 2 ** head.losses);
    const readyAt = time.at + delay;
    this.#retry(head, head.starts, { kind: 'retry', readyAt, counts: 'loss', error });
  }
}

/** What the counters of an empty ledger say. */
export const NOTHING: QueueStats['memory'] = {
  accepted: 0,
  removed: 0,
  live: { enqueued: 0, running: 0, retrying: 0, bytes: 0 },
  ended: 0,
  endedBytes: 0,
  dead: 0,
  deadBytes: 0,
};

/** Bytes that work counts as while it is live. */
function sizeOf({ payload, invokerContext, orderKey, dedupeKey }: NewWork): number {
  return (
    ROW_SIZE +
    wireSize(payload) +
    (invokerContext?.length ?? 0) +
    (orderKey === null ? 0 : 2 * orderKey.length) +
    (dedupeKey === null ? 0 : 2 * dedupeKey.length)
  );
}

export function emptyMeta(): Meta {
  return {
    lastSeq: 0,
    redriven: 0,
    endedCount: 0,
    endedBytes: 0,
    deadCount: 0,
    deadBytes: 0,
    removed: 0,
    ledgerTime: 0,
    wall: 0,
    newestWall: 0,
    machineBoot: null,
    uptime: null,
  };
}
