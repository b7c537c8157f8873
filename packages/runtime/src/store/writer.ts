/**
 * The writer: applies commands in order, many in one transaction, and answers when that is as safe as it has to be (I2).
 *
 * It is synchronous and alone in its thread: while a commit is being synced, everything that arrives goes into the next.
 * When the disk takes nothing more, new work is refused at once, and everything else keeps its order and is tried again
 * until there is space (I6): first with the space of the log, then with that of the reserve.
 */
import type { Clock, TimerHandle } from '../engine/clock.ts';
import { BATCH_WINDOW, type QueueLimits } from '../engine/definition.ts';
import { formatBytes } from '../engine/format.ts';
import type { Ledgers } from '../engine/queue/ledgers.ts';
import {
  QueueError,
  type ClaimResult,
  type DeadLettersResult,
  type DiskStats,
  type Opening,
  type OpeningFacts,
  type QueueCommand,
} from '../engine/queue/queue.ts';
import { AnswerBatch } from './answer-batch.ts';
import type { Batch, FromWriter } from './batch.ts';
import { readCommands, type Command } from './command-batch.ts';
import { DiskMeter, fileBytes, freeBytes, Reserve, RESERVE_BYTES, writtenBytes } from './disk.ts';
import { failureOf } from './failures.ts';
import { noteDamage, openQueue, reasonOf } from './open-queue.ts';
import type { QueueFile, SyncMode } from './queue-file.ts';

/** Commands in one commit: some ms of work, so that nobody waits long behind others. */
const MAX_GROUP = 2048;
/** ms between tries while the disk is full. */
const RETRY_INTERVAL = 250;
/** ms between looks at the free space. */
const SPACE_INTERVAL = 1000;
/** ms after which `batched` commits are synced: the window that is promised has room for the sync itself. */
const SYNC_DELAY: number = BATCH_WINDOW / 2;
/** ms between two stored counts of written bytes. */
const METER_INTERVAL = 60_000;

export interface WriterParts {
  readonly directory: string;
  readonly limits: QueueLimits;
  readonly clock: Clock;
  readonly post: (message: FromWriter) => void;
  readonly reserveBytes?: number | undefined;
}

/** A command that waits for its commit. */
interface Entry extends Command {
  /** What its part in memory did in a commit that failed then. */
  carried?: { readonly result: unknown };
}

export class Writer {
  readonly #parts: WriterParts;
  readonly #reserve: Reserve;
  readonly #reserveBytes: number;
  #file: QueueFile | undefined;
  #ledgers: Ledgers | undefined;
  #meter: DiskMeter | undefined;
  #waiting: Entry[] = [];
  #nextId = 0;
  readonly #answers = new AnswerBatch();
  /** Why the disk takes no more; undefined: it does. */
  #full: string | undefined;
  /** Why there is too little free space, though the disk takes more. */
  #low: string | undefined;
  #told: string | undefined;
  #broken: string | undefined;
  #stuck = false;
  /** What was written may be lost although later syncs succeed, until the log was written anew. */
  #doubtful = false;
  #unsynced = false;
  #syncTimer: TimerHandle | undefined;
  #retryTimer: TimerHandle | undefined;
  #spaceTimer: TimerHandle | undefined;
  #triedAt = 0;
  #spaceCheckedAt = -Infinity;
  #free = Infinity;
  #meterStoredAt = 0;
  #syncs = 0;
  #wall = 0;
  #closing: { readonly until: number } | undefined;
  #closed = false;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#reserveBytes = parts.reserveBytes ?? RESERVE_BYTES;
    this.#reserve = new Reserve(parts.directory, this.#reserveBytes);
  }

  /** @throws QueueError */
  open(facts: OpeningFacts): Opening {
    const { directory, limits, clock } = this.#parts;
    const refusal = (): string | undefined => this.#full ?? this.#low;
    const attempt = (): ReturnType<typeof openQueue> => openQueue(directory, limits, facts, refusal);
    let opened: ReturnType<typeof openQueue>;
    try {
      opened = attempt();
    } catch (error) {
      // A full disk keeps nobody from finishing what is accepted: that is what the reserve is for.
      const cause = error instanceof QueueError ? error.cause : undefined;
      if (failureOf(cause) !== 'disk' || !this.#reserve.release()) throw error;
      opened = attempt();
    }
    const { file, ledgers, opening } = opened;
    this.#file = file;
    this.#ledgers = ledgers;
    this.#wall = facts.wall;
    this.#meter = new DiskMeter(() => writtenBytes(() => file.estimatedBytes), file.readDisk(), facts.wall);
    this.#meterStoredAt = clock.monotonic();
    this.#checkSpace();
    if (this.#low === undefined && !this.#reserve.make()) this.#setFull(new Error('there is no room for the reserve'));
    return opening;
  }

  /** Takes commands over; {@link run} does them. */
  receive(batch: Batch): void {
    const commands = readCommands(batch, this.#nextId);
    this.#nextId += commands.length;
    for (const entry of commands) {
      this.#wall = entry.time.wall;
      if (this.#broken !== undefined || this.#closed)
        this.#answers.pushFailure(entry.id, this.#broken ?? 'the queue is closed');
      else if (this.#sideOf(entry) === 'memory' || (this.#stuck && this.#needsNoCommit(entry))) this.#applyNow(entry);
      else this.#waiting.push(entry);
    }
  }

  /** Commits what waits. */
  run(): void {
    this.#flush();
    if (this.#file === undefined || this.#closed || this.isBroken()) return;
    if (this.#parts.clock.monotonic() - this.#spaceCheckedAt >= SPACE_INTERVAL) this.#checkSpace();
    // What is stuck is tried again when something comes, but not for each that comes.
    if (this.#stuck && this.#parts.clock.monotonic() - this.#triedAt < RETRY_INTERVAL / 5) {
      this.#maybeClose();
      return;
    }
    let size = this.#stuck ? 1 : MAX_GROUP;
    while (this.#waiting.length > 0) {
      const group = this.#waiting.slice(0, size);
      const error = this.#commit(group);
      if (this.isBroken()) break;
      if (error === undefined) {
        this.#stuck = false;
        size = Math.min(MAX_GROUP, size * 2);
      } else if (!this.#makeSpace(error) && group.length === 1) {
        this.#stay();
        break;
      } else {
        // In order, and one at a time as long as that is all there is space for.
        this.#answerWithoutCommit();
        size = 1;
      }
      this.#flush();
      this.#checkpoint(this.#file);
    }
    this.#flush();
    this.#maybeClose();
  }

  /** Does what waits, for at most `grace` ms, and closes the file; then posts `closed`. */
  close(grace: number): void {
    this.#closing = { until: this.#parts.clock.monotonic() + grace };
    this.run();
    this.#maybeClose();
  }

  /** Whether it was found unable to go on. */
  isBroken(): boolean {
    return this.#broken !== undefined;
  }

  /** One transaction; the error when the disk does not take it. */
  #commit(group: readonly Entry[]): unknown {
    const [file, ledgers] = this.#opened();
    let left = group;
    // Rows are written many at once; where one of them cannot be, it is found out one at a time whose it is.
    let singly = false;
    for (;;) {
      const restore = ledgers.durable.savepoint();
      const results: unknown[] = [];
      let current: Entry | undefined;
      try {
        if (this.#doubtful) this.#heal(file);
        file.mode = modeOf(left, file.mode);
        file.tables.begin();
        for (const entry of left) {
          current = entry;
          results.push(this.#apply(entry));
          if (singly) file.tables.flush();
        }
        current = undefined;
        ledgers.durable.flushMeta();
        this.#storeMeter(file, false);
        file.tables.commit();
        this.#committed(file, left);
        left.forEach(({ id, command }, index) => {
          this.#answers.push(id, command.kind, results[index]);
        });
        this.#waiting.splice(0, left.length);
        return undefined;
      } catch (error) {
        file.tables.rollback();
        restore();
        this.#carry(left, results);
        const failure = failureOf(error);
        if (failure === 'sync') this.#doubtful = true;
        if (failure === 'disk' || failure === 'sync') return error;
        if (failure === 'bug' && !singly) {
          singly = true;
          continue;
        }
        if (failure === 'damage' || current === undefined) {
          this.#break(error, failure === 'damage');
          return undefined;
        }
        // It alone: the others are done without it.
        const offender = current;
        this.#answers.pushFailure(offender.id, `${offender.command.kind} failed: ${reasonOf(error)}`);
        left = left.filter((entry) => entry !== offender);
        this.#waiting.splice(this.#waiting.indexOf(offender), 1);
      }
    }
  }

  #committed(file: QueueFile, group: readonly Entry[]): void {
    const wrote = file.countFrames() > 0;
    // A log that began anew and is as long as the old one looks as if nothing had been written.
    if (!wrote && (file.mode === 'FULL' || group.every(({ command }) => READS.has(command.kind)))) return;
    if (file.mode === 'FULL') {
      this.#syncs += 1;
      this.#unsynced = false;
    } else {
      this.#unsynced = true;
      this.#syncTimer ??= this.#parts.clock.setTimeout(() => {
        this.#syncTimer = undefined;
        this.#syncLate();
      }, SYNC_DELAY);
    }
  }

  #syncLate(): void {
    const [file] = this.#opened();
    if (!this.#unsynced || this.#closed || this.isBroken()) return;
    try {
      if (this.#doubtful) this.#heal(file);
      else file.syncLog();
      this.#syncs += 1;
      this.#unsynced = false;
    } catch (error) {
      // What was promised for the window is in doubt: nothing new is accepted before it is on the disk.
      this.#doubtful = true;
      this.#setFull(error);
      this.#stay();
    }
  }

  /** Writes the log into the file and syncs that: what a failed sync may have dropped is written anew. */
  #heal(file: QueueFile): void {
    file.emptyLog();
    this.#doubtful = false;
    this.#unsynced = false;
  }

  /** Moves the log into the file when it is long enough, after the answers were given. */
  #checkpoint(file: QueueFile): void {
    try {
      if (this.#full === undefined) file.checkpoint();
      else file.keepLogShort();
    } catch (error) {
      // A full disk: the log grows as long as there is space, and the next commit says when there is not.
      if (failureOf(error) === 'damage') this.#break(error, true);
    }
  }

  #apply(entry: Entry): unknown {
    const [, ledgers] = this.#opened();
    const { command, time, durability, carried } = entry;
    if (command.kind === 'stats') return { ...ledgers.apply(command, time, durability), disk: this.#disk() };
    if (carried === undefined) return ledgers.apply(command, time, durability);
    // Its part in memory was done already, and is not done again.
    switch (command.kind) {
      case 'claim': {
        const before = carried.result as ClaimResult;
        const now = ledgers.apply({ ...command, limit: command.limit - before.work.length }, time, durability);
        return { ...now, work: [...now.work, ...before.work] } satisfies ClaimResult;
      }
      case 'redrive':
      case 'purge': {
        const before = carried.result as DeadLettersResult;
        const now = ledgers.apply(command, time, durability);
        return {
          seqs: [...now.seqs, ...before.seqs],
          woken: [...new Set([...now.woken, ...before.woken])],
        } satisfies DeadLettersResult;
      }
      default:
        return ledgers.apply(command, time, durability);
    }
  }

  /** Keeps what commands did in memory, where nothing is rolled back. */
  #carry(group: readonly Entry[], results: readonly unknown[]): void {
    results.forEach((result, index) => {
      const entry = group[index];
      if (entry === undefined) return;
      if (entry.command.kind === 'claim') {
        const { work, nextReadyAt } = result as ClaimResult;
        const inMemory = work.filter(({ seq }) => seq < 0);
        if (inMemory.length > 0) entry.carried = { result: { work: inMemory, nextReadyAt } satisfies ClaimResult };
      } else if (entry.command.kind === 'redrive' || entry.command.kind === 'purge') {
        const { seqs, woken } = result as DeadLettersResult;
        const inMemory = seqs.filter((seq) => seq < 0);
        if (inMemory.length > 0) entry.carried = { result: { seqs: inMemory, woken } satisfies DeadLettersResult };
      }
    });
  }

  /** Without a commit. */
  #applyNow(entry: Entry): void {
    try {
      this.#answers.push(entry.id, entry.command.kind, this.#apply(entry));
    } catch (error) {
      this.#answers.pushFailure(entry.id, `${entry.command.kind} failed: ${reasonOf(error)}`);
      if (failureOf(error) === 'damage') this.#break(error, true);
    }
  }

  /** While the disk is full: what only reads, and new work, which is refused. */
  #needsNoCommit({ command }: Entry): boolean {
    switch (command.kind) {
      case 'get':
      case 'list':
      case 'stats':
      case 'timers':
        return true;
      case 'put':
        return !command.reserved && (this.#full ?? this.#low) !== undefined;
      case 'claim':
      case 'settle':
      case 'stop':
      case 'redrive':
      case 'purge':
      case 'tidy':
        return false;
    }
  }

  #answerWithoutCommit(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const entry of waiting) {
      if (this.#needsNoCommit(entry)) this.#applyNow(entry);
      else this.#waiting.push(entry);
    }
  }

  /** The disk does not take a commit. Whether there may be space now that was not there before. */
  #makeSpace(error: unknown): boolean {
    const [file] = this.#opened();
    this.#setFull(error);
    const released = this.#reserve.release();
    let emptied = false;
    try {
      emptied = file.restartLog();
    } catch (again) {
      if (failureOf(again) === 'damage') this.#break(again, true);
    }
    return released || emptied;
  }

  #setFull(error: unknown): void {
    const { directory } = this.#parts;
    this.#full =
      `the disk takes no more (${reasonOf(error)}): ${formatBytes(freeBytes(directory))} are free in ${directory}; new work is ` +
      'refused, accepted work is completed as far as it can be written; free some space there, or put --data-dir on a larger disk';
    this.#tell();
    this.#watchSpace();
  }

  /** Later again. */
  #stay(): void {
    this.#stuck = true;
    this.#triedAt = this.#parts.clock.monotonic();
    this.#answerWithoutCommit();
    this.#flush();
    this.#retryTimer ??= this.#parts.clock.setTimeout(() => {
      this.#retryTimer = undefined;
      this.#triedAt = -Infinity;
      this.#syncLate();
      if (this.#waiting.length === 0) this.#stuck = false;
      this.run();
    }, RETRY_INTERVAL);
    this.#maybeClose();
  }

  #watchSpace(): void {
    this.#spaceTimer ??= this.#parts.clock.setTimeout(() => {
      this.#spaceTimer = undefined;
      if (this.#closed) return;
      this.#checkSpace();
      this.run();
    }, SPACE_INTERVAL);
  }

  /** Whether new work may be accepted. */
  #checkSpace(): void {
    const { directory, limits, clock } = this.#parts;
    this.#spaceCheckedAt = clock.monotonic();
    if (this.#full !== undefined || this.#low !== undefined) this.#shrink();
    const free = freeBytes(directory);
    this.#free = free;
    const { minFreeDisk } = limits;
    // It ends with a little more than it began with, so that it does not come and go.
    const least = this.#low === undefined ? minFreeDisk : minFreeDisk + this.#reserveBytes;
    this.#low =
      free >= least
        ? undefined
        : `the disk is nearly full: ${formatBytes(free)} are free in ${directory}, minFreeDisk is ${formatBytes(minFreeDisk)}; ` +
          'new work is refused; free some space there, put --data-dir on a larger disk, or lower minFreeDisk in the configuration';
    if (this.#doubtful && !this.#stuck && this.#file !== undefined) {
      try {
        this.#heal(this.#file);
      } catch {
        // Not yet: it is tried again before each commit, and here.
      }
    }
    // There is space again when what was given up can be had again.
    if (this.#full !== undefined && !this.#stuck && !this.#doubtful && free >= this.#reserveBytes * 1.25) {
      if (this.#reserve.make()) this.#full = undefined;
    }
    this.#tell();
    if (this.#full !== undefined || this.#low !== undefined) this.#watchSpace();
  }

  /** What is empty in our own file is given back first. */
  #shrink(): void {
    if (this.#stuck) return;
    try {
      this.#file?.shrink();
    } catch (error) {
      // There is no space to move pages in: later again.
      if (failureOf(error) === 'damage') this.#break(error, true);
    }
  }

  #tell(): void {
    const message = this.#full ?? this.#low;
    if ((message === undefined) === (this.#told === undefined)) return;
    this.#told = message;
    this.#parts.post({ kind: 'full', message });
  }

  /** The queue cannot go on in this process. */
  #break(error: unknown, damaged: boolean): void {
    const { directory } = this.#parts;
    const what = reasonOf(error);
    if (damaged) noteDamage(directory, what);
    this.#broken = damaged
      ? `the queue's file in ${directory} is damaged (${what}); restart the host: it sets the file aside and rescues what can be read`
      : `the queue in ${directory} failed (${what}); this is a bug; restart the host`;
    for (const { id } of this.#waiting) this.#answers.pushFailure(id, this.#broken);
    this.#waiting = [];
    this.#flush();
    this.#parts.post({ kind: 'broken', message: this.#broken });
  }

  #flush(): void {
    if (!this.#answers.empty) this.#parts.post(this.#answers.take());
  }

  #maybeClose(): void {
    if (this.#closing === undefined || this.#closed) return;
    const inTime = this.#parts.clock.monotonic() < this.#closing.until;
    if ((this.#waiting.length > 0 || this.#doubtful) && inTime && this.#broken === undefined) return;
    this.#closed = true;
    for (const timer of [this.#syncTimer, this.#retryTimer, this.#spaceTimer]) this.#parts.clock.clearTimeout(timer);
    this.#closeFile();
    this.#parts.post({ kind: 'closed' });
  }

  #closeFile(): void {
    const file = this.#file;
    if (file === undefined) return;
    try {
      if (this.#broken === undefined) {
        file.mode = 'FULL';
        file.tables.begin();
        this.#storeMeter(file, true);
        this.#ledgers?.durable.flushMeta();
        file.tables.commit();
        if (this.#unsynced) file.syncLog();
      }
    } catch {
      // A full disk: what is not counted is less than a minute of written bytes; accepted work is on the disk.
      file.tables.rollback();
    }
    file.close();
  }

  #storeMeter(file: QueueFile, always: boolean): void {
    const now = this.#parts.clock.monotonic();
    if (this.#meter === undefined || (!always && now - this.#meterStoredAt < METER_INTERVAL)) return;
    this.#meterStoredAt = now;
    file.storeDisk(this.#meter.today(this.#wall));
  }

  #disk(): DiskStats {
    const [file] = this.#opened();
    return {
      file: file.path,
      fileBytes: fileBytes(file.path) + fileBytes(`${file.path}-wal`),
      writtenToday: this.#meter?.today(this.#wall).written ?? 0,
      written: this.#meter?.written ?? 0,
      syncs: this.#syncs,
      freeBytes: this.#free,
      full: this.#full ?? this.#low,
    };
  }

  #sideOf({ command, durability }: Command): ReturnType<Ledgers['sideOf']> {
    const [, ledgers] = this.#opened();
    return ledgers.sideOf(command, durability);
  }

  #opened(): readonly [QueueFile, Ledgers] {
    if (this.#file === undefined || this.#ledgers === undefined)
      throw new Error('edgefc: the queue is not open; this is a bug');
    return [this.#file, this.#ledgers];
  }
}

/** `NORMAL` when everything that is written may be synced within the window instead of before its answer. */
function modeOf(group: readonly Entry[], present: SyncMode): SyncMode {
  let mode = present;
  for (const { command, durability } of group) {
    if (READS.has(command.kind)) continue;
    if (durability === 'fsync') return 'FULL';
    mode = 'NORMAL';
  }
  return mode;
}

const READS: ReadonlySet<QueueCommand['kind']> = new Set(['get', 'list', 'stats', 'timers']);
