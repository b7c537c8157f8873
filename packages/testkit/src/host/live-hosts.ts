/**
 * The test hosts that run in this process: code of the test's own, outside of any function, talks to the only one there is.
 * Where there are more, nobody can tell which is meant, and the call is refused.
 */
import type { Refusal, Transport } from '@edgefc/sdk/internal';
import { perProcess } from '../frame.ts';

const live = perProcess('live hosts', () => new Set<Transport>());

export function onlyLiveTransport(): Transport | undefined {
  const [first] = live;
  return live.size > 1 ? refusing(live.size) : first;
}

/** Until the returned function is called. */
export function announce(transport: Transport): () => void {
  live.add(transport);
  return () => {
    live.delete(transport);
  };
}

function refusing(count: number): Transport {
  const message =
    `${count} test hosts run here, and a call of the test's own, outside of any function, says of none that it is meant: ` +
    'call host.invoke() of one of them. A host that should be gone by now is one that was not stopped: write `await using host = …`.';
  const refuse = (): Promise<Refusal> =>
    Promise.resolve({ kind: 'refused', code: 'NoHost', message, retryable: false });
  return { limits: { sync: Infinity, async: Infinity }, invoke: refuse, publish: refuse, query: refuse };
}
