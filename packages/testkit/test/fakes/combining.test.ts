/** Fakes made of fakes, before a real function or before nothing. */
import { FCClient } from '@edgefc/sdk';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fake } from '../../src/fakes/fake.ts';
import type { FakeValue } from '../../src/fakes/types.ts';
import { smallHost, type SmallHost, type SmallHostOptions } from './support/small-host.ts';

async function start(options: SmallHostOptions): Promise<SmallHost> {
  const host = await smallHost(options);
  onTestFinished(() => host.stop());
  return host;
}

/** What so many calls, one after the other, come to. */
async function answers(value: FakeValue, events: readonly string[], real?: () => Promise<string>): Promise<string[]> {
  const host = await start({ fakes: { 'S/f': value }, ...(real === undefined ? {} : { functions: { 'S/f': real } }) });
  const found: string[] = [];
  for (const event of events) found.push(await host.invoke('S/f', event));
  return found;
}

const three = ['a', 'b', 'c'];
const four = ['a', 'b', 'c', 'd'];

describe('a sequence', () => {
  it('answers one after the other, and the last one repeats', async () => {
    expect(await answers(fake.sequence(fake.error('offline'), 'ok'), three)).toEqual([
      'Handled Error: offline',
      'ok',
      'ok',
    ]);
  });

  it('goes on with what it is told to', async () => {
    expect(await answers(fake.sequence('one', 'two').thenRepeat('more'), four)).toEqual(['one', 'two', 'more', 'more']);
    expect(await answers(fake.sequence('one').thenPass().otherwise('other'), three)).toEqual(['one', 'other', 'other']);
    expect(await answers(fake.sequence('one').thenPass(), ['a', 'b'], async () => 'real')).toEqual(['one', 'real']);
  });

  it('fails after its end when it is told to, and the test can be shown that', async () => {
    const host = await start({ fakes: { 'S/f': fake.sequence('one').thenFail() } });
    await host.invoke('S/f', 'first');
    const message = `The test called 'S/f' with "second", and no fake of it answers that: fake.sequence('one').thenFail() has 1 answer, and this is one call more`;
    expect(await host.invoke('S/f', 'second')).toBe(`FunctionNotFound: ${message}`);
    expect(host.stage.unfaked.describe()).toBe(`calls that were neither real nor faked:\n  ${message}`);
  });

  it('has a refusal among its answers, which takes its turn', async () => {
    expect(
      await answers(fake.sequence(fake.throttle('busy'), 'ok', fake.refuse('NoHost', 'gone'), 'back'), four),
    ).toEqual(['ResourceExhausted: busy', 'ok', 'NoHost: gone', 'back']);
  });

  it('is counted by each host for itself', async () => {
    const value = fake.sequence('one', 'two');
    expect(await answers(value, ['a'])).toEqual(['one']);
    expect(await answers(value, ['a'])).toEqual(['one']);
  });
});

describe('a fake for some calls only', () => {
  it('passes the others on to the next one', async () => {
    expect(await answers(fake.once('first').otherwise('then'), three)).toEqual(['first', 'then', 'then']);
    expect(await answers(fake.error('no').times(2).otherwise('then'), three)).toEqual([
      'Handled Error: no',
      'Handled Error: no',
      'then',
    ]);
    expect(await answers(fake.nth(2, 'second').otherwise('other'), three)).toEqual(['other', 'second', 'other']);
    expect(await answers(fake.when('b', 'matched').otherwise('other'), three)).toEqual(['other', 'matched', 'other']);
  });

  it('knows a call by its text, its bytes, its JSON value, or by what a function says', async () => {
    const value = fake
      .when('text', 'by text')
      .when(Buffer.from('bytes'), 'by bytes')
      .when({ on: true, at: [1, 2] }, 'by value')
      .when(({ text }) => text.startsWith('x'), 'by function')
      .otherwise('other');
    expect(await answers(value, ['text', 'bytes', '{"at":[1,2],"on":true}', 'xyz', '{"on":true}'])).toEqual([
      'by text',
      'by bytes',
      'by value',
      'by function',
      'other',
    ]);
  });

  it('counts its own calls only', async () => {
    const value = fake.when('b', fake.sequence('first b', 'second b')).otherwise(fake.sequence('1', '2', '3'));
    expect(await answers(value, ['a', 'b', 'a', 'b', 'a'])).toEqual(['1', 'first b', '2', 'second b', '3']);
  });

  it('fails where nothing is left to answer, and says how to mend it', async () => {
    const host = await start({ fakes: { 'S/f': fake.when('a', 1) } });
    expect(await host.invoke('S/f', 'b')).toBe(
      `FunctionNotFound: The test called 'S/f' with "b", and no fake of it answers that: fake.when('a', 1) passed the call on, ` +
        `and there is no real function behind; end it with .otherwise('a reply')`,
    );
  });
});

describe('a fake before a real function', () => {
  it('changes one call and leaves the others to it', async () => {
    expect(await answers(fake.nth(2, fake.error('broken')), three, async () => 'real')).toEqual([
      'real',
      'Handled Error: broken',
      'real',
    ]);
  });

  it('may bring the real one with it', async () => {
    const value = fake.partial(async (event) => `real ${String(event)}`, fake.when('b', 'faked'));
    expect(await answers(value, three)).toEqual(['real a', 'faked', 'real c']);
  });

  it('may let it run later, or make it crash when it has run', async () => {
    let runs = 0;
    const host = await start({
      functions: { 'S/f': async () => `run ${(runs += 1)}` },
      fakes: { 'S/f': fake.sequence(fake.crash(fake.real()), fake.delay('2s', fake.real())) },
    });
    expect(await host.invoke('S/f')).toMatch(/^Unhandled Exit: the instance of S\/f was ended by SIGSEGV/);
    expect(runs).toBe(1);
    expect(await host.invoke('S/f')).toBe('run 2');
    expect(host.clock.monotonic()).toBe(2000);
  });
});

describe('the instance behind a fake', () => {
  it('starts when the first call falls through to it, and its failure to start is told', async () => {
    const host = await start({
      functions: {
        'S/f': {
          handler: async () => 'real',
          initializer: () => {
            throw new Error('no port');
          },
        },
      },
      fakes: { 'S/f': fake.once('faked') },
    });
    expect(await host.invoke('S/f')).toBe('faked');
    expect(await host.invoke('S/f')).toBe('Unhandled InitError: the initializer of S/f failed: no port');
  });

  it('runs its preStop when the host stops, also beside a fake given as code', async () => {
    const stopped: string[] = [];
    const host = await smallHost({
      functions: {
        'S/f': {
          handler: async () => 'real',
          preStop: (_context, callback) => {
            setImmediate(() => {
              stopped.push('preStop');
              callback();
            });
          },
        },
      },
      fakes: { 'S/f': fake.once(() => 'by code') },
    });
    expect([await host.invoke('S/f'), await host.invoke('S/f')]).toEqual(['by code', 'real']);
    await host.stop();
    expect(stopped).toEqual(['preStop']);
  });

  it('keeps its calls apart from those of a fake given as code', async () => {
    const call = async (functionName: string): Promise<string> => {
      const { payload } = await new FCClient({}).invokeFunction({ serviceName: 'S', functionName });
      return String(payload);
    };
    const host = await start({
      functions: { 'S/f': async (event) => `real: ${await call(String(event))}` },
      fakes: {
        'S/f': fake.when('x', async () => `code: ${await call('x')}`),
        'S/x': fake.delay('2s', 'answer x'),
        'S/y': fake.delay('1s', 'answer y'),
      },
      settings: { 'S/f': { maxInstances: 1, instanceConcurrency: 2 } },
    });
    const both = [host.core.invoke({ target: 'S/f', payload: 'x' }), host.core.invoke({ target: 'S/f', payload: 'y' })];
    await host.settle();
    await host.clock.advance(3000);
    const ends = await Promise.all(both);
    expect(ends.map((end) => (end.kind === 'answered' ? String(end.payload) : end.kind))).toEqual([
      'code: answer x',
      'real: answer y',
    ]);
  });
});

describe('a fake put before a function while the host runs', () => {
  it('answers in its place until it is taken away, and knows the calls that came', async () => {
    const host = await start({ functions: { 'S/f': async () => 'real' } });
    expect(await host.invoke('S/f')).toBe('real');
    const handle = host.fake('S/f', 'faked');
    expect(await host.invoke('S/f', '{"n":1}')).toBe('faked');
    const over = host.fake('S/f', fake.once('over it'));
    expect([await host.invoke('S/f'), await host.invoke('S/f')]).toEqual(['over it', 'faked']);
    over.restore();
    handle.restore();
    expect(await host.invoke('S/f')).toBe('real');
    expect(handle.calls).toMatchObject([
      {
        n: 1,
        target: 'S/f',
        type: 'Sync',
        text: '{"n":1}',
        json: { n: 1 },
        attempt: 1,
        caller: undefined,
        answered: true,
      },
      { n: 2, text: '' },
    ]);
    expect(over.calls.map(({ answered }) => answered)).toEqual([true, false]);
  });

  it('may be of a function that the host did not have', async () => {
    const host = await start({ functions: { 'S/f': async () => 'real' } });
    expect(await host.invoke('Cloud/upload')).toMatch(/^ServiceNotFound: /);
    host.fake('Cloud/upload', 'stored');
    expect(await host.invoke('Cloud/upload')).toBe('stored');
  });
});
