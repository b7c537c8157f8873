/**
 * What there is one of in a process, whichever copies of the testkit are loaded into it: the ES module and the CommonJS
 * build, once inside each `vm` context of Jest and once outside. They meet at the global object of the main realm.
 */

/** Where the copies of the testkit meet. The number changes when they could not understand each other any more. */
const MEETING_POINT: unique symbol = Symbol.for('edgefc.testkit.v1');

interface Meeting {
  [MEETING_POINT]?: Map<string, object>;
}

const shared: Map<string, object> = meetingPoint();

/**
 * The one thing called `name` in this process; the first who asks makes it.
 *
 * `T` is what every copy of this testkit puts under that name; a copy that would put something else has another
 * meeting point.
 */
export function perProcess<T extends object>(name: string, make: () => T): T {
  const known = shared.get(name);
  if (known !== undefined) return known as T;
  const made = make();
  shared.set(name, made);
  return made;
}

/** The global object of the main realm: inside Jest, `globalThis` is that of the test file's own realm. */
export function mainGlobal(): typeof globalThis {
  return process.getBuiltinModule('node:vm').runInThisContext('globalThis') as typeof globalThis;
}

function meetingPoint(): Map<string, object> {
  const global = mainGlobal() as Meeting;
  const known = global[MEETING_POINT];
  if (known !== undefined) return known;
  const made = new Map<string, object>();
  global[MEETING_POINT] = made;
  return made;
}
