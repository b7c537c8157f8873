/** Messages about rooms: the routes of the configuration, and each receiver on its own. */
import '@edgefc/testkit/matchers/vitest';
import { createTestHost, fake } from '@edgefc/testkit';
import { expect, it } from 'vitest';

const config = new URL('../edgefc.config.ts', import.meta.url);

it('a temperature comes to the display and to the logbook', async () => {
  await using host = await createTestHost({ config });

  await host.invoke('EdgeFC/Invoker', 'message');
  await host.runUntilIdle();

  expect(host).toHavePublished('rooms/kitchen/celsius', '19.5');
  expect(host).toHaveLogged('EdgeFC/display', 'it is 19.5 °C in the kitchen');
  expect(host).toHaveLogged('EdgeFC/logbook', 'EdgeFC/Invoker on rooms/kitchen/celsius: 4 bytes');
});

it('anything else about a room comes to the logbook only', async () => {
  await using host = await createTestHost({ config });

  await host.publish('rooms/cellar/door', 'open');
  await host.runUntilIdle();

  expect(host).toHaveInvokedOnly(['EdgeFC/logbook']);
});

it('a display that fails is told again; the logbook notes it once', async () => {
  await using host = await createTestHost({ config, fakes: { 'EdgeFC/display': fake.once(fake.error('no paint')) } });

  await host.publish('rooms/kitchen/celsius', '19.5');
  await host.runUntilIdle();

  expect(host).toHaveRetried('EdgeFC/display', 1);
  expect(host).not.toHaveRetried('EdgeFC/logbook');
  expect(host).toHaveSucceededWith('EdgeFC/display');
});

it('a subscriber of the test hears what it asked for', async () => {
  const heard: string[] = [];
  const topics = { 'rooms/+/celsius': (event: Buffer) => void heard.push(event.toString()) };
  await using host = await createTestHost({ config, fakes: { topics } });

  await host.publish('rooms/kitchen/celsius', '19.5');
  await host.publish('rooms/kitchen/door', 'open');
  await host.runUntilIdle();

  expect(heard).toEqual(['19.5']);
});
