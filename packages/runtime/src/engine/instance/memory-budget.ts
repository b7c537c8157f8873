/**
 * The host's memory, shared out among all functions (`maxMemory`).
 *
 * `memorySize` is a ceiling, not a reservation: what counts is what instances were seen to hold, and for a new one
 * what its siblings hold. Before a start would exceed the budget, the longest-idle instance of any function above its
 * minimum is stopped; with none idle the pool waits its turn, first come first served, one start at a time (so no
 * function can keep the others from starting).
 */
import type { Instance } from './instance.ts';

/** Bytes assumed of an instance nobody has seen yet: a bare Node process owns 12 MB, a thread 10 MB (measured). */
export const INSTANCE_FLOOR: number = 16 * 1024 * 1024;

export interface BudgetedPool {
  readonly instances: readonly Instance[];
  /** How many of its idle instances may go. */
  readonly spare: number;
  stopIdle(instance: Instance, reason: string): void;
  /** Memory may have become free. */
  retryStart(): void;
}

export class MemoryBudget {
  readonly #limit: number;
  readonly #pools = new Set<BudgetedPool>();
  /** Those who wait, in the order in which they came. */
  #waiting = new Set<BudgetedPool>();
  /** Who is being asked to try again. */
  #asked: BudgetedPool | undefined;
  /** Starts allowed so far. */
  #allowed = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(pool: BudgetedPool): void {
    this.#pools.add(pool);
  }

  /** Whether `pool` may start an instance now; if not, it will be asked to try again. */
  mayStart(pool: BudgetedPool): boolean {
    // A newcomer does not overtake, however little it needs.
    const first = this.#asked ?? this.#first();
    if (first !== undefined && first !== pool) {
      this.#waiting.add(pool);
      return false;
    }
    let used = 0;
    let instances = 0;
    let likely = INSTANCE_FLOOR;
    for (const other of this.#pools) {
      for (const instance of other.instances) {
        const memory = Math.max(instance.memory, INSTANCE_FLOOR);
        used += memory;
        instances += 1;
        if (other === pool) likely = Math.max(likely, memory);
      }
    }
    // A host whose whole budget is smaller than one instance still has to run something.
    if (used + likely <= this.#limit || instances === 0) {
      this.#waiting.delete(pool);
      this.#allowed += 1;
      return true;
    }
    this.#waiting.add(pool);
    this.#makeRoom();
    return false;
  }

  /** An instance ended, or has become idle: whoever waits may try. */
  freed(): void {
    if (this.#waiting.size === 0) return;
    for (const pool of [...this.#waiting]) {
      const before = this.#allowed;
      this.#waiting.delete(pool);
      this.#asked = pool;
      pool.retryStart();
      this.#asked = undefined;
      if (!this.#waiting.has(pool)) continue;
      // Still no room. Who got nothing stays the first; who got one and wants more is behind the others now.
      if (this.#allowed === before) this.#waiting = new Set([pool, ...this.#waiting]);
      return;
    }
  }

  waits(pool: BudgetedPool): boolean {
    return this.#waiting.size > 0 && this.#waiting.has(pool);
  }

  /** `pool` wants nothing any more; those behind it may fit. */
  leave(pool: BudgetedPool): void {
    if (this.#waiting.delete(pool)) this.freed();
  }

  #first(): BudgetedPool | undefined {
    for (const pool of this.#waiting) return pool;
    return undefined;
  }

  #makeRoom(): void {
    let oldest: Instance | undefined;
    let owner: BudgetedPool | undefined;
    for (const pool of this.#pools) {
      for (const instance of pool.instances) {
        // One that is already ending makes room without another.
        if (instance.state === 'ending') return;
        if (pool.spare <= 0 || instance.state !== 'ready' || instance.running > 0) continue;
        if (oldest === undefined || instance.idleSince < oldest.idleSince) {
          oldest = instance;
          owner = pool;
        }
      }
    }
    if (oldest !== undefined) owner?.stopIdle(oldest, 'another function needs its memory (maxMemory)');
  }
}
