/** Everything that is recorded of one test host, over all of its lives. */
import type { InvocationEntry, PublishEntry } from './entries.ts';
import type { RecordedLog, RecordedTick } from './model.ts';

/** A line of the log with its place among everything else. */
export interface PlacedLog {
  readonly log: RecordedLog;
  readonly place: number;
}

export class RecordStore {
  readonly invocations: InvocationEntry[] = [];
  readonly publishes: PublishEntry[] = [];
  readonly logs: PlacedLog[] = [];
  readonly ticks: RecordedTick[] = [];
  /** Functions that there are, by `Service/function`. */
  readonly functions: Set<string> = new Set();
  readonly #byId = new Map<string, InvocationEntry>();
  #places = 0;
  #numbers = 0;

  /** The next place among everything. */
  place(): number {
    return (this.#places += 1);
  }

  /** The next `#n`. */
  number(): number {
    return (this.#numbers += 1);
  }

  add(entry: InvocationEntry): void {
    this.invocations.push(entry);
    this.#byId.set(entry.id, entry);
  }

  /** Also one that was cleared away while it was under way: it is not to look new when it goes on. */
  find(id: string): InvocationEntry | undefined {
    return this.#byId.get(id);
  }

  /** Those whose end has not come, cleared ones too. */
  open(): InvocationEntry[] {
    return [...this.#byId.values()].filter(({ ended }) => ended === undefined);
  }

  clear(): void {
    for (const { id, ended } of this.invocations) if (ended !== undefined) this.#byId.delete(id);
    for (const list of [this.invocations, this.publishes, this.logs, this.ticks]) list.length = 0;
  }
}
