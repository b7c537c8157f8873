/** The Tables in memory: for tests, and for functions whose durability is `memory`. */
import { IndexedHeap } from '../indexed-heap.ts';
import type {
  Boot,
  Dedupe,
  Ended,
  HistoryEntry,
  ListFilter,
  LiveCounts,
  Meta,
  Tables,
  TimerTick,
  Waiting,
  WorkHead,
} from './tables.ts';
import { isDead, isLive, type WorkRecord } from './work.ts';

/** A row, and where it stands in the orders it is found by. */
interface Row {
  record: WorkRecord;
  /** Among the waiting ones of its function, or among those that ended. */
  readonly place: Place;
  /** Among the live ones of its order key. */
  readonly keyPlace: Place;
}

interface Place {
  heapIndex: number;
  readonly row: Row;
}

type Order = IndexedHeap<Place>;

const byReadiness = (a: Place, b: Place): boolean =>
  compare(a.row.record.readyAt, b.row.record.readyAt, a.row.record.position, b.row.record.position);
const byEnd = (a: Place, b: Place): boolean =>
  compare(a.row.record.endedAt, b.row.record.endedAt, a.row.record.seq, b.row.record.seq);
const byPosition = (a: Place, b: Place): boolean => a.row.record.position < b.row.record.position;

export class MemoryTables implements Tables {
  readonly #rows = new Map<number, Row>();
  readonly #ready = new Map<string, Order>();
  readonly #keys = new Map<string, Order>();
  readonly #waiting = new Map<string, number>();
  readonly #running = new Set<number>();
  readonly #ended: Order = new IndexedHeap(byEnd);
  readonly #dead: Order = new IndexedHeap(byEnd);
  readonly #dedupes = new Map<string, Dedupe>();
  readonly #timers = new Map<string, TimerTick>();
  readonly #boots: Boot[] = [];
  #maxSeq = 0;
  #meta: Meta | undefined;

  insert(record: WorkRecord): void {
    const row = createRow(record);
    this.#rows.set(record.seq, row);
    this.#maxSeq = Math.max(this.#maxSeq, record.seq);
    this.#enter(row);
    if (record.orderKey !== null)
      orderOf(this.#keys, keyOf(record.target, record.orderKey), byPosition).push(row.keyPlace);
  }

  get(seq: number): WorkRecord | undefined {
    return this.#rows.get(seq)?.record;
  }

  find(seq: number): WorkHead | undefined {
    return this.#rows.get(seq)?.record;
  }

  maxSeq(): number {
    return this.#maxSeq;
  }

  start(seqs: readonly number[], wall: number): void {
    for (const seq of seqs) {
      this.#change(seq, ({ starts }) => ({ state: 'Running', readyAt: null, starts: starts + 1, startedWall: wall }));
    }
  }

  wait(seq: number, waiting: Waiting): void {
    this.#change(seq, () => waiting);
  }

  release(seq: number, readyAt: number): void {
    this.#change(seq, () => ({ readyAt }));
  }

  end(seq: number, { keepPayload, ...ended }: Ended): void {
    const row = this.#change(seq, ({ payload, invokerContext }) => ({
      ...ended,
      readyAt: null,
      payload: keepPayload ? payload : null,
      invokerContext: keepPayload ? invokerContext : null,
    }));
    this.#leaveKey(row);
  }

  revive(seq: number, position: number, readyAt: number | null, dueAt: number, size: number): void {
    const row = this.#change(seq, () => ({
      state: 'Enqueued',
      position,
      readyAt,
      dueAt,
      size,
      failures: 0,
      losses: 0,
      endedAt: null,
      endedWall: null,
    }));
    const { target, orderKey } = row.record;
    if (orderKey !== null) orderOf(this.#keys, keyOf(target, orderKey), byPosition).push(row.keyPlace);
  }

  remove(seq: number): void {
    const row = this.#rows.get(seq);
    if (row === undefined) return;
    this.#leave(row);
    this.#leaveKey(row);
    this.#rows.delete(seq);
  }

  ready(target: string, now: number, limit: number, minSeq: number): WorkRecord[] {
    const order = this.#ready.get(target);
    if (order === undefined) return [];
    const taken: Place[] = [];
    const found: WorkRecord[] = [];
    for (let next = order.peek(); next !== undefined && found.length < limit; next = order.peek()) {
      const { record } = next.row;
      if ((record.readyAt ?? Infinity) > now) break;
      order.pop();
      taken.push(next);
      if (record.seq >= minSeq) found.push(record);
    }
    for (const place of taken) order.push(place);
    return found;
  }

  nextReadyAt(target: string, minSeq: number): number | undefined {
    const order = this.#ready.get(target);
    if (order === undefined) return undefined;
    if (minSeq === 0) return order.peek()?.row.record.readyAt ?? undefined;
    let next: number | undefined;
    for (const { row } of order) {
      const { seq, readyAt } = row.record;
      if (seq >= minSeq && readyAt !== null && (next === undefined || readyAt < next)) next = readyAt;
    }
    return next;
  }

  waitingTargets(): Map<string, number> {
    return new Map(this.#waiting);
  }

  firstOfKey(target: string, orderKey: string): WorkHead | undefined {
    return this.#keys.get(keyOf(target, orderKey))?.peek()?.row.record;
  }

  running(): number[] {
    return [...this.#running];
  }

  oldestEnded(limit: number): HistoryEntry[] {
    return oldest(this.#ended, limit, undefined);
  }

  oldestDead(limit: number, target: string | undefined): HistoryEntry[] {
    return oldest(this.#dead, limit, target);
  }

  list({ states, target, before = Infinity, limit }: ListFilter): WorkRecord[] {
    const found: WorkRecord[] = [];
    for (const seq of [...this.#rows.keys()].sort((a, b) => b - a)) {
      if (found.length >= limit) break;
      const record = this.#rows.get(seq)?.record;
      if (record === undefined || seq >= before) continue;
      if (states !== undefined && !states.includes(record.state)) continue;
      if (target === undefined || record.target === target) found.push(record);
    }
    return found;
  }

  countLive(): LiveCounts {
    const counts = { enqueued: 0, running: 0, retrying: 0, bytes: 0 };
    for (const { record } of this.#rows.values()) {
      if (!isLive(record.state)) continue;
      counts.bytes += record.size;
      if (record.state === 'Running') counts.running += 1;
      else if (record.state === 'Retrying') counts.retrying += 1;
      else counts.enqueued += 1;
    }
    return counts;
  }

  getDedupe(target: string, key: string): Dedupe | undefined {
    return this.#dedupes.get(keyOf(target, key));
  }

  setDedupe(target: string, key: string, dedupe: Dedupe): void {
    // The newest stand last: pruning stops at the first that still holds.
    this.#dedupes.delete(keyOf(target, key));
    this.#dedupes.set(keyOf(target, key), dedupe);
  }

  pruneDedupe(now: number, limit: number): number {
    let pruned = 0;
    for (const [key, { seq, until }] of this.#dedupes) {
      if (until > now || pruned === limit) break;
      const state = this.#rows.get(seq)?.record.state;
      if (state !== undefined && isLive(state)) continue;
      this.#dedupes.delete(key);
      pruned += 1;
    }
    return pruned;
  }

  getTimer(target: string, name: string): TimerTick | undefined {
    return this.#timers.get(keyOf(target, name));
  }

  setTimer(target: string, name: string, tick: TimerTick): void {
    this.#timers.set(keyOf(target, name), tick);
  }

  boots(): Boot[] {
    return [...this.#boots];
  }

  addBoot(boot: Boot): void {
    this.#boots.push(boot);
  }

  getMeta(): Meta | undefined {
    return this.#meta === undefined ? undefined : { ...this.#meta };
  }

  setMeta(meta: Meta): void {
    this.#meta = { ...meta };
  }

  /** Takes a row out of the order that it stands in, changes it, and puts it where it belongs now. */
  #change(seq: number, change: (record: WorkRecord) => Partial<WorkRecord>): Row {
    const row = this.#rows.get(seq);
    if (row === undefined) throw new Error(`edgefc: there is no work with the number ${seq}; this is a bug`);
    this.#leave(row);
    row.record = { ...row.record, ...change(row.record) };
    this.#enter(row);
    return row;
  }

  #enter(row: Row): void {
    const { seq, state, target, readyAt } = row.record;
    if (state === 'Running') {
      this.#running.add(seq);
    } else if (isLive(state)) {
      this.#waiting.set(target, (this.#waiting.get(target) ?? 0) + 1);
      if (readyAt !== null) orderOf(this.#ready, target, byReadiness).push(row.place);
    } else {
      (isDead(state) ? this.#dead : this.#ended).push(row.place);
    }
  }

  #leave(row: Row): void {
    const { seq, state, target } = row.record;
    if (state === 'Running') {
      this.#running.delete(seq);
    } else if (isLive(state)) {
      const left = (this.#waiting.get(target) ?? 1) - 1;
      if (left === 0) this.#waiting.delete(target);
      else this.#waiting.set(target, left);
      drop(this.#ready, target, row.place);
    } else {
      (isDead(state) ? this.#dead : this.#ended).delete(row.place);
    }
  }

  #leaveKey(row: Row): void {
    const { target, orderKey } = row.record;
    if (orderKey !== null) drop(this.#keys, keyOf(target, orderKey), row.keyPlace);
  }
}

function createRow(record: WorkRecord): Row {
  const place: { heapIndex: number; row?: Row } = { heapIndex: -1 };
  const keyPlace: { heapIndex: number; row?: Row } = { heapIndex: -1 };
  const row: Row = { record, place: place as Place, keyPlace: keyPlace as Place };
  place.row = row;
  keyPlace.row = row;
  return row;
}

function orderOf(orders: Map<string, Order>, key: string, before: (a: Place, b: Place) => boolean): Order {
  let order = orders.get(key);
  if (order === undefined) {
    order = new IndexedHeap(before);
    orders.set(key, order);
  }
  return order;
}

/** Takes a place out of its order, and forgets an order that is empty. */
function drop(orders: Map<string, Order>, key: string, place: Place): void {
  const order = orders.get(key);
  order?.delete(place);
  if (order?.size === 0) orders.delete(key);
}

function oldest(order: Order, limit: number, target: string | undefined): HistoryEntry[] {
  const places = [...order].filter(({ row }) => target === undefined || row.record.target === target);
  return places
    .sort((a, b) => (byEnd(a, b) ? -1 : 1))
    .slice(0, limit)
    .map(({ row: { record } }) => ({
      seq: record.seq,
      state: record.state,
      endedAt: record.endedAt ?? 0,
      size: record.size,
    }));
}

function compare(a: number | null, b: number | null, tieA: number, tieB: number): boolean {
  const [first, second] = [a ?? Infinity, b ?? Infinity];
  return first === second ? tieA < tieB : first < second;
}

/** Of a function's name and a key; names hold no line feed. */
function keyOf(target: string, key: string): string {
  return `${target}\n${key}`;
}
