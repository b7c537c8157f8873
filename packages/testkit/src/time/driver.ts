/**
 * Moves the virtual time of one host, and only when nothing else can go on.
 *
 * Whatever a test asks for is a demand; one loop serves all of them, so two that are made at once never move time twice.
 * Each round: everything that can go on without time goes on, real work included; who has what was asked for is answered;
 * then one timer fires.
 *
 * 1. No timer fires while something is under way: promises, immediates, real work, a busy part of the host (probes).
 * 2. `advance` and `advanceTo` are served one after the other, in the order of the calls; each counts from where the one
 *    before ended. While one is served, nobody else skips: the clock does not pass its target.
 * 3. Otherwise everyone who skips (`untilSettled`, `runUntilIdle`) goes along with the same timer, the next one.
 * 4. Time stands still from the moment in which nobody demands anything.
 * 5. Where nothing happens for `patience` of real time, everyone who waits fails with a StuckError; the next call tries
 *    again.
 */
import { readDuration } from '../duration.ts';
import { leaveFrames } from '../frame.ts';
import { Demand, type Wish } from './demand.ts';
import { Patience } from './patience.ts';
import { oneTurn, restOfTurn } from './real-time.ts';
import type { RealWork } from './real-work.ts';
import { stuckInLoop, stuckOnNothing, stuckOnTime, stuckOnWork, type StuckError, type StuckFacts } from './stuck.ts';
import type { VirtualClock } from './virtual-clock.ts';

export interface DriverParts {
  readonly clock: VirtualClock;
  readonly realWork: RealWork;
  readonly probes?: readonly Probe[];
  /** What the host waits for, in lines, for the message of whoever is stuck. */
  readonly describeStuck?: () => string;
  /** ms of real time without anything happening. Default: 2 s. */
  readonly patience?: number;
  /** Timers that are skipped through for one demand before it counts as a loop. Default: 100,000. */
  readonly mostSteps?: number;
}

/** A further part of the host that may be about to do something without time: mailboxes, commits of a file queue. */
export interface Probe {
  /** `'a commit of the queue'` */
  readonly what: string;
  readonly busy: () => boolean;
}

export interface UntilSettledOptions {
  /** Whether it may skip time. Default: true. */
  readonly skip?: boolean;
  /** What the test called, for messages. Default: `'the call'`. */
  readonly what?: string;
}

export interface Driver {
  /** Resolves when everything that can go on without time has gone on. */
  settle(): Promise<void>;
  /** Moves time on by ms, or by a duration such as `'6h'`; every timer on the way fires at its own instant. */
  advance(by: number | string): Promise<void>;
  /** The same up to an instant of the wall clock. */
  advanceTo(instant: Date | number | string): Promise<void>;
  /** Moves time from timer to timer until `isIdle` says that nothing runs and nothing is pending. */
  runUntilIdle(isIdle: () => boolean | Promise<boolean>): Promise<void>;
  /** Waits for `promise`, and moves time to the next timer whenever nothing else can go on. */
  untilSettled<T>(promise: Promise<T>, options?: UntilSettledOptions): Promise<T>;
}

const PATIENCE = 2000;

/**
 * Quiet turns of the event loop after which nothing is under way: one for what the last timer set going, one more for
 * what came by a message port, which arrives in the next turn.
 */
const QUIET_TURNS = 2;

/** About two seconds of real time; a month of a cron timer that fires each minute has 43,000. */
const MOST_STEPS = 100_000;

export function createDriver(parts: DriverParts): Driver {
  return new SteppingDriver(parts);
}

class SteppingDriver implements Driver {
  readonly #clock: VirtualClock;
  readonly #realWork: RealWork;
  readonly #probes: readonly Probe[];
  readonly #describeStuck: () => string;
  readonly #patienceMs: number;
  readonly #mostSteps: number;
  readonly #demands = new Set<Demand>();
  #serving = false;

  constructor({
    clock,
    realWork,
    probes = [],
    describeStuck = () => '',
    patience = PATIENCE,
    mostSteps = MOST_STEPS,
  }: DriverParts) {
    this.#clock = clock;
    this.#realWork = realWork;
    this.#probes = probes;
    this.#describeStuck = describeStuck;
    this.#patienceMs = patience;
    this.#mostSteps = mostSteps;
  }

  settle(): Promise<void> {
    return this.#demand('settle()', { kind: 'settle' });
  }

  async advance(by: number | string): Promise<void> {
    await this.#demand('advance()', { kind: 'advance', by: readDuration(by, 'advance()') });
  }

  async advanceTo(instant: Date | number | string): Promise<void> {
    const to = new Date(instant).getTime();
    const now = this.#clock.now();
    if (!(to >= now)) {
      const wrong = Number.isNaN(to)
        ? 'that is no date'
        : `it is ${new Date(now).toISOString()}, and time does not go back`;
      throw new RangeError(`advanceTo(${String(instant)}): ${wrong}; setNow() steps the wall clock.`);
    }
    await this.#demand('advanceTo()', { kind: 'advance', by: to - now });
  }

  runUntilIdle(isIdle: () => boolean | Promise<boolean>): Promise<void> {
    return this.#demand('runUntilIdle()', { kind: 'idle', isIdle });
  }

  async untilSettled<T>(promise: Promise<T>, { skip = true, what = 'the call' }: UntilSettledOptions = {}): Promise<T> {
    const demand = this.#add(what, { kind: 'outcome', skips: skip });
    const settled = (): void => {
      this.#demands.delete(demand); // At once: no further timer fires for it (4).
      demand.fulfil();
    };
    promise.then(settled, settled);
    await demand.promise;
    return promise;
  }

  #demand(what: string, wish: Wish): Promise<void> {
    return this.#add(what, wish).promise;
  }

  #add(what: string, wish: Wish): Demand {
    const demand = new Demand(what, wish);
    this.#demands.add(demand);
    // The loop is nobody's work, also when code inside of a frame asks.
    if (!this.#serving) void leaveFrames(() => this.#serve());
    return demand;
  }

  /** The loop: there while somebody demands something. It never rejects; who demands is told. */
  async #serve(): Promise<void> {
    this.#serving = true;
    const letGo = this.#realWork.hold();
    const patience = new Patience(this.#patienceMs);
    try {
      while (this.#demands.size > 0) {
        if (await this.#becomesQuiet(patience)) await this.#serveOnce(patience);
      }
    } catch (error) {
      this.#failAll(() => error); // What a timer threw.
    } finally {
      letGo();
      this.#serving = false;
    }
  }

  /** True when nothing is under way (1); false when somebody has to be looked after first. */
  async #becomesQuiet(patience: Patience): Promise<boolean> {
    // A commit of a queue in memory is promises and no more: looked at before them it would cost every timer a turn.
    await restOfTurn();
    for (let quiet = 0; quiet < QUIET_TURNS;) {
      if (this.#busy()) {
        quiet = 0;
        if (!(await patience.wait(this.#realWork.version)) && this.#busy()) {
          this.#failAll((demand) => stuckOnWork(this.#facts(demand), this.#realWork.items(), this.#busyParts()));
        }
      } else {
        quiet += 1;
        await oneTurn();
      }
      if (this.#demands.size === 0) return false;
    }
    return !this.#busy();
  }

  async #serveOnce(patience: Patience): Promise<void> {
    const clock = this.#clock;
    for (const demand of this.#demands) if (demand.wish.kind === 'settle') this.#fulfil(demand);
    if (!(await this.#answerIdle(patience))) return;

    const [advancing] = [...this.#demands].filter(({ wish }) => wish.kind === 'advance');
    if (advancing?.wish.kind === 'advance') {
      advancing.wish.target ??= clock.monotonic() + advancing.wish.by;
      if (!clock.step(advancing.wish.target)) this.#fulfil(advancing);
      patience.renew();
      return;
    }

    const skipping = [...this.#demands].filter(({ skips }) => skips);
    if (skipping.length > 0 && clock.step(Infinity)) {
      patience.renew();
      for (const demand of skipping) this.#countStep(demand);
      return;
    }
    if (this.#demands.size === 0) return;
    // Only from outside can anything come now: the test itself may be about to settle what is waited for.
    if (!(await patience.wait('nothing'))) this.#failAll((demand) => this.#stuckQuietly(demand));
  }

  /** Answers `runUntilIdle`. False when somebody has to be looked after first, because the asking took time. */
  async #answerIdle(patience: Patience): Promise<boolean> {
    let asked = false;
    for (const demand of this.#demands) {
      if (demand.wish.kind !== 'idle') continue;
      try {
        const answer = demand.wish.isIdle();
        asked ||= typeof answer !== 'boolean';
        if (await answer) this.#fulfil(demand);
      } catch (error) {
        this.#fail(demand, error);
      }
    }
    return !asked || (await this.#becomesQuiet(patience));
  }

  #countStep(demand: Demand): void {
    demand.steps += 1;
    if (demand.steps >= this.#mostSteps && !demand.over)
      this.#fail(demand, stuckInLoop(this.#facts(demand), demand.steps));
  }

  #stuckQuietly(demand: Demand): StuckError {
    const { nextDue } = this.#clock;
    const facts = this.#facts(demand);
    return nextDue === undefined ? stuckOnNothing(facts) : stuckOnTime(facts, nextDue - this.#clock.monotonic());
  }

  #facts({ what }: Demand): StuckFacts {
    return { what, patience: this.#patienceMs, now: this.#clock.now(), engine: this.#describeStuck() };
  }

  #busy(): boolean {
    return this.#realWork.busy || this.#probes.some(({ busy }) => busy());
  }

  #busyParts(): string[] {
    return this.#probes.filter(({ busy }) => busy()).map(({ what }) => what);
  }

  #fulfil(demand: Demand): void {
    this.#demands.delete(demand);
    demand.fulfil();
  }

  #fail(demand: Demand, error: unknown): void {
    this.#demands.delete(demand);
    demand.fail(error);
  }

  #failAll(toError: (demand: Demand) => unknown): void {
    for (const demand of this.#demands) this.#fail(demand, toError(demand));
  }
}
