/** What crosses between functions in one process crosses as it does between processes. */
import { describe, expect, it } from 'vitest';
import { FCClient } from '@edgefc/sdk';
import { startHost } from './support.ts';

type Callback = (error?: unknown, data?: unknown) => void;

describe('What an invocation carries', () => {
  it('arrives as the same kind: text as text, bytes as a Buffer', async () => {
    await using host = await startHost({
      kinds: { handler: async (event) => `${typeof event} ${Buffer.isBuffer(event)} ${String(event).length}` },
      bytes: { handler: async () => new Uint8Array([1, 2]) },
    });
    expect((await host.invoke('kinds', 'text')).text).toBe('string false 4');
    expect((await host.invoke('kinds', 'x'.repeat(100_000))).text).toBe('string false 100000');
    expect((await host.invoke('kinds', new Uint8Array([1, 2, 3]))).text).toBe('object true 3');
    expect((await host.invoke('bytes')).bytes).toEqual(Buffer.from([1, 2]));
  });

  it('is a copy: neither side sees what the other does to its bytes', async () => {
    const kept: Buffer[] = [];
    await using host = await startHost({
      caller: {
        handler: async () => {
          const payload = Buffer.from([1, 2, 3]);
          const call = new FCClient().invokeFunction({ functionId: 'Test/callee', payload });
          payload.fill(9);
          const { payload: answer } = await call;
          return `${payload.join()} ${(answer as Buffer).join()}`;
        },
      },
      callee: {
        handler: async (event) => {
          const bytes = event as Buffer;
          kept.push(bytes);
          setImmediate(() => bytes.fill(7));
          return bytes;
        },
      },
    });
    expect((await host.invoke('caller')).text).toBe('9,9,9 1,2,3');
    expect(kept[0]?.join()).toBe('7,7,7');
  });

  it('comes later, never before the call has returned', async () => {
    await using host = await startHost({
      caller: {
        handler: (_event: unknown, _context: unknown, callback: Callback) => {
          let returned = false;
          new FCClient().invokeFunction({ functionId: 'Test/callee' }, () => {
            callback(null, String(returned));
          });
          returned = true;
        },
      },
      callee: { handler: async () => 'at once' },
    });
    expect((await host.invoke('caller')).text).toBe('true');
  });

  it('leaves the event loop its turns, however many calls there are', async () => {
    await using host = await startHost({
      caller: {
        handler: async () => {
          const timer = new AbortController();
          setTimeout(() => {
            timer.abort();
          }, 5);
          let calls = 0;
          while (!timer.signal.aborted) {
            await new FCClient().invokeFunction({ functionId: 'Test/callee' });
            calls += 1;
          }
          return String(calls > 0);
        },
      },
      callee: { handler: async () => '' },
    });
    expect((await host.invoke('caller')).text).toBe('true');
  });
});

describe('Two hosts in one process', () => {
  it('do not see each other', async () => {
    const handler = async (): Promise<string> => {
      const { payload } = await new FCClient().invokeFunction({ functionId: 'Test/name' });
      return String(payload);
    };
    await using one = await startHost({ asking: { handler }, name: { handler: async () => 'one' } });
    await using two = await startHost({ asking: { handler }, name: { handler: async () => 'two' } });
    const answers = await Promise.all([one.invoke('asking'), two.invoke('asking'), one.invoke('asking')]);
    expect(answers.map(({ text }) => text)).toEqual(['one', 'two', 'one']);
  });
});
