/**
 * `Date` of one realm: inside a frame `new Date()`, `Date()` and `Date.now()` tell the time of its clock; everything else
 * is the realm's own. Dates stay what they are, so `instanceof`, subclasses and `structuredClone` notice nothing.
 */
import { currentFrame } from '../frame.ts';

export function patchDate(realm: { Date: DateConstructor }): void {
  const Original = realm.Date;

  function PatchedDate(this: unknown, ...args: unknown[]): unknown {
    const clock = currentFrame()?.time?.clock;
    const calledAs: unknown = new.target; // `undefined` when it was called without `new`, which its type leaves out.
    if (calledAs === undefined) return clock === undefined ? Original() : new Original(clock.now()).toString();
    const given = args.length > 0 || clock === undefined ? args : [clock.now()];
    return Reflect.construct(Original, given, new.target === PatchedDate ? Original : new.target);
  }

  const now = (): number => {
    const clock = currentFrame()?.time?.clock;
    return clock === undefined ? Original.now() : Math.floor(clock.now());
  };

  // What is not said here is the original's: UTC, parse, the prototype, and what somebody may have added.
  Object.defineProperties(PatchedDate, {
    ...Object.getOwnPropertyDescriptors(Original),
    now: { value: now, writable: true, enumerable: false, configurable: true },
  });
  Object.defineProperty(Original.prototype, 'constructor', { value: PatchedDate, writable: true, configurable: true });
  Object.defineProperty(realm, 'Date', { value: PatchedDate, writable: true, configurable: true });
}
