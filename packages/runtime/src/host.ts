/**
 * The host on the system: its clock, threads and processes, SQLite in a data directory that one host at a time may use.
 *
 * Everything that starts is stopped again, in the reverse order, and `stop` leaves nothing running (I9).
 */
import { randomBytes } from 'node:crypto';
import { systemClock, type Clock } from './engine/clock.ts';
import type { HostDefinition } from './engine/definition.ts';
import { createEventBus } from './engine/events.ts';
import type { Host } from './engine/host-api.ts';
import { HostCore } from './engine/host-core.ts';
import type { LogLevel } from './engine/protocol.ts';
import type { Queue } from './engine/queue/queue.ts';
import { SystemIsolations } from './isolation/system-isolations.ts';
import { LazyQueue } from './store/lazy-queue.ts';
import { acquireLock, type HeldLock, type Holder } from './store/lock.ts';
import { readMachineBoot } from './store/machine-boot.ts';

/** Who a host is, for those who find its data directory in use. */
export interface HolderFacts {
  readonly version?: string;
  /** The command line. */
  readonly command?: string;
  /** Path of its admin socket. */
  readonly socket?: string;
}

export interface HostOptions {
  /** Default: the system's. */
  readonly clock?: Clock;
  /**
   * Start function processes through `setpriv`, where there is one, so that the kernel ends them when the host is killed.
   * Default `true`; without it the next start on the same data directory ends them.
   */
  readonly parentDeathSignal?: boolean;
  /** Where Async work waits. Default: SQLite in the data directory, which one host at a time may use. */
  readonly queue?: Queue;
  /** What another host is told that wants the same data directory. */
  readonly holder?: HolderFacts;
}

/**
 * Makes a host of a resolved definition; nothing runs before `start`.
 *
 * @example
 * const { definition } = await loadConfig('edgefc.config.ts', gatherHostFacts(process.env, process.cwd()));
 * await using host = createHost(definition);
 * await host.start();
 * const outcome = await host.invoke({ target: 'EdgeFC/helloworld', payload: 'hi' });
 */
export function createHost(definition: HostDefinition, options: HostOptions = {}): Host {
  const { clock = systemClock, parentDeathSignal = true, holder = {} } = options;
  const { dataDir, queue: limits } = definition.settings;
  const events = createEventBus();
  const say = (level: LogLevel, message: string): void => {
    events.emit('log', { time: clock.now(), level, message, source: 'host' });
  };
  const isolations = new SystemIsolations({ clock, dataDir, parentDeathSignal });
  const openOwn = (): Queue => {
    const queue = new LazyQueue({ dataDir, limits });
    queue.onBroken = (error) => {
      say('error', `Async work stands still until the host is started again: ${error.message}`);
    };
    return queue;
  };
  let lock: HeldLock | undefined;
  return new HostCore({
    definition,
    clock,
    events,
    queue: options.queue ?? openOwn(),
    isolations,
    bootId: createBootId(),
    random: Math.random,
    machine: readMachineBoot,
    prepare: () => {
      if (options.queue === undefined) lock = acquireLock(dataDir, toHolder(holder, clock));
      const ended = isolations.sweep();
      if (ended.length === 0) return;
      const what = ended.length === 1 ? 'function process' : 'function processes';
      say('warn', `ended ${ended.length} ${what} that a killed host left behind: ${ended.join(', ')}`);
    },
    release: async () => {
      await isolations.close();
      lock?.release();
    },
    stuckThreads: () => isolations.stuckThreads,
  });
}

/** Unthinkable twice. An id must not look like an option of the command line. */
function createBootId(): string {
  const id = randomBytes(10).toString('base64url');
  return id.startsWith('-') ? createBootId() : id;
}

function toHolder({ version = '', command = '', socket }: HolderFacts, clock: Clock): Holder {
  return { pid: process.pid, started: new Date(clock.now()).toISOString(), version, command, socket: socket ?? null };
}
