/** A small plant: one function that calls, publishes and prints, one that fails at first, and what stands around them. */
import { FCClient, IoTData } from '@edgefc/sdk';
import { createTestHost } from '../../../src/create-test-host.ts';
import { fake } from '../../../src/fakes/fake.ts';
import type { TestHost } from '../../../src/host/test-host.ts';
import type { TestHostOptions } from '../../../src/options.ts';

async function control(event: string): Promise<object> {
  const fc = new FCClient();
  console.log('controls', event);
  const valve = await fc.invokeFunction({ functionId: 'Plant/valve', payload: 'open' });
  await fc.invokeFunction({ functionId: 'Plant/pump', invocationType: 'Async', payload: '{"litres":3}' });
  await new IoTData().publish({ topic: 'plant/level', payload: '21.5' });
  return { valve: String(valve.payload) };
}

export function plant(more: TestHostOptions = {}): Promise<TestHost> {
  return createTestHost({
    functions: {
      'Plant/control': control,
      'Plant/pump': {
        handler: fake.sequence(fake.error('offline'), 'pumped'),
        retry: { attempts: 3, minDelay: '1s' },
        onSuccess: 'Plant/audit',
      },
    },
    fakes: { 'Plant/valve': 'is open', 'Plant/audit': 'noted', 'Plant/logbook': 'written' },
    routes: [{ topic: 'plant/+', target: 'Plant/logbook' }],
    ...more,
  });
}
