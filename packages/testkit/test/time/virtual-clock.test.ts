import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';

describe('createVirtualClock', () => {
  it('stands still until it is moved, and moves wall clock and running time together', async () => {
    const clock = createVirtualClock({ now: 1_000 });
    expect([clock.now(), clock.monotonic()]).toEqual([1_000, 0]);

    await clock.advance(250.5);

    expect([clock.now(), clock.monotonic()]).toEqual([1_250.5, 250.5]);
  });

  it('fires timers in the order they are due, and in the order they were made when due together', async () => {
    const clock = createVirtualClock();
    const fired: string[] = [];
    clock.setTimeout(() => fired.push('late'), 30);
    clock.setTimeout(() => fired.push('first of two'), 20);
    clock.setTimeout(() => fired.push('early'), 10);
    clock.setTimeout(() => fired.push('second of two'), 20);

    await clock.advance(30);

    expect(fired).toEqual(['early', 'first of two', 'second of two', 'late']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('fires what is due and nothing that is due a millisecond later', async () => {
    const clock = createVirtualClock();
    let fired = 0;
    clock.setTimeout(() => (fired += 1), 100);

    await clock.advance(99);
    expect(fired).toBe(0);

    await clock.advance(1);
    expect(fired).toBe(1);
  });

  it('shows a callback the instant its timer was due', async () => {
    const clock = createVirtualClock();
    const seen: number[] = [];
    clock.setTimeout(() => seen.push(clock.monotonic()), 40);
    clock.setTimeout(() => seen.push(clock.monotonic()), 70);

    await clock.advance(1_000);

    expect(seen).toEqual([40, 70]);
    expect(clock.monotonic()).toBe(1_000);
  });

  it('fires timers that callbacks make on the way', async () => {
    const clock = createVirtualClock();
    const ticks: number[] = [];
    const tick = (): void => {
      ticks.push(clock.monotonic());
      clock.setTimeout(tick, 10);
    };
    clock.setTimeout(tick, 10);

    await clock.advance(35);

    expect(ticks).toEqual([10, 20, 30]);
    expect(clock.pendingTimers).toBe(1);
  });

  it('lets promises settle between two timers, so that one can answer the other', async () => {
    const clock = createVirtualClock();
    const wait = (ms: number): Promise<void> => new Promise((resolve) => clock.setTimeout(resolve, ms));
    const log: string[] = [];
    const work = (async () => {
      for (let step = 1; step <= 3; step += 1) {
        await wait(10);
        await Promise.resolve();
        log.push(`step ${step} at ${clock.monotonic()}`);
      }
    })();

    await clock.advance(30);
    await work;

    expect(log).toEqual(['step 1 at 10', 'step 2 at 20', 'step 3 at 30']);
  });

  it('takes a delay below one millisecond as one, as the platform does, so that time goes on', async () => {
    const clock = createVirtualClock();
    let rounds = 0;
    const again = (): void => {
      rounds += 1;
      clock.setTimeout(again, 0);
    };
    clock.setTimeout(again, -5);

    await clock.advance(4);

    expect(rounds).toBe(4);
  });

  it('never fires a cleared timer, and does not mind clearing one twice, late or not at all', async () => {
    const clock = createVirtualClock();
    const fired: string[] = [];
    const cleared = clock.setTimeout(() => fired.push('cleared'), 10);
    const kept = clock.setTimeout(() => fired.push('kept'), 10);
    clock.clearTimeout(cleared);
    clock.clearTimeout(cleared);
    clock.clearTimeout(undefined);

    await clock.advance(10);
    clock.clearTimeout(kept);

    expect(fired).toEqual(['kept']);
  });

  it('can be cleared by another timer that is due at the same instant', async () => {
    const clock = createVirtualClock();
    const fired: string[] = [];
    clock.setTimeout(() => {
      fired.push('first');
      clock.clearTimeout(second);
    }, 10);
    const second = clock.setTimeout(() => fired.push('second'), 10);

    await clock.advance(10);

    expect(fired).toEqual(['first']);
  });

  it('steps the wall clock alone: running time and timers do not notice', async () => {
    const clock = createVirtualClock({ now: 0 });
    let firedAt: number | undefined;
    clock.setTimeout(() => (firedAt = clock.monotonic()), 100);
    await clock.advance(50);

    clock.setNow(Date.UTC(2026, 5, 1));
    expect(clock.monotonic()).toBe(50);
    await clock.advance(50);

    expect(firedAt).toBe(100);
    expect(clock.now()).toBe(Date.UTC(2026, 5, 1) + 50);
  });

  it('hands on what a callback throws, stands at its instant and keeps the timers behind it', async () => {
    const clock = createVirtualClock();
    const fired: string[] = [];
    clock.setTimeout(() => {
      throw new Error('from a timer');
    }, 10);
    clock.setTimeout(() => fired.push('behind'), 20);

    await expect(clock.advance(100)).rejects.toThrow('from a timer');
    expect(clock.monotonic()).toBe(10);

    await clock.advance(10);
    expect(fired).toEqual(['behind']);
  });

  it('refuses to go back, to be moved twice at once, and anything that is not a number of milliseconds', async () => {
    const clock = createVirtualClock();

    await expect(clock.advance(-1)).rejects.toThrow('advance(-1): time does not go back; use setNow().');
    await expect(clock.advance(Number.NaN)).rejects.toThrow('ms is NaN');
    expect(() => clock.setTimeout(() => undefined, Infinity)).toThrow('delay is Infinity');

    const first = clock.advance(10);
    await expect(clock.advance(10)).rejects.toThrow('advance() is already running');
    await first;
    expect(clock.monotonic()).toBe(10);
  });

  it('starts with the year 2030 unless told otherwise', () => {
    expect(new Date(createVirtualClock().now()).toISOString()).toBe('2030-01-01T00:00:00.000Z');
  });

  it('fires an engine timer after 24.8 days although more was asked for, as the platform does', async () => {
    const clock = createVirtualClock();
    let firedAt: number | undefined;
    clock.setTimeout(() => (firedAt = clock.monotonic()), 30 * 86_400_000);

    await clock.advance(30 * 86_400_000);

    expect(firedAt).toBe(2 ** 31 - 1);
  });

  it('keeps the order when most of many timers are taken back', async () => {
    const clock = createVirtualClock();
    const fired: number[] = [];
    const timers = Array.from({ length: 1000 }, (_, index) => {
      const delay = 1 + ((index * 7919) % 997);
      return { delay, timer: clock.setTimeout(() => fired.push(delay), delay) };
    });
    const kept = timers.filter((_, index) => index % 10 === 0).map(({ delay }) => delay);
    timers.forEach(({ timer }, index) => {
      if (index % 10 !== 0) clock.clearTimeout(timer);
    });
    expect(clock.pendingTimers).toBe(100);

    await clock.advance(1000);

    expect(fired).toEqual(kept.sort((one, other) => one - other));
  });

  it('takes back the timers of one owner and no others', async () => {
    const clock = createVirtualClock();
    const fired: string[] = [];
    for (const owner of ['gone', 'stays', undefined]) clock.schedule(() => fired.push(String(owner)), 10, owner);

    clock.dropTimersOf('gone');
    await clock.advance(10);

    expect(fired).toEqual(['stays', 'undefined']);
  });
});
