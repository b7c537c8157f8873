import { afterEach, describe, expect, it } from 'vitest';
import { FCClient, IoTData } from '../src/index.ts';
import { TRANSPORT_VERSION } from '../src/transport.ts';

const call = { serviceName: 'EdgeFC', functionName: 'helloworld', payload: 'hi' };

/** A host of another version: it is there, under a name that this SDK does not ask for. */
function hostOfVersion(version: number | string): void {
  Reflect.set(globalThis, Symbol.for(`edgefc.transport.v${String(version)}`), () => {
    throw new Error('this SDK cannot know what is behind this');
  });
}

afterEach(() => {
  for (const symbol of Object.getOwnPropertySymbols(globalThis)) {
    if (Symbol.keyFor(symbol)?.startsWith('edgefc.transport.') === true) Reflect.deleteProperty(globalThis, symbol);
  }
});

describe('an SDK on a host of another version', () => {
  it('says that the SDK is to be updated when the host is newer, and is not asked to try again', async () => {
    hostOfVersion(TRANSPORT_VERSION + 1);
    await expect(new FCClient().invokeFunction(call)).rejects.toMatchObject({
      code: 'NotImplemented',
      retryable: false,
      message:
        'FCClient.invokeFunction: the host is newer than this @edgefc/sdk; update that where the function is built.',
    });
  });

  it('says that the host is to be updated when the host is older', async () => {
    hostOfVersion(TRANSPORT_VERSION - 1);
    await expect(new FCClient().invokeFunction(call)).rejects.toThrow(
      /older than its @edgefc\/sdk .* update edgefc \(@edgefc\/runtime\) on the host\.$/,
    );
  });

  it.each([
    ['a message', () => new IoTData().publish({ topic: 'rooms', payload: '1' })],
    ['a question', () => new FCClient().getInvocation('i-1')],
  ])('says the same of %s', async (_what, act) => {
    hostOfVersion(TRANSPORT_VERSION + 1);
    await expect(act()).rejects.toThrow(/newer than this @edgefc\/sdk/);
  });

  it('is not confused by what only looks like a version', async () => {
    hostOfVersion('next');
    await expect(new FCClient().invokeFunction(call)).rejects.toMatchObject({ code: 'NoHost' });
  });
});
