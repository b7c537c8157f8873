/** What a fake may be given as, and what its caller gets. */
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

async function replyOf(value: FakeValue, payload = 'event'): Promise<string> {
  const host = await start({ fakes: { 'S/f': value } });
  return host.invoke('S/f', payload);
}

describe('a fake replies', () => {
  it.each<readonly [string, FakeValue, string]>([
    ['text', 'Message from helloworld', 'Message from helloworld'],
    ['bytes', Buffer.from('bytes'), 'bytes'],
    ['JSON', { on: true, level: [1, 2] }, '{"on":true,"level":[1,2]}'],
    ['a number', 42, '42'],
    ['nothing', null, ''],
    ['what fake.reply is given', fake.reply('said so'), 'said so'],
    ['JSON of a text', fake.json('text'), '"text"'],
    ['what a function returns', (event) => `got ${String(event)}`, 'got event'],
    [
      'what a function calls back',
      (_event, _context, callback) => {
        callback(undefined, 'called');
      },
      'called',
    ],
    ['what a promise of a function comes to', async () => ({ later: true }), '{"later":true}'],
  ])('with %s', async (_what, value, reply) => {
    expect(await replyOf(value)).toBe(reply);
  });

  it('with what it was when it was made', async () => {
    const value = { on: true };
    const made = fake.reply(value);
    value.on = false;
    expect(await replyOf(made)).toBe('{"on":true}');
  });

  it('not with what has no JSON: that is told when the fake is made', () => {
    expect(() => fake.reply(() => 'hi')).toThrow(
      'fake.reply: the reply has no JSON: it is a function, which JSON does not have; give the function itself as the fake, and it is called',
    );
    expect(() => fake.json(1n)).toThrow('fake.json: the reply has no JSON: Do not know how to serialize a BigInt');
  });

  it('not with more than a result may have', async () => {
    const host = await start({ fakes: { 'S/f': 'x'.repeat(33 * 1024 ** 2) } });
    expect(await host.invoke('S/f')).toMatch(/^EntityTooLarge: /);
  });
});

describe('a function given as a fake', () => {
  it('is called as the handler: with the event, a context and the host’s time', async () => {
    const host = await start({
      fakes: {
        'S/f': (event, context) => [String(event), context.service.name, context.function.name, context.attempt],
      },
    });
    expect(await host.invoke('S/f', 'hi')).toBe('["hi","S","f",1]');
  });

  it('fails as a handler does', async () => {
    expect(
      await replyOf(() => {
        throw new RangeError('too far');
      }),
    ).toBe('Handled RangeError: too far');
  });

  it('calls other functions as a handler does', async () => {
    const host = await start({
      fakes: {
        'S/outer': async () => {
          const answer = await new FCClient({}).invokeFunction({
            serviceName: 'S',
            functionName: 'inner',
            payload: 'x',
          });
          return `outer got ${String((answer as { payload: unknown }).payload)}`;
        },
        'S/inner': (event) => `inner ${String(event)}`,
      },
    });
    expect(await host.invoke('S/outer')).toBe('outer got inner x');
  });
});

describe('a fake fails', () => {
  it.each<readonly [string, FakeValue, string]>([
    ['Handled, with a message', fake.error('offline'), 'Handled Error: offline'],
    ['Handled, under a name', fake.error('bad', { name: 'InvalidInput' }), 'Handled InvalidInput: bad'],
    ['Handled, with an error', fake.error(new TypeError('no number')), 'Handled TypeError: no number'],
    ['Unhandled, as told', fake.unhandled('Uncaught', 'boom'), 'Unhandled Uncaught: boom'],
    [
      'Unhandled, out of memory',
      fake.unhandled('OutOfMemory', 'too much'),
      'Unhandled OutOfMemory: S/f ran out of memory: too much',
    ],
    [
      'Unhandled, as a crash',
      fake.crash(),
      'Unhandled Exit: the instance of S/f was ended by SIGSEGV while the handler ran',
    ],
    ['Unhandled, as an exit', fake.exit(3), 'Unhandled Exit: the fake called process.exit(3) while the handler ran'],
    [
      'Unhandled, as one that would not load',
      fake.unhandled('LoadError', 'no such file'),
      'Unhandled LoadError: no such file',
    ],
    ['refused, throttled', fake.throttle('enough'), 'ResourceExhausted: enough'],
    ['refused, with a code', fake.refuse('NoHost', 'nobody there'), 'NoHost: nobody there'],
  ])('%s', async (_what, value, end) => {
    expect(await replyOf(value)).toBe(end);
  });

  it('by never answering: the function’s timeout ends the call, and the instance with it', async () => {
    const host = await start({
      fakes: { 'S/f': fake.sequence(fake.hang(), 'back') },
      settings: { 'S/f': { timeout: '2s' } },
    });
    expect(await host.invoke('S/f')).toMatch(/^Unhandled Timeout: S\/f did not answer within its timeout of 2 s/);
    expect(host.clock.monotonic()).toBe(2000);
    expect(await host.invoke('S/f')).toBe('back');
  });

  it('not with a code that there is none of', () => {
    // @ts-expect-error -- because it is no code
    expect(() => fake.refuse('Gone')).toThrow(
      /^fake\.refuse\(code\): code is 'Gone': allowed InvalidArgument, ServiceNotFound, /,
    );
  });
});

describe('a delayed fake', () => {
  it('answers after that time of the host', async () => {
    const host = await start({ fakes: { 'S/f': fake.delay('1.5s', 'late') } });
    expect(await host.invoke('S/f')).toBe('late');
    expect(host.clock.monotonic()).toBe(1500);
  });

  it('is too late for a function whose timeout is shorter', async () => {
    const host = await start({ fakes: { 'S/f': fake.delay('3s', 'late') }, settings: { 'S/f': { timeout: '1s' } } });
    expect(await host.invoke('S/f')).toMatch(/^Unhandled Timeout/);
  });

  it('delays a function that is called then', async () => {
    const host = await start({ fakes: { 'S/f': fake.delay(250, (event) => `late ${String(event)}`) } });
    expect(await host.invoke('S/f', 'x')).toBe('late x');
    expect(host.clock.monotonic()).toBe(250);
  });

  it('cannot delay what never gets to run', () => {
    expect(() => fake.delay('1s', fake.throttle())).toThrow(
      'fake.delay cannot delay fake.throttle(): what is refused never gets to run',
    );
    expect(() => fake.delay('soon')).toThrow(
      "fake.delay(time): time is 'soon': give milliseconds, or a duration such as '5s' or '250ms'",
    );
  });
});
