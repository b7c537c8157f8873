/** Functions on a schedule: a night with a change of the clocks, and what becomes of a tick that nobody was there for. */
import '@edgefc/testkit/matchers/vitest';
import { createTestHost } from '@edgefc/testkit';
import { expect, it } from 'vitest';

const config = new URL('../edgefc.config.ts', import.meta.url);

it('at three in the morning is at three in the morning, also when the clocks have changed', async () => {
  await using host = await createTestHost({
    config,
    now: '2030-03-30T00:00Z',
    functions: { 'EdgeFC/logbook': { timers: { nightly: { cron: '0 3 * * *', timeZone: 'Europe/Berlin' } } } },
  });

  await host.advance('2d');

  const times = host.record.ticks.map(({ ticked }) => new Date(ticked.wall).toISOString());
  expect(times).toEqual(['2030-03-30T02:00:00.000Z', '2030-03-31T01:00:00.000Z']);
  expect(host).toHaveInvokedTimes('EdgeFC/logbook', 2, { from: 'timer' });
});

it.each([
  ['is made up for, once', true, 3],
  ['is skipped', false, 2],
])('a tick that the gateway was switched off for %s', async (_, catchUp, times) => {
  const hourly = { cron: '0 * * * *', timeZone: 'UTC', catchUp };
  await using host = await createTestHost({
    now: '2030-01-01T00:30Z',
    functions: { 'EdgeFC/uplink': { handler: async () => 'sent', timers: { hourly } } },
  });

  await host.advance('1h');
  host.kill();
  await host.restart({ downtime: '3h' });
  await host.advance('1h');

  expect(host).toHaveInvokedTimes('EdgeFC/uplink', times);
});
