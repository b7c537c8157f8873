/**
 * What the functions of one host wait for in the real world: files, sockets, child processes, fetches. Virtual time must
 * stand still meanwhile, or a timeout would pass while an answer is on its way.
 *
 * 1. The frame in which something is begun says whose it is. What is begun outside of frames is nobody's: the runner's, the
 *    test's, the engine's.
 * 2. What is begun while nobody holds (`hold`) is not known: the hook behind it costs every promise something on Node 22,
 *    so it is there only while it is needed.
 * 3. A fetch and an HTTP request are one piece of work from the call to the end of the body. The connection under them may
 *    have been opened by another function, or by another host.
 */
import type { VirtualClock } from './virtual-clock.ts';
import { platformWatcher, type WorkBegun, type WorkKey, type WorkListener } from './platform-watcher.ts';
import { realTime } from './real-time.ts';
import type { Trace } from './work-trace.ts';

/** One thing under way, as a person would name it. */
export interface WorkItem {
  /** `'a TCP connection'`, `'a fetch (GET http://127.0.0.1:8080/)'` */
  readonly kind: string;
  /** ms of real time since it was begun. */
  readonly age: number;
  /** The line of the function's code that began it: `handler (file.ts:12:3)`. */
  readonly where: string | undefined;
  /** Id of the instance that began it. */
  readonly instance: string | undefined;
}

export interface RealWork {
  /** Whether anything is under way. */
  readonly busy: boolean;
  /** Counts up whenever something is begun, goes on or is over; immediates apart, which can make themselves for ever. */
  readonly version: number;
  /** What is under way, the oldest first. */
  items(): WorkItem[];
  /** Takes notice from now on, until the returned function is called. */
  hold(): () => void;
  /** What an instance that is gone has begun is not waited for any more. `instance`: as in `Seat.instance`. */
  dropWorkOf(instance: string): void;
}

export interface RealWorkOptions {
  /** Work for which it returns true is not waited for: a connection to a broker, which is there for ever. */
  readonly ignore?: (item: WorkItem) => boolean;
}

/** The work of functions whose time is `clock`. */
export function createRealWork(clock: VirtualClock, options: RealWorkOptions = {}): RealWork {
  return new WorkOfClock(clock, options.ignore);
}

class WorkOfClock implements RealWork, WorkListener {
  version = 0;
  readonly #clock: VirtualClock;
  readonly #ignore: ((item: WorkItem) => boolean) | undefined;
  readonly #begun = new Map<WorkKey, BegunItem>();
  #holds = 0;
  #letGo: () => void = () => undefined;

  constructor(clock: VirtualClock, ignore: ((item: WorkItem) => boolean) | undefined) {
    this.#clock = clock;
    this.#ignore = ignore;
  }

  get busy(): boolean {
    return this.#begun.size > 0 && this.items().length > 0;
  }

  items(): WorkItem[] {
    const items = [...this.#begun.values()].filter(({ underWay }) => underWay);
    return this.#ignore === undefined ? items : items.filter((item) => this.#ignore?.(item) !== true);
  }

  hold(): () => void {
    this.#holds += 1;
    if (this.#holds === 1) this.#letGo = platformWatcher().listen(this.#clock, this);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holds -= 1;
      if (this.#holds > 0) return;
      this.#letGo();
      this.#begun.clear(); // Nobody will tell any more what of it is over.
    };
  }

  dropWorkOf(instance: string): void {
    for (const [key, item] of this.#begun) if (item.instance === instance) this.#begun.delete(key);
  }

  begun(work: WorkBegun): void {
    this.#begun.set(work.key, new BegunItem(work));
    this.#progress(work.kind.words);
  }

  goesOn(key: WorkKey): void {
    const item = this.#begun.get(key);
    if (item !== undefined) this.#progress(item.words);
  }

  ran(key: WorkKey): void {
    if (this.#begun.get(key)?.endsWithItsCallback === true) this.over(key);
  }

  over(key: WorkKey): void {
    const item = this.#begun.get(key);
    if (item === undefined) return;
    this.#begun.delete(key);
    this.#progress(item.words);
  }

  #progress(words: string): void {
    if (words !== 'an immediate') this.version += 1;
  }
}

class BegunItem implements WorkItem {
  readonly words: string;
  readonly kind: string;
  readonly instance: string | undefined;
  readonly #type: WorkBegun['kind']['type'];
  readonly #trace: Trace;
  readonly #resource: object;
  readonly #at = realTime().now();

  constructor({ kind, detail, frame, trace, resource }: WorkBegun) {
    this.words = kind.words;
    this.kind = detail === undefined ? kind.words : `${kind.words} (${detail})`;
    this.instance = frame.seat?.instance;
    this.#type = kind.type;
    this.#trace = trace;
    this.#resource = resource;
  }

  get age(): number {
    return realTime().now() - this.#at;
  }

  get where(): string | undefined {
    return this.#trace.where;
  }

  get endsWithItsCallback(): boolean {
    return this.#type === 'request';
  }

  get underWay(): boolean {
    switch (this.#type) {
      case 'handle':
        return hasRef(this.#resource);
      case 'stream':
        // Node's own note of what it compresses right now.
        return Reflect.get(this.#resource, 'buffer') !== null;
      case 'exchange':
      case 'request':
        return true;
    }
  }
}

function hasRef(resource: object): boolean {
  const { hasRef: ask }: { hasRef?: unknown } = resource;
  return typeof ask === 'function' && Reflect.apply(ask, resource, []) === true;
}
