/**
 * A life of a host in which everything happens that Async work can come across, the same each time, and what has to hold
 * about it afterwards wherever it was cut off.
 */
import type { FunctionDefinition, QueueLimits, RouteDefinition } from '../../../src/engine/definition.ts';
import { NO_RETRY } from '../../../src/engine/protocol.ts';
import type { QueueCommand, Queue } from '../../../src/engine/queue/queue.ts';
import type { WorkState } from '../../../src/engine/queue/work.ts';
import { QUEUE_LIMITS } from '../../support/queue-limits.ts';
import type { ScriptedRun } from './scripted-isolation.ts';
import { TestEngine, type InvokeOptions } from './test-engine.ts';
import { flushPromises, VirtualClock } from './virtual-clock.ts';

const HOUR = 3_600_000;
const TODAY = Date.UTC(2030, 0, 1);
const RETRY = { attempts: 3, minDelay: 1000, maxDelay: 8000, maxAge: 86_400_000 };
const FSYNC = { durability: 'fsync', retry: RETRY } as const;

export const LIMITS: QueueLimits = {
  ...QUEUE_LIMITS,
  minFreeDisk: 0,
  retention: { ...QUEUE_LIMITS.retention, count: 20 },
  deadLetters: { ...QUEUE_LIMITS.deadLetters, count: 3 },
};

const FUNCTIONS: Readonly<Record<string, Partial<FunctionDefinition>>> = {
  'S/plain': { ...FSYNC, maxInstances: 2, asyncConcurrency: 2 },
  'S/batched': { ...FSYNC, durability: 'batched' },
  'S/memory': { ...FSYNC, durability: 'memory' },
  'S/order': { ...FSYNC, maxInstances: 2, asyncConcurrency: 2 },
  'S/expiring': { ...FSYNC, retry: { ...RETRY, attempts: Infinity, maxAge: 2500 }, onFailure: 'S/bad' },
  'S/dying': {
    ...FSYNC,
    retry: { ...RETRY, attempts: 1 },
    onFailure: 'S/bad',
    onSuccess: 'S/good',
    maxInstances: 2,
    asyncConcurrency: 2,
  },
  'S/chain1': { ...FSYNC, onSuccess: 'S/chain2' },
  'S/chain2': { ...FSYNC, onSuccess: 'S/good' },
  'S/good': FSYNC,
  'S/bad': { ...FSYNC, durability: 'batched' },
  'S/clock': {
    ...FSYNC,
    timers: [
      {
        name: 'cron',
        schedule: { kind: 'cron', expression: '*/10 * * * * *', timeZone: 'UTC' },
        payload: '',
        catchUp: false,
      },
      {
        name: 'caught',
        schedule: { kind: 'cron', expression: '*/20 * * * * *', timeZone: 'UTC' },
        payload: '',
        catchUp: true,
      },
      { name: 'every', schedule: { kind: 'every', interval: 15_000 }, payload: '', catchUp: false },
    ],
  },
  'S/publisher': {},
  'S/heard1': FSYNC,
  'S/heard2': FSYNC,
};

const ROUTES: readonly RouteDefinition[] = [
  { source: undefined, filter: 'plant/+', target: 'S/heard1' },
  { source: undefined, filter: 'plant/#', target: 'S/heard2' },
];

/** A run of a handler, in whatever life of the host. */
interface Seen {
  readonly id: string;
  readonly target: string;
  readonly event: string;
  readonly attempt: number;
  readonly context: string | null;
  /** The life of the host that it was in. */
  readonly life: number;
  end: 'returned' | 'threw' | undefined;
}

/** Thrown in the scenario when the host is gone. */
class Gone extends Error {}

/** What survives: a queue for the next host over what is stored. */
export interface Storage {
  createQueue(clock: VirtualClock, onCommit: (done: boolean, commands: readonly QueueCommand[]) => void): Queue;
  /** The host that has the present queue is killed. */
  kill(): void;
}

export class CrashScenario {
  readonly #storage: Storage;
  /** Which event of commits kills the host; undefined: none. */
  readonly #point: number | undefined;
  /** Events of commits so far, two a commit. */
  points = 0;
  /** What was in the commits so far. */
  readonly kinds: Map<string, number> = new Map<string, number>();
  readonly runs: Seen[] = [];
  /** Told ids, by what was enqueued. */
  readonly told: Map<string, string> = new Map<string, string>();
  readonly #stopped = new Set<string>();
  readonly #purged = new Set<string>();
  readonly #published = new Set<string>();
  readonly #results = new Map<string, string>();
  readonly problems: string[] = [];
  #life = 0;
  #dead = false;
  #counting = true;
  #uptime = 10_000;
  #test: TestEngine | undefined;

  constructor(storage: Storage, point: number | undefined) {
    this.#storage = storage;
    this.#point = point;
  }

  get #host(): TestEngine {
    return this.#test!;
  }

  /** Lives, is killed if that is to be, lives on, and tells what is wrong then. */
  async play(): Promise<readonly string[]> {
    try {
      await this.#boot(TODAY);
      await this.#live();
    } catch (error) {
      if (!(error instanceof Gone)) throw error;
    }
    this.#counting = false;
    const { clock } = this.#host;
    if (this.#dead) this.#storage.kill();
    const down = 4000;
    this.#uptime += clock.monotonic() + down;
    await this.#boot(clock.now() + down);
    await this.#check();
    await this.#host.close();
    return this.problems;
  }

  /** Goes on with what another one left, however little of it is there: what can be told without having seen that. */
  async resume(): Promise<readonly string[]> {
    this.#counting = false;
    this.#life = 10;
    this.#uptime += HOUR;
    await this.#boot(TODAY + HOUR);
    await this.#pass(30_000);
    await this.#checkBooks();
    this.#checkRuns();
    this.#checkOrder();
    this.#checkTicks();
    await this.#host.close();
    return this.problems;
  }

  async #boot(wall: number): Promise<void> {
    this.#life += 1;
    this.#dead = false;
    const life = this.#life;
    const clock = new VirtualClock(wall);
    const queue = this.#storage.createQueue(clock, (done, commands) => {
      if (this.#life !== life || this.#dead) throw new Gone();
      if (!this.#counting || !commands.some(writes)) return;
      this.points += 1;
      if (done)
        for (const kind of new Set(commands.filter(writes).map(kindOf)))
          this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
      if (this.points !== this.#point) return;
      this.#dead = true;
      throw new Gone();
    });
    const test = new TestEngine({
      functions: FUNCTIONS,
      routes: ROUTES,
      settings: { queue: LIMITS },
      behaviour: { readyAfter: 0 },
      clock,
      queue,
      bootId: `life${life}`,
      machine: { boot: 'machine', uptime: this.#uptime },
    });
    this.#test = test;
    test.isolation.onStart = (instance) => {
      instance.onRun = (run) => {
        if (this.#life === life && !this.#dead) this.#run(run);
      };
    };
    if (test.opening === undefined) await test.engine.openQueue({ boot: 'machine', uptime: this.#uptime });
    await this.#guard(test.engine.open());
  }

  /** What happens. */
  async #live(): Promise<void> {
    await this.#enqueue('S/plain', 'plain 1');
    await this.#pass(10);
    // Several in one commit, and more than there are slots for.
    await Promise.all([1, 2, 3, 4].map((n) => this.#enqueue('S/plain', `together ${n}`)));
    await this.#enqueue('S/batched', 'batched');
    await this.#enqueue('S/memory', 'memory');
    await this.#enqueue('S/plain', 'delayed', { delay: 3000 });
    await this.#enqueue('S/plain', 'fails twice');
    await this.#enqueue('S/plain', 'later', { maxRetries: 0 });
    await this.#pass(5000);
    // The head of one key fails; the other goes on.
    for (const n of [1, 2, 3]) await this.#enqueue('S/order', `a${n}`, { orderKey: 'a' });
    for (const n of [1, 2]) await this.#enqueue('S/order', `b${n}`, { orderKey: 'b' });
    await this.#enqueue('S/order', 'a4', { orderKey: 'a' });
    await this.#pass(6000);
    await this.#enqueue('S/plain', 'first', { dedupeKey: 'k' });
    await this.#enqueue('S/plain', 'repeat', { dedupeKey: 'k' });
    await this.#enqueue('S/expiring', 'expires');
    await this.#pass(4000);
    await this.#enqueue('S/dying', 'dies');
    await this.#enqueue('S/dying', 'no use');
    await this.#enqueue('S/chain1', 'chain');
    await this.#pass(100);
    await this.#redrive('dies');
    await this.#pass(100);
    for (const n of [1, 2, 3, 4]) await this.#enqueue('S/dying', `trimmed ${n}`);
    await this.#pass(100);
    await this.#purge('trimmed 4');
    await this.#enqueue('S/plain', 'stopped in the queue', { delay: 20_000 });
    await this.#stop('stopped in the queue');
    await this.#enqueue('S/plain', 'stopped in its run');
    await this.#pass(1);
    await this.#stop('stopped in its run');
    await this.#publish('plant/1');
    await this.#enqueue('S/plain', 'asked');
    await this.#pass(100);
    await this.#result('asked');
    await this.#enqueue('S/plain', 'runs at the stop');
    for (let n = 0; n < 12; n += 1) await this.#enqueue('S/batched', `many ${n}`);
    // A minute goes by: timers tick, and what is too much is tidied away.
    await this.#pass(61_000);
    await this.#enqueue('S/plain', 'hangs');
    await this.#pass(1);
    const closed = this.#host.close();
    await this.#guard(closed);
  }

  // Steps.

  async #enqueue(target: string, what: string, options: InvokeOptions = {}): Promise<void> {
    const invoked = this.#host.invoke(target, { ...options, type: 'Async', payload: what });
    await this.#settle();
    const { outcome } = invoked;
    if (outcome?.kind !== 'accepted') throw new Error(`${what}: ${JSON.stringify(outcome)}`);
    this.told.set(what, outcome.id);
  }

  async #redrive(what: string): Promise<void> {
    const found = await this.#guard(this.#host.engine.queries.redrive({ id: this.told.get(what)! }));
    if (found.kind !== 'found' || found.value !== 1) this.problems.push(`redrive of ${what}: ${JSON.stringify(found)}`);
  }

  async #purge(what: string): Promise<void> {
    const id = this.told.get(what)!;
    const found = await this.#guard(this.#host.engine.queries.purge({ id }));
    if (found.kind !== 'found' || found.value !== 1) this.problems.push(`purge of ${what}: ${JSON.stringify(found)}`);
    this.#purged.add(id);
  }

  async #stop(what: string): Promise<void> {
    const id = this.told.get(what)!;
    const stopping = this.#host.engine.queries.stop(id);
    // Its handler settles a while after it is told.
    void this.#pass(20).catch(() => undefined);
    const found = await this.#guard(stopping);
    if (found.kind !== 'found') this.problems.push(`stop of ${what}: ${JSON.stringify(found)}`);
    this.#stopped.add(id);
  }

  async #publish(topic: string): Promise<void> {
    this.#host.invoke('S/publisher', { payload: `publishes ${topic}` });
    await this.#settle();
    const run = this.#host.running(`publishes ${topic}`);
    const call = run.publish(topic, 'hello');
    await this.#settle();
    if (call.result === undefined) throw new Gone();
    this.#published.add(call.result);
    run.return();
  }

  async #result(what: string): Promise<void> {
    const id = this.told.get(what)!;
    const found = await this.#guard(this.#host.engine.queries.get(id));
    if (found.kind === 'found' && typeof found.value.result === 'string') this.#results.set(id, found.value.result);
    else this.problems.push(`${what} has no result`);
  }

  #run(run: ScriptedRun): void {
    const target = run.instance.boot.definition.key;
    if (target === 'S/publisher') return;
    const before = this.runs.filter(({ id, end }) => id === run.requestId && end !== undefined).length;
    const { requestId: id, event, attempt, message } = run;
    const seen: Seen = { id, target, event, attempt, context: message[4], life: this.#life, end: undefined };
    this.runs.push(seen);
    if (event === 'hangs' && this.#life === 1) return;
    const life = this.#life;
    const settle = (aborted: boolean): void => {
      if (this.#life !== life || this.#dead || run.settled || run.instance.ended) return;
      const fails = { 'fails twice': 2, a1: 2, expires: Infinity, dies: 1 }[event] ?? (/^trimmed/.test(event) ? 1 : 0);
      seen.end =
        aborted || before < fails || event === 'no use' || (event === 'later' && before < 2) ? 'threw' : 'returned';
      if (seen.end === 'returned') run.return(`result of ${event}`);
      else run.throw('thrown', event === 'no use' ? NO_RETRY : event === 'later' ? 700 : null);
    };
    const { clock } = this.#host;
    run.onAbort = () => clock.setTimeout(() => settle(true), 1);
    if (event !== 'stopped in its run' || this.#life > 1) clock.setTimeout(() => settle(false), 5);
  }

  // Time.

  #assertAlive(): void {
    if (this.#dead) throw new Gone();
  }

  async #settle(): Promise<void> {
    const { clock } = this.#host;
    do {
      await flushPromises();
      this.#assertAlive();
      clock.advance(0);
      await flushPromises();
      this.#assertAlive();
    } while ((clock.nextDue ?? Infinity) <= clock.monotonic());
  }

  async #pass(ms: number): Promise<void> {
    await this.#settle();
    const { clock } = this.#host;
    const until = clock.monotonic() + ms;
    while (clock.monotonic() < until) {
      clock.advance(Math.min(until, clock.nextDue ?? Infinity) - clock.monotonic());
      await this.#settle();
    }
  }

  /** What `promise` gives, unless the host is gone before. */
  async #guard<T>(promise: Promise<T>): Promise<T> {
    const settled = promise.then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    const gone = async (): Promise<{ error: unknown }> => {
      for (let n = 0; n < 10; n += 1) await flushPromises();
      return { error: new Error('it takes for ever') };
    };
    const result = await Promise.race([settled, gone()]);
    if (this.#dead) throw new Gone();
    if ('error' in result) throw result.error;
    return result.value;
  }

  // What has to hold.

  async #check(): Promise<void> {
    const { problems } = this;
    await this.#settle();
    const fresh = this.#host.invoke('S/plain', { type: 'Async', payload: 'fresh' });
    const again = this.told.has('first')
      ? this.#host.invoke('S/plain', { type: 'Async', payload: 'again', dedupeKey: 'k' })
      : undefined;
    await this.#settle();
    if (fresh.outcome?.kind !== 'accepted') problems.push(`nothing new is accepted: ${JSON.stringify(fresh.outcome)}`);
    else if ([...this.told.values()].includes(fresh.outcome.id)) problems.push(`${fresh.outcome.id} is given twice`);
    if (
      again?.outcome !== undefined &&
      (again.outcome.kind !== 'accepted' || again.outcome.id !== this.told.get('first'))
    )
      problems.push(`the dedupe key is forgotten: ${JSON.stringify(again.outcome)}`);
    if (this.told.has('repeat') && this.told.get('repeat') !== this.told.get('first'))
      problems.push('a repeat has its own id');
    await this.#pass(30_000);
    await this.#checkBooks();
    for (const [what, id] of this.told) await this.#checkTold(what, id);
    this.#checkRuns();
    this.#checkOrder();
    this.#checkTicks();
    await this.#checkDestinations();
    this.#checkMessages();
  }

  /** I3, and nothing that waits for ever. */
  async #checkBooks(): Promise<void> {
    const { problems } = this;
    this.#host.engine.timers?.stop();
    await this.#pass(100);
    const { accepted, removed, live, ended, dead } = await this.#host.engine.queries.stats();
    const there = live.enqueued + live.running + live.retrying + ended + dead;
    if (accepted !== there + removed) problems.push(`${accepted} accepted, ${there} there, ${removed} removed`);
    if (there - ended - dead > 0) problems.push(`not over: ${JSON.stringify(live)}`);
  }

  async #checkTold(what: string, id: string): Promise<void> {
    const { problems } = this;
    // What lives in memory was never promised to outlive its host.
    if (id.includes('.M')) return;
    const found = await this.#host.engine.queries.get(id);
    const state = found.kind === 'found' ? found.value.state : undefined;
    const runs = this.runs.filter((run) => run.id === id);
    if (state === undefined) {
      const over = runs.some(({ end }) => end !== undefined) || this.#stopped.has(id);
      if (!over) problems.push(`${what} (${id}) is gone, and never ended`);
    } else if (!OVER.includes(state)) {
      problems.push(`${what} (${id}) is ${state}`);
    } else if (state === 'Succeeded' && !runs.some(({ end }) => end === 'returned')) {
      problems.push(`${what} (${id}) has succeeded without a run`);
    } else if (
      (state === 'Failed' || state === 'Expired') &&
      found.kind === 'found' &&
      found.value.errors.length === 0
    ) {
      if (!runs.every(({ life }) => life > 1)) problems.push(`${what} (${id}) died without an error`);
    }
    if (this.#purged.has(id) && state !== undefined) problems.push(`${what} (${id}) was purged, and is ${state}`);
    if (this.#stopped.has(id)) {
      if (state !== 'Stopped' && state !== undefined) problems.push(`${what} (${id}) was stopped, and is ${state}`);
      if (runs.some(({ life }) => life > 1)) problems.push(`${what} (${id}) was stopped, and ran again`);
    }
    const result = this.#results.get(id);
    if (result !== undefined && found.kind === 'found' && found.value.result !== result)
      problems.push(`the result of ${what} was ${result}, and is ${String(found.value.result)}`);
  }

  /** Repeats only as a later attempt, and what succeeded for its host never again. */
  #checkRuns(): void {
    const last = new Map<string, Seen>();
    for (const run of this.runs) {
      const before = last.get(run.id);
      if (before !== undefined && run.attempt <= before.attempt)
        this.problems.push(`${run.event} (${run.id}) ran as attempt ${run.attempt} after attempt ${before.attempt}`);
      if (before === undefined && run.attempt > 1 && run.life === 1)
        this.problems.push(`${run.event} (${run.id}) ran first as attempt ${run.attempt}`);
      if (before?.end === 'returned' && before.life === run.life && run.event !== 'dies')
        this.problems.push(`${run.event} (${run.id}) ran again after it had succeeded`);
      last.set(run.id, run);
    }
  }

  #checkOrder(): void {
    for (const key of ['a', 'b']) {
      const order = this.runs
        .filter(({ target, event }) => target === 'S/order' && event.startsWith(key))
        .map(({ event }) => event);
      if (order.join() !== [...order].sort().join()) this.problems.push(`the key ${key} ran as ${order.join(', ')}`);
    }
  }

  /** One tick is one invocation. */
  #checkTicks(): void {
    const ticks = new Map<string, string>();
    for (const { id, target, event } of this.runs) {
      if (target !== 'S/clock') continue;
      const { triggerName, triggerTime } = JSON.parse(event) as { triggerName: string; triggerTime: string };
      const tick = `${triggerName} ${triggerTime}`;
      if ((ticks.get(tick) ?? id) !== id) this.problems.push(`the tick ${tick} came twice`);
      ticks.set(tick, id);
    }
    // The host was down over one of these.
    const caught = [...ticks.keys()].filter((tick) => tick.startsWith('caught'));
    if (this.points > 60 && caught.length === 0) this.problems.push('a timer never ticked');
  }

  async #checkDestinations(): Promise<void> {
    const told = new Map<string, Set<string>>();
    for (const { id, event, target } of this.runs) {
      if (!event.startsWith('{') || target === 'S/clock') continue;
      const { requestContext } = JSON.parse(event) as { requestContext: { requestId: string; condition: string } };
      const ending = `${requestContext.requestId} ${requestContext.condition.split(':')[0]}`;
      const ids = told.get(ending) ?? new Set();
      told.set(ending, ids.add(id));
    }
    for (const [ending, ids] of told) if (ids.size > 1) this.problems.push(`${ending} was told ${ids.size} times`);
    for (const [what, id] of this.told) {
      const target = this.runs.find((run) => run.id === id)?.target ?? '';
      const { onSuccess, onFailure } = FUNCTIONS[target] ?? {};
      const found = await this.#host.engine.queries.get(id);
      if (found.kind !== 'found') continue;
      const { state } = found.value;
      const wanted = state === 'Succeeded' ? onSuccess : state === 'Stopped' ? undefined : onFailure;
      if (wanted !== undefined && !told.has(`${id} ${state}`))
        this.problems.push(`that ${what} has ${state} was not told`);
      if (state === 'Succeeded' && what !== 'dies' && told.has(`${id} Failed`))
        this.problems.push(`${what} was told to have failed`);
    }
    // Who was told of a chain's first ends the chain.
    const chain = this.runs.find(({ target }) => target === 'S/chain2');
    if (chain !== undefined && !told.has(`${chain.id} Succeeded`)) this.problems.push('the chain broke');
  }

  #checkMessages(): void {
    const heard = new Map<string, Set<string>>();
    for (const { target, context, id } of this.runs) {
      if (!target.startsWith('S/heard') || context === null) continue;
      const { custom } = JSON.parse(Buffer.from(context, 'base64').toString()) as { custom: { messageId: string } };
      const key = `${custom.messageId} ${target}`;
      heard.set(key, (heard.get(key) ?? new Set()).add(id));
    }
    for (const [key, ids] of heard) if (ids.size > 1) this.problems.push(`the message ${key} came ${ids.size} times`);
    const messages = new Set([...this.#published, ...[...heard.keys()].map((key) => key.split(' ')[0]!)]);
    for (const message of messages) {
      for (const target of ['S/heard1', 'S/heard2'])
        if (!heard.has(`${message} ${target}`)) this.problems.push(`the message ${message} did not come to ${target}`);
    }
  }
}

const OVER: readonly WorkState[] = ['Succeeded', 'Failed', 'Expired', 'Stopped'];

function writes({ kind }: QueueCommand): boolean {
  return kind !== 'get' && kind !== 'stats' && kind !== 'list' && kind !== 'timers';
}

/** What a command does, in short. */
function kindOf(command: QueueCommand): string {
  switch (command.kind) {
    case 'put':
      if (command.timer !== undefined) return 'a tick';
      return command.work.length > 1 ? 'a message' : command.claim ? 'accepted and claimed' : 'accepted';
    case 'settle': {
      const { ending, followUps } = command;
      const how =
        ending.kind === 'dead' ? ending.state : ending.kind === 'retry' ? `retry, ${ending.counts} used` : ending.kind;
      return followUps.length > 0 ? `${how}, and told` : how;
    }
    default:
      return command.kind;
  }
}
