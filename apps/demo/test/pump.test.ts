/** The pump and its breaker: dead letters that are redriven, work that keeps its order, and a pump that stands still. */
import '@edgefc/testkit/matchers/vitest';
import { createTestHost, fake } from '@edgefc/testkit';
import { expect, it } from 'vitest';

const config = new URL('../edgefc.config.ts', import.meta.url);

it('without power is a dead letter after two attempts', async () => {
  await using host = await createTestHost({ config });

  await host.enqueue('EdgeFC/pump', 'fill the tank');
  await host.runUntilIdle();

  expect(host).toHaveBeenDeadLettered('EdgeFC/pump', { errorMessage: 'the breaker is open', attempts: 2 });
  expect(await host.stats()).toMatchObject({ accepted: 1, dead: 1 });
});

it('fills the tank after all, once the breaker is closed and the dead letter redriven', async () => {
  await using host = await createTestHost({ config });
  const id = await host.enqueue('EdgeFC/pump', 'fill the tank');
  await host.runUntilIdle();

  await host.invoke('EdgeFC/pump', 'close the breaker');
  expect(await host.redrive({ function: 'EdgeFC/pump' })).toBe(1);

  expect(await host.waitForInvocation(id)).toMatchObject({
    state: 'Succeeded',
    attempt: 3,
    result: 'the tank is full',
  });
  expect(await host.deadLetters()).toEqual([]);
});

it('does the work of one tank in its order, and lets no other tank wait for it', async () => {
  await using host = await createTestHost();
  const pump = host.fake(
    'Plant/pump',
    fake.when('open tank 1', fake.once(fake.error('it is stuck'))).otherwise('done'),
  );

  await host.enqueue('Plant/pump', 'open tank 1', { orderKey: 'tank 1' });
  await host.enqueue('Plant/pump', 'fill tank 1', { orderKey: 'tank 1' });
  await host.enqueue('Plant/pump', 'open tank 2', { orderKey: 'tank 2' });
  await host.enqueue('Plant/pump', 'fill tank 2', { orderKey: 'tank 2' });
  await host.runUntilIdle();

  const runs = pump.calls.map(({ text }) => text);
  expect(runs.filter((run) => run.endsWith('1'))).toEqual(['open tank 1', 'open tank 1', 'fill tank 1']);
  expect(runs.filter((run) => run.endsWith('2'))).toEqual(['open tank 2', 'fill tank 2']);
  expect(runs.at(-1)).toBe('fill tank 1');
});

it('that stands still is given up at its timeout, and tried again', async () => {
  await using host = await createTestHost({ config });
  host.fake('EdgeFC/pump', fake.sequence(fake.hang(), 'the tank is full'));

  const id = await host.enqueue('EdgeFC/pump', 'fill the tank');

  expect(await host.waitForInvocation(id)).toMatchObject({ state: 'Succeeded', attempt: 2 });
  expect(host).toHaveFailedWith('EdgeFC/pump', { errorType: 'Timeout', attempt: 1 });
});

it('that is stopped stays stopped, whatever it comes to meanwhile', async () => {
  await using host = await createTestHost({ config });
  host.fake('EdgeFC/pump', fake.delay('3s', 'the tank is full'));
  const id = await host.enqueue('EdgeFC/pump', 'fill the tank');
  await host.advance('1s');

  expect(await host.stopInvocation(id)).toMatchObject({ state: 'Stopped' });
  await host.runUntilIdle();

  expect(await host.getInvocation(id)).toMatchObject({ state: 'Stopped', attempt: 1 });
});

it('that crashes when all is done does it twice: at least once is the promise', async () => {
  await using host = await createTestHost();
  const pump = host.fake('Plant/pump', 'the tank is full');
  host.faults.crashAfter('Plant/pump');

  const id = await host.enqueue('Plant/pump', 'fill the tank');

  expect(await host.waitForInvocation(id)).toMatchObject({ state: 'Succeeded' });
  expect(pump.calls.map(({ attempt }) => attempt)).toEqual([1, 2]);
});
