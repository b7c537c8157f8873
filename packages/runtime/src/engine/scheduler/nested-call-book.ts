/**
 * Remembers what runs of Async work were answered by the functions that they called, so that one that fails can be told again as a
 * test (`edgefc dead-letters export`). Bounded (I6), and gone with the run: only what failed is stored, with its error.
 */
import type { HostEventBus } from '../events.ts';
import type { Outcome } from '../invocation/outcome.ts';
import { fromWire, wireSize, type WireBytes } from '../protocol.ts';
import type { KeptPayload, NestedCall, NestedCalls } from '../queue/nested-call.ts';
import type { NewWork } from '../queue/work.ts';
import type { InvocationView } from '../views.ts';

/** Calls of one run. */
const MAX_CALLS = 32;
/** Bytes of a payload, and of all that is kept of one run. */
const MAX_PAYLOAD = 8192;
const MAX_TOTAL = 65_536;

interface Page {
  readonly made: NestedCall[];
  leftOut: number;
  size: number;
}

export class NestedCallBook {
  readonly #pages = new WeakMap<InvocationView, Page>();

  constructor(events: HostEventBus) {
    events.on('invocation:settled', ({ parent, definition, payload, outcome }) => {
      if (parent?.type === 'Async' && outcome !== undefined) this.#note(parent, definition.key, payload, outcome);
    });
    events.on('invocation:refused', ({ parent, target, payload }, outcome, key) => {
      if (parent?.type === 'Async') this.#note(parent, key ?? target, payload, outcome);
    });
  }

  /** A run has asked for Async work. */
  accepted(parent: InvocationView, { target, payload }: NewWork): void {
    if (parent.type === 'Async') this.#note(parent, target, payload, { kind: 'accepted', id: '', deduplicated: false });
  }

  /** What `run` asked so far; undefined: nothing. */
  of(run: InvocationView): NestedCalls | undefined {
    const page = this.#pages.get(run);
    return page === undefined ? undefined : { made: page.made, leftOut: page.leftOut };
  }

  #note(parent: InvocationView, target: string, payload: WireBytes, outcome: Outcome): void {
    let page = this.#pages.get(parent);
    if (page === undefined) {
      page = { made: [], leftOut: 0, size: 0 };
      this.#pages.set(parent, page);
    }
    if (page.made.length === MAX_CALLS) {
      page.leftOut += 1;
      return;
    }
    page.made.push({
      target,
      payload: payload === null ? null : keep(payload, page),
      outcome:
        outcome.kind === 'answered'
          ? { kind: 'answered', payload: keep(outcome.payload, page), functionError: outcome.functionError ?? null }
          : outcome.kind === 'accepted'
            ? { kind: 'accepted' }
            : { kind: 'refused', code: outcome.code, message: outcome.message },
    });
  }
}

function keep(payload: Exclude<WireBytes, null>, page: Page): KeptPayload {
  const bytes = wireSize(payload);
  if (bytes > MAX_PAYLOAD || page.size + bytes > MAX_TOTAL) return { bytes };
  page.size += bytes;
  const value = fromWire(payload);
  return typeof value === 'string' ? { text: value } : { base64: value.toString('base64') };
}
