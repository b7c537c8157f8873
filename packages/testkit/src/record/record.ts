/** What a test asks about what its host did. */
import { nearestNames } from '@edgefc/sdk/internal';
import type { Moment, RecordedInvocation, RecordedLog, RecordedPublish, RecordedState, RecordedTick } from './model.ts';
import type { RecordStore } from './store.ts';
import { drawTree, nameIds, type TreeOptions } from './tree.ts';
import { describeDuration, Words } from './words.ts';

/** Which invocations: all that is given has to fit. */
export interface RecordFilter {
  /** `Service/function`. */
  readonly target?: string;
  readonly type?: 'Sync' | 'Async';
  /** `Service/function` that asked, or the kind of whoever did: `'outside'`, `'timer'`, `'route'`, … */
  readonly from?: string;
  readonly state?: RecordedState | readonly RecordedState[];
  /** Id of the invocation that asked. */
  readonly parent?: string;
}

export interface RecordParts {
  readonly store: RecordStore;
  readonly now: () => Moment;
  readonly describeUnfaked: () => string | undefined;
}

export class TestRecord {
  readonly #parts: RecordParts;

  constructor(parts: RecordParts) {
    this.#parts = parts;
  }

  /** Invocations in the order in which they were asked for, refused ones too. Without a filter: all of them. */
  invocations(filter: RecordFilter | string = {}): readonly RecordedInvocation[] {
    const wanted = typeof filter === 'string' ? { target: filter } : filter;
    return this.#parts.store.invocations.filter((one) => fits(one, wanted));
  }

  /** The invocation with this id, or with this number in the tree (`'#3'`). */
  invocation(id: string): RecordedInvocation | undefined {
    return this.#parts.store.invocations.find((one) => one.id === id || `#${one.n}` === id);
  }

  /** Messages, refused ones too, in order. */
  get publishes(): readonly RecordedPublish[] {
    return this.#parts.store.publishes;
  }

  /** What functions printed and the host said about them, in order. */
  get logs(): readonly RecordedLog[] {
    return this.#parts.store.logs.map(({ log }) => log);
  }

  /** Ticks of timers, in order; each is an invocation, too. */
  get ticks(): readonly RecordedTick[] {
    return this.#parts.store.ticks;
  }

  /** Forgets everything so far; what is under way is not shown again when it goes on. */
  clear(): void {
    this.#parts.store.clear();
  }

  /** Who called whom, as an indented tree with payloads, outcomes, attempts and durations. */
  tree(options: TreeOptions = {}): string {
    return drawTree(this.#parts.store, options);
  }

  /** What has not ended, in lines; the empty text when everything has. */
  describeRunning(): string {
    const { store, now } = this.#parts;
    const words = new Words(60, nameIds(store.invocations));
    return store.invocations
      .filter(({ ended }) => ended === undefined)
      .map((one) => {
        const since = one.last?.started ?? one.asked;
        const state = one.state === 'Enqueued' ? 'waits to run' : words.state(one);
        return `#${one.n} ${one.target} ${words.payload(one)} ${state}, since ${describeDuration(now().at - since.at)}`;
      })
      .join('\n');
  }

  /** Calls of what is neither real nor faked, in sentences; undefined: there were none. */
  describeUnfaked(): string | undefined {
    return this.#parts.describeUnfaked();
  }

  /** What `target` was probably meant to be, of what there is and what was invoked; nearest first. */
  nearest(target: string): readonly string[] {
    const { functions, invocations } = this.#parts.store;
    const names = new Set([...functions, ...invocations.map((one) => one.target)]);
    names.delete(target);
    return nearestNames(target, names);
  }
}

function fits(one: RecordedInvocation, { target, type, from, state, parent }: RecordFilter): boolean {
  if (target !== undefined && one.target !== target) return false;
  if (type !== undefined && one.type !== type) return false;
  if (from !== undefined && !isFrom(one, from)) return false;
  if (parent !== undefined && one.parent !== parent) return false;
  if (state === undefined) return true;
  return typeof state === 'string' ? one.state === state : state.includes(one.state);
}

/** Whether `from` names who asked: `Service/function`, or a kind. */
export function isFrom({ origin }: RecordedInvocation, from: string): boolean {
  return origin.kind === from || askerOf(origin) === from;
}

/** `Service/function` that asked; of a message, its publisher. */
export function askerOf(origin: RecordedInvocation['origin']): string | undefined {
  switch (origin.kind) {
    case 'outside':
    case 'timer':
      return undefined;
    case 'route':
      return origin.publisher;
    case 'function':
    case 'destination':
    case 'stored':
      return origin.function;
  }
}
