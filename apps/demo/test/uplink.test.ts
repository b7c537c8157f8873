/** The uplink through a bad night: retries with back-off over hours, which take no time here, and what becomes of what expires. */
import '@edgefc/testkit/matchers/vitest';
import { createTestHost, fake } from '@edgefc/testkit';
import { describe, expect, it } from 'vitest';

const uplink = new URL('../functions/uplink/index.js', import.meta.url);
const patient = { attempts: 'untilExpired', minDelay: '1m', maxDelay: '1h', maxAge: '12h' } as const;
const functions = { 'EdgeFC/uplink': { handler: uplink, retry: patient } };

const minute = 60_000;
const hour = 60 * minute;

it('is tried again while the line is busy', async () => {
  await using host = await createTestHost({ functions });

  const id = await host.enqueue('EdgeFC/uplink', '19.5 °C');

  expect(await host.waitForInvocation(id)).toMatchObject({ state: 'Succeeded', attempt: 3, result: 'sent 19.5 °C' });
  expect(host).toHaveFailedWith('EdgeFC/uplink', { errorMessage: 'the line is busy', attempt: 2 });
});

describe('with a line that is down', () => {
  const down = fake.error('no carrier');

  it('waits longer and longer, an hour at most', async () => {
    await using host = await createTestHost({ functions, fakes: { 'EdgeFC/uplink': down } });

    await host.enqueue('EdgeFC/uplink', '19.5 °C');
    await host.advance('6h');

    const [work] = host.record.invocations('EdgeFC/uplink');
    const waits = work?.attempts.map(({ retryIn = 0 }) => retryIn) ?? [];
    expect(waits.slice(0, 6)).toEqual([1, 2, 4, 8, 16, 32].map((minutes) => expectFrom(minutes * minute, 1.25)));
    expect(waits.length).toBeGreaterThan(9);
    for (const wait of waits.slice(6)) expect(wait).toEqual(expectFrom(0.75 * hour, 1 / 0.75));
  });

  it('sends in the morning what was measured at night', async () => {
    await using host = await createTestHost({ functions, now: '2030-01-01T22:00Z' });
    const night = host.fake('EdgeFC/uplink', down);

    const id = await host.enqueue('EdgeFC/uplink', '19.5 °C');
    await host.advanceTo('2030-01-02T06:00Z');
    expect(await host.getInvocation(id)).toMatchObject({ state: 'Retrying' });
    night.restore();

    expect(await host.waitForInvocation(id)).toMatchObject({ state: 'Succeeded', result: 'sent 19.5 °C' });
    expect(host.now.toISOString() < '2030-01-02T07').toBe(true);
  });

  it('gives up what has become too old, keeps it as a dead letter, and tells the operator', async () => {
    await using host = await createTestHost({
      functions: { 'EdgeFC/uplink': { ...functions['EdgeFC/uplink'], onFailure: 'EdgeFC/operator' } },
      fakes: { 'EdgeFC/uplink': down, 'EdgeFC/operator': 'noted' },
    });

    await host.enqueue('EdgeFC/uplink', '19.5 °C');
    await host.runUntilIdle();

    expect(host.now.toISOString()).toBe('2030-01-01T12:00:00.000Z');
    expect(host).toHaveBeenDeadLettered('EdgeFC/uplink', { state: 'Expired', errorMessage: 'no carrier' });
    expect(host).toHaveInvoked('EdgeFC/operator', { payload: /"requestPayload":"19.5 °C"/, from: 'EdgeFC/uplink' });
  });
});

it('sends a reading once, however often it is asked to', async () => {
  await using host = await createTestHost({ functions });

  const ids = [
    await host.enqueue('EdgeFC/uplink', '19.5 °C', { dedupeKey: 'kitchen 12:00' }),
    await host.enqueue('EdgeFC/uplink', '19.5 °C', { dedupeKey: 'kitchen 12:00' }),
    await host.enqueue('EdgeFC/uplink', '12.0 °C', { dedupeKey: 'cellar 12:00' }),
  ];
  await host.runUntilIdle();

  expect(ids[1]).toBe(ids[0]);
  expect(host).toHaveInvokedTimes('EdgeFC/uplink', 2);
  expect(await host.stats()).toMatchObject({ accepted: 2, ended: 2, dead: 0 });
});

it('is not used up by being throttled: only what ran counts as an attempt', async () => {
  const line = fake.sequence(fake.throttle(), fake.throttle(), fake.error('no carrier'), 'sent');
  await using host = await createTestHost({ fakes: { 'EdgeFC/uplink': line } });

  const id = await host.enqueue('EdgeFC/uplink', '19.5 °C', { maxRetries: 1 });

  expect(await host.waitForInvocation(id)).toMatchObject({ state: 'Succeeded', result: 'sent' });
});

/** From `least` to `times` as much: chance keeps apart what failed together. */
function expectFrom(least: number, times: number): unknown {
  return expect.toSatisfy((ms: number) => ms >= least && ms <= least * times, `from ${least} to ${least * times} ms`);
}
