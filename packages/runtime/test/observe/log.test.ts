import { describe, expect, it } from 'vitest';
import { createEventBus, type HostEventBus, type LogEvent } from '../../src/engine/events.ts';
import { handled, refused, returned, type Outcome } from '../../src/engine/invocation/outcome.ts';
import type { LogLevel } from '../../src/engine/protocol.ts';
import type { InstanceView, InvocationView } from '../../src/engine/views.ts';
import { createTextFormat, formatJson, type FormatEntry } from '../../src/observe/log-format.ts';
import { attachLog, type Log } from '../../src/observe/log.ts';
import { defineTestHost } from '../support/test-host.ts';
import { VirtualClock } from '../engine/support/virtual-clock.ts';

const [definition] = defineTestHost(
  { isolation: 'thread', functions: { 'EdgeFC/helloworld': { handler: 'values.echo' } } },
  '/data',
).functions;

interface TestLog {
  readonly events: HostEventBus;
  readonly clock: VirtualClock;
  readonly log: Log;
  readonly lines: string[];
}

function makeLog(
  options: { level?: LogLevel; burst?: number; failures?: boolean; format?: FormatEntry } = {},
): TestLog {
  const events = createEventBus();
  const clock = new VirtualClock();
  const lines: string[] = [];
  const log = attachLog(events, {
    level: 'info',
    burst: 1000,
    linesPerSecond: 200,
    format: formatJson,
    ...options,
    clock,
    write: (text) => lines.push(text),
  });
  return { events, clock, log, lines };
}

function printed(message: string, more: Partial<LogEvent> = {}): LogEvent {
  const who = { service: 'EdgeFC', function: 'helloworld', instance: 'EdgeFC/helloworld#3', requestId: 'r-1' };
  return { time: 1_700_000_000_123, level: 'info', message, source: 'function', ...who, ...more };
}

function settled(outcome: Outcome): InvocationView {
  return {
    requestId: 'r-1',
    definition: definition!,
    type: 'Sync',
    attempt: 1,
    parent: undefined,
    caller: undefined,
    acceptedAt: 0,
    startedAt: 0,
    settledAt: 1,
    payload: null,
    invokerContext: null,
    outcome,
  };
}

const instance: InstanceView = {
  name: 'EdgeFC/helloworld#3',
  definition: definition!,
  state: 'gone',
  pid: 42,
  running: 0,
  memory: 0,
};

describe('the log for programs', () => {
  it('is a line of JSON for each entry, with who wrote it', () => {
    const { events, lines } = makeLog();
    events.emit('log', printed('two\nlines'));
    expect(lines).toEqual([
      '{"time":"2023-11-14T22:13:20.123Z","level":"info","service":"EdgeFC","function":"helloworld",' +
        '"instance":"EdgeFC/helloworld#3","requestId":"r-1","msg":"two\\nlines"}\n',
    ]);
  });

  it('leaves out what is not known', () => {
    const { log, lines } = makeLog();
    log.say('warn', 'of the host');
    expect(lines).toEqual(['{"time":"2023-11-14T22:13:20.000Z","level":"warn","msg":"of the host"}\n']);
  });
});

describe('the log for people', () => {
  const text = (message: string, more?: Partial<LogEvent>): string =>
    createTextFormat({ colour: false })(printed(message, more)).replace(/^\d\d:\d\d:\d\d\.123/, '<time>');

  it('has the time, the level, the instance and the message, further lines indented', () => {
    expect(text('one\ntwo', { level: 'error' })).toBe('<time> ERROR EdgeFC/helloworld#3  one\n    two\n');
  });

  it('is coloured only where asked', () => {
    expect(text('plain')).not.toContain('\u001b');
    const coloured = createTextFormat({ colour: true })(printed('m', { level: 'error' }));
    expect(coloured).toContain('\u001b[31mERROR\u001b[39m');
  });

  it('shows a function’s colours, and disarms what could take the terminal over', () => {
    expect(text('\u001b[31mred\u001b[0m\t\u001b]0;title\u0007\u001b[2J\r')).toContain(
      '\u001b[31mred\u001b[0m\t\\x1b]0;title\\x07\\x1b[2J\\x0d',
    );
  });
});

describe('what is logged', () => {
  it('is the level and above', () => {
    const { events, lines } = makeLog({ level: 'warn' });
    for (const level of ['debug', 'info', 'warn', 'error'] as const) events.emit('log', printed(level, { level }));
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['warn', 'error']);
  });

  it('is a flood only in part, and how much was dropped', () => {
    const { events, clock, lines } = makeLog({ burst: 3 });
    for (let n = 0; n < 10; n += 1) events.emit('log', printed(`line ${n}`));
    expect(lines).toHaveLength(3);
    clock.advance(1000);
    expect(JSON.parse(lines[3]!)).toEqual({
      time: '2023-11-14T22:13:21.000Z',
      level: 'warn',
      service: 'EdgeFC',
      function: 'helloworld',
      instance: 'EdgeFC/helloworld#3',
      msg: '7 lines dropped',
    });
  });

  it('is a failed function with its error and stack, unless somebody else reports it', () => {
    const outcome = handled(
      JSON.stringify({ errorMessage: 'no', errorType: 'TypeError', stackTrace: ['at a (b.js:1:2)'] }),
    );
    const { events, lines } = makeLog();
    events.emit('invocation:settled', settled(outcome));
    expect(JSON.parse(lines[0]!)).toMatchObject({
      level: 'error',
      function: 'helloworld',
      requestId: 'r-1',
      msg: 'failed (Handled): TypeError: no\nat a (b.js:1:2)',
    });
    const other = makeLog({ failures: false });
    other.events.emit('invocation:settled', settled(outcome));
    expect(other.lines).toEqual([]);
  });

  it('is not a call that succeeded, nor one that was refused', () => {
    const { events, lines } = makeLog();
    events.emit('invocation:settled', settled(returned('fine')));
    events.emit('invocation:settled', settled(refused('ResourceExhausted', 'the queue is full')));
    expect(lines).toEqual([]);
  });

  it('is the end of an instance, but not when the host ends', () => {
    const { events, lines } = makeLog();
    events.emit('instance:exited', instance, 'it was idle', true);
    events.emit('host:stopping');
    events.emit('instance:exited', instance, 'the host is stopping', true);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { level: 'info', instance: 'EdgeFC/helloworld#3', msg: 'instance ended: it was idle' },
    ]);
  });

  it('warns of an instance that nobody wanted to end', () => {
    const { events, lines } = makeLog();
    events.emit('instance:exited', instance, 'was ended by SIGSEGV', false);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { level: 'warn', msg: 'instance ended: was ended by SIGSEGV' },
    ]);
  });

  it('ends with close, which says what was dropped', () => {
    const { events, log, lines } = makeLog({ burst: 1 });
    events.emit('log', printed('one'));
    events.emit('log', printed('two'));
    log.close();
    expect(lines[1]).toContain('1 line dropped');
    expect(events.eventNames()).toEqual([]);
  });
});
