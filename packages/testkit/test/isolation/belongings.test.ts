/** What belongs to an instance although it shares the process: output, environment, listeners. */
import { format } from 'node:util';
import { env as importedEnv } from 'node:process';
import { afterEach, describe, expect, it } from 'vitest';
import { currentTransport } from '@edgefc/sdk/internal';
import { startHost } from './support.ts';

describe('The output of a function', () => {
  it('is its log, with the level of the method and the id of the invocation', async () => {
    await using host = await startHost({
      talking: {
        handler: async () => {
          console.log('text %d', 1, { a: [1] });
          console.warn('careful');
          console.error(new Error('broken').message);
          console.debug('detail');
          console.table([{ a: 1 }]);
          process.stdout.write('in two ');
          process.stdout.write('pieces\nand the rest');
          process.stderr.write('for stderr\n');
        },
      },
    });
    const { requestId } = await host.invoke('talking');
    expect(host.logs.map(({ level, text }) => `${level} ${text}`)).toEqual([
      `info ${format('text %d', 1, { a: [1] })}`,
      'warn careful',
      'error broken',
      'debug detail',
      expect.stringMatching(/^info ┌.*│ 0 .*│ 1 .*┘$/s) as string,
      'info in two pieces',
      'error for stderr',
      'info and the rest',
    ]);
    expect(new Set(host.logs.map((log) => log.requestId))).toEqual(new Set([requestId]));
  });

  it('keeps the id of its invocation through everything asynchronous, when several run at once', async () => {
    await using host = await startHost({
      talking: {
        instanceConcurrency: 2,
        maxInstances: 1,
        handler: async (event) => {
          await new Promise<void>((resolve) => setImmediate(resolve));
          process.stdout.write(`${String(event)} `);
          await Promise.resolve();
          queueMicrotask(() => process.stdout.write('microtask '));
          await new Promise<void>((resolve) => process.nextTick(resolve));
          console.log(event);
        },
      },
    });
    const [one, two] = await Promise.all([host.invoke('talking', 'one'), host.invoke('talking', 'two')]);
    const of = (id: string): string[] => host.logs.filter(({ requestId }) => requestId === id).map(({ text }) => text);
    expect(of(one.requestId)).toEqual(['one', 'one microtask ']);
    expect(of(two.requestId)).toEqual(['two', 'two microtask ']);
  });

  it('is written at once when the invocation has settled before', async () => {
    await using host = await startHost({
      late: {
        handler: (_event: unknown, _context: unknown, callback: (error?: unknown, data?: unknown) => void) => {
          callback(null, 'settled');
          process.stdout.write('late');
          console.log('last');
        },
      },
    });
    const { requestId } = await host.invoke('late');
    await host.core.stop();
    expect(host.logs).toEqual([
      { level: 'info', text: 'late', requestId },
      { level: 'info', text: 'last', requestId },
    ]);
  });

  it('is apart from the output of the test', async () => {
    const written: string[] = [];
    const original = process.stdout.write.bind(process.stdout);
    process.stdout.write = (chunk: unknown): boolean => {
      written.push(String(chunk));
      return true;
    };
    try {
      await using host = await startHost({ silent: { handler: async () => process.stderr.write('inside\n') } });
      await host.invoke('silent');
      process.stdout.write('outside\n');
      expect(host.lines).toEqual(['inside']);
    } finally {
      process.stdout.write = original;
    }
    expect(written).toEqual(['outside\n']);
  });

  it('comes through context.logger as well', async () => {
    await using host = await startHost({
      logging: {
        handler: async (_, context) => {
          (context as { logger: Console }).logger.warn('with %s', 'care');
        },
      },
    });
    const { requestId } = await host.invoke('logging');
    expect(host.logs).toEqual([{ level: 'warn', text: 'with care', requestId }]);
  });
});

describe('The environment of a function', () => {
  afterEach(() => {
    delete process.env['OF_THE_TEST'];
  });

  it('is the configured one and nothing of the test, and what it writes stays in it', async () => {
    process.env['OF_THE_TEST'] = 'secret';
    const handler = async (event: unknown): Promise<unknown> => {
      if (event === 'write') process.env['WRITTEN'] = 'here';
      if (event === 'replace') process.env = { ONLY: 'this' };
      const { env } = process;
      return [
        env['PLACE'],
        env['OF_THE_TEST'],
        env['WRITTEN'],
        importedEnv === env,
        Object.keys(env).length,
        'PLACE' in env,
      ];
    };
    await using host = await startHost({
      kitchen: { handler, environmentVariables: { PLACE: 'kitchen' } },
      cellar: { handler, environmentVariables: { PLACE: 'cellar' } },
    });
    const read = async (name: string, event = 'read'): Promise<unknown> =>
      JSON.parse((await host.invoke(name, event)).text);
    const [, , , same, count] = (await read('kitchen')) as unknown[];
    expect(same).toBe(true);
    expect(await read('kitchen', 'write')).toEqual(['kitchen', null, 'here', true, Number(count) + 1, true]);
    expect(await read('cellar')).toEqual(['cellar', null, null, true, count, true]);
    expect(await read('cellar', 'replace')).toEqual([null, null, null, true, 1, false]);
    expect(await read('kitchen')).toEqual(['kitchen', null, 'here', true, Number(count) + 1, true]);
    expect(process.env['OF_THE_TEST']).toBe('secret');
    expect(process.env['WRITTEN']).toBeUndefined();
  });

  it('can be kept, replaced and put back by a test', () => {
    const kept = process.env;
    process.env = { ...kept, OF_THE_TEST: 'replaced' };
    expect(process.env['OF_THE_TEST']).toBe('replaced');
    process.env = kept;
    expect(process.env['OF_THE_TEST']).toBeUndefined();
    expect(process.env['PATH']).toBeDefined();
  });
});

describe('Listeners on process', () => {
  it('are those of the instance, and end with it', async () => {
    const before = process.listenerCount('exit') + process.listenerCount('SIGTERM');
    await using host = await startHost({
      listening: {
        handler: async () => {
          process.on('exit', (code) => {
            console.log(`exits with ${code}`);
          });
          const chained = process.once('SIGTERM', () => undefined) === process;
          return [chained, process.listenerCount('SIGTERM'), process.listenerCount('exit')];
        },
      },
    });
    expect((await host.invoke('listening')).text).toBe('[true,1,1]');
    expect(process.listenerCount('exit') + process.listenerCount('SIGTERM')).toBe(before);
    await host.core.stop();
    expect(host.lines).toEqual(['exits with 0']);
  });
});

describe('The test itself', () => {
  it('has no transport: the SDK finds a host only inside functions', async () => {
    await using host = await startHost({
      asking: { handler: async () => String(currentTransport() !== undefined) },
    });
    expect((await host.invoke('asking')).text).toBe('true');
    expect(currentTransport()).toBeUndefined();
  });
});
