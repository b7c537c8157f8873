/** node:timers/promises and promisified timers inside a frame. */
import timersPromises from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { createStage } from './in-frame.ts';
// After the testkit, as everything whose code is to see another time.
import { promisedSleep, promisedTicks } from './fixtures/functions.ts';

it('wait for virtual time, by named import, default import, promisify and scheduler.wait', async () => {
  const { clock, driver, run } = createStage();
  const waited = run(async () => {
    const log: unknown[] = [];
    log.push(await promisedSleep(1000, 'named'), clock.monotonic());
    log.push(await timersPromises.setTimeout(1000, 'default'), clock.monotonic());
    log.push(await promisify(setTimeout)(1000, 'promisified'), clock.monotonic());
    await timersPromises.scheduler.wait(1000);
    log.push(clock.monotonic());
    log.push(await timersPromises.setImmediate('immediate'), await promisify(setImmediate)('promisified immediate'));
    return log;
  });

  expect(await driver.untilSettled(waited)).toEqual([
    ...['named', 1000, 'default', 2000, 'promisified', 3000, 4000, 'immediate', 'promisified immediate'],
  ]);
});

it('reject with the errors of the platform: aborted before, aborted meanwhile, wrong arguments', async () => {
  const { driver, run, clock } = createStage();
  const controller = new AbortController();
  const why = new Error('no longer needed');
  const waits = run(() => [
    promisedSleep(1000, undefined, { signal: AbortSignal.abort(why) }),
    promisedSleep(1000, undefined, { signal: controller.signal }),
    promisedSleep('1s' as never),
  ]);
  const outcomes = Promise.allSettled(waits);
  controller.abort(why);
  await driver.settle();

  const [before, meanwhile, wrong] = await outcomes;
  for (const aborted of [before, meanwhile]) {
    expect(aborted).toMatchObject({ reason: { name: 'AbortError', code: 'ABORT_ERR', cause: why } });
  }
  expect(wrong).toMatchObject({ reason: { code: 'ERR_INVALID_ARG_TYPE' } });
  expect(clock.pendingTimers).toBe(0);
});

it('tick until the loop is left or the signal aborts', async () => {
  const { clock, driver, run } = createStage();
  const controller = new AbortController();
  const loop = run(async () => {
    const at: number[] = [];
    for await (const name of promisedTicks(100, 'tick')) {
      expect(name).toBe('tick');
      at.push(clock.monotonic());
      if (at.length === 3) break;
    }
    return at;
  });
  expect(await driver.untilSettled(loop)).toEqual([100, 200, 300]);
  expect(clock.pendingTimers).toBe(0);

  let ticks = 0;
  const endless = run(async () => {
    for await (const _ of promisedTicks(100, undefined, { signal: controller.signal })) ticks += 1;
  });
  endless.catch(() => undefined);
  await driver.advance(250);
  controller.abort();
  await expect(endless).rejects.toMatchObject({ name: 'AbortError' });
  expect(ticks).toBe(2);
  expect(clock.pendingTimers).toBe(0);
});
