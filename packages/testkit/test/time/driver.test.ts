/** The driver: when time moves, for whom, and what is said when nothing can go on. */
import { once } from 'node:events';
import net from 'node:net';
import { describe, expect, it } from 'vitest';
import { leaveFrames } from '../../src/frame.ts';
import { oneTurn } from '../../src/time/real-time.ts';
import { StuckError } from '../../src/time/stuck.ts';
import { createStage } from './in-frame.ts';
import { sleep, spin } from './fixtures/functions.ts';

const START = Date.UTC(2030, 0, 1);

describe('moving time', () => {
  it('advances by ms, by durations as the configuration has them, and to an instant', async () => {
    const { clock, driver } = createStage();
    await driver.advance(250);
    await driver.advance('6h');
    await driver.advanceTo('2030-02-01T00:00:00Z');
    expect(clock.now()).toBe(Date.UTC(2030, 1, 1));
    await driver.advanceTo(new Date(clock.now()));
    expect(clock.monotonic()).toBe(31 * 86_400_000);
  });

  it('refuses what is no time, and to go back', async () => {
    const { driver } = createStage();
    await expect(driver.advance('soon')).rejects.toThrow("'soon'");
    await expect(driver.advance(-1)).rejects.toThrow('-1');
    await expect(driver.advance(Number.NaN)).rejects.toThrow('NaN');
    await expect(driver.advanceTo('2029-01-01')).rejects.toThrow('time does not go back');
    await expect(driver.advanceTo('never')).rejects.toThrow('that is no date');
  });

  it('skips until a promise settles and not a timer further', async () => {
    const { clock, driver, run } = createStage();
    let late = 0;
    run(() => setTimeout(() => (late += 1), 5001));
    const answer = await driver.untilSettled(run(() => sleep(5000).then(() => 'answer')));

    for (let turn = 0; turn < 10; turn += 1) await oneTurn();

    expect([answer, clock.monotonic(), late]).toEqual(['answer', 5000, 0]);
    await expect(driver.untilSettled(Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  });

  it('settles what needs no time, and moves none', async () => {
    const { clock, driver, run } = createStage();
    const log: string[] = [];
    run(() => {
      setTimeout(() => log.push('timer'), 1);
      setImmediate(
        () => void Promise.resolve().then(() => process.nextTick(() => setImmediate(() => log.push('deep')))),
      );
      const { port1, port2 } = new MessageChannel();
      port1.on('message', (text: string) => {
        log.push(text);
        port1.close();
      });
      port2.postMessage('message');
    });

    await driver.settle();

    expect(log.sort()).toEqual(['deep', 'message']);
    expect(clock.monotonic()).toBe(0);
  });

  it('runs until idle: asks before each step, takes promises for an answer, and tells what the asking throws', async () => {
    const { clock, driver, run } = createStage();
    let ticks = 0;
    run(() => setInterval(() => (ticks += 1), 1000));

    await driver.runUntilIdle(async () => ticks === 3);
    expect(clock.monotonic()).toBe(3000);
    await driver.runUntilIdle(() => ticks === 5);
    expect(clock.monotonic()).toBe(5000);
    await expect(
      driver.runUntilIdle(() => {
        throw new Error('cannot say');
      }),
    ).rejects.toThrow('cannot say');
  });

  it('waits for busy parts of the host before time goes on', async () => {
    const commit = { busy: false };
    const { clock, driver } = createStage({ probes: [{ what: 'a commit', busy: () => commit.busy }] });
    let firedBusy: boolean | undefined;
    clock.setTimeout(() => {
      commit.busy = true;
      setTimeout(() => (commit.busy = false), 5);
    }, 10);
    clock.setTimeout(() => (firedBusy = commit.busy), 20);

    await driver.advance(20);

    expect(firedBusy).toBe(false);
  });

  it('lets a message go through a port and be answered before the next timer', async () => {
    const { driver, run } = createStage();
    const { port1, port2 } = new MessageChannel();
    const order: string[] = [];
    run(() => {
      port1.on('message', () => order.push('answer'));
      port2.on('message', (message) => port2.postMessage(message));
      setTimeout(() => port1.postMessage('question'), 10);
      setTimeout(() => order.push('next timer'), 11);
    });

    await driver.advance(20);

    expect(order).toEqual(['answer', 'next timer']);
    port1.close();
  });

  it('hands a test what a timer of the host throws, and goes on with the next call', async () => {
    const { clock, driver } = createStage();
    clock.setTimeout(() => {
      throw new Error('in the engine');
    }, 10);

    await expect(driver.advance(20)).rejects.toThrow('in the engine');
    await driver.advance(10);
    expect(clock.monotonic()).toBe(20);
  });
});

describe('several demands at once', () => {
  it('skip together: no time passes twice', async () => {
    const { clock, driver, run } = createStage();
    const call = (ms: number): Promise<number> =>
      driver.untilSettled(run(() => sleep(ms).then(() => clock.monotonic())));

    expect(await Promise.all([call(3000), call(1000), call(2000)])).toEqual([3000, 1000, 2000]);
    expect(clock.monotonic()).toBe(3000);
  });

  it('nest: what is asked for inside of a call is answered inside of it', async () => {
    const { clock, driver, run } = createStage();
    const outer = driver.untilSettled(
      run(async () => {
        await sleep(1000);
        await leaveFrames(() => driver.untilSettled(run(() => sleep(500))));
        await leaveFrames(() => driver.advance(250));
        return clock.monotonic();
      }),
    );
    expect(await outer).toBe(1750);
  });

  it('advances come one after the other, and nobody skips past them', async () => {
    const { clock, driver, run } = createStage();
    const order: string[] = [];
    const call = driver.untilSettled(run(() => sleep(60_000))).then(() => order.push(`call ${clock.monotonic()}`));
    const first = driver.advance('1s').then(() => order.push(`first ${clock.monotonic()}`));
    const second = driver.advance('2s').then(() => order.push(`second ${clock.monotonic()}`));
    await Promise.all([call, first, second]);

    expect(order).toEqual(['first 1000', 'second 3000', 'call 60000']);
  });

  it('of two hosts move two clocks', async () => {
    const [one, other] = [createStage(), createStage()];
    const wait = (stage: typeof one, ms: number): Promise<number> =>
      stage.driver.untilSettled(stage.run(() => sleep(ms).then(() => Date.now() - START)));

    expect(await Promise.all([wait(one, 10), wait(other, 86_400_000)])).toEqual([10, 86_400_000]);
    expect([one.clock.monotonic(), other.clock.monotonic()]).toEqual([10, 86_400_000]);
  });
});

describe('what can never go on', () => {
  it('is named with where it was begun, when it is something real', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { driver, run } = createStage({ patience: 60, describeStuck: () => 'EdgeFC/pump has been running for 1h' });
    const { port } = server.address() as net.AddressInfo;
    let socket: net.Socket | undefined;

    const call = driver.untilSettled(
      run(async function listensToABroker() {
        await Promise.resolve();
        socket = net.connect(port, '127.0.0.1');
        await once(socket, 'never');
      }),
      { what: "host.invoke('EdgeFC/pump')" },
    );

    const error: unknown = await call.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StuckError);
    expect(String(error)).toMatch(
      /^StuckError: host\.invoke\('EdgeFC\/pump'\) cannot go on: for 60ms nothing has happened/,
    );
    expect(String(error)).toMatch(
      /- a TCP connection, for \d+ms, in EdgeFC\/pump#1, begun at listensToABroker .*driver\.test\.ts:\d+:\d+/,
    );
    expect(String(error)).toContain('EdgeFC/pump has been running for 1h');
    expect(String(error)).toContain("patience: '300ms'");
    socket?.destroy();
    server.close();
  });

  it('is named when a part of the host or an immediate without end keeps it', async () => {
    const part = createStage({ patience: 30, probes: [{ what: 'a commit of the queue', busy: () => true }] });
    await expect(part.driver.advance(1)).rejects.toThrow(/advance\(\) cannot go on(?:.|\n)*- a commit of the queue/);

    const spinning = createStage({ patience: 30 });
    const letGo = spinning.realWork.hold();
    const state = { stop: false };
    spinning.run(() => spin(state));
    await expect(spinning.driver.settle()).rejects.toThrow(/- an immediate, .*begun at spin /);
    letGo();
    state.stop = true;
  });

  it('is told from what only waits for time that nobody moves', async () => {
    const { driver, run } = createStage({ patience: 30 });
    const never = driver.untilSettled(new Promise(() => undefined), { what: 'host.invoke()' });
    await expect(never).rejects.toThrow(/host\.invoke\(\) can never go on: nothing real is under way/);

    const call = run(() => sleep(5000));
    const manual = driver.untilSettled(call, { skip: false, what: 'host.invoke()' });
    await expect(manual).rejects.toThrow(/waits for virtual time, and nobody moves it .*due in 5s/);
    await driver.advance('5s');
    await call;
  });

  it('does not skip through timers for ever', async () => {
    const { driver, run } = createStage({ mostSteps: 600 });
    const interval = run(() => setInterval(() => undefined, 1000));
    const never = driver.untilSettled(new Promise(() => undefined));
    await expect(never).rejects.toThrow(/skipped through 600 timers, up to .*2030-01-01T00:10:00/);
    clearInterval(interval);
  });

  it('is tried again by the next call', async () => {
    const { clock, driver } = createStage({ patience: 20 });
    await expect(driver.untilSettled(new Promise(() => undefined))).rejects.toThrow(StuckError);
    await driver.advance('1s');
    expect(clock.monotonic()).toBe(1000);
  });
});

it('does nothing on an idle way: a hundred years cost one step and some turns of the event loop', async () => {
  const { clock, driver } = createStage();
  let turns = 0;
  let counting = true;
  const count = (): void => {
    turns += 1;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  await driver.advance('36500d');
  counting = false;

  expect(clock.monotonic()).toBe(36_500 * 86_400_000);
  expect(turns).toBeLessThan(10);
});
