/** How a host is, as plain data: what `edgefc status` shows, of a running host and of a data directory without one. */
import type { Clock } from '../engine/clock.ts';
import type { IsolationKind } from '../engine/definition.ts';
import type { DiskStats, QueueStats } from '../engine/queue/queue.ts';
import type { InstanceState } from '../engine/views.ts';
import type { Host } from '../engine/host-api.ts';

export interface HostStatus {
  readonly dataDir: string;
  /** null: no host runs on the data directory. */
  readonly process: ProcessStatus | null;
  readonly functions: readonly FunctionFacts[];
  /** Functions that are not configured (any more), with the Async work that is kept for them. */
  readonly unconfigured: readonly { readonly key: string; readonly waiting: number }[];
  readonly queue: QueueFacts;
  readonly clock: {
    /** The host's wall clock, epoch ms. */
    readonly wall: number;
    /** Cron holds, because the wall clock is behind the newest time on disk or can be no real one. */
    readonly cronHeld: boolean;
  };
  readonly timers: readonly TimerFacts[];
}

export interface ProcessStatus {
  readonly pid: number;
  readonly version: string;
  /** ms. */
  readonly uptime: number;
  readonly memory: {
    /** Bytes that the host's own process holds; threads are in it. */
    readonly rss: number;
    /** Bytes that the instances hold, as last seen. */
    readonly instances: number;
    /** Bytes that they may hold together. */
    readonly limit: number;
  };
}

export interface FunctionFacts {
  /** `Service/function`. */
  readonly key: string;
  readonly isolation: IsolationKind;
  /** Sync calls that wait for a slot. */
  readonly queued: number;
  readonly instances: readonly {
    readonly name: string;
    readonly state: InstanceState;
    /** null: it has no process of its own. */
    readonly pid: number | null;
    /** Invocations that run in it. */
    readonly running: number;
    /** Bytes last seen. */
    readonly memory: number;
  }[];
  readonly async: { readonly waiting: number; readonly running: number };
}

export interface QueueFacts {
  /** Async work ever accepted on this data directory, and what of it is not kept any more. */
  readonly accepted: number;
  readonly removed: number;
  readonly enqueued: number;
  readonly running: number;
  readonly retrying: number;
  /** Bytes of these three. */
  readonly bytes: number;
  /** How many there may be; null: the configuration is not known. */
  readonly maxBytes: number | null;
  /** Kept ones that succeeded or were stopped. */
  readonly ended: number;
  readonly endedBytes: number;
  readonly dead: number;
  readonly deadBytes: number;
  /** How many of the live ones are in memory only, and end with the host. */
  readonly inMemory: number;
  /** null: the queue is in memory only. */
  readonly disk: DiskStats | null;
}

export interface TimerFacts {
  readonly function: string;
  readonly name: string;
  /** Epoch ms; null: cron holds, or it never fires. */
  readonly next: number | null;
  readonly last: number | null;
}

/** What only the process of the host knows. */
export interface ProcessFacts {
  readonly pid: number;
  readonly version: string;
  /** Monotonic ms at which it started. */
  readonly startedAt: number;
  readonly clock: Clock;
  /** Bytes. */
  readonly readRss: () => number;
}

/** The parts of a host that a status is made of. */
export type ObservedHost = Pick<Host, 'definition' | 'async' | 'timers' | 'clockHeld' | 'status'>;

/** `facts` undefined: the host is dormant, so nothing runs. */
export async function gatherStatus(
  host: ObservedHost,
  clock: Clock,
  facts: ProcessFacts | undefined,
): Promise<HostStatus> {
  const stats = await host.async.stats();
  const { settings, functions } = host.definition;
  const pools = new Map(host.status().map((pool) => [pool.key, pool]));
  const configured = new Set(functions.map(({ key }) => key));
  const instances = [...pools.values()].flatMap((pool) => pool.instances);
  return {
    dataDir: settings.dataDir,
    process: facts === undefined ? null : describeProcess(facts, instances, settings.maxMemory),
    functions: functions.map(({ key, isolation }) => {
      const pool = pools.get(key);
      return {
        key,
        isolation,
        queued: pool?.queued ?? 0,
        instances: (pool?.instances ?? []).map(({ name, state, pid = null, running, memory }) => {
          return { name, state, pid, running, memory };
        }),
        async: { waiting: stats.waiting.get(key) ?? 0, running: pool?.runningAsync ?? 0 },
      };
    }),
    unconfigured: [...stats.waiting]
      .filter(([key]) => !configured.has(key))
      .map(([key, waiting]) => ({ key, waiting })),
    queue: describeQueue(stats, settings.queue.maxQueueBytes),
    clock: { wall: clock.now(), cronHeld: facts !== undefined && host.clockHeld },
    // Of a dormant host none runs.
    timers: (facts === undefined ? [] : host.timers).map(({ function: key, name, next = null, last = null }) => ({
      function: key,
      name,
      next,
      last,
    })),
  };
}

function describeProcess(
  facts: ProcessFacts,
  instances: readonly { readonly memory: number }[],
  limit: number,
): ProcessStatus {
  const { pid, version, startedAt, clock, readRss } = facts;
  const held = instances.reduce((sum, { memory }) => sum + memory, 0);
  return { pid, version, uptime: clock.monotonic() - startedAt, memory: { rss: readRss(), instances: held, limit } };
}

function describeQueue(stats: QueueStats, maxBytes: number): QueueFacts {
  const { live, memory } = stats;
  return {
    accepted: stats.accepted + memory.accepted,
    removed: stats.removed + memory.removed,
    enqueued: live.enqueued + memory.live.enqueued,
    running: live.running + memory.live.running,
    retrying: live.retrying + memory.live.retrying,
    bytes: live.bytes + memory.live.bytes,
    maxBytes: Number.isFinite(maxBytes) ? maxBytes : null,
    ended: stats.ended + memory.ended,
    endedBytes: stats.endedBytes + memory.endedBytes,
    dead: stats.dead + memory.dead,
    deadBytes: stats.deadBytes + memory.deadBytes,
    inMemory: memory.live.enqueued + memory.live.running + memory.live.retrying,
    disk: stats.disk ?? null,
  };
}
