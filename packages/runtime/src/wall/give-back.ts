/**
 * Has V8 give back the memory that this thread does not need now.
 *
 * V8 collects while something allocates. An idle heap keeps its garbage, the room it grew to, and the pages it freed:
 * those wait in a pool until a collection that is meant to reduce memory. Without a flag for the whole process only the
 * inspector asks for one.
 */
import type { Session } from 'node:inspector';

/** Stops the thread for as long as the collection takes. */
export function giveBackMemory(): void {
  const session = openSession();
  session?.post('HeapProfiler.collectGarbage', () => {
    // Not from in here: a session that ends inside its own answer never returns.
    // eslint-disable-next-line no-restricted-globals -- the next turn of the real event loop is wanted, not a time
    setImmediate(() => {
      session.disconnect();
    });
  });
}

function openSession(): Session | undefined {
  try {
    // Loaded at the first use: most instances never get here, and all of them would start later.
    const session = new (process.getBuiltinModule('node:inspector').Session)();
    session.connect();
    return session;
  } catch {
    // A Node without inspector, or not permitted to use it: then V8 keeps what it has.
    return undefined;
  }
}
