/**
 * Six hours of retries: an uplink that is down is tried less and less often and given up, and the operator is told. Played by
 * the test that its trace is always the same, and by the benchmark that says how long it takes.
 */
import type { Context, HandlerCallback } from '@edgefc/sdk';
import type { TestHost } from '../../src/host/test-host.ts';
import type { TestHostOptions } from '../../src/options.ts';

export const SIX_HOURS: TestHostOptions = {
  functions: {
    'Plant/uplink': {
      handler: (event: string, { attempt }: Context, callback: HandlerCallback) => {
        setTimeout(() => {
          console.log(`attempt ${attempt} of ${event} at ${new Date().toISOString()}`);
          callback(new Error('no network'));
        }, 250);
      },
      retry: { attempts: 'untilExpired', minDelay: '1m', maxDelay: '1h', maxAge: '6h' },
      onFailure: 'Plant/operator',
    },
    'Plant/operator': async (event: string) => {
      const { requestPayload } = JSON.parse(event) as { requestPayload: string };
      return `told of ${requestPayload}`;
    },
  },
};

/** Everything that was recorded, with ids and times, as it is printed and as data. */
export interface Trace {
  readonly tree: string;
  readonly data: string;
}

export async function playSixHours(host: TestHost): Promise<Trace> {
  await host.enqueue('Plant/uplink', '21 °C', { dedupeKey: 'reading 7' });
  await host.runUntilIdle();
  const { record, now } = host;
  return {
    tree: record.tree({ logs: true, ids: true }),
    data: JSON.stringify({ now, invocations: record.invocations(), logs: record.logs, stats: await host.stats() }),
  };
}
