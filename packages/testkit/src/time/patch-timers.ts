/**
 * `setTimeout`, `setInterval`, `setImmediate` and their `clear…` on one object that has them: the global of a realm, or
 * `node:timers`. Inside a frame they are its clock's; outside, those that were there.
 *
 * An immediate is a real one in a frame too, because it waits for no time; the clock only must not overtake it.
 */
import { promisify } from 'node:util';
import { currentFrame } from '../frame.ts';
import type { FrameTimers } from './frame-timers.ts';
import type { PromisedTimers } from './promised-timers.ts';
import { replaceMethods } from './replace-methods.ts';

type AnyFunction = (...args: unknown[]) => unknown;

export interface TimerFunctions {
  setTimeout: AnyFunction;
  setInterval: AnyFunction;
  setImmediate: AnyFunction;
  clearTimeout: AnyFunction;
  clearInterval: AnyFunction;
  clearImmediate: AnyFunction;
}

export function patchTimers(target: TimerFunctions, timers: FrameTimers, promised: PromisedTimers): void {
  const original: TimerFunctions = { ...pick(target) };

  const starting =
    (start: AnyFunction, repeats: boolean): AnyFunction =>
    (callback, delay, ...args) => {
      const time = timers.timeOfCaller();
      // What is no function the platform refuses in its own words.
      if (time === undefined || !isFunction(callback)) return start(callback, delay, ...args);
      return timers.start({ time, callback, args, delay: delay === undefined ? 1 : Number(delay), repeats });
    };

  const clearing =
    (clear: AnyFunction): AnyFunction =>
    (handle) => {
      const found = timers.find(handle);
      if (found === undefined) clear(handle);
      else found.close();
    };

  const startImmediate: AnyFunction = (callback, ...args) => {
    const frame = currentFrame();
    if (frame?.time === undefined || !isFunction(callback)) return original.setImmediate(callback, ...args);
    const run = (...given: unknown[]): void => {
      release();
      try {
        callback(...given);
      } catch (error) {
        if (frame.seat === undefined) throw error;
        frame.seat.crash(error);
      }
    };
    const immediate = original.setImmediate(run, ...args) as NodeJS.Immediate;
    const release = timers.hold(frame.time, immediate);
    // The platform's own would not let go of the clock.
    immediate[Symbol.dispose] = () => {
      stopImmediate(immediate);
    };
    return immediate;
  };

  const stopImmediate: AnyFunction = (handle) => {
    timers.release(handle);
    original.clearImmediate(handle);
  };

  const patched: TimerFunctions = {
    setTimeout: withPromise(starting(original.setTimeout, false), promised.setTimeout),
    setInterval: starting(original.setInterval, true),
    setImmediate: withPromise(startImmediate, promised.setImmediate),
    clearTimeout: clearing(original.clearTimeout),
    clearInterval: clearing(original.clearInterval),
    clearImmediate: stopImmediate,
  };
  replaceMethods(target, patched);
}

function pick({
  setTimeout,
  setInterval,
  setImmediate,
  clearTimeout,
  clearInterval,
  clearImmediate,
}: TimerFunctions): TimerFunctions {
  return { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate };
}

/** For `util.promisify`. */
function withPromise(timer: AnyFunction, promised: unknown): AnyFunction {
  return Object.defineProperty(timer, promisify.custom, { value: promised, enumerable: true, configurable: true });
}

function isFunction(value: unknown): value is AnyFunction {
  return typeof value === 'function';
}
