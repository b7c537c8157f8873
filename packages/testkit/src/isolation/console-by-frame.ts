/** `console` in a function's code writes into its instance's output; anywhere else it is the one that was there. */
import { currentSeat } from './seat.ts';

const METHODS = [
  'assert',
  'clear',
  'count',
  'countReset',
  'debug',
  'dir',
  'dirxml',
  'error',
  'group',
  'groupCollapsed',
  'groupEnd',
  'info',
  'log',
  'table',
  'time',
  'timeEnd',
  'timeLog',
  'trace',
  'warn',
] as const;

type Method = (...args: unknown[]) => void;

export function dispatchConsole(console: Console): void {
  for (const name of METHODS) {
    const original: unknown = Reflect.get(console, name);
    if (!isMethod(original)) continue;
    Reflect.set(console, name, function (this: unknown, ...args: unknown[]): void {
      const captured = currentSeat()?.console;
      if (captured === undefined) {
        original.apply(this, args);
        return;
      }
      const method: unknown = Reflect.get(captured, name);
      if (isMethod(method)) method.apply(captured, args);
    });
  }
}

function isMethod(value: unknown): value is Method {
  return typeof value === 'function';
}
