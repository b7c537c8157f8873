/**
 * The test hosts that run in this process: code of the test's own, outside of any function, talks to the only one there is.
 * Where there are two, nobody can tell which is meant: then there is none, and the SDK says `NoHost`.
 */
import type { Transport } from '@edgefc/sdk/internal';
import { perProcess } from '../frame.ts';

const live = perProcess('live hosts', () => new Set<Transport>());

export function onlyLiveTransport(): Transport | undefined {
  if (live.size !== 1) return undefined;
  const [only] = live;
  return only;
}

/** Until the returned function is called. */
export function announce(transport: Transport): () => void {
  live.add(transport);
  return () => {
    live.delete(transport);
  };
}
