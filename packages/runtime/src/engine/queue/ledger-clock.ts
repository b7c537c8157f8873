/**
 * Ledger time: milliseconds of running time plus the downtime that is known. Delays, back-off, ages, dedupe memory and
 * retention are measured in it, so that a wall clock that starts in 1970 and jumps, or steps back, moves nothing.
 *
 * It goes on from the newest time on disk. How long the host was down is known exactly while the machine has not been
 * rebooted (its uptime tells), and else from the wall clock, where both readings can be trusted. Not known is 0:
 * work may then be late, and is never early and never expires by mistake.
 */
import type { Clock } from '../clock.ts';
import type { OpeningFacts } from './queue.ts';
import type { Meta } from './tables.ts';

/** Epoch ms before which no real clock can stand: this was written later. Boards without a battery start in 1970. */
const TRUSTED_SINCE = Date.UTC(2026, 0, 1);
/** Epoch ms from which a clock is not believed either: one wrong reading would hold cron up for decades. */
const TRUSTED_UNTIL = Date.UTC(2060, 0, 1);

/** Whether a wall clock can be right. */
export function isTrusted(wall: number): boolean {
  return wall >= TRUSTED_SINCE && wall < TRUSTED_UNTIL;
}

/** ms between the newest time on disk and now, as far as it is known. */
export function knownDowntime(meta: Meta, { machine, wall }: OpeningFacts): number {
  if (machine !== undefined && meta.machineBoot === machine.boot && meta.uptime !== null) {
    return Math.max(0, machine.uptime - meta.uptime);
  }
  return isTrusted(meta.wall) && isTrusted(wall) ? Math.max(0, wall - meta.wall) : 0;
}

export class LedgerClock {
  readonly #clock: Clock;
  readonly #base: number;

  /** `start`: the ledger time now. */
  constructor(clock: Clock, start: number) {
    this.#clock = clock;
    this.#base = start - clock.monotonic();
  }

  /** Ledger time now: whole ms, because it is stored. */
  now(): number {
    return Math.floor(this.#base + this.#clock.monotonic());
  }

  /** The monotonic time at which it will be `at`. */
  toMonotonic(at: number): number {
    return at - this.#base;
  }
}
