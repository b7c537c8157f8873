/**
 * Async scheduling: accept into the queue, run from it when there is a slot that no Sync call waits for, and write down
 * how each run ended.
 *
 * An id is given out after its record is as safe as the function's durability says, never before (I2). Work is claimed only
 * when it can start at once, so that what waits, waits in the queue. A free slot makes acceptance and first claim one
 * commit. What is running is known here until its end is written down (I3).
 */
import type { Clock } from '../clock.ts';
import type { DeadlineQueue } from '../deadline-queue.ts';
import type { Durability, FunctionDefinition, QueueLimits } from '../definition.ts';
import type { HostEventBus, WorkOrigin } from '../events.ts';
import type { Pool } from '../instance/pool.ts';
import { Invocation } from '../invocation/invocation.ts';
import { refused, type Outcome, type Refused } from '../invocation/outcome.ts';
import type { DispatchRequest } from '../invocation/request.ts';
import { WorkIds } from '../invocation/work-ids.ts';
import { copyWire, type WireBytes } from '../protocol.ts';
import { LedgerClock } from '../queue/ledger-clock.ts';
import type {
  CommandTime,
  Ending,
  Opening,
  PutCommand,
  PutResult,
  Queue,
  QueueCommand,
  ResultOf,
} from '../queue/queue.ts';
import type { NewWork, WorkRecord } from '../queue/work.ts';
import type { Registry } from '../registry.ts';
import { Backlog } from './backlog.ts';
import { destinationOf } from './destinations.ts';
import type { NestedCallBook } from './nested-call-book.ts';
import { decideEnding, isExpired, isGivenUp } from './retry-policy.ts';
import type { Scheduler } from './scheduler.ts';

/** ms after which a claim that failed is tried again. */
const CLAIM_PAUSE = 5000;

export interface AsyncSchedulerParts {
  readonly clock: Clock;
  readonly events: HostEventBus;
  readonly deadlines: DeadlineQueue;
  readonly queue: Queue;
  readonly scheduler: Scheduler;
  readonly registry: Registry;
  readonly limits: QueueLimits;
  /** Largest payload of an Async invocation, bytes. */
  readonly maxPayload: number;
  /** From 0 to 1: the jitter of retries. */
  readonly random: () => number;
  readonly bootId: string;
  readonly nestedCalls: NestedCallBook;
}

/** Most Async work is asked for so. */
const FROM_OUTSIDE: WorkOrigin = { kind: 'call', parent: undefined };

/** Which work it runs: all there is, only what was accepted since it was opened, or none. */
export type WorkScope = 'all' | 'own' | 'none';

/** A run, from its claim until its end is written down. */
interface Run {
  readonly record: WorkRecord;
  readonly backlog: Backlog;
  invocation: Invocation | undefined;
  /** Somebody stopped it. */
  stopped: boolean;
  /** Told when its end is written down. */
  readonly whenWritten: (() => void)[];
}

type StoredResult = Extract<PutResult, { kind: 'stored' }>;

/** What is open: everything that needs the queue's own time and names. */
interface Opened {
  readonly clock: LedgerClock;
  readonly ids: WorkIds;
  /** The lowest number that this start may give. */
  readonly firstSeq: number;
}

export class AsyncScheduler {
  readonly #parts: AsyncSchedulerParts;
  readonly #backlogs = new Map<Pool, Backlog>();
  readonly #runs = new Map<number, Run>();
  /** Runs that have their answer while their handler still holds its slot. */
  readonly #answered = new Map<Invocation, Run>();
  /** Runs that are over, while that is being written down. */
  readonly #writing = new Map<number, Run>();
  readonly #waiters = new Map<number, Set<() => void>>();
  readonly #whenIdle = new Set<() => void>();
  readonly #whenWritten = new Set<() => void>();
  #opened: Opened | undefined;
  #scope: WorkScope = 'none';
  /** Accepted by this start and not ended. */
  #pending = 0;
  /** Commands whose result has not come. */
  #outstanding = 0;

  constructor(parts: AsyncSchedulerParts) {
    this.#parts = parts;
  }

  /** The queue is open: its time goes on from `opening`. */
  opened(opening: Opening): void {
    const { bootId, clock } = this.#parts;
    this.#opened = {
      clock: new LedgerClock(clock, opening.ledgerTime),
      ids: new WorkIds(bootId, opening.boots),
      firstSeq: opening.meta.lastSeq + 1,
    };
  }

  /** Begins to run what waits. */
  run(scope: WorkScope): void {
    this.#scope = scope;
    if (scope === 'none') return;
    for (const pool of this.#parts.scheduler.pools) this.wake(pool.definition);
  }

  /** Claims nothing more; what runs may end. */
  pause(): void {
    this.#scope = 'none';
  }

  get ids(): WorkIds {
    return this.#open().ids;
  }

  get ledgerClock(): LedgerClock {
    return this.#open().clock;
  }

  /** Work that was claimed and whose end is not written down. */
  get running(): number {
    return this.#runs.size;
  }

  /** Work that this start accepted and that has not ended. */
  get pending(): number {
    return this.#pending;
  }

  runningOf(pool: Pool): number {
    return this.#backlogs.get(pool)?.claimed ?? 0;
  }

  /** Resolves when all work that this start accepted has ended. */
  idle(): Promise<void> {
    return this.#pending === 0 ? Promise.resolve() : once(this.#whenIdle);
  }

  /** Resolves when nothing that was handed to the queue is open. */
  written(): Promise<void> {
    return this.#outstanding === 0 ? Promise.resolve() : once(this.#whenWritten);
  }

  now(): CommandTime {
    return { at: this.ledgerClock.now(), wall: this.#parts.clock.now() };
  }

  /** Hands a command to the queue. Rejects when the queue is closed first. */
  execute<C extends QueueCommand>(command: C, durability: Durability = 'fsync'): Promise<ResultOf<C>> {
    return this.#hand(command, this.now(), durability);
  }

  /** Without an `async` in the way: each would be two promises more for every piece of work. */
  #hand<C extends QueueCommand>(command: C, time: CommandTime, durability: Durability): Promise<ResultOf<C>> {
    this.#outstanding += 1;
    const result = this.#parts.queue.execute(command, time, durability);
    result.then(this.#returned, this.#returned);
    return result;
  }

  readonly #returned = (): void => {
    this.#outstanding -= 1;
    if (this.#outstanding === 0) release(this.#whenWritten);
  };

  /** Accepts an invocation, tells the invoker its id, and runs it when there is a slot. */
  accept(definition: FunctionDefinition, request: DispatchRequest): void {
    const { payload, invokerContext, caller, options, parent } = request;
    const work: NewWork = {
      target: definition.key,
      payload,
      invokerContext,
      caller: caller ?? null,
      delay: options?.delay ?? 0,
      dedupeKey: options?.dedupeKey ?? null,
      orderKey: options?.orderKey ?? null,
      maxAttempts: options?.maxRetries === undefined ? null : options.maxRetries + 1,
      hops: parent?.hops ?? 0,
      chain: parent?.chain ?? 0,
    };
    this.put(definition, work, parent === undefined ? FROM_OUTSIDE : { kind: 'call', parent }).then(
      (result) => {
        if (result.kind === 'full') {
          this.#refuse(request, definition, refused('ResourceExhausted', result.message));
          return;
        }
        const deduplicated = result.kind === 'deduplicated';
        const [seq = 0] = deduplicated ? [result.seq] : result.seqs;
        request.onOutcome({ kind: 'accepted', id: this.ids.format(seq), deduplicated });
      },
      (error: unknown) => {
        this.#refuse(request, definition, refused('Stopping', `the work was not accepted: ${messageOf(error)}`));
      },
    );
  }

  #refuse(request: DispatchRequest, definition: FunctionDefinition, outcome: Refused): void {
    this.#parts.events.emit('invocation:refused', request, outcome, definition.key);
    request.onOutcome(outcome);
  }

  /**
   * Puts one piece of work into the queue, and starts it in the same commit when it may start at once.
   *
   * @param timer - whose tick it is, to be stored with it
   */
  put(
    definition: FunctionDefinition,
    work: NewWork,
    origin: WorkOrigin,
    timer?: PutCommand['timer'],
  ): Promise<PutResult> {
    const backlog = this.#backlogOf(definition);
    const claim = this.#scope !== 'none' && work.delay === 0 && !backlog.ready && !backlog.claiming && backlog.room > 0;
    if (claim) backlog.reserve(1);
    const time = this.now();
    const command = { kind: 'put', work: [work], claim, timer, reserved: false } satisfies PutCommand;
    return this.#hand(command, time, definition.durability).then(
      (result) => {
        const stored = result.kind === 'stored';
        if (claim) this.#unreserve(backlog, stored, stored && result.claimed);
        if (result.kind === 'deduplicated') this.#tellAccepted(work, result.seq, origin, true);
        if (stored) {
          this.#tellAccepted(work, result.seqs[0] ?? 0, origin);
          this.#stored(backlog, work, result, time);
        }
        return result;
      },
      (error: unknown) => {
        if (claim) this.#unreserve(backlog, false, false);
        throw error;
      },
    );
  }

  /** The slot that was kept for work has been taken by it, or is free. */
  #unreserve(backlog: Backlog, stored: boolean, claimed: boolean): void {
    backlog.settle(1, claimed ? 1 : 0);
    // It may be what others were told to wait for.
    if (!stored) this.#claim(backlog);
  }

  #stored(backlog: Backlog, work: NewWork, { claimed, dueAt, seqs }: StoredResult, time: CommandTime): void {
    this.#pending += 1;
    const [seq = 0] = seqs;
    if (claimed) this.#start(toRecord(work, seq, dueAt, time), backlog);
    else if (work.delay > 0) this.#readyAt(backlog, dueAt);
    else {
      backlog.ready = true;
      this.#claim(backlog);
    }
  }

  /** Puts several pieces of work into the queue together: all of them, or none. */
  async putAll(
    work: readonly NewWork[],
    origin: WorkOrigin,
    durability: Durability,
    reserved = false,
  ): Promise<PutResult> {
    const result = await this.execute({ kind: 'put', work, claim: false, timer: undefined, reserved }, durability);
    if (result.kind === 'stored') {
      this.#pending += work.length;
      this.#tellAllAccepted(work, result.seqs, origin);
    }
    for (const { target } of work) this.#wakeByName(target);
    return result;
  }

  /** There may be work of this function that could start. */
  wake(definition: FunctionDefinition): void {
    const backlog = this.#backlogOf(definition);
    backlog.ready = true;
    this.#claim(backlog);
  }

  wakeAll(targets: readonly string[]): void {
    for (const target of targets) this.#wakeByName(target);
  }

  /** A slot came free that nobody waits for. */
  pump = (pool: Pool): void => {
    const backlog = this.#backlogs.get(pool);
    if (backlog !== undefined) this.#claim(backlog);
  };

  /** A handler left its slot; only now is an answered run over. */
  released = (invocation: Invocation): void => {
    if (this.#answered.size === 0 || invocation.outcome === undefined) return;
    const run = this.#answered.get(invocation);
    if (run === undefined) return;
    this.#answered.delete(invocation);
    this.#finish(run, invocation.outcome, true);
  };

  /** Aborts a run that somebody stopped; false: it does not run, or has its answer already. */
  abort(seq: number, why: string): boolean {
    const run = this.#runs.get(seq);
    if (run?.invocation === undefined || run.invocation.outcome !== undefined) return false;
    run.stopped = true;
    this.#parts.scheduler.cancel(run.invocation, refused('Cancelled', why));
    return true;
  }

  /** Whether the work runs here, or the end of its run is being written. */
  hasRun(seq: number): boolean {
    return this.#runs.has(seq) || this.#writing.has(seq);
  }

  /** Calls `callback` once, when the work has ended; gives what takes that back. */
  onEnd(seq: number, callback: () => void): () => void {
    let waiters = this.#waiters.get(seq);
    if (waiters === undefined) this.#waiters.set(seq, (waiters = new Set()));
    waiters.add(callback);
    return () => {
      waiters.delete(callback);
      if (waiters.size === 0 && this.#waiters.get(seq) === waiters) this.#waiters.delete(seq);
    };
  }

  /** Resolves when the end of the present run is written down; at once, when there is none. */
  nextSettlement(seq: number): Promise<void> {
    const run = this.#runs.get(seq) ?? this.#writing.get(seq);
    return run === undefined ? Promise.resolve() : new Promise((resolve) => run.whenWritten.push(resolve));
  }

  /** Work has ended: who waits for it is told. */
  ended(seqs: readonly number[]): void {
    for (const seq of seqs) {
      if (this.#isOwn(seq)) this.#count(-1);
      const waiters = this.#waiters.get(seq);
      this.#waiters.delete(seq);
      for (const callback of waiters ?? []) callback();
    }
  }

  /** Work was stopped while it waited. */
  stopped({ seq, target, starts }: WorkRecord): void {
    this.#parts.events.emit('work:settled', {
      id: this.ids.format(seq),
      target,
      attempt: starts,
      state: 'Stopped',
      error: undefined,
      retryIn: undefined,
    });
    this.ended([seq]);
  }

  /** Dead letters wait again. */
  revived(seqs: readonly number[]): void {
    const { events } = this.#parts;
    for (const seq of seqs) if (this.#isOwn(seq)) this.#count(1);
    if (events.listenerCount('work:redriven') === 0) return;
    for (const seq of seqs) events.emit('work:redriven', this.ids.format(seq));
  }

  #claim(backlog: Backlog): void {
    if (!backlog.ready || backlog.claiming || this.#scope === 'none') return;
    const limit = backlog.room;
    if (limit <= 0) return;
    const { definition } = backlog.pool;
    backlog.claiming = true;
    backlog.ready = false;
    backlog.reserve(limit);
    const minSeq = this.#scope === 'own' ? this.#open().firstSeq : 0;
    this.execute({ kind: 'claim', target: definition.key, limit, minSeq }, definition.durability).then(
      ({ work, nextReadyAt }) => {
        backlog.settle(limit, work.length);
        // Nothing more is claimed while one of these has not taken its slot: it still looks free.
        for (const record of work) this.#start(record, backlog);
        backlog.claiming = false;
        if (work.length === limit) backlog.ready = true;
        else if (nextReadyAt !== undefined) this.#readyAt(backlog, nextReadyAt);
        this.#claim(backlog);
      },
      (error: unknown) => {
        backlog.claiming = false;
        backlog.settle(limit, 0);
        // One row that cannot be read must not stop the others for ever; a queue that is closed stays closed.
        this.#readyAt(backlog, this.ledgerClock.now() + CLAIM_PAUSE);
        this.#lost(`claiming work of ${definition.key}`, error);
      },
    );
  }

  /** Work of `backlog` becomes ready at a ledger time. */
  #readyAt(backlog: Backlog, readyAt: number): void {
    const { clock } = this.#open();
    if (readyAt <= clock.now()) {
      backlog.ready = true;
      this.#claim(backlog);
      return;
    }
    const due = clock.toMonotonic(readyAt);
    if (backlog.heapIndex < 0 || due < backlog.due) this.#parts.deadlines.set(backlog, due);
  }

  #start(record: WorkRecord, backlog: Backlog): void {
    const { pool } = backlog;
    const { definition } = pool;
    const run: Run = { record, backlog, invocation: undefined, stopped: false, whenWritten: [] };
    this.#runs.set(record.seq, run);
    if (isExpired(record, definition.retry, this.ledgerClock.now())) {
      this.#write(run, { kind: 'dead', state: 'Expired', error: undefined }, false);
      return;
    }
    if (isGivenUp(record)) {
      this.#write(run, { kind: 'dead', state: 'Failed', error: undefined }, false);
      return;
    }
    const invocation = new Invocation({
      requestId: this.ids.format(record.seq),
      definition,
      type: 'Async',
      payload: toRun(record.payload, definition),
      invokerContext: record.invokerContext,
      attempt: record.starts,
      parent: undefined,
      caller: record.caller ?? undefined,
      acceptedAt: this.#parts.clock.monotonic(),
      // Only its own timeout bounds it, from the start of the handler on.
      deadline: Infinity,
      deadlineSource: 'function',
      hops: record.hops,
      chain: record.chain,
      onAnswer: (outcome) => {
        this.#parts.events.emit('invocation:settled', invocation);
        // An answered handler that still runs holds its slot, and the next of its order key has to wait for it.
        if (invocation.slot === 'running') this.#answered.set(invocation, run);
        else this.#finish(run, outcome, invocation.startedAt !== undefined);
      },
    });
    run.invocation = invocation;
    this.#parts.events.emit('invocation:accepted', invocation);
    this.#parts.scheduler.submit(invocation);
  }

  #finish(run: Run, outcome: Outcome, ran: boolean): void {
    const { record, backlog } = run;
    if (this.#runs.get(record.seq) !== run) return;
    const { at, wall } = this.now();
    const { limits, random } = this.#parts;
    const { definition } = backlog.pool;
    // Who stopped it waits for its end; what it came to meanwhile is not asked for.
    const ending: Ending = run.stopped
      ? { kind: 'stopped' }
      : decideEnding({ record, definition, outcome, at, wall, maxResult: limits.retention.result, random: random() });
    this.#write(run, ending, ran);
  }

  /** With what the run had asked of other functions, if it failed. */
  #withCalls(ending: Ending, { invocation }: Run): Ending {
    if ((ending.kind !== 'retry' && ending.kind !== 'dead') || ending.error === undefined) return ending;
    const calls = invocation === undefined ? undefined : this.#parts.nestedCalls.of(invocation);
    return calls === undefined ? ending : { ...ending, error: { ...ending.error, calls } };
  }

  /** Writes down how a run ended, with what follows from it. */
  #write(run: Run, ending: Ending, ran: boolean): void {
    const { record, backlog } = run;
    const { seq } = record;
    const { definition } = backlog.pool;
    this.#runs.delete(seq);
    this.#writing.set(seq, run);
    backlog.claimed -= 1;
    const id = this.ids.format(seq);
    const destination = destinationOf({
      id,
      record,
      definition,
      ending,
      isKnown: (target) => this.#parts.registry.resolve(target).kind === 'found',
      maxLength: this.#parts.maxPayload,
    });
    if (destination === 'too deep') {
      this.#say(
        'error',
        `${id} of ${record.target}: its destination is not told, after a chain of ${record.chain} destinations`,
      );
    }
    const followUps = typeof destination === 'object' ? [destination] : [];
    const command = { kind: 'settle', seq, ending: this.#withCalls(ending, run), ran, followUps } as const;
    this.execute(command, definition.durability).then(
      ({ woken, followed = [] }) => {
        this.#markWritten(run);
        this.#pending += followUps.length;
        this.#tell(run, id, ending, ran);
        if (followed.length > 0) this.#tellAllAccepted(followUps, followed, { kind: 'destination', of: id });
        if (ending.kind === 'retry') this.#readyAt(backlog, ending.readyAt);
        else this.ended([seq]);
        this.wakeAll(woken);
      },
      (error: unknown) => {
        this.#markWritten(run);
        this.#lost(`writing down how ${id} of ${record.target} ended`, error);
      },
    );
    // In the same commit the next is claimed.
    this.#claim(backlog);
  }

  #markWritten(run: Run): void {
    const { seq } = run.record;
    if (this.#writing.get(seq) === run) this.#writing.delete(seq);
    for (const resolve of run.whenWritten) resolve();
  }

  #tellAllAccepted(work: readonly NewWork[], seqs: readonly number[], origin: WorkOrigin): void {
    work.forEach((one, index) => {
      this.#tellAccepted(one, seqs[index] ?? 0, origin);
    });
  }

  /** Makes nothing unless somebody listens. */
  #tellAccepted(work: NewWork, seq: number, origin: WorkOrigin, deduplicated = false): void {
    const { events, nestedCalls } = this.#parts;
    if (origin.kind === 'call' && origin.parent !== undefined) nestedCalls.accepted(origin.parent, work);
    if (events.listenerCount('work:accepted') === 0) return;
    events.emit('work:accepted', { id: this.ids.format(seq), work, origin, deduplicated });
  }

  #tell({ record }: Run, id: string, ending: Ending, ran: boolean): void {
    this.#parts.events.emit('work:settled', {
      id,
      target: record.target,
      attempt: ran ? record.starts : record.starts - 1,
      state: stateAfter(ending),
      error: ending.kind === 'retry' || ending.kind === 'dead' ? ending.error : undefined,
      retryIn: ending.kind === 'retry' ? Math.max(0, ending.readyAt - this.ledgerClock.now()) : undefined,
    });
  }

  #wakeByName(target: string): void {
    const resolution = this.#parts.registry.resolve(target);
    if (resolution.kind === 'found') this.wake(resolution.definition);
  }

  #backlogOf(definition: FunctionDefinition): Backlog {
    const pool = this.#parts.scheduler.poolOf(definition);
    let backlog = this.#backlogs.get(pool);
    if (backlog === undefined) {
      backlog = new Backlog(pool, (due) => {
        due.ready = true;
        this.#claim(due);
      });
      this.#backlogs.set(pool, backlog);
    }
    return backlog;
  }

  #isOwn(seq: number): boolean {
    return seq < 0 || seq >= this.#open().firstSeq;
  }

  #count(by: number): void {
    this.#pending += by;
    if (this.#pending === 0) release(this.#whenIdle);
  }

  #lost(what: string, error: unknown): void {
    this.#say('warn', `${what} did not get to the disk (${messageOf(error)}): it is done again after the next start`);
  }

  #say(level: 'warn' | 'error', message: string): void {
    this.#parts.events.emit('log', { time: this.#parts.clock.now(), level, message, source: 'host' });
  }

  #open(): Opened {
    if (this.#opened === undefined) throw new Error('edgefc: the queue is not open; this is a bug');
    return this.#opened;
  }
}

/** What was just accepted and started, without reading it back. */
function toRecord(work: NewWork, seq: number, dueAt: number, { at, wall }: CommandTime): WorkRecord {
  const { delay: _delay, dedupeKey: _dedupeKey, ...kept } = work;
  return {
    ...kept,
    seq,
    state: 'Running',
    position: seq,
    readyAt: null,
    dueAt,
    starts: 1,
    failures: 0,
    losses: 0,
    errors: [],
    result: null,
    resultCut: false,
    acceptedAt: at,
    acceptedWall: wall,
    startedWall: wall,
    endedAt: null,
    endedWall: null,
    size: 0,
  };
}

/** A thread takes the bytes that it is sent away: what a destination may be told of is sent as a copy. */
function toRun(payload: WireBytes, { onSuccess, onFailure }: FunctionDefinition): WireBytes {
  if (payload === null || typeof payload === 'string') return payload;
  if (onSuccess === undefined && onFailure === undefined) return payload;
  return copyWire(payload);
}

function stateAfter(ending: Ending): WorkRecord['state'] {
  switch (ending.kind) {
    case 'succeeded':
      return 'Succeeded';
    case 'retry':
      return 'Retrying';
    case 'dead':
      return ending.state;
    case 'stopped':
      return 'Stopped';
  }
}

function once(waiters: Set<() => void>): Promise<void> {
  return new Promise((resolve) => waiters.add(resolve));
}

function release(waiters: Set<() => void>): void {
  const waiting = [...waiters];
  waiters.clear();
  for (const resolve of waiting) resolve();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
