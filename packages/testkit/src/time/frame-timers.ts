/**
 * The timers of a frame, as the patched globals and modules hand them out: one set of functions for the process, so
 * that a timer made through one copy of the testkit can be cleared through another.
 */
import { getCallSites } from 'node:util';
import { currentFrame, type FrameTime } from '../frame.ts';
import { Timeout, type NumberedTimeouts, type TimeoutParts } from './frame-timeout.ts';
import { realTime } from './real-time.ts';

/** What the platform can wait, ms. */
const MAX_DELAY = 2_147_483_647;

/** Above the caller of a patched function: `calledByPlatform`, the method that asks, and the patched function. */
const FRAMES_OF_OURS = 3;

export class FrameTimers {
  readonly #numbered: NumberedTimeouts = new Map();
  readonly #held = new WeakMap<object, () => void>();

  /**
   * The time that a call of a timer function is about; undefined: real time.
   *
   * The platform calls the same globals for its own timeouts (fetch does). Those stay real: what they watch is real, and
   * some belong to nobody, such as the one timer behind all connections of the process.
   */
  timeOfCaller(): FrameTime | undefined {
    const time = currentFrame()?.time;
    return time === undefined || calledByPlatform() ? undefined : time;
  }

  /** Keeps time from overtaking `immediate`; returns what lets go of it. */
  hold({ clock }: FrameTime, immediate: object): () => void {
    const release = (): void => {
      clock.immediates.delete(immediate);
    };
    clock.immediates.add(immediate);
    this.#held.set(immediate, release);
    return release;
  }

  release(immediate: unknown): void {
    if (typeof immediate === 'object' && immediate !== null) this.#held.get(immediate)?.();
  }

  start(parts: TimeoutParts): Timeout {
    return new Timeout({ ...parts, delay: toPlatformDelay(parts.delay) }, this.#numbered);
  }

  /** The timer that `handle` stands for, itself or its number, if it was made in a frame. */
  find(handle: unknown): Timeout | undefined {
    if (handle instanceof Timeout) return handle;
    if (typeof handle !== 'number' && typeof handle !== 'string') return undefined;
    return this.#numbered.get(Number(handle));
  }
}

function toPlatformDelay(delay: number): number {
  if (delay >= 1 && delay <= MAX_DELAY) return delay;
  if (delay !== 0) {
    // What the platform says to it, it says itself: too long, negative, not a number.
    const { setTimeout, clearTimeout } = realTime();
    clearTimeout(setTimeout(() => undefined, delay));
  }
  return 1;
}

function calledByPlatform(): boolean {
  const caller = getCallSites(FRAMES_OF_OURS + 1)[FRAMES_OF_OURS];
  return caller?.scriptName.startsWith('node:') ?? false;
}
