/** A whole log: the host's events, limited, formatted, and written to a stream that may be slow. */
import type { Writable } from 'node:stream';
import { systemClock, type Clock } from '../engine/clock.ts';
import type { HostEventBus } from '../engine/events.ts';
import type { LogLevel } from '../engine/protocol.ts';
import { LineSink } from './line-sink.ts';
import { createTextFormat, formatJson, type LogFormat } from './log-format.ts';
import { attachLog, droppedText, type Log } from './log.ts';

export interface OpenLogOptions {
  readonly stream: Writable;
  readonly format: LogFormat;
  /** Whether text has colours. */
  readonly colour: boolean;
  readonly level: LogLevel;
  /** Lines of up to 1 KiB that one instance may write at once. */
  readonly burst: number;
  /** Lines of up to 1 KiB a second that one instance may go on writing. */
  readonly linesPerSecond: number;
  /** Whether failed invocations are written. Default: true. */
  readonly failures?: boolean;
  /** Default: the system's. */
  readonly clock?: Clock;
}

export interface OpenLog extends Log {
  /** Writes a line that is no log entry, in turn with the others. */
  line(text: string): void;
  /** Resolves when the reader has everything or is gone, and after {@link LAST_LINES} in any case. */
  flush(): Promise<void>;
}

/** ms that a reader has to take the last lines: one that reads nothing does not keep the host alive. */
const LAST_LINES = 1000;

/** Starts to write what happens on `events` to a stream. */
export function openLog(events: HostEventBus, options: OpenLogOptions): OpenLog {
  const { stream, format, colour, clock = systemClock, ...settings } = options;
  const formatEntry = format === 'json' ? formatJson : createTextFormat({ colour });
  const sink = new LineSink(stream, {
    formatDropped(lines) {
      const message = `${droppedText(lines)}: the reader of the log was too slow`;
      return formatEntry({ time: clock.now(), level: 'warn', source: 'host', message });
    },
  });
  const write = (text: string): void => {
    sink.write(text);
  };
  const log = attachLog(events, { ...settings, clock, format: formatEntry, write });
  return {
    ...log,
    line: write,
    async flush() {
      await new Promise<void>((resolve) => {
        const timer = clock.setTimeout(resolve, LAST_LINES);
        void sink.flush().then(() => {
          clock.clearTimeout(timer);
          resolve();
        });
      });
    },
  };
}
