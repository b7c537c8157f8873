/**
 * The log: listens on the host's events and writes what functions print, how they fail, and how instances end.
 *
 * Only a listener. What is below the level costs a comparison; nothing here is on the path of an invocation that
 * succeeds, except a look at its outcome.
 */
import { systemClock, type Clock } from '../engine/clock.ts';
import type { HostEventBus, LogEvent, WorkEvent } from '../engine/events.ts';
import { formatDuration } from '../engine/format.ts';
import { fromWire, LOG_LEVELS, type LogLevel } from '../engine/protocol.ts';
import type { InstanceView, InvocationView } from '../engine/views.ts';
import { FloodLimit } from './flood-limit.ts';
import type { FormatEntry } from './log-format.ts';

export interface LogOptions {
  /** The least severe level that is written. */
  readonly level: LogLevel;
  /** Lines of up to 1 KiB that one instance may write at once. */
  readonly burst: number;
  /** Lines of up to 1 KiB a second that one instance may go on writing. */
  readonly linesPerSecond: number;
  readonly format: FormatEntry;
  /** Takes each formatted entry. */
  readonly write: (text: string) => void;
  /** Whether failed invocations are written; not where the failure is reported otherwise. Default: true. */
  readonly failures?: boolean;
  /** Default: the system's. */
  readonly clock?: Clock;
}

export interface Log {
  /** Writes an entry of the host's own. */
  say(level: LogLevel, message: string): void;
  /** Says what was dropped, and stops listening. */
  close(): void;
}

/** Starts to write what happens on `events`. */
export function attachLog(events: HostEventBus, options: LogOptions): Log {
  const { clock = systemClock, failures = true, format, write } = options;
  const threshold = LOG_LEVELS.indexOf(options.level);
  const limit = new FloodLimit({
    clock,
    burst: options.burst,
    linesPerSecond: options.linesPerSecond,
    onDropped(writer, lines) {
      write(
        format({
          ...writerFields(writer),
          time: clock.now(),
          level: 'warn',
          source: 'host',
          message: droppedText(lines),
        }),
      );
    },
  });

  let stopping = false;

  const passes = (level: LogLevel): boolean => LOG_LEVELS.indexOf(level) >= threshold;

  function onLog(entry: LogEvent): void {
    if (!passes(entry.level)) return;
    const message = limit.admit(entry.instance ?? entry.source, entry.message);
    if (message !== undefined) write(format(message === entry.message ? entry : { ...entry, message }));
  }

  function onSettled(invocation: InvocationView): void {
    const { outcome } = invocation;
    if (outcome === undefined || outcome.kind === 'accepted') return;
    const { definition, requestId } = invocation;
    const fields = { service: definition.service, function: definition.name, requestId, source: 'host' } as const;
    if (outcome.kind === 'answered') {
      if (outcome.functionError === undefined) return;
      const message = `failed (${outcome.functionError}): ${failureText(String(fromWire(outcome.payload)))}`;
      limited(definition.key, { ...fields, time: clock.now(), level: 'error', message });
    } else {
      // The invoker was told; whether that is a failure is its business.
      limited(definition.key, {
        ...fields,
        time: clock.now(),
        level: 'debug',
        message: `refused (${outcome.code}): ${outcome.message}`,
      });
    }
  }

  /** What comes of Async work that did not succeed; how its run failed was written above it. */
  function onWork({ id, target, attempt, state, error, retryIn }: WorkEvent): void {
    if (state === 'Succeeded') return;
    const [service = '', name = ''] = target.split('/');
    const fields = { service, function: name, requestId: id, source: 'host', time: clock.now() } as const;
    if (retryIn !== undefined) {
      const message = `attempt ${attempt} is over (${error?.errorType ?? 'it was put back'}); the next one in ${formatDuration(retryIn)}`;
      limited(target, { ...fields, level: 'info', message });
    } else if (state === 'Stopped') {
      limited(target, { ...fields, level: 'info', message: 'was stopped' });
    } else {
      limited(target, { ...fields, level: 'error', message: `is a dead letter (${state}) after ${attempt} attempts` });
    }
  }

  /** As `onLog`, for what the host says about a function. */
  function limited(writer: string, entry: LogEvent): void {
    if (!passes(entry.level)) return;
    const message = limit.admit(writer, entry.message);
    if (message !== undefined) write(format({ ...entry, message }));
  }

  function onStopping(): void {
    stopping = true;
  }

  function onExited(instance: InstanceView, reason: string, expected: boolean): void {
    limit.forget(instance.name);
    // That instances end when the host does is no news.
    const level = !expected ? 'warn' : stopping ? 'debug' : 'info';
    const { service, name } = instance.definition;
    const fields = { service, function: name, instance: instance.name, source: 'host' } as const;
    if (passes(level)) write(format({ ...fields, time: clock.now(), level, message: `instance ended: ${reason}` }));
  }

  function onReady(instance: InstanceView): void {
    const { service, name } = instance.definition;
    const pid = instance.pid === undefined ? '' : ` (pid ${instance.pid})`;
    const fields = { service, function: name, instance: instance.name, source: 'host' } as const;
    if (passes('debug'))
      write(format({ ...fields, time: clock.now(), level: 'debug', message: `instance ready${pid}` }));
  }

  events.on('log', onLog);
  if (failures) events.on('invocation:settled', onSettled);
  if (failures) events.on('work:settled', onWork);
  events.on('host:stopping', onStopping);
  events.on('instance:exited', onExited);
  events.on('instance:ready', onReady);

  return {
    say(level, message) {
      if (passes(level)) write(format({ time: clock.now(), level, message, source: 'host' }));
    },
    close() {
      events.off('log', onLog);
      events.off('invocation:settled', onSettled);
      events.off('work:settled', onWork);
      events.off('host:stopping', onStopping);
      events.off('instance:exited', onExited);
      events.off('instance:ready', onReady);
      limit.close();
    },
  };
}

/** How often "N lines dropped" is said is the limit's business; here is how. */
export function droppedText(lines: number): string {
  return lines === 1 ? '1 line dropped' : `${lines} lines dropped`;
}

/** Of `EdgeFC/helloworld#3` its parts, so that a program finds all lines about an instance. */
function writerFields(writer: string): Pick<LogEvent, 'service' | 'function' | 'instance'> {
  const match = /^([^/]+)\/([^#]+)(#.+)?$/.exec(writer);
  if (match === null) return {};
  const [, service = '', name = '', number] = match;
  return number === undefined ? { service, function: name } : { service, function: name, instance: writer };
}

/** A FunctionErrorPayload as text: type, message and stack. Total: the payload came from a function. */
function failureText(payload: string): string {
  let error: unknown;
  try {
    error = JSON.parse(payload);
  } catch {
    return payload;
  }
  if (typeof error !== 'object' || error === null || !('errorMessage' in error)) return payload;
  const type = 'errorType' in error ? `${String(error.errorType)}: ` : '';
  const stack = 'stackTrace' in error && Array.isArray(error.stackTrace) ? error.stackTrace.map(String) : [];
  return [`${type}${String(error.errorMessage)}`, ...stack].join('\n');
}
