/** What a handler's error says about another run of its Async work (SPEC 4). Total: it never throws, whatever it is given. */
import { MAX_DELAY, retryLaterDelay } from '@edgefc/sdk/internal';
import { NO_RETRY } from '../protocol.ts';

/** {@link NO_RETRY}, the ms that a `RetryLater` asks for, or null: nothing is said. */
export function retryHint(thrown: unknown): number | null {
  try {
    const delay = retryLaterDelay(thrown);
    // Another copy of the SDK, or a look-alike, may not have checked it.
    if (delay !== undefined) return Math.min(delay, MAX_DELAY);
    if (typeof thrown !== 'object' || thrown === null) return null;
    return 'retryable' in thrown && thrown.retryable === false ? NO_RETRY : null;
  } catch {
    return null; // A getter that throws, or a revoked proxy: it says nothing that could be read.
  }
}
