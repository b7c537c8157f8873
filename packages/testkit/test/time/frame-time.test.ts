/** What code inside a frame sees of time, and that code outside sees nothing of it. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import nodeTimers, { setTimeout as setTimeoutByName } from 'node:timers';
import { hrtime } from 'node:process';
import { isDate } from 'node:util/types';
import { describe, expect, it } from 'vitest';
import { currentFrame } from '../../src/frame.ts';
import { createStage } from './in-frame.ts';
// After the testkit, as everything whose code is to see another time.
import { Stamp } from './fixtures/functions.ts';

const START = Date.UTC(2030, 0, 1);

describe('Date in a frame', () => {
  it('shows the clock of its host, each host its own, and the real time outside', async () => {
    const [one, other] = [createStage(), createStage()];
    const before = Date.now();
    await one.driver.advance('1h');

    expect(one.run(() => [Date.now(), new Date().getTime()])).toEqual([START + 3_600_000, START + 3_600_000]);
    expect(other.run(() => Date.now())).toBe(START);
    expect(one.run(() => Date())).toBe(new Date(START + 3_600_000).toString());
    expect(Date.now()).toBeGreaterThanOrEqual(before);
    expect(Date.now()).toBeLessThan(before + 60_000);
  });

  it('stays the Date it is: subclasses, instanceof, static functions, given instants', () => {
    const { run } = createStage();
    run(() => {
      const stamp = new Stamp();
      expect([stamp.getTime(), stamp.label]).toEqual([START, 'stamp']);
      expect(stamp).toBeInstanceOf(Stamp);
      expect(stamp).toBeInstanceOf(Date);
      expect(isDate(new Date())).toBe(true);
      expect(structuredClone(new Date())).toEqual(new Date(START));
      expect(new Date('2001-02-03T04:05:06Z').getTime()).toBe(Date.UTC(2001, 1, 3, 4, 5, 6));
      expect(new Date(2001, 1).getMonth()).toBe(1);
      expect(Date.parse('2001-02-03T00:00:00Z')).toBe(Date.UTC(2001, 1, 3));
      expect([Date.name, Date.length]).toEqual(['Date', 7]);
      expect(new (new Date(0).constructor as DateConstructor)().getTime()).toBe(START);
    });
  });

  it('shows whole milliseconds also where the clock stands between two', async () => {
    const { clock, run } = createStage();
    await clock.advance(0.5);
    expect(run(() => Date.now())).toBe(START);
  });
});

describe('running time in a frame', () => {
  it('counts virtual milliseconds, whatever the wall clock does', async () => {
    const { clock, driver, run } = createStage();
    const from = run(() => ({
      now: performance.now(),
      up: process.uptime(),
      hr: process.hrtime(),
      big: hrtime.bigint(),
    }));
    clock.setNow(0);
    await driver.advance(1500.25);

    run(() => {
      expect(performance.now() - from.now).toBe(1500.25);
      expect(process.uptime() - from.up).toBeCloseTo(1.50025);
      expect(process.hrtime(from.hr)).toEqual([1, 500_250_000]);
      expect(process.hrtime.bigint() - from.big).toBe(1_500_250_000n);
      expect(Date.now()).toBe(1500);
    });
  });

  it('begins above zero, with an origin that makes both ends meet', () => {
    const { run } = createStage();
    run(() => {
      expect(performance.now()).toBeGreaterThan(0);
      expect(performance.timeOrigin + performance.now()).toBe(Date.now());
    });
  });

  it('is real outside', () => {
    createStage();
    expect(Math.abs(performance.timeOrigin + performance.now() - Date.now())).toBeLessThan(10_000);
    expect(process.uptime()).toBeLessThan(600);
    expect(process.hrtime([0, 0])[0]).toBe(process.hrtime()[0]);
  });
});

describe('timers in a frame', () => {
  it('wait for virtual time, by the global, the module and its named import, in one order', async () => {
    const { driver, run, clock } = createStage();
    const fired: string[] = [];
    run(() => {
      setTimeout((name: string) => fired.push(`${name} ${clock.monotonic()}`), 20, 'global');
      nodeTimers.setTimeout(() => fired.push('module'), 20);
      setTimeoutByName(() => fired.push('named'), 20);
      setTimeout(() => fired.push('earlier'), 10);
      globalThis.setTimeout(() => fired.push('nothing said'));
    });
    clock.setTimeout(() => fired.push('engine'), 20);

    await driver.advance(20);

    expect(fired).toEqual(['nothing said', 'earlier', 'global 20', 'module', 'named', 'engine']);
  });

  it('are real when the platform asks for them, which has timeouts of its own', () => {
    const { clock, run } = createStage();
    const platform = new EventEmitter().on('begin', setTimeout);
    run(() => platform.emit('begin', () => undefined, 1));
    expect(clock.pendingTimers).toBe(0);
  });

  it('do not overtake immediates on a clock that no driver moves', async () => {
    const { clock, run } = createStage();
    const order: string[] = [];
    run(() => {
      setTimeout(() => order.push('timer'), 1);
      setImmediate(() => setImmediate(() => setImmediate(() => order.push('third immediate'))));
    });
    await clock.advance(1);
    expect(order).toEqual(['third immediate', 'timer']);
  });

  it('repeat until they are cleared, from inside and from outside, by the timer or its number', async () => {
    const { driver, run } = createStage();
    const ticks = { one: 0, two: 0, three: 0 };
    const [one, two] = run(() => {
      const three = setInterval(() => {
        ticks.three += 1;
        if (ticks.three === 2) clearInterval(three);
      }, 10);
      return [setInterval(() => (ticks.one += 1), 10), +setInterval(() => (ticks.two += 1), 10)] as const;
    });
    await driver.advance(35);
    clearInterval(one);
    clearTimeout(String(two));
    await driver.advance(100);

    expect(ticks).toEqual({ one: 3, two: 3, three: 2 });
  });

  it('made outside can be cleared inside', async () => {
    const { run } = createStage();
    let fired = 0;
    const real = [setTimeout(() => (fired += 1), 1), setTimeout(() => (fired += 1), 1)] as const;
    run(() => {
      clearTimeout(real[0]);
      clearTimeout(+real[1]);
    });
    const { promise, resolve } = Promise.withResolvers<undefined>();
    setTimeout(resolve, 5, undefined);
    await promise;
    expect(fired).toBe(0);
  });

  it('behave as the handles of Node: ref, refresh, close, dispose, this', async () => {
    const { driver, run, clock } = createStage();
    const fired: string[] = [];
    const refreshed = run(() => {
      const timer = setTimeout(() => fired.push(`refreshed at ${clock.monotonic()}`), 10);
      expect(timer.hasRef()).toBe(true);
      expect(timer.unref().hasRef()).toBe(false);
      expect(timer.ref().hasRef()).toBe(true);
      setTimeout(() => fired.push('closed'), 10).close();
      setTimeout(() => fired.push('disposed'), 10)[Symbol.dispose]();
      setTimeout(function (this: unknown) {
        fired.push(`this is a ${(this as object).constructor.name}`);
      }, 1);
      return timer;
    });
    await driver.advance(6);
    refreshed.refresh();
    await driver.advance(6);
    expect(fired).toEqual(['this is a Timeout']);
    await driver.advance(4);
    refreshed.refresh(); // After it has fired.
    await driver.advance(10);

    expect(fired).toEqual(['this is a Timeout', 'refreshed at 16', 'refreshed at 26']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('run callbacks in the async context that made them, and in that of a later refresh', async () => {
    const { clock, driver, run } = createStage();
    const user = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const see = (): void => {
      seen.push(user.getStore(), currentFrame()?.time?.clock === clock);
    };
    const timer = run(() => user.run('made', () => setTimeout(see, 1)));
    await driver.advance(1);
    run(() => user.run('refreshed', () => timer.refresh()));
    await driver.advance(1);

    expect(seen).toEqual(['made', true, 'refreshed', true]);
  });

  it('hand what a callback throws to the instance, and go on', async () => {
    const { driver, run, crashes } = createStage();
    let ticks = 0;
    run(() => {
      setTimeout(() => {
        throw new Error('from a timeout');
      }, 1);
      setImmediate(() => {
        throw new Error('from an immediate');
      });
      setInterval(() => (ticks += 1), 1);
    });

    await driver.advance(3);

    expect(crashes.map(String)).toEqual(['Error: from an immediate', 'Error: from a timeout']);
    expect(ticks).toBe(3);
  });

  it('fire after a millisecond, with the warning of the platform, when the delay is too long for it', async () => {
    const { driver, run, clock } = createStage();
    const { promise: warned, resolve } = Promise.withResolvers<Error>();
    process.once('warning', resolve);
    let firedAt: number | undefined;
    run(() => setTimeout(() => (firedAt = clock.monotonic()), 2 ** 31));

    await driver.advance(5);

    expect(firedAt).toBe(1);
    expect((await warned).name).toBe('TimeoutOverflowWarning');
  });

  it('refuse what the platform refuses, with its error', () => {
    const { run } = createStage();
    const nothing: unknown = undefined;
    for (const start of [setTimeout, setInterval, setImmediate] as ((callback: never) => unknown)[]) {
      expect(() => run(() => start(nothing as never))).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
      );
    }
  });

  it('run immediates without time, before any timer, and not those that were cleared', async () => {
    const { driver, run } = createStage();
    const order: string[] = [];
    run(() => {
      setTimeout(() => order.push('timer'), 1);
      setImmediate(() => setImmediate(() => setImmediate((name: string) => order.push(name), 'third immediate')));
      clearImmediate(setImmediate(() => order.push('cleared')));
      nodeTimers.clearImmediate(setImmediate(() => order.push('cleared by the module')));
      setImmediate(() => order.push('disposed'))[Symbol.dispose]();
    });

    await driver.advance(1);

    expect(order).toEqual(['third immediate', 'timer']);
  });

  it('end an AbortSignal.timeout, with the error of the platform', async () => {
    const { driver, run } = createStage();
    const signal = run(() => AbortSignal.timeout(5000));
    await driver.advance(4999);
    expect(signal.aborted).toBe(false);
    await driver.advance(1);

    expect(signal.reason).toBeInstanceOf(DOMException);
    expect(signal.reason).toMatchObject({ name: 'TimeoutError', code: DOMException.TIMEOUT_ERR });
    expect(() => run(() => AbortSignal.timeout(-1))).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }));
  });
});
