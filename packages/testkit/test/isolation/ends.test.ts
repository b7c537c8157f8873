/** The ways an instance ends: by itself, by an error that nobody caught, by the host. */
import { createServer } from 'node:net';
import { once } from 'node:events';
import { readFile } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startHost } from './support.ts';

type Callback = (error?: unknown, data?: unknown) => void;

/** Throws where no handler catches it. */
const THROWN: Record<string, (error: Error) => void> = {
  'a timer': (error) => {
    setTimeout(() => {
      throw error;
    }, 1);
  },
  'an immediate': (error) => {
    setImmediate(() => {
      throw error;
    });
  },
  'a tick': (error) => {
    process.nextTick(() => {
      throw error;
    });
  },
  'a microtask': (error) => {
    queueMicrotask(() => {
      throw error;
    });
  },
  'the callback of a file': (error) => {
    readFile(import.meta.filename, () => {
      throw error;
    });
  },
  'a socket': (error) => {
    const server = createServer().listen(0, () => {
      server.close(() => {
        throw error;
      });
    });
  },
  'an abort listener': (error) => {
    const controller = new AbortController();
    controller.signal.addEventListener('abort', () => {
      throw error;
    });
    controller.abort();
  },
};

describe('An error that nobody caught', () => {
  it.each(Object.keys(THROWN))('in %s ends the instance of the run it came from, and not the test', async (where) => {
    await using host = await startHost({
      failing: {
        handler: (event: unknown, _: unknown, callback: Callback) => {
          if (event === 'fail') THROWN[where]!(new RangeError('too far'));
          else callback(null, 'fine');
        },
      },
    });
    const failed = await host.invoke('failing', 'fail');
    expect(failed).toMatchObject({
      error: 'Uncaught',
      text: 'an uncaught exception ended the instance of Test/failing: RangeError: too far',
    });
    expect(host.lost).toEqual([`Test/failing#1: Uncaught: ${failed.text}`]);
    expect((await host.invoke('failing')).text).toBe('fine');
  });

  it('is laid to the run that threw it, and its neighbours are lost', async () => {
    await using host = await startHost({
      two: {
        instanceConcurrency: 2,
        maxInstances: 1,
        handler: (event: unknown) => {
          if (event !== 'fail') return;
          setImmediate(() => {
            throw new Error('of one');
          });
        },
      },
    });
    const [quiet, failed] = await Promise.all([host.invoke('two', 'wait'), host.invoke('two', 'fail')]);
    expect(failed.error).toBe('Uncaught');
    expect(quiet.error).toBe('InstanceLost');
  });

  it('is the function’s own affair when it listens for it', async () => {
    await using host = await startHost({
      listening: {
        handler: (_event: unknown, _context: unknown, callback: Callback) => {
          process.once('uncaughtException', (error, origin) => {
            callback(null, `${error.message} ${origin}`);
          });
          setImmediate(() => {
            throw new Error('taken');
          });
        },
      },
    });
    expect(await host.invoke('listening')).toMatchObject({ text: 'taken uncaughtException', error: undefined });
    expect(host.lost).toEqual([]);
  });

  it('while the function loads is why it cannot be loaded', async () => {
    await using host = await startHost({
      loading: {
        initializer: () => {
          setImmediate(() => {
            throw new Error('too early');
          });
        },
        handler: async () => 'never',
      },
    });
    expect(await host.invoke('loading')).toMatchObject({
      error: 'Uncaught',
      text: 'an uncaught exception ended the instance of Test/loading: too early',
    });
  });
});

describe('A rejection that nobody took', () => {
  const rejecting = (_event: unknown, _context: unknown, callback: Callback): void => {
    void Promise.reject(new Error('forgotten'));
    setImmediate(() => {
      callback(null, 'went on');
    });
  };

  it('ends the instance', async () => {
    await using host = await startHost({ rejecting: { handler: rejecting } });
    expect(await host.invoke('rejecting')).toMatchObject({
      error: 'Uncaught',
      text: 'an unhandled rejection ended the instance of Test/rejecting: forgotten',
    });
  });

  it('is a warning where the configuration says so', async () => {
    await using host = await startHost({ rejecting: { handler: rejecting, onUnhandledRejection: 'warn' } });
    expect((await host.invoke('rejecting')).text).toBe('went on');
    expect(host.logs[0]).toMatchObject({ level: 'warn', text: expect.stringContaining('forgotten') as string });
  });

  it('of the test’s own reaches the runner', async () => {
    await using host = await startHost({ fine: { handler: async () => 'fine' } });
    // The runner's own listeners would fail this test.
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    try {
      const heard = once(process, 'unhandledRejection');
      void host.invoke('fine').then(() => {
        throw new Error('of the test');
      });
      expect(await heard).toMatchObject([{ message: 'of the test' }, {}]);
    } finally {
      for (const listener of listeners) process.on('unhandledRejection', listener);
    }
  });
});

describe('process.exit()', () => {
  it('ends the instance there and then, with what it had written before', async () => {
    let wentOn = false;
    const goneOn = (): void => {
      wentOn = true;
    };
    await using host = await startHost({
      leaving: {
        handler: (event: unknown, _context: unknown, callback: Callback) => {
          if (event !== 'leave') {
            callback(null, 'here');
            return;
          }
          process.stdout.write('last words');
          process.exit(3);
          // The types know that nothing comes after it; a handler in JavaScript does not.
          Reflect.apply(goneOn, undefined, []);
        },
      },
    });
    expect((await host.invoke('leaving', 'stay')).text).toBe('here');
    const left = await host.invoke('leaving', 'leave');
    expect(left).toMatchObject({ error: 'Exit', text: 'Test/leaving called process.exit(3) while the handler ran' });
    expect(host.lines).toEqual(['last words']);
    expect((await host.invoke('leaving', 'stay')).text).toBe('here');
    expect(wentOn).toBe(false);
  });

  it('does not let the code that called it go on, and nothing that it does later counts', async () => {
    const after = Promise.withResolvers<string>();
    await using host = await startHost({
      leaving: {
        handler: async () => {
          setImmediate(() => {
            console.log('too late');
            after.resolve('ran');
            throw new Error('too late as well');
          });
          try {
            process.exit();
          } finally {
            console.log('nor this');
          }
        },
      },
    });
    expect((await host.invoke('leaving')).error).toBe('Exit');
    expect(await after.promise).toBe('ran');
    expect(host.lines).toEqual([]);
  });
});

describe('An instance that is killed', () => {
  it('is cut off: what it sends, writes and calls afterwards is dropped', async () => {
    const called: string[] = [];
    const late = Promise.withResolvers<undefined>();
    await using host = await startHost({
      called: { handler: async (event) => void called.push(String(event)) },
      deaf: {
        // Ignores that it is aborted.
        handler: async (_event, context) => {
          await once((context as { signal: AbortSignal }).signal, 'abort');
          await late.promise;
          const { FCClient } = await import('@edgefc/sdk');
          console.log('still here');
          void new FCClient().invokeFunction({ functionId: 'Test/called', payload: 'from beyond' });
          return 'an answer';
        },
        timeout: '30ms',
      },
    });
    const { error } = await host.invoke('deaf');
    expect(error).toBe('Timeout');
    // Half a second later the host gives it up.
    await new Promise((resolve) => host.core.events.once('instance:exited', resolve));
    late.resolve(undefined);
    await host.invoke('called', 'by the test');
    expect(called).toEqual(['by the test']);
    expect(host.lines).toEqual([]);
  });
});
