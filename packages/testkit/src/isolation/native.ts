/**
 * The half of the testkit that has to run in the main realm: `dist/native.cjs`, an entry of its own, which a copy in a runner's
 * realm requires past the runner. It prepares the main realm, and loads functions there.
 */
import { installTime } from '../time/install.ts';
import { installHere } from './install.ts';
import { loadFresh } from './load-fresh.ts';

installTime();
installHere();

export { loadFresh };
