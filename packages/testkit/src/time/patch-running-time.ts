/**
 * What else tells running time: `performance.now`, `performance.timeOrigin`, `process.hrtime`, `process.uptime`; and
 * `AbortSignal.timeout`, which waits for it.
 */
import { currentFrame } from '../frame.ts';
import type { FrameTimers } from './frame-timers.ts';
import { replaceMethods } from './replace-methods.ts';
import type { VirtualClock } from './virtual-clock.ts';

/**
 * How long the process of a function has been up when its host's clock starts, ms. It never is 0 on a gateway, and code
 * says `if (!startedAt)`.
 */
const UP_AT_START = 1000;

type Performing = typeof globalThis.performance;

function upMs(clock: VirtualClock): number {
  return UP_AT_START + clock.monotonic();
}

export function patchPerformance(performance: Performing): void {
  const prototype = Object.getPrototypeOf(performance) as Performing;
  const now: unknown = Reflect.get(prototype, 'now');
  if (typeof now !== 'function') return;
  const origin = Object.getOwnPropertyDescriptor(prototype, 'timeOrigin');
  replaceMethods(prototype, {
    now(this: Performing) {
      const clock = currentFrame()?.time?.clock;
      return clock === undefined ? (Reflect.apply(now, this, []) as number) : upMs(clock);
    },
  });
  if (origin?.get === undefined) return;
  const readOrigin: () => unknown = origin.get.bind(performance);
  Object.defineProperty(prototype, 'timeOrigin', {
    ...origin,
    get(): unknown {
      const clock = currentFrame()?.time?.clock;
      return clock === undefined ? readOrigin() : clock.startedAt - UP_AT_START;
    },
  });
}

/** `process` of one realm: Jest's is a copy. */
export function patchProcess(process: NodeJS.Process): void {
  const { hrtime } = process;
  const uptime = process.uptime.bind(process);
  const bigint = (): bigint => {
    const clock = currentFrame()?.time?.clock;
    return clock === undefined ? hrtime.bigint() : BigInt(Math.round(upMs(clock) * 1e6));
  };
  const inFrame = (previous?: [number, number]): [number, number] => {
    const clock = currentFrame()?.time?.clock;
    if (clock === undefined) return hrtime(previous);
    const total = bigint() - (previous === undefined ? 0n : BigInt(previous[0]) * 1_000_000_000n + BigInt(previous[1]));
    // Seconds rounded down, so that the rest is not negative.
    const rest = ((total % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
    return [Number((total - rest) / 1_000_000_000n), Number(rest)];
  };
  replaceMethods(process, {
    hrtime: Object.assign(inFrame, { bigint }),
    uptime: () => {
      const clock = currentFrame()?.time?.clock;
      return clock === undefined ? uptime() : upMs(clock) / 1000;
    },
  });
}

export function patchAbortSignal(
  realm: Pick<typeof globalThis, 'AbortSignal' | 'AbortController' | 'DOMException'>,
  timers: FrameTimers,
): void {
  const { AbortSignal, AbortController, DOMException } = realm;
  const original = AbortSignal.timeout.bind(AbortSignal);
  replaceMethods(AbortSignal, {
    timeout: (delay: number): AbortSignal => {
      const time = currentFrame()?.time;
      // What the platform refuses, it refuses in its own words.
      if (time === undefined || !Number.isInteger(delay) || delay < 0 || delay > 0xffff_ffff) return original(delay);
      const controller = new AbortController();
      const callback = (): void => {
        controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
      };
      timers.start({ time, callback, args: [], delay, repeats: false, hasRef: false });
      return controller.signal;
    },
  });
}
