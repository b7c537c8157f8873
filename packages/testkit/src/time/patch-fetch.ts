/** `fetch` of one realm: unchanged, except that what it does later in a frame knows who called it. */
import { currentFrame } from '../frame.ts';
import { replaceMethods } from './replace-methods.ts';
import { traced } from './work-trace.ts';

export function patchFetch(realm: Pick<typeof globalThis, 'fetch'>): void {
  const original = realm.fetch;
  replaceMethods(realm, {
    fetch: (...args: Parameters<typeof fetch>) =>
      currentFrame()?.time === undefined ? original(...args) : traced(() => original(...args)),
  });
}
