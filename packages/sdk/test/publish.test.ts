import { afterEach, describe, expect, it, vi } from 'vitest';
import { IoTData } from '../src/iot-data.ts';
import { setTransportProvider } from '../src/transport.ts';
import { calledBack, rejection } from './support/call.ts';
import { host, removeHost } from './support/host.ts';

afterEach(removeHost);

const iot = new IoTData();
/** The method as JavaScript sees it. */
const untyped = iot as unknown as { publish(params: unknown, callback?: unknown): Promise<unknown> };

describe('IoTData.publish', () => {
  it('sends text and bytes as they are and gives the id of the message', async () => {
    const transport = host();
    const bytes = new Uint8Array([1, 2]);
    expect(await iot.publish({ topic: '/alarms/door', payload: 'open' })).toBe('message-1');
    expect(
      await calledBack((callback) => {
        iot.publish({ topic: '$local/é', payload: bytes }, callback);
      }),
    ).toEqual([null, 'message-2']);
    expect(transport.messages).toEqual([
      { topic: '/alarms/door', payload: 'open' },
      { topic: '$local/é', payload: bytes },
    ]);
  });

  it.each([
    [{ topic: 7, payload: 'x' }, 'topic is the number 7; it must be a String.'],
    [
      { topic: 'a/+/b', payload: 'x' },
      'topic "a/+/b" has the wildcard "+", which only filters have, at character 3; leave it out.',
    ],
    [
      { topic: 'a/#', payload: 'x' },
      'topic "a/#" has the wildcard "#", which only filters have, at character 3; leave it out.',
    ],
    [{ topic: 'a\0', payload: 'x' }, String.raw`topic "a\u0000" has a NUL at character 2; leave it out.`],
    [
      { topic: 'a\ud800', payload: 'x' },
      String.raw`topic "a\ud800" has half of a surrogate pair at character 2; leave it out.`,
    ],
    [
      { topic: 'é'.repeat(32_768), payload: 'x' },
      `topic "${'é'.repeat(80)}"… (32,768 characters) has 65536 bytes of UTF-8, more than the 65535 that MQTT allows; shorten it.`,
    ],
    [
      { topic: 'a', payload: { b: 1 } },
      'payload is an object; it must be a String or a Buffer/Uint8Array. Use JSON.stringify(payload) to send a value.',
    ],
  ])('refuses %o', async (params, message) => {
    const transport = host();
    const [err, data] = await calledBack((callback) => untyped.publish(params, callback));
    expect(err).toMatchObject({ code: 'InvalidArgument', message, retryable: false });
    expect(data).toBeUndefined();
    expect(transport.messages).toHaveLength(0);
  });

  it('takes a topic of exactly 65,535 bytes, with characters outside of the first plane', async () => {
    const transport = host();
    await iot.publish({ topic: `${'é'.repeat(32_765)}😀x`, payload: 'x' });
    expect(transport.messages).toHaveLength(1);
  });

  it('refuses a payload above the limit of Async payloads, naming the setting', async () => {
    host({}, { sync: 99, async: 4 });
    expect(await rejection(iot.publish({ topic: 'a', payload: 'ééé' }))).toMatchObject({
      code: 'EntityTooLarge',
      message:
        "payload has 6 bytes, more than the 4 bytes that a message may send; send less, or raise limits.asyncPayload in the host's configuration.",
    });
  });

  it('gives parameters whose getters throw to the callback', async () => {
    host();
    const params = {
      get topic(): string {
        throw new Error('no topic today');
      },
    };
    expect(await calledBack((callback) => untyped.publish(params, callback))).toEqual([
      new Error('no topic today'),
      undefined,
    ]);
  });

  it('runs the callback once, and never before it has returned', async () => {
    for (const params of [{ topic: 'a', payload: 'x' }, undefined]) {
      host();
      let calls = 0;
      await calledBack((callback) => {
        expect(
          untyped.publish(params, () => {
            calls += 1;
            callback();
          }),
        ).toBeUndefined();
        expect(calls).toBe(0);
      });
      await new Promise(setImmediate);
      expect(calls).toBe(1);
    }
  });

  it('gives what the host refuses', async () => {
    setTransportProvider(() => ({
      limits: { sync: 9, async: 9 },
      invoke: () => Promise.reject(new Error('not asked to')),
      publish: () => Promise.resolve({ kind: 'refused', code: 'ResourceExhausted', message: 'Full.', retryable: true }),
    }));
    expect(await rejection(iot.publish({ topic: 'a', payload: 'x' }))).toMatchObject({
      code: 'ResourceExhausted',
      message: 'Full.',
      retryable: true,
    });
  });

  it('says what is missing: the host, the method of an older one, or the way over HTTP', async () => {
    const message = { topic: '/a', payload: 'x' };
    expect(await rejection(iot.publish(message))).toMatchObject({
      code: 'NoHost',
      message: expect.stringMatching(/^No edgefc host carries the message for "\/a": this code does not run/) as string,
    });
    setTransportProvider(() => ({ limits: { sync: 9, async: 9 }, invoke: () => Promise.reject(new Error('no')) }));
    expect(await rejection(iot.publish(message))).toMatchObject({
      code: 'NotImplemented',
      message: expect.stringMatching(/^IoTData\.publish: the host that runs this function is older/) as string,
    });
    removeHost();
    vi.stubEnv('EDGEFC_ENDPOINT', 'http://127.0.0.1:9000');
    expect(await rejection(iot.publish(message))).toMatchObject({ code: 'NotImplemented' });
  });
});
