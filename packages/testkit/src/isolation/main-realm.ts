/**
 * The realm that Node started with. A runner may run test files in others (Jest, Vitest's vmThreads), with globals and a
 * `process` of their own; what is loaded by Node itself, a function given as a path for one, always runs in this one.
 */
import { mainGlobal } from '../frame.ts';

/** Whether this copy of the testkit runs in it. */
export const IN_MAIN_REALM: boolean = mainGlobal() === globalThis;

/** Node's `require`, from `file`. Jest hands out a `node:module` and a `process` of its own; through the main realm both are Node's. */
export function requireNatively(file: string): unknown {
  const { createRequire } = mainGlobal().process.getBuiltinModule('node:module');
  return createRequire(file)(file) as unknown;
}
