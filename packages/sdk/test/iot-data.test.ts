import { describe, expect, it } from 'vitest';
import { CredentialProviderChain } from '../src/credentials.ts';
import { IoTData } from '../src/iot-data.ts';
import { calledBack, rejection } from './support/call.ts';

type Method = 'publish' | 'getThingProperties' | 'setThingProperties' | 'callThingService' | 'getThingsWithTags';

/** The methods as JavaScript sees them. */
function call(method: Method, params: unknown, ...callback: ((...args: unknown[]) => void)[]): unknown {
  const iot: IoTData = new IoTData();
  return (iot[method] as (...args: unknown[]) => unknown).call(iot, params, ...callback);
}

const complete: readonly [Method, Record<string, unknown>, required: readonly string[]][] = [
  ['publish', { topic: '/a', payload: 'x' }, ['topic', 'payload']],
  ['getThingProperties', { productKey: 'k', deviceName: 'd', payload: ['p'] }, ['payload', 'productKey', 'deviceName']],
  [
    'setThingProperties',
    { productKey: 'k', deviceName: 'd', payload: { p: 1 } },
    ['payload', 'productKey', 'deviceName'],
  ],
  ['callThingService', { productKey: 'k', deviceName: 'd', service: 's' }, ['productKey', 'deviceName', 'service']],
  ['getThingsWithTags', { payload: [{ tag: 'x' }] }, ['payload']],
];

describe.each(complete)('IoTData.%s', (method, params, required) => {
  it.each(required)('reports a missing %s as the published SDK does', async (name) => {
    for (const nothing of [undefined, null, '']) {
      const [err, data] = await calledBack((callback) => call(method, { ...params, [name]: nothing }, callback));
      expect(err).toMatchObject({ code: 'InvalidArgument', message: `Can't find required parameter "${name}".` });
      expect(data).toBeUndefined();
    }
  });

  it('reports the first of several missing parameters', async () => {
    for (const nothing of [{}, undefined]) {
      const [err] = await calledBack((callback) => call(method, nothing, callback));
      expect(err).toMatchObject({ message: `Can't find required parameter "${String(required[0])}".` });
    }
  });
});

describe.each(complete.filter(([method]) => method !== 'publish'))('IoTData.%s', (method, params) => {
  it('reports NotImplemented, naming itself, once and never synchronously', async () => {
    let calls = 0;
    const [err] = await calledBack((callback) => {
      const returned = call(method, params, (...args) => {
        calls += 1;
        callback(...args);
      });
      expect(returned).toBeUndefined();
      expect(calls).toBe(0);
    });
    await new Promise(setImmediate);
    expect(calls).toBe(1);
    expect(err).toMatchObject({
      code: 'NotImplemented',
      message: `IoTData.${method} is not in this release of @edgefc/sdk.`,
    });
  });

  it('gives a promise without a callback', async () => {
    expect(await rejection(call(method, params) as Promise<unknown>)).toMatchObject({ code: 'NotImplemented' });
  });
});

describe('CredentialProviderChain', () => {
  it('can be constructed, and reports NotImplemented when it is asked', async () => {
    expect(await rejection(new CredentialProviderChain().resolvePromise())).toMatchObject({
      code: 'NotImplemented',
      message: 'CredentialProviderChain.resolvePromise is not in this release of @edgefc/sdk.',
    });
  });
});
