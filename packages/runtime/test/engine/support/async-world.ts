/**
 * The real engine with everything about Async work in it, on virtual time, beside the model: whatever happens is told to
 * both, and at every instant both are compared. The host can be stopped, and killed before and after any commit; what is
 * stored stays.
 */
import type { FunctionDefinition, QueueLimits } from '../../../src/engine/definition.ts';
import { NO_RETRY } from '../../../src/engine/protocol.ts';
import { MemoryQueue } from '../../../src/engine/queue/memory-queue.ts';
import { MemoryTables } from '../../../src/engine/queue/memory-tables.ts';
import type { QueueCommand, QueueStats } from '../../../src/engine/queue/queue.ts';
import type { WorkRecord } from '../../../src/engine/queue/work.ts';
import { QUEUE_LIMITS } from '../../support/queue-limits.ts';
import { AsyncModel, isDead, isLive, seqOf, type ModelWork, type RunEnd } from './async-model.ts';
import type { ScriptedInstance, ScriptedRun } from './scripted-isolation.ts';
import { defineFunction, TestEngine, type Invoked } from './test-engine.ts';
import { flushPromises, VirtualClock } from './virtual-clock.ts';

export const TODAY: number = Date.UTC(2030, 0, 1);

/** What a handler does, `after` ms from its start. */
export interface Step {
  readonly after: number;
  readonly how:
    | 'return'
    | 'throw'
    | 'never again'
    | 'later'
    | 'crash'
    | 'uncaught'
    /** Settles only when it is aborted. */
    | 'hang'
    /** Never settles. */
    | 'hang hard';
  readonly later: number;
}

export interface Enqueue {
  readonly target: number;
  readonly delay: number;
  readonly orderKey: string | undefined;
  readonly dedupeKey: string | undefined;
  readonly maxRetries: number | undefined;
  /** One for each run; then it returns at once. */
  readonly plan: readonly Step[];
}

export interface Restart {
  /** `before`, `after`: killed there, at the next commit. */
  readonly how: 'stop' | 'kill' | 'before' | 'after';
  readonly down: number;
  /** Whether the machine tells that it went on. */
  readonly sameBoot: boolean;
  /** Whether the wall clock begins in 1970. */
  readonly noClock: boolean;
}

interface InFlight {
  readonly work: ModelWork;
  readonly dedupeKey: string | undefined;
  readonly duplicate: ModelWork | undefined;
  readonly invoked: Invoked;
  /** In the queue before. */
  readonly bytes: number;
}

/** ms after which the host has written the time down. */
const LOOK = 61_000;

const AT_ONCE: Step = { after: 0, how: 'return', later: 0 };

export class AsyncWorld {
  readonly model: AsyncModel;
  readonly functions: readonly FunctionDefinition[];
  readonly #limits: QueueLimits;
  readonly #tables = new MemoryTables();
  readonly #plans = new Map<string, readonly Step[]>();
  readonly #ran = new Map<string, number>();
  readonly #ids = new Set<string>();
  #inFlight = new Map<string, InFlight>();
  #names = 0;
  #boots = 0;
  #test: TestEngine | undefined;
  #queue: MemoryQueue | undefined;
  /** Ledger time at monotonic 0 of this start. */
  #base = 0;
  /** The machine's uptime at monotonic 0. */
  #uptime = 1000;
  #machineBoots = 1;
  #armed: Restart | undefined;
  #struck: Restart | undefined;
  #closing = false;
  /** Monotonic ms of the last step of the wall clock in this start. */
  #steppedAt = -Infinity;
  /** ms that have just been slept through, and were not written down. */
  #asleep = 0;
  #restore: () => void = () => undefined;

  constructor(
    functions: Readonly<Record<string, Partial<FunctionDefinition>>>,
    limits: Partial<QueueLimits>,
    seen: Map<string, number>,
  ) {
    this.functions = Object.entries(functions).map(([key, own]) => defineFunction(key, own));
    this.#limits = { ...QUEUE_LIMITS, ...limits };
    const { retention, deadLetters } = this.#limits;
    const byKey = new Map(this.functions.map((one) => [one.key, one]));
    this.model = new AsyncModel(byKey, { ended: retention, dead: deadLetters }, seen);
    this.#boot(TODAY);
  }

  get test(): TestEngine {
    return this.#test!;
  }

  get #now(): number {
    return this.#base + this.test.clock.monotonic();
  }

  // Operations.

  async enqueue({ target, delay, orderKey, dedupeKey, maxRetries, plan }: Enqueue): Promise<void> {
    const definition = this.functions[target % this.functions.length]!;
    const { model } = this;
    const name = String(this.#names++);
    this.#plans.set(name, plan);
    const work = model.create(name, definition, {
      delay,
      orderKey: orderKey ?? null,
      maxAttempts: maxRetries === undefined ? null : maxRetries + 1,
    });
    const duplicate = model.duplicateOf(definition.key, dedupeKey);
    const { live, memory } = await this.#stats();
    const bytes = work.inMemory ? memory.live.bytes : live.bytes;
    const options = {
      delay,
      ...(orderKey === undefined ? {} : { orderKey }),
      ...(dedupeKey === undefined ? {} : { dedupeKey }),
      ...(maxRetries === undefined ? {} : { maxRetries }),
    };
    const invoked = this.test.invoke(definition.key, { type: 'Async', payload: name, ...options });
    this.#inFlight.set(name, { work, dedupeKey, duplicate, invoked, bytes });
    await this.#settle();
  }

  /** Who enqueued is told. */
  #told(name: string, { work, dedupeKey, duplicate, invoked, bytes }: InFlight): void {
    const { model } = this;
    const { outcome } = invoked;
    if (outcome?.kind === 'accepted') {
      if (outcome.deduplicated !== (duplicate !== undefined))
        model.wrong(`${name}: deduplicated ${outcome.deduplicated}`);
      if (duplicate === undefined) {
        this.#admit(name, work, dedupeKey, outcome.id);
      } else {
        model.count('deduplicated');
        if (outcome.id !== duplicate.id)
          model.wrong(`${name}: ${outcome.id} is not the id of the first, ${duplicate.id}`);
      }
    } else if (outcome?.kind === 'refused' && outcome.code === 'ResourceExhausted') {
      if (bytes + 1000 <= this.#limits.maxQueueBytes)
        model.wrong(`${name} was refused with ${bytes} bytes in the queue`);
      model.count('refused');
    } else {
      model.wrong(`${name}: ${JSON.stringify(outcome)}`);
    }
  }

  async stop(which: number): Promise<void> {
    const { model } = this;
    const all = model.works.filter(({ id, gone }) => id !== undefined && !gone);
    const live = all.filter(isLive);
    const overdue = live.filter((one) => one.overdue);
    const known = overdue.length > 0 ? overdue : which % 4 > 0 && live.length > 0 ? live : all;
    const work = known[which % Math.max(1, known.length)];
    if (work?.id === undefined) return;
    const expected = model.stop(work);
    const promise = this.test.engine.queries.stop(work.id).then(
      (found) => (found.kind === 'found' ? found.value.state : found.code),
      () => 'the queue was closed',
    );
    if (expected === 'later') return;
    await this.#settle();
    if (this.#struck !== undefined) return;
    const found = await promise;
    if (found !== expected) model.wrong(`stopping ${work.name} gave ${found}, not ${expected}`);
  }

  /** `which`: one, or those of a function, or all of them. */
  async deadLetters(kind: 'redrive' | 'purge', which: number | undefined, target: number | undefined): Promise<void> {
    const { model } = this;
    const key = target === undefined ? undefined : this.functions[target % this.functions.length]?.key;
    const dead = model.deadOf(which === undefined ? key : undefined);
    const one = which === undefined ? undefined : dead[which % Math.max(1, dead.length)];
    if (which !== undefined && one === undefined) return;
    const chosen = one === undefined ? dead : [one];
    const filter = one?.id === undefined ? (key === undefined ? {} : { function: key }) : { id: one.id };
    const promise = this.test.engine.queries[kind](filter).then(
      (found) => (found.kind === 'found' ? found.value : found.code),
      () => 'the queue was closed',
    );
    // In one commit, before anything that follows from it.
    for (const work of chosen) {
      if (kind === 'redrive') model.redriven(work);
      else model.purged(work);
    }
    await this.#settle();
    if (this.#struck !== undefined) return;
    const found = await promise;
    if (found !== chosen.length) model.wrong(`${kind} did ${found}, not ${chosen.length}`);
  }

  /** Lets time pass, and looks at every instant at which something happens or should. */
  async pass(ms: number): Promise<void> {
    await this.#settle();
    for (let left = ms; left > 0 && this.model.problems.length === 0;) {
      const { clock } = this.test;
      const now = clock.monotonic();
      const timer = (clock.nextDue ?? Infinity) - now;
      const expected = (this.model.next ?? Infinity) - this.#now;
      const step = Math.min(left, Math.max(0, Math.min(timer, expected)));
      clock.advance(step);
      left -= step;
      await this.#settle();
      if (this.#struck !== undefined) await this.#restart(this.#struck);
    }
  }

  /** Lets time pass at once, as on a machine that slept. */
  async sleep(ms: number): Promise<void> {
    const shared = (): boolean =>
      this.test.runs.some(({ instance }) => instance.boot.definition.instanceConcurrency > 1);
    for (let round = 0; round < 20 && shared(); round += 1) await this.pass(301);
    if (shared()) return;
    this.#asleep = ms;
    this.test.clock.leap(ms);
    await this.#settle();
    if (this.#struck === undefined) this.#asleep = 0;
  }

  /** ms until work that waits may start. */
  untilNext(): number {
    return (this.model.next ?? this.#now) - this.#now;
  }

  setWall(wall: number): void {
    this.test.clock.setWall(wall);
    this.#steppedAt = this.test.clock.monotonic();
  }

  async restart(how: Restart): Promise<void> {
    if (how.how === 'before' || how.how === 'after') this.#armed = how;
    else await this.#restart(how);
  }

  /** A restart that was to come at a commit comes when there was one. */
  async settled(): Promise<void> {
    await this.#settle();
    if (this.#struck !== undefined) await this.#restart(this.#struck);
  }

  /** Until all that was accepted is over. */
  async drain(): Promise<void> {
    this.#armed = undefined;
    for (let round = 0; round < 1000 && this.model.problems.length === 0; round += 1) {
      await this.settled();
      const { live, running } = this.model.counts();
      if (live === 0) return;
      const next = this.model.next;
      const ahead = running > 0 || next === undefined ? 1000 : next - this.#now;
      if (ahead > LOOK) await this.sleep(ahead - 1);
      else await this.pass(ahead);
    }
    this.model.wrong(`${this.model.counts().live} are not over`);
  }

  async close(): Promise<void> {
    await this.test.close();
    const left = [...this.test.isolation.alive, ...(this.test.clock.pending > 0 ? ['timers'] : [])];
    if (left.length > 0) this.model.wrong(`left after the close: ${left.join(', ')}`);
  }

  // The engine's side.

  #boot(wall: number): void {
    const boot = ++this.#boots;
    const clock = new VirtualClock(wall);
    this.#armed = undefined;
    this.#struck = undefined;
    this.#closing = false;
    const queue = new MemoryQueue({
      limits: this.#limits,
      tables: this.#tables,
      onCommit: (done, commands) => {
        if (this.#boots !== boot) throw new Error('this host is gone');
        if (this.#struck !== undefined) throw new Error('the host was killed');
        if (this.#armed?.how !== (done ? 'after' : 'before') || !commands.some(writes)) return;
        this.#struck = this.#armed;
        throw new Error('the host was killed');
      },
    });
    this.#queue = queue;
    const functions = Object.fromEntries(this.functions.map((one) => [one.key, one]));
    this.#test = new TestEngine({
      functions,
      settings: { queue: this.#limits },
      behaviour: { readyAfter: 0 },
      queue,
      clock,
      bootId: `boot${boot}`,
      machine: { boot: `machine${this.#machineBoots}`, uptime: this.#uptime },
    });
    this.#base = this.test.opening!.ledgerTime;
    this.#steppedAt = -Infinity;
    this.model.now = () => this.#now;
    this.#listen(this.test, boot);
    void this.test.engine.open();
  }

  #listen(test: TestEngine, boot: number): void {
    test.isolation.onStart = (instance) => {
      instance.onRun = (run) => {
        if (this.#boots === boot) this.#play(test, run);
      };
    };
    test.events.on('instance:exited', ({ name }) => {
      if (this.#boots === boot) this.#exited(test.isolation.named(name));
    });
    test.events.on('work:settled', ({ id, target, state, attempt, error }) => {
      if (this.#boots !== boot) return;
      const row = this.#tables.get(seqOf({ id }));
      const work = row === undefined ? this.#byId(id) : this.#workOf(id, String(row.payload), target);
      if (work === undefined) return;
      if (state === 'Expired') this.model.expired(work);
      else if (state === 'Failed' && error === undefined && isLive(work)) this.model.givenUp(work);
      else if (attempt !== work.starts) this.model.wrong(`${id} settled as attempt ${attempt}, not ${work.starts}`);
    });
    test.events.on('log', ({ source, message }) => {
      if (
        source === 'host' &&
        this.#struck === undefined &&
        this.#boots === boot &&
        !/destination is not told|dead letters? (?:was|were) removed/.test(message)
      )
        this.model.wrong(message);
    });
  }

  #byId(id: string): ModelWork | undefined {
    return this.model.works.find((one) => one.id === id);
  }

  /** Whose run this is; what nobody has heard of before is in flight, or a destination's. */
  #workOf(id: string, payload: string, target: string): ModelWork | undefined {
    const known = this.#byId(id);
    if (known !== undefined) return known;
    const flying = this.#inFlight.get(payload);
    if (flying !== undefined) {
      if (flying.duplicate !== undefined) this.model.wrong(`${payload} runs although it is a duplicate`);
      return this.#admit(payload, flying.work, flying.dedupeKey, id);
    }
    const about = parseAbout(payload);
    const told = this.model.works.find(
      (one) => one.id === undefined && one.name === about && one.target.key === target,
    );
    if (told !== undefined) this.#give(told, id);
    return told;
  }

  #admit(name: string, work: ModelWork, dedupeKey: string | undefined, id: string): ModelWork {
    if (work.id !== undefined) {
      if (work.id !== id) this.model.wrong(`${name} has the ids ${work.id} and ${id}`);
      return work;
    }
    this.model.admit(work, dedupeKey);
    this.#give(work, id);
    return work;
  }

  #give(work: ModelWork, id: string): void {
    if (this.#ids.has(id)) this.model.wrong(`the id ${id} was given twice`);
    this.#ids.add(id);
    work.id = id;
  }

  #play(test: TestEngine, run: ScriptedRun): void {
    const { model } = this;
    const target = run.instance.boot.definition.key;
    const work = this.#workOf(run.requestId, run.event, target);
    if (work === undefined) {
      model.wrong(`${run.requestId} of ${target} runs, and nobody asked for it: ${run.event}`);
      return;
    }
    model.started(work, run.attempt);
    const n = this.#ran.get(work.name) ?? 0;
    this.#ran.set(work.name, n + 1);
    const planned = this.#plans.get(work.name)?.[n] ?? AT_ONCE;
    // A handler that goes on after its time closes its instance for work that was claimed for another slot of it: that waits
    // for the next instance, which is nothing the model knows.
    const shared = work.target.instanceConcurrency > 1 && (planned.how === 'hang' || planned.how === 'hang hard');
    const step: Step = shared ? { ...planned, how: 'crash' } : planned;
    const later = (delay: number, action: () => void): void => {
      test.clock.setTimeout(() => {
        if (!run.settled && !run.instance.ended && !this.#closing) action();
      }, delay);
    };
    run.onAbort = () => {
      if (this.#closing) return;
      if (run.aborted?.startsWith('the timeout of') === true) model.timedOut(work);
      if (step.how !== 'hang hard') later(5, () => this.#end(run, work, { after: 0, how: 'throw', later: 0 }));
    };
    if (step.how !== 'hang' && step.how !== 'hang hard') later(step.after, () => this.#end(run, work, step));
  }

  #end(run: ScriptedRun, work: ModelWork, step: Step): void {
    const end = (how: RunEnd): void => this.model.ended(work, how);
    switch (step.how) {
      case 'return':
        end('succeeded');
        run.return('done');
        break;
      case 'throw':
        end('failed');
        run.throw('thrown');
        break;
      case 'never again':
        end('never again');
        run.throw('no use', NO_RETRY);
        break;
      case 'later':
        end({ later: step.later });
        run.throw('busy', step.later);
        break;
      case 'crash':
        run.instance.exit({ kind: 'signal', signal: 'SIGSEGV' });
        break;
      case 'uncaught':
        run.instance.dying('uncaught', run.number);
        run.instance.exit({ kind: 'code', code: 1 });
        break;
      case 'hang':
      case 'hang hard':
        break;
    }
  }

  /** Whoever it can be laid to has failed; the others were lost. */
  #exited(instance: ScriptedInstance): void {
    const open = instance.runs.filter(({ settled }) => !settled);
    const dying = instance.dyingFor;
    for (const run of open) {
      const work = this.#byId(run.requestId);
      run.settled = true;
      if (work === undefined) continue;
      const guilty =
        dying === undefined ? open.length === 1 && !instance.killed : dying === run.number || open.length === 1;
      this.model.ended(work, this.#closing ? 'put back' : guilty ? 'failed' : 'lost');
    }
  }

  #isGone(): boolean {
    return this.#struck !== undefined;
  }

  /** Nothing more happens at this instant; then both sides are the same. */
  async #settle(): Promise<void> {
    const { clock } = this.test;
    do {
      await flushPromises();
      if (this.#isGone()) return;
      clock.advance(0);
      await flushPromises();
      if (this.#isGone()) return;
    } while ((clock.nextDue ?? Infinity) <= clock.monotonic());
    for (const [name, one] of this.#inFlight) this.#told(name, one);
    this.#inFlight.clear();
    await this.#check();
    this.#restore = this.model.snapshot();
  }

  async #check(): Promise<void> {
    const { model } = this;
    const rows = this.#tables.list({ states: undefined, target: undefined, before: undefined, limit: 10_000 });
    const bySeq = new Map(rows.map((row) => [row.seq, row]));
    for (const row of rows) this.#workOf(this.#idOf(row), String(row.payload), row.target);
    const stats = await this.#stats();
    for (let seq = -1; seq >= -stats.memory.accepted; seq -= 1) {
      const row = await this.#queue!.execute({ kind: 'get', seq }, this.#time(), 'memory');
      if (row === undefined) continue;
      bySeq.set(seq, row);
      this.#workOf(`boot${this.#boots}.M${(-seq).toString(36)}`, String(row.payload), row.target);
    }
    model.compare((work) => bySeq.get(seqOf(work)));
    model.checkProgress();
    model.checkKept(this.test.clock.monotonic());
    const { live, kept, running } = model.counts();
    const sides = [stats, stats.memory];
    const sum = (of: (side: Omit<QueueStats, 'memory' | 'disk' | 'waiting'>) => number): number =>
      sides.reduce((total, side) => total + of(side), 0);
    const found = {
      live: sum((side) => side.live.enqueued + side.live.retrying + side.live.running),
      kept: sum((side) => side.ended + side.dead),
      running: sum((side) => side.live.running),
    };
    if (JSON.stringify(found) !== JSON.stringify({ live, kept, running }))
      model.wrong(
        `at ${this.#now}: ${JSON.stringify(found)} are counted, there are ${JSON.stringify({ live, kept, running })}`,
      );
    for (const { accepted, removed, live, ended, dead } of sides) {
      const there = live.enqueued + live.retrying + live.running + ended + dead;
      if (accepted !== there + removed)
        model.wrong(`${accepted} were accepted, ${there} are there and ${removed} removed`);
    }
    const bytes = (wanted: (row: WorkRecord) => boolean): number =>
      rows.reduce((total, row) => total + (wanted(row) ? row.size : 0), 0);
    const stored = [bytes(isLive), bytes((row) => !isLive(row) && !isDead(row)), bytes(isDead)].join();
    const counted = [stats.live.bytes, stats.endedBytes, stats.deadBytes].join();
    if (stored !== counted) model.wrong(`at ${this.#now}: ${counted} bytes are counted, and ${stored} stored`);
    if (stats.accepted - stats.removed !== rows.length)
      model.wrong(`${stats.accepted} were accepted and ${stats.removed} removed, and ${rows.length} are stored`);
  }

  #time(): { readonly at: number; readonly wall: number } {
    return { at: this.#now, wall: this.test.clock.now() };
  }

  #stats(): Promise<QueueStats> {
    return this.#queue!.execute({ kind: 'stats' }, this.#time(), 'fsync').catch(() => {
      throw new Error('the queue is closed');
    });
  }

  #idOf({ seq }: WorkRecord): string {
    const boot = this.#tables.boots().findLast(({ firstSeq }) => firstSeq <= seq);
    return `${boot?.bootId}.${seq.toString(36)}`;
  }

  async #restart({ how, down, sameBoot, noClock }: Restart): Promise<void> {
    const { model } = this;
    const { clock } = this.test;
    model.count(`restarted: ${how}`);
    this.#armed = undefined;
    if (how === 'stop') {
      this.#closing = true;
      await this.test.close();
    } else if (how !== 'kill') {
      this.#restore();
    }
    model.forgetMemory();
    const wall = clock.now() + down;
    if (sameBoot) {
      this.#uptime += clock.monotonic() + down;
    } else {
      this.#uptime = 500;
      this.#machineBoots += 1;
    }
    const at = this.#now;
    const known = sameBoot || (!noClock && isReal(wall) && isReal(clock.now()));
    // A step of the clock that was not written down before the host ended cannot be told from a time that it was down.
    const blurred = known && !sameBoot && clock.monotonic() < this.#steppedAt + LOOK + this.#asleep;
    const flying = this.#inFlight;
    this.#inFlight = new Map();
    this.#boot(noClock ? 5000 : wall);
    const { ledgerTime } = this.test.opening!;
    model.count(
      known ? (sameBoot ? 'downtime known by the uptime' : 'downtime known by the clocks') : 'downtime not known',
    );
    // What was not written down of the running time, when nothing else tells: the host looks once a minute.
    const least = known && !blurred ? at + down : at - LOOK - this.#asleep;
    const most = blurred ? Infinity : known ? at + down : at;
    if (ledgerTime < least || ledgerTime > most)
      model.wrong(`ledger time is ${ledgerTime} after a restart, not ${least} to ${most}`);
    this.#asleep = 0;
    if (how === 'after') this.#adopt(flying, at);
    else if (how !== 'stop') model.killed();
    await this.#settle();
  }

  /** After a kill behind a commit: what of it is there was not told to anybody, and may be one step further. */
  #adopt(flying: ReadonlyMap<string, InFlight>, at: number): void {
    const { model } = this;
    for (const work of model.works) work.gone ||= !isLive(work) && this.#tables.get(seqOf(work)) === undefined;
    for (const row of this.#tables.list({ states: undefined, target: undefined, before: undefined, limit: 10_000 })) {
      const id = this.#idOf(row);
      const flew = flying.get(String(row.payload));
      if (flew !== undefined && this.#byId(id) === undefined) {
        model.count('stored, and never told');
        model.admit(flew.work, flew.dedupeKey, at);
        this.#give(flew.work, id);
      }
      const about = parseAbout(String(row.payload));
      if (this.#byId(id) === undefined && about !== undefined) {
        const target = this.functions.find(({ key }) => key === row.target)!;
        const told = model.create(about, target, { chain: row.chain, inMemory: false });
        model.admit(told);
        this.#give(told, id);
      }
      const work = this.#byId(id);
      if (work === undefined) {
        model.wrong(`${id} is stored, and nobody asked for it`);
        continue;
      }
      for (const [what, now, before] of [
        ['starts', row.starts, work.starts],
        ['failures', row.failures, work.failures],
        ['losses', row.losses, work.losses],
      ] as const) {
        if (isDead(work) && row.state === 'Enqueued') continue;
        if (now !== before && now !== before + 1 && !(now === 0 && row.state === 'Enqueued'))
          model.wrong(`${id} has ${now} ${what} after a kill, and had ${before}`);
      }
      if (!isLive(work) && !isDead(work) && row.state !== work.state)
        model.wrong(`${id} was ${work.state}, and is ${row.state}`);
      Object.assign(work, {
        state: row.state,
        starts: row.starts,
        failures: row.failures,
        losses: row.losses,
        errors: row.errors.length,
        dueAt: row.dueAt,
        readyAt: row.readyAt ?? (row.state === 'Enqueued' ? row.dueAt : null),
        place: row.position,
        endedAt: row.endedAt ?? 0,
      });
    }
  }
}

function isReal(wall: number): boolean {
  return wall > Date.UTC(2026, 0, 1) && wall < Date.UTC(2060, 0, 1);
}

/** Whether a commit with it could change anything. */
function writes({ kind }: QueueCommand): boolean {
  return kind !== 'get' && kind !== 'stats' && kind !== 'list' && kind !== 'timers';
}

/** The name of the work that is told to a destination. */
function parseAbout(payload: string): string | undefined {
  if (!payload.startsWith('{')) return undefined;
  const { requestContext } = JSON.parse(payload) as { requestContext: { requestId: string } };
  return `about ${requestContext.requestId}`;
}
