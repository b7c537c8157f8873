/**
 * `process` in a function's code: its own environment, output, listeners and end. Anywhere else it is the one that was there.
 *
 * What cannot be told apart stays the runner's: the working directory, `exitCode`, signals.
 */
import { currentSeat, type Environment, type InstanceSeat, type StreamName } from './seat.ts';

/** EventEmitter's methods that concern listeners: a function's are kept by its instance, and go with it. */
const LISTENER_METHODS = [
  'addListener',
  'eventNames',
  'listenerCount',
  'listeners',
  'off',
  'on',
  'once',
  'prependListener',
  'prependOnceListener',
  'rawListeners',
  'removeAllListeners',
  'removeListener',
] as const;

export function dispatchProcess(process: NodeJS.Process): void {
  dispatchEnv(process);
  dispatchListeners(process);
  dispatch(process, 'exit', (seat, [code]) => seat.exit(toExitCode(code ?? process.exitCode)));
  dispatch(process, 'abort', (seat) => seat.abort());
}

/** Replaces a method by one that asks the instance when there is one. */
function dispatch(
  target: object,
  name: string,
  inFrame: (seat: InstanceSeat, args: readonly unknown[]) => unknown,
): void {
  const original: unknown = Reflect.get(target, name);
  if (typeof original !== 'function') return;
  const replaced = function (this: unknown, ...args: unknown[]): unknown {
    const seat = currentSeat();
    return seat === undefined ? (Reflect.apply(original, this, args) as unknown) : inFrame(seat, args);
  };
  // Not enumerable, as what it stands before: on the prototype.
  const enumerable = Object.hasOwn(target, name);
  Object.defineProperty(target, name, { value: replaced, configurable: true, writable: true, enumerable });
}

function dispatchListeners(process: NodeJS.Process): void {
  for (const name of LISTENER_METHODS) {
    dispatch(process, name, (seat, args) => {
      const method: unknown = Reflect.get(seat.listeners, name);
      const result: unknown = typeof method === 'function' ? Reflect.apply(method, seat.listeners, args) : undefined;
      return result === seat.listeners ? process : result;
    });
  }
}

export function dispatchOutput(stream: NodeJS.WriteStream, name: StreamName): void {
  dispatch(stream, 'write', (seat, [chunk, encoding, callback]) => {
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) seat.output(name, chunk);
    const done = typeof encoding === 'function' ? encoding : callback;
    if (typeof done === 'function') process.nextTick(done);
    return true;
  });
}

/**
 * The environment itself is the same object for everybody and looks at the frame each time it is asked: whoever keeps
 * it, as `import { env } from 'node:process'` does, has the right one in each instance.
 */
function dispatchEnv(process: NodeJS.Process): void {
  let outside: Environment = process.env;
  const current = (): Environment => currentSeat()?.env ?? outside;
  const env = new Proxy<Environment>(
    {},
    {
      get: (_, key) => Reflect.get(current(), key) as unknown,
      set: (_, key, value) => Reflect.set(current(), key, currentSeat() === undefined ? value : String(value)),
      has: (_, key) => Reflect.has(current(), key),
      deleteProperty: (_, key) => Reflect.deleteProperty(current(), key),
      ownKeys: () => Reflect.ownKeys(current()),
      getOwnPropertyDescriptor: (_, key) => {
        const descriptor = Reflect.getOwnPropertyDescriptor(current(), key);
        return descriptor === undefined ? undefined : { ...descriptor, configurable: true };
      },
      defineProperty: (_, key, descriptor) => Reflect.defineProperty(current(), key, descriptor),
    },
  );
  const original = outside;
  Object.defineProperty(process, 'env', {
    configurable: true,
    enumerable: true,
    get: () => env,
    set: (value: Environment) => {
      // Tests keep it, replace it and put it back.
      const next = value === env ? original : value;
      const seat = currentSeat();
      if (seat === undefined) outside = next;
      else seat.replaceEnv(next);
    },
  });
}

function toExitCode(code: unknown): number {
  const number = Number(code ?? 0);
  return Number.isInteger(number) ? number : 1;
}
