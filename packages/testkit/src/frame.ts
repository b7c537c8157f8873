/**
 * Who runs right now: which time a piece of code lives in, and which instance of which host it belongs to.
 *
 * Many hosts share one process, one global `setTimeout` and one `console`. What tells their code apart is the async
 * context: an instance runs its handler inside a frame, and everything that the handler starts carries it along.
 *
 * 1. Code of a function runs inside its frame; the engine's own code runs outside of all frames (`leaveFrames`).
 * 2. There is one storage of frames in a process, whichever copies of the testkit are loaded: the ES module and the
 *    CommonJS build, inside a `vm` context of Jest and outside (per-process.ts).
 */
import type { AsyncLocalStorage } from 'node:async_hooks';
import type { LogLevel } from '@edgefc/runtime/testing';
import type { Transport } from '@edgefc/sdk/internal';
import { perProcess } from './per-process.ts';
import type { VirtualClock } from './time/virtual-clock.ts';

export { mainGlobal, perProcess } from './per-process.ts';

export interface Frame {
  /** What Date, timers and performance.now ask. `undefined`: real time. */
  readonly time: FrameTime | undefined;
  /** The instance that runs, if one does. */
  readonly seat: Seat | undefined;
}

export interface FrameTime {
  readonly clock: VirtualClock;
}

/** One instance in the test's process, and the run inside it, if any. */
export interface Seat {
  /** What all seats of one host have in common. */
  readonly host: object;
  /** The instance's id. */
  readonly instance: string;
  /** Whether it has ended: what of its code still goes on has no time, no output and no calls. */
  readonly gone?: boolean;
  readonly env: Record<string, string | undefined>;
  write(level: LogLevel, text: string): void;
  exit(code: number): never;
  readonly transport: Transport;
  /** Takes what nobody caught: the instance fails with it, as a process would. */
  crash(error: unknown): void;
}

export function currentFrame(): Frame | undefined {
  return frames.getStore();
}

/** Runs `fn`, and whatever it starts, inside `frame`. */
export function enterFrame<T>(frame: Frame, fn: () => T): T {
  return frames.run(frame, fn);
}

/** Runs `fn`, and whatever it starts, outside of all frames. */
export function leaveFrames<T>(fn: () => T): T {
  return frames.run(undefined, fn);
}

/** `process.getBuiltinModule` gives the platform's own module where a test runner would hand out a copy. */
const frames: AsyncLocalStorage<Frame | undefined> = perProcess(
  'frames',
  () => new (process.getBuiltinModule('node:async_hooks').AsyncLocalStorage)<Frame | undefined>(),
);
