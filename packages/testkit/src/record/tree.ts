/**
 * Who called whom, as an indented tree:
 *
 *     #1 outside → EdgeFC/Invoker "text" ⇒ "done"  (3.6 s)
 *     ├─ #2 → EdgeFC/helloworld "String message from Invoker." ⇒ "Message from helloworld"  (0 ms)
 *     └─ #3 Async → EdgeFC/pump "x" ⇒ "pumped"  (3.6 s)
 *        ├─ attempt 1 ⇒ failed, Error: offline  (0 ms)
 *        └─ attempt 2 after 1.2 s ⇒ "pumped"  (0 ms)
 *
 * The same test gives the same text: ids are written as `#n`, and times are the host's.
 */
import type { AttemptEntry, InvocationEntry, PublishEntry } from './entries.ts';
import type { RecordedLog, RecordedOrigin } from './model.ts';
import type { PlacedLog } from './store.ts';
import { count, describeDuration, Words } from './words.ts';

export interface TreeOptions {
  /** Whether what functions and host logged is shown where it was written. Default: false. */
  readonly logs?: boolean;
  /** Characters that a payload or an error may have. Default: 60. */
  readonly width?: number;
  /** Whether it ends with the ids that `#1`, `#2`, … stand for. Default: false, they may differ from run to run. */
  readonly ids?: boolean;
}

export interface TreeFacts {
  readonly invocations: readonly InvocationEntry[];
  readonly publishes: readonly PublishEntry[];
  readonly logs: readonly PlacedLog[];
}

/** A line with what hangs below it. */
interface Node {
  readonly place: number;
  readonly text: string;
  readonly children: Node[];
}

const WIDTH = 60;

export function drawTree(facts: TreeFacts, { logs = false, width = WIDTH, ids = false }: TreeOptions): string {
  if (facts.invocations.length + facts.publishes.length + (logs ? facts.logs.length : 0) === 0) {
    return 'nothing was invoked';
  }
  const lines = new TreeMaker(facts, width).draw(logs);
  if (ids) lines.push('', ...facts.invocations.map(({ n, id }) => `#${n} is ${id}`));
  return lines.join('\n');
}

/** What names ids in texts: `#3`. */
export function nameIds(invocations: readonly InvocationEntry[]): (id: string) => string | undefined {
  const names = new Map(invocations.map(({ id, n }) => [id, `#${n}`]));
  return (id) => names.get(id);
}

class TreeMaker {
  readonly #facts: TreeFacts;
  readonly #words: Words;
  readonly #roots: Node[] = [];
  /** By the id of the invocation; of its attempts, where those have lines of their own. */
  readonly #invocations = new Map<string, { readonly node: Node; readonly attempts: Map<number, Node> }>();
  readonly #publishes = new Map<string, Node>();
  readonly #byId: ReadonlyMap<string, InvocationEntry>;

  constructor(facts: TreeFacts, width: number) {
    this.#facts = facts;
    this.#words = new Words(width, nameIds(facts.invocations));
    this.#byId = new Map(facts.invocations.map((entry) => [entry.id, entry]));
  }

  draw(logs: boolean): string[] {
    const { invocations, publishes } = this.#facts;
    for (const entry of invocations) this.#addInvocation(entry);
    for (const entry of publishes) this.#addPublish(entry);
    for (const entry of publishes) this.#hang(this.#publishes.get(entry.id), entry);
    for (const entry of invocations) {
      const node = this.#invocations.get(entry.id)?.node;
      const publish = entry.origin.kind === 'route' ? this.#publishes.get(entry.origin.message) : undefined;
      if (node !== undefined && publish !== undefined) publish.children.push(node);
      else this.#hang(node, entry);
    }
    if (logs) for (const { log, place } of this.#facts.logs) this.#addLog(log, place);
    return this.#roots.sort(byPlace).flatMap((root) => [root.text, ...linesBelow(root)]);
  }

  #addInvocation(entry: InvocationEntry): void {
    const { id, n, target, place, asked, ended } = entry;
    const who = this.#describeAsker(entry);
    const extras = this.#describeExtras(entry);
    const text =
      `#${n}${who === '' ? '' : ` ${who}`} → ${target} ${this.#words.payload(entry)}${extras} ⇒ ${this.#words.state(entry)}` +
      describeTimes(ended === undefined ? undefined : ended.at - asked.at, this.#isLate(entry) ? asked.at : undefined);
    const node: Node = { place, text, children: [] };
    const attempts = new Map<number, Node>();
    this.#invocations.set(id, { node, attempts });
    if (entry.attempts.length < 2 && entry.state !== 'Retrying') return;
    entry.attempts.forEach((attempt, index) => {
      const line = this.#describeAttempt(attempt, entry.attempts[index - 1]);
      const own: Node = { place: place + index / 1000, text: line, children: [] };
      node.children.push(own);
      attempts.set(attempt.attempt, own);
    });
  }

  #addPublish(entry: PublishEntry): void {
    const { id, topic, source, parent, targets, refusal, asked } = entry;
    const who = parent !== undefined && this.#byId.has(parent) ? '' : `${source ?? 'outside'} `;
    const end =
      refusal !== undefined
        ? ` ⇒ ${this.#words.outcome({ kind: 'refused', ...refusal, retryable: false })}`
        : targets.length === 0
          ? ' ⇒ nobody gets it'
          : '';
    const text = `${who}publishes ${topic} ${this.#words.payload(entry)}${end}${describeTimes(undefined, this.#isLate(entry) ? asked.at : undefined)}`;
    // It stands where its first invocation would, which is told of before.
    const first = this.#facts.invocations.find(({ origin }) => origin.kind === 'route' && origin.message === id);
    this.#publishes.set(id, { place: first?.place ?? entry.place, text, children: [] });
  }

  #addLog({ level, message, function: name, requestId, attempt, source }: RecordedLog, place: number): void {
    const parent = requestId === undefined ? undefined : this.#invocations.get(requestId);
    const who = parent !== undefined ? 'logs' : source === 'host' ? 'host logs' : `${name ?? 'somebody'} logs`;
    const node: Node = { place, text: `${who} ${level}: ${this.#words.line(message)}`, children: [] };
    const run = attempt === undefined ? undefined : parent?.attempts.get(attempt);
    (run?.children ?? parent?.node.children ?? this.#roots).push(node);
  }

  /** Under the run that asked for it, or among the roots. */
  #hang(node: Node | undefined, { parent, parentAttempt }: Pick<InvocationEntry, 'parent' | 'parentAttempt'>): void {
    if (node === undefined) return;
    const found = parent === undefined ? undefined : this.#invocations.get(parent);
    const run = parentAttempt === undefined ? undefined : found?.attempts.get(parentAttempt);
    (run?.children ?? found?.node.children ?? this.#roots).push(node);
  }

  #describeAsker({ origin, parent, type }: InvocationEntry): string {
    const isBelow = parent !== undefined && this.#byId.has(parent);
    const who = describeOrigin(origin, isBelow);
    const says = type === 'Async' && (origin.kind === 'outside' || origin.kind === 'function');
    return says ? `${who}${who === '' ? '' : ', '}Async` : who;
  }

  #describeExtras({ delay, dedupeKey, orderKey, duplicates, origin, invokerContext }: InvocationEntry): string {
    const extras: string[] = [];
    if (delay !== undefined) extras.push(`delay ${describeDuration(delay)}`);
    if (orderKey !== undefined) extras.push(`orderKey ${orderKey}`);
    if (dedupeKey !== undefined) extras.push(`dedupeKey ${dedupeKey}`);
    if (duplicates.length > 0) extras.push(`asked for ${count(duplicates.length + 1, 'time')}`);
    // Of a message, its line says it.
    if (origin.kind !== 'route' && Object.keys(invokerContext).length > 0) {
      extras.push(`context ${this.#words.json(invokerContext)}`);
    }
    return extras.length === 0 ? '' : ` [${extras.join(', ')}]`;
  }

  #describeAttempt({ attempt, queued, ended, outcome }: AttemptEntry, before: AttemptEntry | undefined): string {
    const after = before?.ended === undefined ? '' : ` after ${describeDuration(queued.at - before.ended.at)}`;
    const end = outcome === undefined ? 'runs' : this.#words.outcome(outcome);
    return `attempt ${attempt}${after} ⇒ ${end}${describeTimes(ended === undefined ? undefined : ended.at - queued.at, undefined)}`;
  }

  /** Whether it happened at another time than what it hangs below. */
  #isLate({ parent, asked }: Pick<InvocationEntry, 'parent' | 'asked'>): boolean {
    const above = parent === undefined ? undefined : this.#byId.get(parent);
    return asked.at !== (above?.asked.at ?? 0);
  }
}

function describeOrigin(origin: RecordedOrigin, isBelow: boolean): string {
  switch (origin.kind) {
    case 'outside':
      return 'outside';
    case 'function':
      return isBelow ? '' : origin.function;
    case 'timer':
      return `timer ${origin.timer}`;
    case 'route':
      return isBelow ? '' : `message on ${origin.topic}`;
    case 'destination':
      return isBelow ? 'destination' : `destination of ${origin.function}`;
    case 'stored':
      return 'from the queue';
  }
}

function describeTimes(duration: number | undefined, at: number | undefined): string {
  const parts: string[] = [];
  if (duration !== undefined) parts.push(describeDuration(duration));
  if (at !== undefined) parts.push(`at ${describeDuration(at)}`);
  return parts.length === 0 ? '' : `  (${parts.join(', ')})`;
}

function linesBelow({ children }: Node): string[] {
  const sorted = [...children].sort(byPlace);
  return sorted.flatMap((child, index) => {
    const last = index === sorted.length - 1;
    const below = linesBelow(child).map((line) => `${last ? '   ' : '│  '}${line}`);
    return [`${last ? '└─' : '├─'} ${child.text}`, ...below];
  });
}

function byPlace(a: Node, b: Node): number {
  return a.place - b.place;
}
