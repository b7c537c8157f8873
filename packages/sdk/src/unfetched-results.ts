/**
 * Results of Sync calls that `postTask` started and nobody has asked for with `getTaskResult`.
 *
 * A result that is asked for while the call runs, as the published SDK always does, never gets here. The others would
 * stay for ever; so they expire, and are bounded in number and bytes, the oldest leaving first.
 */
import type { Answer } from './invoke.ts';

/** How a started call ended. */
export type CallEnd =
  { readonly kind: 'value'; readonly answer: Answer } | { readonly kind: 'error'; readonly error: unknown };

/** What bounds the results that nobody asks for. */
export interface UnfetchedLimits {
  /** How long a result is kept, ms. */
  readonly lifetime: number;
  readonly count: number;
  readonly bytes: number;
}

interface Kept {
  readonly bytes: number;
  readonly timer: NodeJS.Timeout;
}

export class UnfetchedResults {
  readonly #limits: UnfetchedLimits;
  readonly #calls = new Map<string, Promise<CallEnd>>();
  /** The settled ones, oldest first. */
  readonly #settled = new Map<string, Kept>();
  #bytes = 0;

  constructor(limits: UnfetchedLimits) {
    this.#limits = limits;
  }

  /** Takes in a running call. */
  add(id: string, call: Promise<CallEnd>): void {
    this.#calls.set(id, call);
    void call.then((end) => {
      if (this.#calls.has(id)) this.#keep(id, end);
    });
  }

  /** Gives a call away; `undefined` when it was never here, is expired, or was taken before. */
  take(id: string): Promise<CallEnd> | undefined {
    const call = this.#calls.get(id);
    this.#remove(id);
    return call;
  }

  #keep(id: string, end: CallEnd): void {
    const bytes = sizeOf(end);
    const timer = setTimeout(() => {
      this.#remove(id);
    }, this.#limits.lifetime);
    timer.unref();
    this.#settled.set(id, { bytes, timer });
    this.#bytes += bytes;
    for (const oldest of this.#settled.keys()) {
      if (this.#settled.size <= this.#limits.count && this.#bytes <= this.#limits.bytes) break;
      this.#remove(oldest);
    }
  }

  #remove(id: string): void {
    this.#calls.delete(id);
    const kept = this.#settled.get(id);
    if (kept === undefined) return;
    clearTimeout(kept.timer);
    this.#settled.delete(id);
    this.#bytes -= kept.bytes;
  }
}

function sizeOf(end: CallEnd): number {
  if (end.kind === 'error' || end.answer.kind === 'accepted') return 0;
  const { payload } = end.answer;
  // Text takes one or two bytes a character in memory; the larger bounds it.
  return typeof payload === 'string' ? payload.length * 2 : payload.byteLength;
}
