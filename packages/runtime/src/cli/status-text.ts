/** A HostStatus as people read it. */
import type { FunctionFacts, HostStatus, QueueFacts, TimerFacts } from '../admin/status.ts';
import type { DiskStats } from '../engine/queue/queue.ts';
import { formatBytes } from '../engine/format.ts';
import { formatMoment, formatSpan, formatTime } from './plain-text.ts';
import { formatFields, formatTable } from './table.ts';

interface View {
  readonly colour: boolean;
  /** Epoch ms. */
  readonly now: number;
}

export function formatStatus(status: HostStatus, view: View): string {
  const { process: running, queue, functions, unconfigured, timers } = status;
  const fields = formatFields(
    [
      ['host', formatHost(running)],
      ['data directory', status.dataDir],
      ['queue', formatQueue(queue)],
      ['dead letters', queue.dead === 0 ? 'none' : `${queue.dead} (${formatBytes(queue.deadBytes)})`],
      ['disk', queue.disk === null ? undefined : formatDisk(queue.disk)],
      ['memory', formatMemory(running)],
      ['clock', formatClock(status)],
      ['not configured', formatUnconfigured(unconfigured)],
    ],
    view,
  );
  const tables = [
    functions.length === 0 ? '' : formatFunctions(functions, running !== null, view),
    timers.length === 0 ? '' : formatTimers(timers, view),
  ];
  return [fields, ...tables.filter((table) => table !== '')].join('\n');
}

function formatHost(running: HostStatus['process']): string {
  if (running === null) return 'stopped';
  return `running, pid ${running.pid}, up ${formatSpan(running.uptime)}, edgefc ${running.version}`;
}

function formatQueue(queue: QueueFacts): string {
  const { enqueued, running, retrying, bytes, maxBytes, ended, endedBytes, accepted, inMemory } = queue;
  const of = maxBytes === null ? '' : ` of ${formatBytes(maxBytes)}`;
  const memory = inMemory === 0 ? '' : `, ${inMemory} of them in memory only`;
  return (
    `${enqueued} enqueued, ${running} running, ${retrying} retrying${memory} (${formatBytes(bytes)}${of})\n` +
    `${accepted} accepted in all, ${ended} ended ones kept (${formatBytes(endedBytes)})`
  );
}

function formatDisk({ file, fileBytes, writtenToday, written, syncs, freeBytes, full }: DiskStats): string {
  const lines = [
    `${formatBytes(writtenToday)} written today, ${formatBytes(written)} in ${syncs} commits since the start`,
    `${file}: ${formatBytes(fileBytes)}; ${formatBytes(freeBytes)} free`,
  ];
  // Nothing is said as null once it has crossed the socket.
  if (typeof full === 'string') lines.push(`new work is refused: ${full}`);
  return lines.join('\n');
}

function formatMemory(running: HostStatus['process']): string | undefined {
  if (running === null) return undefined;
  const { rss, instances, limit } = running.memory;
  return `host ${formatBytes(rss)}, instances ${formatBytes(instances)} of ${formatBytes(limit)}`;
}

function formatClock({ clock }: HostStatus): string {
  const held = ': cron holds, because that is earlier than the newest time on disk, or no real time';
  return `${formatTime(clock.wall)}${clock.cronHeld ? held : ''}`;
}

function formatUnconfigured(unconfigured: HostStatus['unconfigured']): string | undefined {
  if (unconfigured.length === 0) return undefined;
  return unconfigured.map(({ key, waiting }) => `${waiting} waiting for ${key}`).join('\n');
}

function formatFunctions(functions: readonly FunctionFacts[], isRunning: boolean, view: View): string {
  if (!isRunning) {
    const rows = functions.map(({ key, async }) => [key, String(async.waiting)]);
    return formatTable(['FUNCTION', 'ASYNC WAITING'], rows, view);
  }
  const header = [
    'FUNCTION',
    'ISOLATION',
    'INSTANCES',
    'RUNNING',
    'QUEUED',
    'ASYNC RUNNING',
    'ASYNC WAITING',
    'MEMORY',
  ];
  const rows = functions.map(({ key, isolation, instances, queued, async }) => [
    key,
    isolation,
    String(instances.length),
    String(instances.reduce((sum, { running }) => sum + running, 0)),
    String(queued),
    String(async.running),
    String(async.waiting),
    formatBytes(instances.reduce((sum, { memory }) => sum + memory, 0)),
  ]);
  return formatTable(header, rows, view);
}

function formatTimers(timers: readonly TimerFacts[], view: View): string {
  const rows = timers.map(({ function: key, name, next, last }) => [
    key,
    name,
    next === null ? 'held' : formatMoment(next, view.now),
    last === null ? 'never' : formatMoment(last, view.now),
  ]);
  return formatTable(['FUNCTION', 'TIMER', 'NEXT', 'LAST'], rows, view);
}
