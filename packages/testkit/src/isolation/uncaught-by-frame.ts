/**
 * Errors that nobody caught end the instance whose code they came from, and do not reach the runner. Those of the test's
 * own code go where they always went.
 *
 * Node reports them through `process.emit`, in the async context of the code that failed. Only Node 22's
 * `queueMicrotask` has left it by then.
 */
import { currentSeat } from './seat.ts';

export function dispatchUncaught(process: NodeJS.Process): void {
  const emit: (...args: never[]) => unknown = process.emit.bind(process);
  const dispatching = (event: string | symbol, ...args: unknown[]): unknown => {
    const seat = currentSeat();
    if (seat !== undefined) {
      switch (event) {
        case 'uncaughtExceptionMonitor':
          return true;
        case 'uncaughtException':
          seat.crash(args[0]);
          return true;
        case 'unhandledRejection':
          seat.rejected(args[0], args[1]);
          return true;
        default:
      }
    }
    return Reflect.apply(emit, process, [event, ...args]);
  };
  Reflect.set(process, 'emit', dispatching);
}

export function dispatchMicrotasks(global: typeof globalThis): void {
  const original = global.queueMicrotask;
  global.queueMicrotask = (callback: () => void): void => {
    const seat = currentSeat();
    if (seat === undefined || typeof callback !== 'function') {
      original(callback);
      return;
    }
    original(() => {
      try {
        callback();
      } catch (error) {
        seat.crash(error);
      }
    });
  };
}
