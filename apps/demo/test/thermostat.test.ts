/** The thermostat between a thermometer and what is wanted: typed fakes, one that is a device, and one that is only half a fake. */
import '@edgefc/testkit/matchers/vitest';
import { createTestHost, fake } from '@edgefc/testkit';
import { expect, it } from 'vitest';
import type { handler as measure } from '../functions/thermometer/index.mts';

const thermostat = new URL('../functions/thermostat/index.mts', import.meta.url);
const thermometer = new URL('../functions/thermometer/index.mts', import.meta.url);
const functions = { 'EdgeFC/thermostat': thermostat };
const kitchen = { room: 'kitchen', wanted: 21 };

/** Says only what the real thermometer could say: the compiler knows both. */
const measured = fake.for<typeof measure>();

it.each([
  [20.9, true],
  [21, false],
])('at %d °C, with 21 °C wanted: heating is %s', async (celsius, heating) => {
  await using host = await createTestHost({ functions, fakes: { 'EdgeFC/thermometer': measured.reply({ celsius }) } });

  const answer = await host.invoke('EdgeFC/thermostat', kitchen);

  expect(answer.json()).toEqual({ room: 'kitchen', celsius, heating });
  expect(host).toHaveInvoked('EdgeFC/thermometer', { payload: { room: 'kitchen' }, from: 'EdgeFC/thermostat' });
});

it('begins to heat when the room has become too cold', async () => {
  // A device is a fake that keeps time: this room loses half a degree an hour.
  const built = Date.parse('2030-01-01T18:00Z');
  const room = measured.run(() => ({ celsius: 22.25 - (0.5 * (Date.now() - built)) / 3_600_000 }));
  await using host = await createTestHost({ now: built, functions, fakes: { 'EdgeFC/thermometer': room } });

  const heating: boolean[] = [];
  for (let hour = 18; hour <= 22; hour += 1) {
    heating.push((await host.invoke('EdgeFC/thermostat', kitchen)).json<{ heating: boolean }>().heating);
    await host.advance('1h');
  }

  expect(heating).toEqual([false, false, false, true, true]);
  expect(host.now.toISOString()).toBe('2030-01-01T23:00:00.000Z');
});

it('fails with the error of the thermometer', async () => {
  const loose = fake.error(new RangeError('the sensor is loose'));
  await using host = await createTestHost({ functions, fakes: { 'EdgeFC/thermometer': loose } });

  await host.invoke('EdgeFC/thermostat', kitchen);

  expect(host).toHaveFailedWith('EdgeFC/thermostat', { errorMessage: 'the sensor is loose', functionError: 'Handled' });
});

it('is given up with a thermometer that takes longer than both may', async () => {
  const slow = fake.delay('6s', { celsius: 20 });
  await using host = await createTestHost({ functions, fakes: { 'EdgeFC/thermometer': slow } });

  await host.invoke('EdgeFC/thermostat', kitchen);

  expect(host).toHaveFailedWith('EdgeFC/thermostat', { errorType: 'Timeout', functionError: 'Unhandled' });
  expect(host.now.toISOString()).toBe('2030-01-01T00:00:05.000Z');
});

it('asks the real thermometer about every room but the one whose sensor is broken', async () => {
  await using host = await createTestHost({
    functions: { ...functions, 'EdgeFC/thermometer': thermometer },
    fakes: { 'EdgeFC/thermometer': measured.when(({ room }) => room === 'kitchen', fake.error('no answer')) },
  });

  const answers = [
    await host.invoke('EdgeFC/thermostat', kitchen),
    await host.invoke('EdgeFC/thermostat', { room: 'cellar', wanted: 10 }),
  ];

  expect(answers.map(({ functionError }) => functionError)).toEqual(['Handled', null]);
  expect(answers[1]?.json()).toEqual({ room: 'cellar', celsius: 12, heating: false });
});
