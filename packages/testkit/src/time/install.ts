/**
 * Puts the testkit's time in front of the platform's: once in a process for its modules, once for each realm.
 *
 * It passes everything through unless the code that asks runs in a frame with a virtual clock, so the runner and the test's own
 * code keep the real time. It stays for the life of the process: taking it away under code that kept a patched
 * function would serve nobody.
 */
import { syncBuiltinESMExports } from 'node:module';
import { mainGlobal, perProcess } from '../per-process.ts';
import { FrameTimers } from './frame-timers.ts';
import { patchDate } from './patch-date.ts';
import { patchFetch } from './patch-fetch.ts';
import { patchAbortSignal, patchPerformance, patchProcess } from './patch-running-time.ts';
import { patchTimers, type TimerFunctions } from './patch-timers.ts';
import { createPromisedTimers, type PromisedTimers } from './promised-timers.ts';
import { realTime } from './real-time.ts';
import { replaceMethods } from './replace-methods.ts';

/**
 * Installs the patch in `realm` and in the main realm. Again, or by another copy of the testkit, it does nothing.
 */
export function installTime(realm: typeof globalThis = globalThis): void {
  const patches = perProcess('time', () => new Patches());
  patches.install(mainGlobal());
  patches.install(realm);
}

/** The functions of the copy that came first: what one made, all others know. */
class Patches {
  readonly #timers = new FrameTimers();
  readonly #promised: PromisedTimers;
  /** Objects whose functions are patched, and patched functions: a realm is given those of another one. */
  readonly #done = new WeakSet<object>();

  constructor() {
    realTime(); // Taken before anything is patched.
    const modules = process.getBuiltinModule('node:timers/promises');
    this.#promised = createPromisedTimers({ ...modules }, this.#timers);
    const { wait, ...promised } = this.#promised;
    replaceMethods(modules, promised);
    replaceMethods(modules.scheduler, { wait });
    this.#patchTimers(process.getBuiltinModule('node:timers'));
    this.#once(process.getBuiltinModule('node:perf_hooks').performance, patchPerformance);
    syncBuiltinESMExports();
  }

  install(realm: typeof globalThis): void {
    this.#once(realm, () => {
      if (!this.#done.has(realm.Date)) {
        patchDate(realm);
        this.#done.add(realm.Date);
      }
      this.#patchTimers(realm);
      this.#once(realm.AbortSignal, () => {
        patchAbortSignal(realm, this.#timers);
      });
      if (!this.#done.has(realm.fetch)) {
        patchFetch(realm);
        this.#done.add(realm.fetch);
      }
      this.#once(realm.process, patchProcess);
      syncBuiltinESMExports(); // `import { hrtime } from 'node:process'`
    });
  }

  /** The functions of a realm may be those of the main realm, patched there. */
  #patchTimers(target: object): void {
    const functions = target as TimerFunctions;
    if (this.#done.has(functions.setTimeout)) return;
    patchTimers(functions, this.#timers, this.#promised);
    this.#done.add(functions.setTimeout);
  }

  #once<T extends object>(target: T, patch: (target: T) => void): void {
    if (this.#done.has(target)) return;
    this.#done.add(target);
    patch(target);
  }
}
