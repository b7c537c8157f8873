/** A test's host as a test uses it: functions, time, kills and starts, and what it says when it is used wrongly. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defineHandler, FCClient, functionRef } from '@edgefc/sdk';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTestHost, withTestHost } from '../../src/create-test-host.ts';
import { fake } from '../../src/fakes/fake.ts';

const HERE = join(import.meta.dirname, 'fixtures');

describe('a host', () => {
  it('runs a handler against a fake, on its own time', async () => {
    await using host = await createTestHost({
      functions: {
        'Home/caller': async (event: string) => {
          // eslint-disable-next-line no-restricted-syntax -- because time is virtual there
          await new Promise((resolve) => setTimeout(resolve, 90 * 60_000));
          const { payload } = await new FCClient().invokeFunction({ functionId: 'Home/name', payload: event });
          return `${payload.toString()} at ${new Date().toISOString()}`;
        },
      },
      defaults: { timeout: '2h' },
      fakes: { 'Home/name': 'Ann' },
    });
    const { payload } = await host.invoke('Home/caller', 'who?');
    expect(payload).toBe('Ann at 2030-01-01T01:30:00.000Z');
    expect(host.now.toISOString()).toBe('2030-01-01T01:30:00.000Z');
  });

  it.each([
    ['a file and its export', './greeter.handler'],
    ['a file', './greeter.cjs'],
    ['a file URL', pathToFileURL(join(HERE, 'greeter.cjs'))],
    ['settings with a place', { handler: './greeter.cjs', timeout: '2s' }],
    ['settings with a directory of their own', { codeUri: '.', handler: 'greeter.handler' }],
  ] as const)('takes a function as %s', async (_, place) => {
    await using host = await createTestHost({
      root: HERE,
      functions: { 'Home/greeter': place },
      fakes: { 'Home/name': 'Ann' },
    });
    expect((await host.invoke('Home/greeter', 'x')).payload).toBe('Hello, Ann');
  });

  it('takes a whole configuration, and what the test says over it', async () => {
    await using host = await createTestHost({
      root: HERE,
      config: {
        services: {
          Home: {
            functions: { greeter: { codeUri: '.', handler: 'greeter.handler' }, name: { codeUri: './not-there' } },
          },
        },
      },
      fakes: { 'Home/name': 'Ann' },
      functions: { 'Home/greeter': { timeout: '250ms' } },
    });
    expect((await host.invoke('Home/greeter')).payload).toBe('Hello, Ann');
    expect(host.host.definition.functions.find(({ key }) => key === 'Home/greeter')?.timeout).toBe(250);
  });

  it('gives a function that fails as a result, and a call without an answer as an error', async () => {
    await using host = await createTestHost({
      functions: {
        'A/fails': () => {
          throw new TypeError('no');
        },
      },
    });
    const { functionError, error } = await host.invoke('A/fails');
    expect(functionError).toBe('Handled');
    expect(error).toMatchObject({ errorType: 'TypeError', errorMessage: 'no' });
    await expect(host.invoke('A/missing')).rejects.toMatchObject({ code: 'FunctionNotFound' });
  });

  it('sends text and bytes as they are, and anything else as its JSON', async () => {
    await using host = await createTestHost({
      functions: {
        'A/echo': async (event: string | Buffer) => `${Buffer.isBuffer(event) ? 'bytes' : 'text'}: ${String(event)}`,
      },
    });
    expect((await host.invoke('A/echo', 'a')).text).toBe('text: a');
    expect((await host.invoke('A/echo', Buffer.from('a'))).text).toBe('bytes: a');
    expect((await host.invoke('A/echo', { a: 1 })).text).toBe('text: {"a":1}');
    expect((await host.invoke('A/echo')).text).toBe('text: ');
  });

  it('gives functions the credentials that the test has for them', async () => {
    await using host = await createTestHost({
      functions: {
        'A/b': async (_event: string, { credentials }: { credentials: { accessKeyId: string } }) =>
          credentials.accessKeyId,
      },
      credentials: { accessKeyId: 'id', accessKeySecret: 'secret' },
    });
    expect((await host.invoke('A/b')).payload).toBe('id');
  });

  it('is there for the SDK of the test while it is the only one', async () => {
    await using host = await createTestHost({ fakes: { 'A/b': 'one' } });
    const client = new FCClient();
    const call = () => client.invokeFunction({ serviceName: 'A', functionName: 'b' });
    expect((await call()).payload).toBe('one');
    await withTestHost({ fakes: { 'A/b': 'two' } }, async (other) => {
      await expect(call()).rejects.toMatchObject({
        code: 'NoHost',
        message: expect.stringMatching(/^2 test hosts run here, .* call host\.invoke\(\) of one of them\./) as string,
      });
      expect((await other.invoke('A/b')).payload).toBe('two');
    });
    expect((await call()).payload).toBe('one');
    await host.stop();
    await expect(call()).rejects.toMatchObject({ code: 'NoHost' });
  });

  it('skips time for whom the SDK of the test calls and asks', async () => {
    const measure = defineHandler(async ({ room }: { room: string }) => {
      // eslint-disable-next-line no-restricted-syntax -- because time is virtual there
      await new Promise((resolve) => setTimeout(resolve, 3_600_000));
      return { room, celsius: 21 };
    });
    await using host = await createTestHost({
      functions: { 'Home/thermometer': { handler: measure, timeout: '2h' } },
      fakes: { 'Home/gone': fake.crash() },
    });
    const thermometer = functionRef<typeof measure>('Home/thermometer');
    expect(await thermometer.invoke({ room: 'attic' })).toEqual({ room: 'attic', celsius: 21 });
    const { id } = await thermometer.enqueue({ room: 'cellar' }, { delay: 60_000 });
    const client = new FCClient();
    const { result } = await client.waitForInvocation(id, { timeout: 86_400_000 });
    expect([host.now.toISOString(), result]).toEqual(['2030-01-01T02:01:00.000Z', '{"room":"cellar","celsius":21}']);
    const told = await new Promise((resolve) => {
      client.invokeFunction({ functionId: 'Home/gone' }, (...outcome) => {
        resolve(outcome);
      });
    });
    expect(told).toMatchObject([null, { functionError: 'Unhandled' }]);
  });

  it('tells the SDK of the test that it was killed, and that it does not run', async () => {
    await using host = await createTestHost({ functions: { 'A/b': () => new Promise(() => undefined) } });
    const call = () => new FCClient().invokeFunction({ functionId: 'A/b' });
    const calling = call();
    const killing = expect(calling).rejects.toThrow(
      "the Sync call to 'A/b', made by the test: the host was killed before it answered; restart() starts it again",
    );
    host.kill();
    await killing;
    await expect(call()).rejects.toThrow('made by the test: the host does not run; restart() starts it again');
  });

  it('tells of an instance that fails after its answer, as the log of a gateway does', async () => {
    await using host = await createTestHost({
      functions: {
        'A/forgets': async () => {
          void functionRef<string, string>('A/fails').invoke('anything');
          return 'done';
        },
        'A/fails': async () => {
          throw new RangeError('too late');
        },
      },
    });
    expect((await host.invoke('A/forgets')).payload).toBe('done');
    await host.settle();
    expect(host.record.logs.map((log) => [log.level, log.function, log.message])).toEqual([
      [
        'warn',
        'A/forgets',
        'instance ended: Uncaught: an unhandled rejection ended the instance of A/forgets: FunctionError: A/fails failed (RangeError): too late',
      ],
    ]);
  });

  it('does not see another one: modules, time and fakes are its own', async () => {
    const functions = { 'A/when': async () => new Date().toISOString() };
    await using one = await createTestHost({ functions });
    await using two = await createTestHost({ functions, now: '2040-06-01' });
    await two.advance('1d');
    expect((await one.invoke('A/when')).payload).toBe('2030-01-01T00:00:00.000Z');
    expect((await two.invoke('A/when')).payload).toBe('2040-06-02T00:00:00.000Z');
  });
});

describe('Async work', () => {
  it('is tried again for six hours in no time, and ends as a dead letter', async () => {
    let runs = 0;
    await using host = await createTestHost({
      functions: {
        'A/b': {
          handler: () => {
            runs += 1;
            throw new Error(`failure ${runs}`);
          },
          retry: { attempts: 'untilExpired', maxAge: '6h' },
        },
      },
    });
    const id = await host.enqueue('A/b', 'x');
    expect(await host.waitForInvocation(id)).toMatchObject({ state: 'Expired' });
    expect(runs).toBeGreaterThan(50);
    expect(await host.deadLetters()).toMatchObject([{ id, state: 'Expired' }]);
    expect(host.now.toISOString()).toBe('2030-01-01T06:00:00.000Z');
  });

  it('waits for the test to move time', async () => {
    const seen: string[] = [];
    await using host = await createTestHost({
      functions: { 'A/b': async (event: string) => void seen.push(event) },
    });
    await host.enqueue('A/b', 'later', { delay: '5s' });
    await host.enqueue('A/b', 'now');
    await host.settle();
    expect(seen).toEqual(['now']);
    await host.advance(4999);
    expect(seen).toEqual(['now']);
    await host.advance(1);
    expect(seen).toEqual(['now', 'later']);
  });

  it.each(['memory', 'a file'])('outlives the plug being pulled, with its queue in %s', async (place) => {
    const seen: string[] = [];
    const dataDir = mkdtempSync(join(tmpdir(), 'edgefc-test-'));
    onTestFinished(() => {
      rmSync(dataDir, { recursive: true });
    });
    await using host = await createTestHost({
      ...(place === 'memory' ? {} : { dataDir }),
      functions: {
        'A/b': async (event: string, context: { attempt: number }) => {
          seen.push(`${event} ${context.attempt}`);
          // eslint-disable-next-line no-restricted-syntax -- because time is virtual there
          await new Promise((resolve) => setTimeout(resolve, 1000));
        },
      },
    });
    await host.enqueue('A/b', 'work');
    await host.settle();
    host.kill();
    await expect(host.invoke('A/b')).rejects.toThrow('the host does not run; restart() starts it again');
    expect(await host.restart({ downtime: '1h' })).toMatchObject({ recovered: 1, downtime: 3_600_000 });
    await host.runUntilIdle();
    expect(seen).toEqual(['work 1', 'work 2']);
    expect(await host.stats()).toMatchObject({ accepted: 1, ended: 1, dead: 0 });
  });

  it('keeps what a crash point leaves', async () => {
    let runs = 0;
    await using host = await createTestHost({ functions: { 'A/b': async () => void (runs += 1) } });
    host.crashAt(1, 'after');
    await expect(host.enqueue('A/b', 'x')).rejects.toThrow('the host was killed before it answered');
    await host.restart();
    await host.runUntilIdle();
    expect(runs).toBe(1);
  });
});

describe('used wrongly, a host says what to do', () => {
  it('when an await was forgotten', async () => {
    const host = await createTestHost({ fakes: { 'A/b': 'x' } });
    void host.invoke('A/b');
    await expect(host.stop()).rejects.toThrow(
      /^the test did not wait for what it began:\n {2}host\.invoke\('A\/b'\) at .*test-host\.test\.ts:\d+:\d+\)?\nWrite `await` in front of it\.$/,
    );
  });

  it.each([
    [{ isolation: 'virtual' }, "isolation is 'virtual': allowed 'in-process', 'thread', 'process'"],
    [{ time: 'fast' }, "time is 'fast': allowed 'auto', 'manual', 'real'"],
    [{ now: 'yesterday' }, 'now is yesterday: give a Date'],
    [{ functions: { pump: () => 'x' } }, "functions has the key 'pump': write 'Service/function'"],
    [{ functions: { 'A/b': './nowhere.js' } }, "functions['A/b'] is "],
    [
      { functions: { 'A/b': () => 'x' }, isolation: 'thread' },
      "functions['A/b'] is given as code, which cannot cross into a thread",
    ],
    [{ functions: { 'A/b': { handler: () => 'x', timeout: '5 parsecs' } } }, 'services.A.functions.b.timeout'],
    [{ functions: ['A/b'] }, "functions is an Array: give an object by 'Service/function'"],
    [{ fakes: 'A/b' }, 'fakes is the string "A/b": give an object by'],
    [{ functions: { 'A/b': 5 } }, "functions['A/b'] is the number 5: give a handler, its place such as"],
    [{ fake: { 'A/b': 'x' } }, "createTestHost: there is no option 'fake'; did you mean 'fakes'?"],
    [{ colour: 'red' }, "createTestHost: there is no option 'colour'; there are functions, fakes, config, "],
    [{ isolation: 'thread', time: 'auto' }, "time is 'auto', but in a thread time is real"],
  ])('about %o', async (options, message) => {
    // @ts-expect-error -- what JavaScript lets through
    await expect(createTestHost(options)).rejects.toThrow(message);
  });

  it('about a fake of what the configuration file does not have, which nobody has on the gateway', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'edgefc-testkit-'));
    onTestFinished(() => {
      rmSync(directory, { recursive: true });
    });
    const config = join(directory, 'edgefc.config.json');
    const thermometer = { codeUri: join(import.meta.dirname, 'fixtures'), handler: 'greeter.handler' };
    writeFileSync(config, JSON.stringify({ services: { Home: { functions: { thermometer } } } }));
    const says =
      "the configuration has no function 'Home/thermometr', so calls to it fail on the gateway; did you mean 'Home/thermometer'? " +
      "A function that is still to be added: give it in `functions`, as functions: { 'Home/thermometr': async () => … }";
    await expect(createTestHost({ config, fakes: { 'Home/thermometr': 'x' } })).rejects.toThrow(
      `fakes['Home/thermometr']: ${says}`,
    );
    await using host = await createTestHost({ config, functions: { 'Home/added': async () => 'later' } });
    expect(() => host.fake('Home/thermometr', 'x')).toThrow(`host.fake(): ${says}`);
    host.fake('Home/added', 'sooner');
    expect((await host.invoke('Home/added')).payload).toBe('sooner');
  });

  it('about a setting that is none, which a host passes over with a warning', async () => {
    const timout = { handler: async () => 'x', timout: '3s' };
    await expect(createTestHost({ functions: { 'A/b': timout } })).rejects.toThrow(
      'createTestHost: services.A.functions.b.timout: unknown setting; did you mean timeout?',
    );
  });

  it('about a duration that is none', async () => {
    await using host = await createTestHost();
    expect(() => host.advance('1 fortnight')).toThrow("advance() is '1 fortnight': give milliseconds, or a duration");
    expect(() => host.advanceTo('2020-01-01')).toThrow('time does not go back');
  });
});

describe.each(['thread', 'process'] as const)('functions in a %s', (isolation) => {
  it('run on real time, beside fakes in the test', async () => {
    await using host = await createTestHost({
      root: HERE,
      isolation,
      functions: { 'Home/greeter': './greeter.cjs' },
      fakes: { 'Home/name': (event: string) => `${event}!` },
    });
    expect((await host.invoke('Home/greeter', 'Ann')).payload).toBe('Hello, Ann!');
  });
});
