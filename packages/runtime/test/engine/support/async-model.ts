/**
 * What Async work has to do, written from the contract and not from the ledger: a simple model that scans lists and keeps
 * no orders. It is told what is asked for and what handlers do, and says what has to be true then.
 */
import type { FunctionDefinition } from '../../../src/engine/definition.ts';
import type { WorkRecord, WorkState } from '../../../src/engine/queue/work.ts';

const HOUR = 3_600_000;
const DEDUPE_AGE = 24 * HOUR;
const MAX_LOSSES = 20;
const MAX_CHAIN = 16;
/** ms between two looks of the host at what is kept for too long. */
const TIDY = 60_000;

/** How the run of a handler ended. `put back`: the host stopped. */
export type RunEnd = 'succeeded' | 'failed' | 'never again' | { readonly later: number } | 'lost' | 'put back';

export interface ModelWork {
  /** What is in its payload; of what a destination gets, whom it is about. */
  readonly name: string;
  id: string | undefined;
  readonly target: FunctionDefinition;
  readonly orderKey: string | null;
  readonly maxAttempts: number | null;
  readonly chain: number;
  state: WorkState;
  /** Its place among those of its order key. */
  place: number;
  dueAt: number;
  /** Not before; null while it runs or when it is over. */
  readyAt: number | null;
  starts: number;
  failures: number;
  losses: number;
  errors: number;
  startedAt: number;
  endedAt: number;
  stopAsked: boolean;
  /** Its time is over, and that is its answer. */
  overdue: boolean;
  /** Its time is over, and its handler goes on. */
  hanging: boolean;
  /** It is in the part of the queue that ends with the host. */
  readonly inMemory: boolean;
  /** Not kept any more. */
  gone: boolean;
}

interface Dedupe {
  readonly work: ModelWork;
  readonly until: number;
}

export interface Kept {
  readonly age: number;
  readonly count: number;
}

export class AsyncModel {
  works: ModelWork[] = [];
  #dedupes = new Map<string, Dedupe>();
  #places = 0;
  readonly #functions: ReadonlyMap<string, FunctionDefinition>;
  readonly #ended: Kept;
  readonly #dead: Kept;
  /** How often what happened. */
  readonly seen: Map<string, number>;
  readonly problems: string[] = [];
  now: () => number = () => 0;

  constructor(
    functions: ReadonlyMap<string, FunctionDefinition>,
    kept: { readonly ended: Kept; readonly dead: Kept },
    seen: Map<string, number>,
  ) {
    this.#functions = functions;
    this.#ended = kept.ended;
    this.#dead = kept.dead;
    this.seen = seen;
  }

  // What is done to it.

  /** The work that an enqueue with this key has to be taken for. */
  duplicateOf(target: string, dedupeKey: string | undefined): ModelWork | undefined {
    const known = dedupeKey === undefined ? undefined : this.#dedupes.get(`${target} ${dedupeKey}`);
    if (known === undefined) return undefined;
    return this.now() < known.until || (!known.work.gone && isLive(known.work)) ? known.work : undefined;
  }

  create(name: string, target: FunctionDefinition, own: Partial<ModelWork> & { readonly delay?: number }): ModelWork {
    const dueAt = this.now() + (own.delay ?? 0);
    return {
      name,
      id: undefined,
      target,
      orderKey: own.orderKey ?? null,
      maxAttempts: own.maxAttempts ?? null,
      chain: own.chain ?? 0,
      state: 'Enqueued',
      place: 0,
      dueAt,
      readyAt: dueAt,
      starts: 0,
      failures: 0,
      losses: 0,
      errors: 0,
      startedAt: 0,
      endedAt: 0,
      stopAsked: false,
      overdue: false,
      hanging: false,
      inMemory: own.inMemory ?? target.durability === 'memory',
      gone: false,
    };
  }

  /** It was accepted, at `at`. */
  admit(work: ModelWork, dedupeKey?: string, at: number = this.now()): void {
    work.place = ++this.#places;
    this.works.push(work);
    if (dedupeKey !== undefined) this.#dedupes.set(`${work.target.key} ${dedupeKey}`, { work, until: at + DEDUPE_AGE });
  }

  started(work: ModelWork, attempt: number): void {
    const now = this.now();
    if (!isWaiting(work)) this.#wrong(work, `starts while it is ${work.state}`);
    if (now < (work.readyAt ?? Infinity)) this.#wrong(work, `starts ${(work.readyAt ?? Infinity) - now} ms early`);
    if (this.isBlocked(work)) this.#wrong(work, `starts before another with its order key`);
    if (now >= work.dueAt + work.target.retry.maxAge) this.#wrong(work, 'starts although it has expired');
    if (attempt !== work.starts + 1) this.#wrong(work, `starts as attempt ${attempt} after ${work.starts} starts`);
    if (this.#running(work.target) >= work.target.asyncConcurrency)
      this.#wrong(work, 'starts beyond the asyncConcurrency');
    if (attempt > 1) this.#count('started again');
    if (work.orderKey !== null && this.works.some((one) => one !== work && sameKey(one, work) && isLive(one)))
      this.#count('started while others of its key wait');
    work.starts += 1;
    work.state = 'Running';
    work.readyAt = null;
    work.startedAt = now;
  }

  timedOut(work: ModelWork): void {
    if (this.now() < work.startedAt + work.target.timeout) this.#wrong(work, 'timed out early');
    work.hanging = true;
    if (!work.stopAsked) work.overdue = true;
    this.#count('timed out');
  }

  ended(work: ModelWork, how: RunEnd): void {
    const now = this.now();
    if (work.state !== 'Running') this.#wrong(work, `a run ended while it was ${work.state}`);
    const overdue = work.overdue;
    work.overdue = false;
    work.hanging = false;
    if (work.stopAsked && !overdue) {
      this.#over(work, 'Stopped');
      return;
    }
    const end = overdue ? 'failed' : how;
    if (typeof end === 'object') {
      this.#count('came back later');
      work.errors += 1;
      this.#waitAgain(work, end.later);
    } else {
      switch (end) {
        case 'succeeded':
          this.#over(work, 'Succeeded');
          break;
        case 'put back':
          this.#count('put back');
          this.#waitAgain(work, 0);
          break;
        case 'lost':
          this.#count('lost');
          this.#lose(work, Infinity);
          break;
        case 'never again':
          work.errors += 1;
          this.#count('not to be tried again');
          this.#over(work, 'Failed');
          break;
        case 'failed': {
          work.errors += 1;
          work.failures += 1;
          const attempts = work.maxAttempts ?? work.target.retry.attempts;
          if (work.failures >= attempts) this.#over(work, 'Failed');
          else this.#waitAgain(work, backoff(work.target, work.failures));
        }
      }
    }
    // Who asked for its stop in vain finds it waiting, unless it is found expired first.
    if (work.stopAsked && now < (work.readyAt ?? 0)) this.#over(work, 'Stopped');
    else if (isLive(work) && now < (work.readyAt ?? 0)) this.#count('waits for its back-off');
  }

  /** It was found expired in place of a run. */
  expired(work: ModelWork): void {
    const now = this.now();
    if (!isWaiting(work)) this.#wrong(work, `expired while it was ${work.state}`);
    if (now < work.dueAt + work.target.retry.maxAge)
      this.#wrong(work, `expired ${work.dueAt + work.target.retry.maxAge - now} ms early`);
    if (this.isBlocked(work)) this.#wrong(work, 'expired before another with its order key');
    this.#over(work, 'Expired');
  }

  /** It was given up after too many losses. */
  givenUp(work: ModelWork): void {
    if (work.losses <= MAX_LOSSES) this.#wrong(work, `was given up after ${work.losses} losses`);
    this.#count('given up');
    this.#over(work, 'Failed');
  }

  stop(work: ModelWork): 'Stopped' | 'later' | 'InvocationEnded' | 'InvocationNotFound' {
    if (work.gone) return 'InvocationNotFound';
    if (!isLive(work)) return 'InvocationEnded';
    if (isWaiting(work)) {
      this.#count('stopped while it waited');
      this.#over(work, 'Stopped');
      return 'Stopped';
    }
    this.#count(work.overdue ? 'stopped when its time was over' : 'stopped while it ran');
    work.stopAsked = true;
    return 'later';
  }

  /** The dead letters, or those of a function, oldest first. */
  deadOf(target: string | undefined): ModelWork[] {
    return this.works
      .filter((one) => !one.gone && isDead(one) && (target === undefined || one.target.key === target))
      .sort((a, b) => a.endedAt - b.endedAt || Math.abs(seqOf(a)) - Math.abs(seqOf(b)));
  }

  redriven(work: ModelWork): void {
    this.#count('redriven');
    work.state = 'Enqueued';
    work.failures = 0;
    work.losses = 0;
    work.dueAt = this.now();
    work.readyAt = this.now();
    work.place = ++this.#places;
  }

  purged(work: ModelWork): void {
    this.#count('purged');
    work.gone = true;
  }

  /** The host was killed: what ran is lost. */
  killed(): void {
    for (const work of this.works) if (work.state === 'Running') this.#lose(work, 0);
  }

  /** The host is gone, and with it what lived in memory. */
  forgetMemory(): void {
    this.works = this.works.filter(({ inMemory }) => !inMemory);
    for (const [key, { work }] of this.#dedupes) if (work.inMemory) this.#dedupes.delete(key);
    for (const work of this.works) work.stopAsked = work.overdue = work.hanging = false;
  }

  /** What gives everything back as it is now. */
  snapshot(): () => void {
    const copies = new Map(this.works.map((work) => [work, { ...work }]));
    const [works, dedupes, places] = [[...this.works], new Map(this.#dedupes), this.#places];
    return () => {
      for (const [work, copy] of copies) Object.assign(work, copy);
      this.works = works;
      this.#dedupes = dedupes;
      this.#places = places;
    };
  }

  // What has to be true.

  isBlocked(work: ModelWork): boolean {
    if (work.orderKey === null) return false;
    return this.works.some((one) => one !== work && sameKey(one, work) && isLive(one) && one.place < work.place);
  }

  /** Nothing that could run waits. */
  checkProgress(): void {
    for (const target of this.#functions.values()) {
      // A handler that goes on after its time takes its instance out of service.
      if (this.works.some((one) => one.target === target && one.hanging)) continue;
      const slots = target.maxInstances * target.instanceConcurrency;
      if (this.#running(target) >= Math.min(target.asyncConcurrency, slots)) continue;
      for (const work of this.works) {
        if (work.target !== target || !isWaiting(work) || this.isBlocked(work)) continue;
        if ((work.readyAt ?? 0) <= this.now()) this.#wrong(work, 'waits although it could run');
      }
    }
  }

  /** `find` gives the stored row. */
  compare(find: (work: ModelWork) => WorkRecord | undefined): void {
    for (const work of this.works) {
      if (work.gone) continue;
      const row = find(work);
      if (row === undefined) {
        if (this.#mayBeGone(work)) this.#count('not kept any more');
        else this.#wrong(work, 'is lost');
        work.gone = true;
        continue;
      }
      this.#compare(work, row);
    }
  }

  #compare(work: ModelWork, row: WorkRecord): void {
    const { state, starts, losses, errors } = work;
    const expected = { state, starts, losses, errors: Math.min(errors, 50) };
    const found = { state: row.state, starts: row.starts, losses: row.losses, errors: row.errors.length };
    // A first start that was taken back leaves no trace; so the state says less than it could.
    if (starts === 0 && state === 'Retrying') expected.state = 'Enqueued';
    if (JSON.stringify(expected) !== JSON.stringify(found))
      this.#wrong(work, `is ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`);
    if (!isLive(work)) return;
    if (row.failures !== work.failures) this.#wrong(work, `has ${row.failures} failures, not ${work.failures}`);
    if (row.dueAt !== work.dueAt) this.#wrong(work, `is due at ${row.dueAt}, not ${work.dueAt}`);
    // Behind others of its key it has no time yet.
    if (row.readyAt === null ? isWaiting(work) && !this.isBlocked(work) : row.readyAt < (work.readyAt ?? Infinity))
      this.#wrong(work, `is ready at ${row.readyAt}, not ${work.readyAt}`);
  }

  counts(): { readonly live: number; readonly kept: number; readonly running: number } {
    const works = this.works.filter(({ gone }) => !gone);
    const live = works.filter(isLive).length;
    return { live, kept: works.length - live, running: works.filter(({ state }) => state === 'Running').length };
  }

  /** Ledger time at which something has to happen next. */
  get next(): number | undefined {
    const times = this.works.flatMap((one) => (one.readyAt !== null && one.readyAt > this.now() ? [one.readyAt] : []));
    return times.length === 0 ? undefined : Math.min(...times);
  }

  wrong(message: string): void {
    this.problems.push(message);
  }

  count(what: string): void {
    this.#count(what);
  }

  #running(target: FunctionDefinition): number {
    return this.works.filter((one) => one.target === target && one.state === 'Running').length;
  }

  #lose(work: ModelWork, limit: number): void {
    work.errors += 1;
    work.losses += 1;
    if (work.losses > MAX_LOSSES && limit === Infinity) {
      this.#over(work, 'Failed');
      return;
    }
    if (work.losses > MAX_LOSSES) this.#waitAgain(work, 0);
    else this.#waitAgain(work, backoff(work.target, work.losses), limit === 0);
  }

  /** What is lost with the host may wait beyond its age; it then expires late. */
  #waitAgain(work: ModelWork, delay: number, beyond = false): void {
    work.state = 'Retrying';
    const expiry = work.dueAt + work.target.retry.maxAge;
    work.readyAt = beyond ? this.now() + delay : Math.min(this.now() + delay, expiry);
  }

  #over(work: ModelWork, state: 'Succeeded' | 'Failed' | 'Expired' | 'Stopped'): void {
    this.#count(state);
    work.state = state;
    work.readyAt = null;
    work.endedAt = this.now();
    work.stopAsked = false;
    const { onSuccess, onFailure } = work.target;
    const told = state === 'Succeeded' ? onSuccess : state === 'Stopped' ? undefined : onFailure;
    const destination = told === undefined ? undefined : this.#functions.get(told);
    if (destination === undefined) return;
    if (work.chain >= MAX_CHAIN) {
      this.#count('the chain ended');
      return;
    }
    this.#count(state === 'Succeeded' ? 'told a success' : 'told a failure');
    const { inMemory } = work;
    this.admit(this.create(`about ${work.id}`, destination, { chain: work.chain + 1, inMemory }));
  }

  #mayBeGone(work: ModelWork): boolean {
    if (isLive(work)) return false;
    const { age, count } = isDead(work) ? this.#dead : this.#ended;
    if (this.now() >= work.endedAt + age) return true;
    const { inMemory } = work;
    const others = this.works.filter(
      (one) => !isLive(one) && isDead(one) === isDead(work) && one.inMemory === inMemory,
    );
    return others.filter((one) => one.endedAt >= work.endedAt).length > count;
  }

  /** Whether more is kept than may be, when tidying had its time. */
  checkKept(up: number): void {
    const settled = this.now() - 2 * TIDY;
    if (up < 2 * TIDY) return;
    for (const [dead, { age, count }] of [
      [false, this.#ended],
      [true, this.#dead],
    ] as const) {
      for (const side of [false, true]) {
        const kept = this.works.filter(
          (one) => !one.gone && !isLive(one) && isDead(one) === dead && one.inMemory === side,
        );
        for (const work of kept) if (work.endedAt + age < settled) this.#wrong(work, 'is kept for too long');
        if (kept.length > count && kept.every(({ endedAt }) => endedAt < settled))
          this.wrong(`${kept.length} are kept, and not ${count}`);
      }
    }
  }

  #wrong({ name, target, id }: ModelWork, what: string): void {
    this.problems.push(`at ${this.now()}: ${name} of ${target.key} (${id ?? 'no id yet'}) ${what}`);
  }

  #count(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }
}

export function isLive({ state }: Pick<ModelWork, 'state'>): boolean {
  return state === 'Enqueued' || state === 'Running' || state === 'Retrying';
}

export function isDead({ state }: Pick<ModelWork, 'state'>): boolean {
  return state === 'Failed' || state === 'Expired';
}

function isWaiting({ state }: ModelWork): boolean {
  return state === 'Enqueued' || state === 'Retrying';
}

function sameKey(a: ModelWork, b: ModelWork): boolean {
  return a.orderKey === b.orderKey && a.target === b.target;
}

function backoff({ retry }: FunctionDefinition, n: number): number {
  return Math.min(retry.maxDelay, retry.minDelay * 2 ** (n - 1));
}

/** The number in an id; a plain count in base 36. */
export function seqOf({ id }: Pick<ModelWork, 'id'>): number {
  const digits = /\.(M?)([0-9a-z]+)$/.exec(id ?? '');
  if (digits === null) return NaN;
  const value = Number.parseInt(digits[2] ?? '', 36);
  return digits[1] === 'M' ? -value : value;
}
