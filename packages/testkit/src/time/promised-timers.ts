/**
 * `node:timers/promises` inside a frame: `setTimeout`, `setInterval`, `setImmediate` and `scheduler.wait` on its clock.
 *
 * Arguments that the platform refuses, and the error of an aborted wait, are left to the platform's own functions.
 */
import { currentFrame, type FrameTime } from '../frame.ts';
import type { FrameTimers } from './frame-timers.ts';

type TimersPromises = typeof import('node:timers/promises');

export interface PromisedTimers {
  readonly setTimeout: TimersPromises['setTimeout'];
  readonly setInterval: TimersPromises['setInterval'];
  readonly setImmediate: TimersPromises['setImmediate'];
  readonly wait: (delay: number, options?: WaitOptions) => Promise<void>;
}

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  readonly ref?: boolean | undefined;
}

export function createPromisedTimers(original: TimersPromises, timers: FrameTimers): PromisedTimers {
  /** Rejects as the platform's own wait does when it was aborted by `signal`. */
  const aborted = (signal: AbortSignal | undefined): Promise<never> =>
    original.setTimeout(0, undefined, { signal }) as Promise<never>;

  const wait = async <T>(time: FrameTime, delay: number, value: T, { signal, ref }: WaitOptions): Promise<T> => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const callback = (): void => {
      resolve(undefined);
    };
    if (wasAborted(signal)) return aborted(signal);
    const timer = timers.start({ time, callback, args: [], delay, repeats: false, hasRef: ref ?? true });
    signal?.addEventListener('abort', callback, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', callback);
      timer.close();
    }
    return wasAborted(signal) ? aborted(signal) : value;
  };

  async function* ticks<T>(
    time: FrameTime,
    delay: number,
    value: T,
    { signal, ref }: WaitOptions,
  ): AsyncGenerator<T, undefined> {
    if (wasAborted(signal)) await aborted(signal);
    let due = 0;
    let wake: () => void = () => undefined;
    const callback = (): void => {
      due += 1;
      wake();
    };
    const onAbort = (): void => {
      wake();
    };
    const timer = timers.start({ time, callback, args: [], delay, repeats: true, hasRef: ref ?? true });
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      for (;;) {
        if (wasAborted(signal)) await aborted(signal);
        if (due === 0) await new Promise<void>((resolve) => (wake = resolve));
        else {
          due -= 1;
          yield value;
        }
      }
    } finally {
      signal?.removeEventListener('abort', onAbort);
      timer.close();
    }
  }

  const patched: PromisedTimers = {
    setTimeout: (delay, value, options) => {
      const time = currentFrame()?.time;
      if (time === undefined || !isPlain(delay, options)) return original.setTimeout(delay, value, options);
      // As the platform's: left out, it gives nothing.
      return wait(time, delay ?? 1, value, options ?? {}) as Promise<NonNullable<typeof value>>;
    },
    setInterval: (delay, value, options) => {
      const time = currentFrame()?.time;
      if (time === undefined || !isPlain(delay, options)) return original.setInterval(delay, value, options);
      return ticks(time, delay ?? 1, value, options ?? {}) as unknown as ReturnType<
        typeof original.setInterval<NonNullable<typeof value>>
      >;
    },
    setImmediate: (value, options) => {
      const time = currentFrame()?.time;
      const immediate = original.setImmediate(value, options);
      if (time === undefined) return immediate;
      const release = timers.hold(time, immediate);
      immediate.then(release, release);
      return immediate;
    },
    wait: (delay, options) => {
      const time = currentFrame()?.time;
      if (time === undefined || !isPlain(delay, options))
        return original.scheduler.wait(delay, options as { signal?: AbortSignal });
      return wait(time, delay, undefined, options ?? {});
    },
  };
  return patched;
}

function wasAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** Whether the platform would take them. */
function isPlain(delay: unknown, options: unknown): boolean {
  if (delay !== undefined && typeof delay !== 'number') return false;
  if (options === undefined) return true;
  if (typeof options !== 'object' || options === null) return false;
  const { signal, ref }: { signal?: unknown; ref?: unknown } = options;
  if (ref !== undefined && typeof ref !== 'boolean') return false;
  return signal === undefined || (typeof signal === 'object' && signal !== null && 'aborted' in signal);
}
