/** Days of Async work in milliseconds, always the same; and clocks that lie (I7). */
import { describe, expect, it } from 'vitest';
import type { FunctionDefinition, TimerDefinition } from '../../src/engine/definition.ts';
import { MemoryQueue } from '../../src/engine/queue/memory-queue.ts';
import { MemoryTables } from '../../src/engine/queue/memory-tables.ts';
import type { OpeningFacts } from '../../src/engine/queue/queue.ts';
import { QUEUE_LIMITS } from '../support/queue-limits.ts';
import type { ScriptedRun } from './support/scripted-isolation.ts';
import { TestEngine, type InvokeOptions } from './support/test-engine.ts';
import { live, VirtualClock } from './support/virtual-clock.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TODAY = Date.UTC(2030, 0, 1, 10);
const RETRY = { attempts: 4, minDelay: SECOND, maxDelay: 5 * MINUTE, maxAge: DAY };

interface HostOptions {
  readonly functions: Readonly<Record<string, Partial<FunctionDefinition>>>;
  readonly handle?: (run: ScriptedRun, clock: VirtualClock) => void;
  readonly wall?: number;
  readonly tables?: MemoryTables;
  readonly machine?: OpeningFacts['machine'];
  readonly seed?: number;
  readonly maxQueueBytes?: number;
}

/** A start of a host, and every run that it has begun: ms since the start, event, attempt. */
class Host {
  readonly clock: VirtualClock;
  readonly tables: MemoryTables;
  readonly test: TestEngine;
  readonly runs: { readonly at: number; readonly event: string; readonly attempt: number }[] = [];

  constructor(options: HostOptions) {
    const {
      functions,
      handle = (run: ScriptedRun): void => run.return(),
      wall = TODAY,
      tables = new MemoryTables(),
      seed = 1,
      machine,
    } = options;
    this.clock = new VirtualClock(wall);
    this.tables = tables;
    const limits = { ...QUEUE_LIMITS, maxQueueBytes: options.maxQueueBytes ?? QUEUE_LIMITS.maxQueueBytes };
    this.test = new TestEngine({
      functions,
      behaviour: { readyAfter: 0 },
      clock: this.clock,
      queue: new MemoryQueue({ limits, tables }),
      bootId: `boot${tables.boots().length + 1}`,
      random: randomOf(seed),
      ...(machine === undefined ? {} : { machine }),
    });
    this.test.isolation.onStart = (instance) => {
      instance.onRun = (run) => {
        this.runs.push({ at: this.clock.monotonic(), event: run.event, attempt: run.attempt });
        this.clock.setTimeout(() => handle(run, this.clock), 0);
      };
    };
  }

  static async start(options: HostOptions): Promise<Host> {
    const host = new Host(options);
    const opened = host.test.engine.open();
    await live(host.clock, 0);
    await opened;
    return host;
  }

  async enqueue(target: string, event: string, options: InvokeOptions = {}): Promise<string> {
    const invoked = this.test.invoke(target, { ...options, type: 'Async', payload: event });
    await live(this.clock, 0);
    if (invoked.outcome?.kind !== 'accepted') throw new Error(`${event}: ${JSON.stringify(invoked.outcome)}`);
    return invoked.outcome.id;
  }

  pass(ms: number): Promise<void> {
    return live(this.clock, ms);
  }

  /** Only its runs, only when. */
  timesOf(event: string): number[] {
    return this.runs.filter((run) => run.event === event).map(({ at }) => at);
  }

  /** The times that ticks of a timer stand for. */
  ticksOf(timer: string): string[] {
    return this.runs.flatMap(({ event }) => {
      if (!event.startsWith('{')) return [];
      const { triggerName, triggerTime } = JSON.parse(event) as { triggerName: string; triggerTime: string };
      return triggerName === timer ? [triggerTime.slice(0, 19)] : [];
    });
  }

  async stateOf(id: string): Promise<string> {
    const found = await this.test.engine.queries.get(id);
    return found.kind === 'found' ? found.value.state : found.code;
  }
}

function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function cron(name: string, expression: string, catchUp = false): TimerDefinition {
  return { name, schedule: { kind: 'cron', expression, timeZone: 'UTC' }, payload: '', catchUp };
}

function every(name: string, interval: number, catchUp = false): TimerDefinition {
  return { name, schedule: { kind: 'every', interval }, payload: '', catchUp };
}

describe('long times', () => {
  const sixHours = async (seed: number): Promise<{ readonly host: Host; readonly state: string }> => {
    const retry = { attempts: Infinity, minDelay: SECOND, maxDelay: 5 * MINUTE, maxAge: 6 * HOUR };
    const host = await Host.start({
      functions: { 'S/a': { durability: 'fsync', retry } },
      handle: (run) => run.throw('down'),
      seed,
    });
    const id = await host.enqueue('S/a', 'x');
    await host.pass(6 * HOUR - 1);
    expect(await host.stateOf(id)).toBe('Retrying');
    await host.pass(1);
    return { host, state: await host.stateOf(id) };
  };

  it('six hours of retries back off, spread, and end in time; in milliseconds, and the same for the same seed', async () => {
    const begin = performance.now();
    const { host, state } = await sixHours(7);
    const took = performance.now() - begin;
    expect(state).toBe('Expired');
    const times = host.timesOf('x');
    const delays = times.slice(1).map((at, n) => at - times[n]!);
    delays.forEach((delay, n) => {
      const due = Math.min(5 * MINUTE, SECOND * 2 ** n);
      expect(delay).toBeGreaterThanOrEqual(due === 5 * MINUTE ? due * 0.75 : due);
      expect(delay).toBeLessThanOrEqual(Math.min(5 * MINUTE, due * 1.25));
    });
    expect(times.length).toBeGreaterThan(70);
    expect(new Set(delays.slice(-50)).size).toBeGreaterThan(40);
    expect((await sixHours(7)).host.runs).toEqual(host.runs);
    expect((await sixHours(8)).host.runs).not.toEqual(host.runs);
    expect(took).toBeLessThan(2000);
    console.log(`six hours with ${times.length} runs took ${Math.round(took)} ms`);
  });

  const threeDays = async (seed: number): Promise<{ readonly host: Host; readonly states: readonly string[] }> => {
    const retry = { attempts: Infinity, minDelay: SECOND, maxDelay: 5 * MINUTE, maxAge: 7 * DAY };
    const host = await Host.start({
      functions: { 'S/uplink': { durability: 'fsync', retry, asyncConcurrency: 3, maxInstances: 3 } },
      handle: (run, clock) => {
        if (clock.monotonic() < 3 * DAY) run.throw('no network');
        else run.return('sent');
      },
      seed,
    });
    const ids = [];
    for (let n = 0; n < 4; n += 1) ids.push(await host.enqueue('S/uplink', `reading ${n}`, { orderKey: `${n % 3}` }));
    await host.pass(3 * DAY);
    for (const id of ids) expect(['Enqueued', 'Retrying']).toContain(await host.stateOf(id));
    await host.pass(10 * MINUTE);
    return { host, states: await Promise.all(ids.map((id) => host.stateOf(id))) };
  };

  it('a link that is down for three days loses nothing under untilExpired, and all is sent soon after', async () => {
    const begin = performance.now();
    const { host, states } = await threeDays(3);
    const took = performance.now() - begin;
    expect(states).toEqual(['Succeeded', 'Succeeded', 'Succeeded', 'Succeeded']);
    // In order, within one key.
    expect(host.timesOf('reading 3')[0]).toBe(host.timesOf('reading 0').at(-1));
    expect(host.runs.length).toBeGreaterThan(3 * 3 * 24 * 11);
    expect(took).toBeLessThan(10_000);
    expect((await threeDays(3)).host.runs).toEqual(host.runs);
    console.log(`three days with ${host.runs.length} runs took ${Math.round(took)} ms`);
  });
});

describe('clocks that lie', () => {
  it('a clock that starts in 1970 and jumps to today expires nothing, is not early, and bursts nothing', async () => {
    const timers = [cron('cron', '* * * * *'), cron('caught', '* * * * *', true), every('every', 10 * MINUTE)];
    let down = true;
    const host = await Host.start({
      functions: {
        'S/a': {
          durability: 'fsync',
          retry: { ...RETRY, attempts: Infinity, maxAge: 2 * HOUR },
          asyncConcurrency: 4,
          maxInstances: 4,
        },
        'S/clock': { durability: 'fsync', timers },
      },
      handle: (run) => {
        if (run.event === 'fails' && down) run.throw('not yet');
        else run.return('ok');
      },
      wall: 5000,
    });
    const first = await host.enqueue('S/a', 'deduplicated', { dedupeKey: 'k' });
    const delayed = await host.enqueue('S/a', 'delayed', { delay: HOUR });
    const failing = await host.enqueue('S/a', 'fails');
    await host.pass(25 * MINUTE);
    expect([host.ticksOf('cron'), host.ticksOf('caught')]).toEqual([[], []]);
    expect(host.ticksOf('every')).toHaveLength(2);
    const before = host.runs.length;
    host.clock.setWall(TODAY + 30 * SECOND);
    await host.pass(29 * SECOND);
    // Nothing but what is due anyway: a retry at most.
    expect(host.runs.slice(before).filter(({ event }) => event !== 'fails')).toEqual([]);
    expect([await host.stateOf(delayed), await host.stateOf(failing)]).toEqual(['Enqueued', 'Retrying']);
    await host.pass(5 * MINUTE);
    const minutes = [1, 2, 3, 4, 5].map((n) => `2030-01-01T10:0${n}:00`);
    expect([host.ticksOf('cron'), host.ticksOf('caught')]).toEqual([minutes, minutes]);
    expect(await host.enqueue('S/a', 'repeat', { dedupeKey: 'k' })).toBe(first);
    expect(host.ticksOf('every')).toHaveLength(3);
    down = false;
    await host.pass(HOUR);
    expect(host.timesOf('delayed')).toEqual([HOUR]);
    expect([await host.stateOf(delayed), await host.stateOf(failing)]).toEqual(['Succeeded', 'Succeeded']);
    await host.pass(DAY - host.clock.monotonic() - 1);
    expect(await host.enqueue('S/a', 'repeat', { dedupeKey: 'k' })).toBe(first);
    await host.pass(1);
    expect(await host.enqueue('S/a', 'repeat', { dedupeKey: 'k' })).not.toBe(first);
  });

  it('a clock that steps back an hour delays nothing, repeats no tick, and loses none when it has caught up', async () => {
    const timers = [cron('cron', '*/10 * * * * *'), every('every', 10 * MINUTE)];
    const host = await Host.start({
      functions: { 'S/a': { durability: 'fsync', retry: RETRY }, 'S/clock': { durability: 'fsync', timers } },
    });
    const delayed = await host.enqueue('S/a', 'delayed', { delay: HOUR });
    await host.pass(10 * MINUTE + 5 * SECOND);
    expect(host.ticksOf('cron')).toHaveLength(60);
    host.clock.setWall(host.clock.now() - HOUR);
    await host.pass(50 * MINUTE);
    expect(host.ticksOf('cron')).toHaveLength(60);
    expect(host.ticksOf('every')).toHaveLength(6);
    expect(host.timesOf('delayed')).toEqual([HOUR]);
    expect(await host.stateOf(delayed)).toBe('Succeeded');
    // 9:50 to 10:10, and on: every tenth second once.
    await host.pass(20 * MINUTE);
    const ticks = host.ticksOf('cron');
    expect(ticks).toHaveLength(60 + 60);
    expect(ticks).toEqual(
      Array.from({ length: 120 }, (_, n) => new Date(TODAY + (n + 1) * 10 * SECOND).toISOString().slice(0, 19)),
    );
  });

  it('a step over ticks fires once where they are to be caught up with, and not at all elsewhere', async () => {
    const timers = [
      cron('noon', '0 12 * * *'),
      cron('caught noon', '0 12 * * *', true),
      cron('caught minutes', '* * * * *', true),
    ];
    const host = await Host.start({ functions: { 'S/clock': { durability: 'fsync', timers } } });
    await host.pass(90 * SECOND);
    host.clock.setWall(TODAY + 400 * DAY + 3 * HOUR + 30 * SECOND);
    await host.pass(20 * SECOND);
    await host.pass(10 * SECOND);
    expect(host.ticksOf('noon')).toEqual([]);
    expect(host.ticksOf('caught noon')).toEqual(['2030-01-01T12:00:00']);
    expect(host.ticksOf('caught minutes').slice(1, 2)).toEqual(['2030-01-01T10:02:00']);
    expect(host.ticksOf('caught minutes').length).toBeLessThanOrEqual(3);
  });

  it('a tick that the full queue refuses comes late, and the timer does not turn in circles meanwhile', async () => {
    const host = await Host.start({
      functions: {
        'S/a': { durability: 'fsync', retry: RETRY },
        'S/clock': { durability: 'fsync', timers: [cron('seconds', '* * * * * *')] },
      },
      handle: (run, clock) => {
        if (run.event.startsWith('large')) clock.setTimeout(() => run.return(), 4500);
        else run.return();
      },
      maxQueueBytes: 1000,
    });
    await host.enqueue('S/a', 'large '.repeat(120));
    let timers = 0;
    const setTimeout = host.clock.setTimeout.bind(host.clock);
    host.clock.setTimeout = (callback, delay) => {
      timers += 1;
      return setTimeout(callback, delay);
    };
    await host.pass(10 * SECOND);
    expect(host.ticksOf('seconds')[0]).toBe('2030-01-01T10:00:01');
    expect(host.timesOf(host.runs[1]!.event)).toEqual([6000]);
    expect(host.ticksOf('seconds').length).toBeLessThanOrEqual(6);
    expect(timers).toBeLessThan(100);
    await host.test.close();
    expect(host.clock.pending).toBe(0);
  });

  it('time that the host was down counts where it is known, and not where it is not', async () => {
    const life = async (
      machine: [OpeningFacts['machine'], OpeningFacts['machine']],
      walls: [number, number],
    ): Promise<readonly unknown[]> => {
      const timers = [
        cron('cron', '0 * * * *'),
        cron('caught', '0 * * * *', true),
        every('every', HOUR),
        every('caught every', HOUR, true),
      ];
      const functions = {
        'S/a': { durability: 'fsync', retry: { ...RETRY, maxAge: 2 * HOUR } },
        'S/clock': { durability: 'fsync', timers },
      } as const;
      const tables = new MemoryTables();
      const [before, after] = machine;
      const one = await Host.start({
        functions,
        tables,
        wall: walls[0],
        ...(before === undefined ? {} : { machine: before }),
      });
      await one.enqueue('S/a', 'delayed', { delay: 3 * HOUR });
      const known = await one.enqueue('S/a', 'known', { dedupeKey: 'k' });
      await one.pass(HOUR);
      // Killed: nothing is written down any more.
      const two = await Host.start({
        functions,
        tables,
        wall: walls[1],
        ...(after === undefined ? {} : { machine: after }),
      });
      const repeat = await two.enqueue('S/a', 'repeat', { dedupeKey: 'k' });
      await two.pass(3 * HOUR);
      const ticks = [two.ticksOf('cron')[0], two.ticksOf('caught')[0]];
      const [delayed] = two.timesOf('delayed');
      return [delayed === undefined ? undefined : Math.round(delayed / MINUTE), repeat === known, ...ticks];
    };
    const boot = (uptime: number): OpeningFacts['machine'] => ({ boot: 'one', uptime });
    const other = { boot: 'other', uptime: MINUTE };
    // After an hour, it is down for 90 minutes; the machine goes on: 30 minutes are left, whatever the wall clock says.
    expect(await life([boot(MINUTE), boot(MINUTE + 2.5 * HOUR)], [TODAY, TODAY + 2.5 * HOUR])).toEqual([
      30,
      true,
      '2030-01-01T13:00:00',
      '2030-01-01T12:00:00',
    ]);
    expect(await life([boot(MINUTE), boot(MINUTE + 2.5 * HOUR)], [TODAY, 5000])).toEqual([
      30,
      true,
      undefined,
      undefined,
    ]);
    // The machine was rebooted, and both clocks can be right.
    expect(await life([boot(MINUTE), other], [TODAY, TODAY + 2.5 * HOUR])).toEqual([
      30,
      true,
      '2030-01-01T13:00:00',
      '2030-01-01T12:00:00',
    ]);
    expect(await life([undefined, undefined], [TODAY, TODAY + 2.5 * HOUR])).toEqual([
      30,
      true,
      '2030-01-01T13:00:00',
      '2030-01-01T12:00:00',
    ]);
    // One of them cannot: nobody knows, and two hours are left.
    expect(await life([boot(MINUTE), other], [TODAY, 5000])).toEqual([120, true, undefined, undefined]);
    expect(await life([undefined, undefined], [5000, TODAY + HOUR / 2])).toEqual([
      120,
      true,
      '2030-01-01T11:00:00',
      '2030-01-01T11:00:00',
    ]);
    // For longer than the key is remembered: known, and not known.
    expect((await life([boot(MINUTE), boot(MINUTE + 26 * HOUR)], [TODAY, 5000]))[1]).toBe(false);
    expect((await life([undefined, undefined], [5000, TODAY + 26 * HOUR]))[1]).toBe(true);
  });
});
