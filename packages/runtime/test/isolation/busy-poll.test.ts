/** The host stays awake for a moment after a message, when that pays. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { systemClock, type Clock, type TimerHandle } from '../../src/engine/clock.ts';
import { BusyPoll } from '../../src/isolation/busy-poll.ts';

/** A clock that a test moves; it counts how often it is looked at, which a turning loop does once a turn. */
class WatchedTime implements Clock {
  time = 0;
  looks = 0;

  now(): number {
    return systemClock.now();
  }

  setTimeout(callback: () => void, delay: number): TimerHandle {
    return systemClock.setTimeout(callback, delay);
  }

  clearTimeout(handle: TimerHandle | undefined): void {
    systemClock.clearTimeout(handle);
  }

  monotonic(): number {
    this.looks += 1;
    return this.time;
  }

  /** How often the loop turned while the event loop did so ten times. */
  async turns(): Promise<number> {
    const before = this.looks;
    for (let count = 0; count < 10; count += 1) await turn();
    return this.looks - before;
  }
}

async function letItStop(clock: WatchedTime): Promise<void> {
  clock.time += 1;
  await clock.turns();
}

/** How many messages it sits out before one makes it turn. */
async function messagesUntilItTurns(poll: BusyPoll, clock: WatchedTime): Promise<number> {
  for (let satOut = 0; ; satOut += 1) {
    poll.touch(1);
    if ((await clock.turns()) > 0) return satOut;
  }
}

describe('the busy poll', () => {
  it('turns after a message, and stops when none follows', async () => {
    const clock = new WatchedTime();
    new BusyPoll(clock).touch(1);
    expect(await clock.turns()).toBeGreaterThan(5);
    await letItStop(clock);
    expect(await clock.turns()).toBe(0);
  });

  it('does not turn for a batch: where many calls are under way the next message comes anyway', async () => {
    const clock = new WatchedTime();
    new BusyPoll(clock).touch(16);
    expect(await clock.turns()).toBe(0);
  });

  it('sits out more and more messages while it turns in vain, and is back after one success', async () => {
    const clock = new WatchedTime();
    const poll = new BusyPoll(clock);
    const satOut: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      satOut.push(await messagesUntilItTurns(poll, clock));
      await letItStop(clock);
    }
    expect(satOut).toEqual([0, 1, 2, 4]);

    expect(await messagesUntilItTurns(poll, clock)).toBe(8);
    poll.touch(1);
    await letItStop(clock);
    poll.touch(1);
    expect(await clock.turns(), 'one is sat out after a success').toBe(0);
    poll.touch(1);
    expect(await clock.turns()).toBeGreaterThan(0);
  });
});
