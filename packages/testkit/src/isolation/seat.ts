/**
 * What the process-wide patches ask of the instance that the running code belongs to: where its output goes, what its
 * environment is, and how it ends. Nobody is asked in the runner's code and in the test's own.
 */
import type { EventEmitter } from 'node:events';
import { currentFrame, type Seat } from '../frame.ts';

export type StreamName = 'stdout' | 'stderr';
export type Environment = Record<string, string | undefined>;

export interface InstanceSeat extends Seat {
  /** Whether the instance has ended: its code may go on, but nobody hears of it. */
  readonly gone: boolean;
  /** A console whose output is the instance's. */
  readonly console: Console;
  /** What the function listens to on `process`. */
  readonly listeners: EventEmitter;
  /** A write to `process.stdout` or `process.stderr`. */
  output(stream: StreamName, chunk: Uint8Array | string): void;
  /** `process.env = …` */
  replaceEnv(env: Environment): void;
  /** `process.abort()` */
  abort(): never;
  /** A promise of the function's was rejected, and nobody took it. */
  rejected(reason: unknown, promise: unknown): void;
}

export function currentSeat(): InstanceSeat | undefined {
  const seat = currentFrame()?.seat;
  return seat !== undefined && isInstanceSeat(seat) ? seat : undefined;
}

/** By shape: it may have been made by another copy of the testkit. */
function isInstanceSeat(seat: Seat): seat is InstanceSeat {
  return 'listeners' in seat && 'output' in seat;
}
