/** The system's clock, which knows who still waits on it. */
import { systemClock, type Clock } from '../../src/engine/clock.ts';

export class WatchedClock implements Clock {
  readonly #timers = new Map<NodeJS.Timeout, string>();

  now(): number {
    return systemClock.now();
  }

  monotonic(): number {
    return systemClock.monotonic();
  }

  setTimeout(callback: () => void, delay: number): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, delay);
    this.#timers.set(timer, `${delay} ms, set ${new Error().stack?.split('\n')[2]?.trim() ?? ''}`);
    return timer;
  }

  clearTimeout(timer: NodeJS.Timeout | undefined): void {
    clearTimeout(timer);
    if (timer !== undefined) this.#timers.delete(timer);
  }

  get pending(): string[] {
    return [...this.#timers].filter(([timer]) => timer.hasRef()).map(([, text]) => text);
  }
}
