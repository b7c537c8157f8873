/**
 * Timers: each tick is an Async invocation, accepted in the commit that stores the tick.
 *
 * Cron goes by the wall clock, which lies: a machine may boot in 1970 and jump, or step back. While the clock is behind
 * the newest time on disk (or can be no real one), cron holds. Ticks that a stop or a step of the clock skipped fire once
 * (`catchUp`) or not at all, never in a burst. `every` goes by ledger time, which no step moves.
 */
import type { Clock, TimerHandle } from '../clock.ts';
import type { FunctionDefinition, TimerDefinition } from '../definition.ts';
import type { HostEventBus } from '../events.ts';
import { isTrusted } from '../queue/ledger-clock.ts';
import type { TimerTick } from '../queue/tables.ts';
import type { AsyncScheduler } from '../scheduler/async.ts';
import { nextTick } from './schedule.ts';

/** ms after which the clocks are looked at again, whatever is due. */
const LOOK_INTERVAL = 30_000;
/** The same while cron holds: ticks that come before the clock is seen to be right are missed. */
const HELD_INTERVAL = 1000;
/** ms that the wall clock may gain or lose against the monotonic one between two looks before that is a step. */
const STEP = 2000;
/** ms until a tick that the queue had no room for is tried again. */
const REFUSED_DELAY = 5000;

export interface TimersParts {
  readonly clock: Clock;
  readonly events: HostEventBus;
  readonly async: AsyncScheduler;
  readonly functions: readonly FunctionDefinition[];
  /** The newest wall clock on disk, epoch ms. */
  readonly newestWall: number;
}

/** A timer for people. */
export interface TimerStatus {
  readonly function: string;
  readonly name: string;
  /** Epoch ms; undefined: the clock is behind, or it will never fire. */
  readonly next: number | undefined;
  readonly last: number | undefined;
}

interface Timer {
  readonly target: FunctionDefinition;
  readonly definition: TimerDefinition;
  /** The tick that was enqueued last. */
  last: TimerTick | undefined;
  /** cron: epoch ms; every: ledger ms. Undefined: to be found out, or never. */
  next: number | undefined;
  /** Its tick is on its way to the queue. */
  firing: boolean;
  /** The tick was refused, and is tried again then. */
  retry: TimerHandle | undefined;
}

interface Look {
  readonly wall: number;
  readonly monotonic: number;
}

export class Timers {
  readonly #parts: TimersParts;
  readonly #timers: readonly Timer[];
  /** The newest wall clock ever seen. */
  #newest: number;
  #lastLook: Look | undefined;
  /** Whether cron holds, and was said to. */
  #held = false;
  #handle: TimerHandle | undefined;
  #running = false;

  constructor(parts: TimersParts) {
    this.#parts = parts;
    this.#newest = parts.newestWall;
    this.#timers = parts.functions.flatMap((target) =>
      target.timers.map((definition): Timer => ({
        target,
        definition,
        last: undefined,
        next: undefined,
        firing: false,
        retry: undefined,
      })),
    );
  }

  async start(): Promise<void> {
    if (this.#timers.length === 0) return;
    const ticks = await this.#parts.async.execute({
      kind: 'timers',
      timers: this.#timers.map(({ target, definition }) => ({ target: target.key, name: definition.name })),
    });
    this.#timers.forEach((timer, index) => {
      timer.last = ticks[index];
    });
    this.#running = true;
    this.#look();
  }

  stop(): void {
    const { clock } = this.#parts;
    this.#running = false;
    clock.clearTimeout(this.#handle);
    for (const { retry } of this.#timers) clock.clearTimeout(retry);
  }

  /** Whether cron holds: the wall clock is behind the newest time known, or no real one. */
  get held(): boolean {
    return this.#isBehind(this.#parts.clock.now());
  }

  status(): TimerStatus[] {
    const { async, clock } = this.#parts;
    const toWall = clock.now() - async.ledgerClock.now();
    return this.#timers.map(({ target, definition, next, last }) => ({
      function: target.key,
      name: definition.name,
      next: next === undefined || definition.schedule.kind === 'cron' ? next : next + toWall,
      last: last?.wall,
    }));
  }

  #isBehind(wall: number): boolean {
    return !isTrusted(wall) || wall < this.#newest;
  }

  /** Looks at the clocks, fires what is due, and comes back when the next is. */
  readonly #look = (): void => {
    if (!this.#running) return;
    const { clock, async } = this.#parts;
    const look: Look = { wall: clock.now(), monotonic: clock.monotonic() };
    const before = this.#lastLook;
    this.#lastLook = look;
    const expected = before === undefined ? undefined : before.wall + look.monotonic - before.monotonic;
    // Ticks up to here came while the clock ran; later ones it jumped over.
    const ranUntil = expected === undefined || look.wall - expected > STEP ? (expected ?? -Infinity) : look.wall;
    const held = this.#isBehind(look.wall);
    if (held !== this.#held) this.#tellHeld(held, look.wall);
    const resumed = this.#held && !held;
    this.#held = held;
    const at = async.ledgerClock.now();
    for (const timer of this.#timers) {
      if (timer.firing) continue;
      if (timer.definition.schedule.kind === 'every') this.#lookAtEvery(timer, at);
      else if (!held) this.#lookAtCron(timer, look.wall, resumed ? -Infinity : ranUntil);
    }
    if (!held) this.#newest = look.wall;
    this.#arm(look.wall, at, held);
  };

  #lookAgain(): void {
    if (!this.#running) return;
    this.#parts.clock.clearTimeout(this.#handle);
    this.#look();
  }

  #lookAtCron(timer: Timer, wall: number, ranUntil: number): void {
    const { schedule, catchUp } = timer.definition;
    const first = timer.next === undefined;
    // The first look of this start, or the first with a clock that is right: what would have come next?
    if (first) timer.next = nextTick(schedule, timer.last?.wall ?? wall);
    if (timer.next === undefined || timer.next > wall) return;
    const missed = first || timer.next > ranUntil;
    const tick = timer.next;
    timer.next = nextTick(schedule, wall);
    if (!missed || catchUp) this.#fire(timer, tick, tick);
  }

  #lookAtEvery(timer: Timer, at: number): void {
    const { schedule, catchUp } = timer.definition;
    if (schedule.kind !== 'every') return;
    const { interval } = schedule;
    const first = timer.next === undefined;
    // Before the first tick by a grid in ledger time: a host that is restarted more often would never get there.
    timer.next ??= (timer.last?.at ?? Math.floor(at / interval) * interval) + interval;
    if (timer.next > at) return;
    const tick = timer.next;
    timer.next = tick + (Math.floor((at - tick) / interval) + 1) * interval;
    if (!first || catchUp) this.#fire(timer, tick, this.#parts.clock.now());
  }

  /** `tick`: the time that it stands for, as its schedule counts; `wall`: the same for people, epoch ms. */
  #fire(timer: Timer, tick: number, wall: number): void {
    const { target, definition } = timer;
    const { async } = this.#parts;
    const stored: TimerTick = {
      wall,
      at: definition.schedule.kind === 'every' ? tick : async.ledgerClock.now(),
    };
    const event = {
      triggerTime: new Date(wall).toISOString(),
      triggerName: definition.name,
      payload: definition.payload,
    };
    timer.firing = true;
    const work = {
      target: target.key,
      payload: JSON.stringify(event),
      invokerContext: null,
      caller: null,
      delay: 0,
      dedupeKey: null,
      orderKey: null,
      maxAttempts: null,
      hops: 0,
      chain: 0,
    };
    const { name } = definition;
    async.put(target, work, { kind: 'timer', name }, { name, tick: stored }).then(
      (result) => {
        if (result.kind !== 'full') {
          timer.firing = false;
          timer.last = stored;
          // The next may have come meanwhile.
          this.#lookAgain();
          return;
        }
        this.#say(`the timer ${definition.name} of ${target.key} is late: ${result.message}`);
        if (!this.#running) return;
        timer.retry = this.#parts.clock.setTimeout(() => {
          timer.retry = undefined;
          this.#fire(timer, tick, wall);
        }, REFUSED_DELAY);
      },
      () => {
        // The queue was closed: the tick was not stored, and counts as missed at the next start.
        timer.firing = false;
      },
    );
  }

  #arm(wall: number, at: number, held: boolean): void {
    let delay = LOOK_INTERVAL;
    // Cron goes on the moment that the clock has caught up, and soon after it was set right.
    if (held) delay = Math.min(delay, HELD_INTERVAL, isTrusted(wall) ? this.#newest - wall : Infinity);
    for (const { next, definition, firing } of this.#timers) {
      if (next === undefined || firing) continue;
      if (definition.schedule.kind === 'every') delay = Math.min(delay, next - at);
      else if (!held) delay = Math.min(delay, next - wall);
    }
    const { clock } = this.#parts;
    this.#handle = clock.setTimeout(this.#look, Math.max(1, Math.ceil(delay)));
    this.#handle.unref?.();
  }

  #tellHeld(held: boolean, wall: number): void {
    const clock = new Date(wall).toISOString();
    this.#say(
      held
        ? `the clock says ${clock}, which is ` +
            (isTrusted(wall)
              ? `before the newest time known, ${new Date(this.#newest).toISOString()}`
              : 'no real time') +
            ': cron timers hold until it is right'
        : `the clock says ${clock} now: cron timers go on`,
    );
  }

  #say(message: string): void {
    const { clock, events } = this.#parts;
    events.emit('log', { time: clock.now(), level: 'warn', message, source: 'host' });
  }
}
