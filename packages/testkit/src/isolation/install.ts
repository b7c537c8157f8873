/**
 * Installs what tells functions and tests apart within one realm: once, whatever copies of the testkit there are, and for
 * good. All of it passes through where no instance runs.
 */
import nodeConsole from 'node:console';
import { syncBuiltinESMExports } from 'node:module';
import { installModuleHooks } from '@edgefc/runtime/testing';
import { setTransportProvider } from '@edgefc/sdk/internal';
import { perProcess } from '../frame.ts';
import { onlyLiveTransport } from '../host/live-hosts.ts';
import { dispatchConsole } from './console-by-frame.ts';
import { HOME } from './home.ts';
import { IN_MAIN_REALM } from './main-realm.ts';
import { dispatchOutput, dispatchProcess } from './process-by-frame.ts';
import { currentSeat } from './seat.ts';
import { dispatchMicrotasks, dispatchUncaught } from './uncaught-by-frame.ts';

/** May be called again: a runner may have replaced `console` since. */
export function installHere(): void {
  once(console, dispatchConsole);
  once(process, dispatchProcess);
  once(globalThis, () => {
    dispatchMicrotasks(globalThis);
    setTransportProvider(() => currentSeat()?.transport ?? onlyLiveTransport());
    if (IN_MAIN_REALM) installInMainRealm();
  });
}

/** What there is only one of in the process. */
function installInMainRealm(): void {
  once(nodeConsole, dispatchConsole);
  dispatchOutput(process.stdout, 'stdout');
  dispatchOutput(process.stderr, 'stderr');
  // Of the `process` that a runner's realm has, Node knows nothing.
  dispatchUncaught(process);
  installModuleHooks(HOME);
  // For those who say `import { env } from 'node:process'`.
  syncBuiltinESMExports();
}

function once<T extends object>(target: T, install: (target: T) => void): void {
  const seenTo = installed();
  if (seenTo.has(target)) return;
  seenTo.add(target);
  install(target);
}

/** What has been seen to in this process, by whichever copy of the testkit. */
function installed(): WeakSet<object> {
  return perProcess('installed', () => new WeakSet());
}
