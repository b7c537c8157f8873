/**
 * Importing this installs what tells functions and tests apart: in the main realm first, by code that Node loads itself, and
 * then in the one that the testkit runs in. A runner tears its realms down after each test file, and the process goes on.
 */
import { fileURLToPath } from 'node:url';
import { installTime } from '../time/install.ts';
import { NATIVE_ENTRY } from './home.ts';
import { installHere } from './install.ts';
import { loadFresh as loadHere, type LoadFresh } from './load-fresh.ts';
import { IN_MAIN_REALM, requireNatively } from './main-realm.ts';

/** Loads a function in the main realm. */
export const loadFresh: LoadFresh = install();

function install(): LoadFresh {
  const native = IN_MAIN_REALM ? undefined : requireNatively(fileURLToPath(NATIVE_ENTRY));
  installTime();
  installHere();
  return native === undefined ? loadHere : (native as typeof import('./native.ts')).loadFresh;
}
