/** Fakes of functions that are invoked Async, and of topics: retries, losses and refusals are the engine's own. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { fake } from '../../src/fakes/fake.ts';
import { refuseThings } from '../../src/fakes/topics.ts';
import type { FakeValue } from '../../src/fakes/types.ts';
import { smallHost, type SmallHost, type SmallHostOptions } from './support/small-host.ts';

async function start(options: SmallHostOptions): Promise<SmallHost> {
  const host = await smallHost(options);
  onTestFinished(() => host.stop());
  return host;
}

const RETRY = { retry: { attempts: 3, minDelay: '10s', maxDelay: '10s' } } as const;

/** The states after each run of one piece of work. */
async function runs(value: FakeValue): Promise<string[]> {
  const host = await start({ fakes: { 'S/f': value }, settings: { 'S/f': RETRY } });
  await host.enqueue('S/f', 'work');
  await host.runUntilIdle();
  return host.settled.map(
    ({ state, error, attempt }) => `${attempt} ${state}${error === undefined ? '' : ` ${error.errorType}`}`,
  );
}

describe('Async work of a faked function', () => {
  it('is tried again when the fake fails, and dies when its attempts are used up', async () => {
    expect(await runs(fake.sequence(fake.error('offline'), 'ok'))).toEqual(['1 Retrying Error', '2 Succeeded']);
    expect(await runs(fake.error('offline'))).toEqual(['1 Retrying Error', '2 Retrying Error', '3 Failed Error']);
  });

  it('dies at once where another run would be no use', async () => {
    expect(await runs(fake.error('bad', { retryable: false }))).toEqual(['1 Failed Error']);
  });

  it('uses no attempt up by being asked to come later', async () => {
    const later = fake.error('not yet', { retryAfter: '1h' });
    expect(await runs(fake.sequence(later, later, later, 'ok'))).toEqual([
      '1 Retrying Error',
      '2 Retrying Error',
      '3 Retrying Error',
      '4 Succeeded',
    ]);
  });

  it('is tried again after being throttled, without a run and without using an attempt up', async () => {
    expect(await runs(fake.sequence(fake.throttle(), fake.throttle(), fake.throttle(), 'ok'))).toEqual([
      '0 Retrying ResourceExhausted',
      '0 Retrying ResourceExhausted',
      '0 Retrying ResourceExhausted',
      '1 Succeeded',
    ]);
  });

  it('is refused before it is accepted, with a code that says so', async () => {
    const host = await start({ fakes: { 'S/f': fake.sequence(fake.refuse('NoHost', 'nobody'), 'ok') } });
    expect(await host.enqueue('S/f', 'first')).toBe('NoHost: nobody');
    expect(await host.enqueue('S/f', 'second')).toMatch(/^life1\./);
    await host.runUntilIdle();
    expect(host.settled.map(({ state }) => state)).toEqual(['Succeeded']);
  });

  it('runs again when the instance is lost, without using an attempt up', async () => {
    const lost = fake.unhandled('InstanceLost');
    expect(await runs(fake.sequence(lost, lost, lost, 'ok'))).toEqual([
      '1 Retrying InstanceLost',
      '2 Retrying InstanceLost',
      '3 Retrying InstanceLost',
      '4 Succeeded',
    ]);
  });

  it('is known by its attempt', async () => {
    const host = await start({ fakes: {}, settings: { 'S/f': RETRY } });
    const handle = host.fake('S/f', fake.when(({ attempt }) => attempt < 3, fake.error('no')).otherwise('yes'));
    await host.enqueue('S/f', 'work');
    await host.runUntilIdle();
    expect(handle.calls.map(({ attempt, type, text }) => [attempt, type, text])).toEqual([
      [1, 'Async', 'work'],
      [2, 'Async', 'work'],
      [3, 'Async', 'work'],
    ]);
    expect(host.settled.at(-1)).toMatchObject({ state: 'Succeeded', attempt: 3 });
  });
});

describe('a faked subscriber', () => {
  it('gets the messages of its topics', async () => {
    const heard: string[] = [];
    const host = await start({
      fakes: {
        topics: {
          'plant/+/alarm': (event, context) => {
            const { topic } = context.invokerContext['custom'] as { topic: string };
            heard.push(`${topic}: ${String(event)}`);
          },
        },
      },
    });
    await host.publish('plant/1/alarm', 'hot');
    await host.publish('plant/1/level', '3');
    await host.runUntilIdle();
    expect(heard).toEqual(['plant/1/alarm: hot']);
  });
});

it('things come in a later release, and say so', () => {
  expect(() => {
    refuseThings({ pump: 'on' });
  }).toThrow(/^fakes\.things has pump, but this release has no things yet/);
});
