/**
 * The composition root: the runtime's host, on a test's clock, store and isolation.
 *
 * What belongs to one life of the host (the engine, its timers, its instances) is made anew at each start (life.ts); what
 * outlives it (the clock, the stored queue, the fakes with their counts, the record) is made here, once.
 */
import { join } from 'node:path';
import {
  MemoryQueue,
  MemoryTables,
  SqliteQueue,
  SystemIsolations,
  systemClock,
  type Clock,
  type FunctionDefinition,
  type Isolation,
  type LogEvent,
  type Queue,
} from '@edgefc/runtime/testing';
import { FakeIsolation } from '../fakes/fake-isolation.ts';
import { Stage } from '../fakes/stage.ts';
import { DiskFaults } from '../faults/disk-faults.ts';
import { Faults } from '../faults/faults.ts';
import { FaultyQueue } from '../faults/faulty-queue.ts';
import { createRandom, type Random } from '../faults/random.ts';
import { InProcessIsolation } from '../isolation/in-process.ts';
import { defineFake, type ResolvedTest } from '../options.ts';
import { showWhenFailing } from '../record/failing.ts';
import { Recorder } from '../record/recorder.ts';
import { createDriver, type Driver } from '../time/driver.ts';
import { createRealDriver } from '../time/real-driver.ts';
import { createRealWork, type RealWork } from '../time/real-work.ts';
import { createVirtualClock, type VirtualClock } from '../time/virtual-clock.ts';
import { Life } from './life.ts';
import { announce } from './live-hosts.ts';
import { TestHost, type BegunLife } from './test-host.ts';
import { TestTransport } from './test-transport.ts';

export class Composition {
  readonly #test: ResolvedTest;
  readonly #random: Random;
  readonly #virtual: VirtualClock | undefined;
  readonly #clock: Clock;
  readonly #tables = new MemoryTables();
  readonly #disk = new DiskFaults();
  readonly #faults: Faults;
  readonly #stage: Stage;
  readonly #isolation: FakeIsolation;
  readonly #inProcess: readonly InProcessIsolation[];
  readonly #system: SystemIsolations | undefined;
  readonly #recorder: Recorder;
  readonly #driver: Driver;
  /** What functions wait for in the real world is known for as long as the host is there. */
  readonly #realWork: RealWork | undefined;
  #letGo: () => void = () => undefined;
  #functions: readonly FunctionDefinition[];
  #life: Life | undefined;
  #queue: Queue | undefined;
  #faultyQueue: FaultyQueue | undefined;
  #withdraw: () => void = () => undefined;
  #lives = 0;
  #boots = 1;

  constructor(test: ResolvedTest) {
    const { definition, isolation, now, patience, seed, time } = test;
    this.#test = test;
    this.#functions = definition.functions;
    this.#random = createRandom(seed);
    this.#virtual = time === 'real' ? undefined : createVirtualClock({ now });
    const clock = this.#virtual ?? systemClock;
    this.#clock = clock;
    const keys = (): string[] => this.#functions.map(({ key }) => key);
    this.#faults = new Faults({
      random: this.#random.fork('faults'),
      disk: this.#disk,
      keys,
      lose: (key, why) => this.#isolation.lose(key, why),
    });
    this.#stage = new Stage({
      keys,
      hasCode: (key) => test.real.has(key),
      add: (key) => {
        this.#add(key);
      },
      disturb: this.#faults.disturb,
    });
    for (const [key, value] of test.fakes) this.#stage.fake(key, value);
    this.#recorder = new Recorder({ clock, describeUnfaked: () => this.#stage.unfaked.describe() });
    this.#disk.onCrash = () => {
      this.#life?.kill();
    };

    const surroundings = {
      host: this,
      clock,
      time: this.#virtual === undefined ? undefined : { clock: this.#virtual },
    };
    const performers = new InProcessIsolation({
      ...surroundings,
      inline: { get: () => ({ handler: this.#stage.perform }) },
    });
    const inProcess = new InProcessIsolation({ ...surroundings, inline: test.inline });
    this.#inProcess = [performers, inProcess];
    let real: Isolation = inProcess;
    if (isolation !== 'in-process') {
      this.#system = new SystemIsolations({ clock, dataDir: definition.settings.dataDir, parentDeathSignal: true });
      real = this.#system[isolation];
    }
    this.#isolation = new FakeIsolation({ stage: this.#stage, clock, real, performers });
    this.#realWork = this.#virtual === undefined ? undefined : createRealWork(this.#virtual);
    this.#driver =
      this.#virtual === undefined || this.#realWork === undefined
        ? createRealDriver({ busy: () => this.#busy })
        : createDriver({
            clock: this.#virtual,
            realWork: this.#realWork,
            patience,
            probes: [
              { what: 'messages between functions and host', busy: () => this.#inProcess.some(({ busy }) => busy) },
              { what: 'a commit of the queue', busy: () => this.#faultyQueue?.busy ?? false },
            ],
            describeStuck: () => this.#recorder.record.describeRunning(),
          });
  }

  async start(): Promise<TestHost> {
    this.#letGo = this.#realWork?.hold() ?? this.#letGo;
    const begun = await this.#begin();
    showWhenFailing(this.#recorder.record);
    return new TestHost(
      {
        driver: this.#driver,
        record: this.#recorder.record,
        stage: this.#stage,
        faults: this.#faults,
        disk: this.#disk,
        clock: this.#clock,
        setClock: (epochMs) => {
          this.#virtual?.setNow(epochMs);
        },
        time: this.#test.time,
        places: {
          config: this.#test.config,
          handlerOf: (target) => {
            const found = this.#functions.find(({ key }) => key === target);
            if (found === undefined || !this.#test.real.has(target) || this.#test.inline.get(target)?.handler)
              return undefined;
            return join(found.codeUri, found.handler);
          },
        },
        begin: async ({ reboot }) => {
          if (reboot) this.#boots += 1;
          return this.#begin();
        },
        release: () => this.#release(),
      },
      begun,
    );
  }

  async #begin(): Promise<BegunLife> {
    // A killed life's file is closed before the next one opens it.
    await this.#queue?.close(0);
    this.#withdraw();
    const { definition, time } = this.#test;
    this.#lives += 1;
    const queue = this.#openQueue();
    this.#queue = queue;
    this.#faultyQueue = new FaultyQueue({ queue, disk: this.#disk, clock: this.#clock });
    const life = new Life({
      definition: { ...definition, functions: this.#functions },
      clock: this.#clock,
      queue: this.#faultyQueue,
      isolations: { thread: this.#isolation, process: this.#isolation },
      gate: this.#stage,
      random: this.#random.fork(`jitter ${this.#lives}`).next,
      bootId: `test${this.#lives}`,
      // The machine's uptime is the host's running time: on virtual time every downtime is known, unless it was booted anew.
      machine: { boot: `boot ${this.#boots}`, uptime: this.#clock.monotonic() },
      listen: (events) => {
        this.#recorder.listen(events);
        if (this.#test.print) events.on('log', print);
      },
      onGone: (instance) => {
        this.#realWork?.dropWorkOf(instance);
      },
    });
    this.#life = life;
    this.#withdraw = announce(new TestTransport({ life, driver: this.#driver, skips: time === 'auto' }));
    const started = life.start();
    const start = await this.#driver.untilSettled(started, { skip: time !== 'manual', what: 'the start of the host' });
    return { life, start };
  }

  /** Whether anything is under way on real time. */
  get #busy(): boolean {
    const life = this.#life;
    if (life === undefined || life.ended) return false;
    const active = life.core
      .status()
      .some(({ queued, instances }) => queued > 0 || instances.some(({ running }) => running > 0));
    return active || this.#faultyQueue?.busy === true || this.#inProcess.some(({ busy }) => busy);
  }

  #openQueue(): Queue {
    const { dataDir, definition } = this.#test;
    const limits = definition.settings.queue;
    return dataDir === undefined
      ? new MemoryQueue({ limits, tables: this.#tables })
      : new SqliteQueue({ dataDir, limits });
  }

  /** A function that is only faked, and from now on. */
  #add(key: string): void {
    if (this.#functions.some((one) => one.key === key)) return;
    const definition = defineFake(key, this.#test);
    this.#functions = [...this.#functions, definition];
    this.#life?.core.add(definition);
  }

  async #release(): Promise<void> {
    this.#withdraw();
    this.#letGo();
    if (this.#life?.ended === true) await this.#queue?.close(0);
    await this.#isolation.close();
    await this.#system?.close();
  }
}

/** As a gateway's log would, in short. */
function print({ level, message, service, function: name }: LogEvent): void {
  const who = service === undefined || name === undefined ? '' : `${service}/${name} │ `;
  // eslint-disable-next-line no-console -- because that is where a runner shows what a test prints
  console[level === 'debug' ? 'log' : level](`${who}${message}`);
}
