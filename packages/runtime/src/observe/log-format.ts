/** How one entry of the log looks: a line of JSON for programs, readable text for people. */
import { styleText } from 'node:util';
import type { LogEvent } from '../engine/events.ts';
import type { LogLevel } from '../engine/protocol.ts';

export type LogFormat = 'text' | 'json';
export type FormatEntry = (entry: LogEvent) => string;

const COLOURS = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' } as const satisfies Record<
  LogLevel,
  string
>;

/** `{"time","level","service","function","instance","requestId","msg"}`; what is not known is left out. */
export function formatJson(entry: LogEvent): string {
  return `${JSON.stringify({
    time: new Date(entry.time).toISOString(),
    level: entry.level,
    service: entry.service,
    function: entry.function,
    instance: entry.instance,
    requestId: entry.requestId,
    msg: entry.message,
  })}\n`;
}

/** `18:49:34.123 INFO  EdgeFC/helloworld#3  message`, further lines of the message indented. */
export function createTextFormat(options: { readonly colour: boolean }): FormatEntry {
  const style = (format: Parameters<typeof styleText>[0], text: string): string =>
    options.colour ? styleText(format, text, { validateStream: false }) : text;
  return (entry) => {
    const level = style(COLOURS[entry.level], entry.level.toUpperCase().padEnd(5));
    const who =
      entry.instance ?? (entry.source === 'host' ? 'edgefc' : `${entry.service ?? ''}/${entry.function ?? ''}`);
    const message = entry.message.replace(CONTROL, escapeControl).replaceAll('\n', '\n    ');
    return `${style('gray', localTime(entry.time))} ${level} ${style('cyan', who)}  ${message}\n`;
  };
}

/** Control characters that could move a terminal's cursor or retitle it. Colours (`ESC [ … m`), tab and newline stay. */
// eslint-disable-next-line no-control-regex -- control characters are what it is for
const CONTROL = /(?!\x1b\[[\d;]*m)[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

function escapeControl(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

function localTime(time: number): string {
  const date = new Date(time);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}
