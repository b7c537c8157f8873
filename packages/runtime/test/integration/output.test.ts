/** What functions write: captured, tagged, in order, and limited when it is a flood (SPEC 1, console). */
import { describe, expect, it } from 'vitest';
import type { HostOutcome } from '../../src/engine/host-api.ts';
import { shareHost } from '../support/test-host.ts';

describe.each(['thread', 'process'] as const)('output in a %s', (isolation) => {
  const host = shareHost({
    isolation,
    functions: {
      'S/writes': { handler: 'output.handler' },
      'S/pieces': { handler: 'output.pieces', instanceConcurrency: 3 },
      'S/afterwards': { handler: 'output.afterwards' },
      'S/floods': { handler: 'output.handler' },
      'S/floods-otherwise': { handler: 'output.floodsOtherwise' },
      'S/last-words': { handler: 'output.lastWords', timeout: 300 },
    },
  });

  it('of console has its level, its format and one entry for one call', async () => {
    const seen = host().logs.length;
    const outcome = await host().invoke('S/writes', 'console');
    const lines = host().logs.slice(seen);
    expect(lines.map(({ level, message }) => [level, message])).toEqual([
      ['info', 'log formatted { a: 1 }'],
      ['info', 'info'],
      ['debug', 'debug'],
      ['warn', 'warn'],
      ['error', 'error'],
      ['info', 'two\nlines'],
      ['info', expect.stringContaining('(index)')],
      ['info', 'group'],
      ['info', '  inside'],
      ['warn', 'Assertion failed: asserted'],
    ]);
    for (const line of lines) {
      expect(line).toMatchObject({
        service: 'S',
        function: 'writes',
        instance: 'S/writes#1',
        requestId: requestIdOf(outcome),
        source: 'function',
      });
    }
  });

  it('of process.stdout and stderr comes as lines, the last one also without its end', async () => {
    const seen = host().logs.length;
    await host().value('S/writes', 'partial lines');
    expect(host().logs.slice(seen)).toMatchObject([
      { level: 'info', message: 'one line' },
      { level: 'error', message: 'on stderr' },
      { level: 'info', message: 'and the rest, without an end' },
    ]);
  });

  it('has its characters whole, in however many pieces their bytes come', async () => {
    const seen = host().logs.length;
    await host().value('S/writes', 'split characters');
    const lines = host().logs.slice(seen);
    expect(lines.map(({ message }) => message)).toEqual(['a€b😀c', 'a\ufffdtext between', 'a\ufffd']);
  });

  it('calls the callback of write', async () => {
    expect(await host().value('S/writes', 'with callbacks')).toBe('told');
  });

  it('has the requestId of its own invocation when several run in one instance', async () => {
    const names = ['a', 'b', 'c'];
    const outcomes = await Promise.all(names.map((name) => host().invoke('S/pieces', name)));
    expect(host().running.filter(({ definition }) => definition.name === 'pieces')).toHaveLength(1);
    for (const [index, name] of names.entries()) {
      const own = host().logs.filter(({ requestId }) => requestId === requestIdOf(outcomes[index]!));
      expect(own.map(({ message }) => message)).toEqual([
        `line of ${name}`,
        `line of ${name}`,
        `line of ${name}`,
        `${name}1 ${name}2 ${name}3 `,
      ]);
    }
  });

  it('has its requestId also after the answer', async () => {
    const outcome = await host().invoke('S/afterwards', 'x');
    const lines = [await host().untilLogged('x: in the same turn'), await host().untilLogged('x: later')];
    for (const line of lines)
      expect(line).toMatchObject({ requestId: requestIdOf(outcome), instance: 'S/afterwards#1' });
  });

  it('is there even if the handler does not come back to the end of its turn', async () => {
    const answer = host().failure('S/last-words');
    await host().untilLogged('by console');
    await host().untilLogged('by the stream');
    expect(await answer).toMatchObject({ errorType: 'Timeout' });
  });

  it.each(['logger', 'second answers'])('of other kinds is limited as well: %s', async (way) => {
    await host().invoke('S/floods-otherwise', way);
    const report = await host().untilLogged('lines dropped', host().logged('lines dropped').length);
    expect(report).toMatchObject({ instance: expect.stringContaining('S/floods-otherwise') as string });
    await host().invoke('S/floods-otherwise', 'exit');
  });

  it('in a flood is limited, and says how much was dropped', async () => {
    await host().value('S/floods', 'flood');
    const report = await host().untilLogged('4000 lines dropped');
    expect(report.message).toBe('4000 lines dropped: more than 1000 lines or 1024 KiB in a second');
    expect(report).toMatchObject({ level: 'warn', instance: 'S/floods#1' });
    expect(host().logged('flood ')).toHaveLength(1000);
  });
});

describe.each(['thread', 'process'] as const)('a single long message in a %s', (isolation) => {
  const host = shareHost({ isolation, functions: { 'S/writes': { handler: 'output.handler' } } });

  it('is cut, and many of them are limited by their bytes', async () => {
    await host().value('S/writes', 'long lines');
    const [first] = host().logs;
    expect(first?.message).toMatch(/^x{65536}… \(34464 more characters\)$/);
    expect((await host().untilLogged('lines dropped')).message).toBe(
      '24 lines dropped: more than 1000 lines or 1024 KiB in a second',
    );
  });
});

describe('output around the protocol, in a process', () => {
  const host = shareHost({
    isolation: 'process',
    functions: { 'S/writes': { handler: 'output.handler' }, 'S/floods': { handler: 'output.handler' } },
  });

  it.each([
    ['raw', 'raw stdout', 'raw stderr'],
    ['grandchild', 'from a grandchild', 'complaint'],
  ])('is captured and tagged with the instance: %s', async (way, out, err) => {
    const captured = [host().untilLogged(out), host().untilLogged(err)];
    await host().value('S/writes', way);
    expect(await Promise.all(captured)).toMatchObject([
      { level: 'info', message: out, instance: 'S/writes#1' },
      { level: 'error', message: err, instance: 'S/writes#1' },
    ]);
  });

  it('is limited like the rest', async () => {
    const stopped = host().next('instance:exited');
    await host().value('S/floods', 'raw flood');
    await host().untilLogged('raw 999');
    await host().stop();
    await stopped;
    expect(
      host()
        .logged('lines dropped')
        .map(({ message }) => message),
    ).toEqual(['4000 lines dropped: more than 1000 lines or 1024 KiB in a second']);
  });
});

function requestIdOf(outcome: HostOutcome): string {
  return outcome.kind === 'answered' ? outcome.requestId : `not answered but ${outcome.kind}`;
}
