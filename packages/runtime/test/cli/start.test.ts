import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { makeTempDir } from '../support/temp-dir.ts';
import { FIXTURES, startEdgefc, type Running } from './run-edgefc.ts';

interface LogLine {
  readonly event?: string;
  readonly pid?: number;
  readonly msg?: string;
}

/** Starts a host of one long-lived function, and of one that never answers, in a data directory of its own. */
function startHost(handler: string, args: readonly string[] = []): Running {
  const directory = makeTempDir();
  const config = join(directory, 'edgefc.config.json');
  const functions = { f: { handler, runMode: 'LongLived' }, hang: { handler: 'functions.hang', timeout: '60s' } };
  writeFileSync(
    config,
    JSON.stringify({ gracePeriod: '20s', defaults: { codeUri: FIXTURES }, services: { Test: { functions } } }),
  );
  return startEdgefc(['start', '--config', config, ...args]);
}

const parse = (line: string): LogLine => JSON.parse(line) as LogLine;
const isReady = (line: string): boolean => line.startsWith('{"event":"ready"');

/** Whether the process runs; one that has ended and only waits to be collected does not. */
function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^ [ZX]/.test(stat.slice(stat.lastIndexOf(')') + 1));
  } catch {
    return false; // Collected.
  }
}

describe('edgefc start', () => {
  it('prints one ready line, then the log, every line an object; and stops on SIGTERM with nothing left', async () => {
    const host = startHost('ticking.handler', ['--json']);
    expect(parse(await host.waitForLine(isReady))).toMatchObject({
      event: 'ready',
      pid: host.child.pid,
      dataDir: expect.stringMatching(/\.edgefc$/) as string,
      pending: 0,
      dead: 0,
      recovered: 0,
      notes: [],
      functions: [
        { service: 'Test', function: 'f', isolation: 'process', runMode: 'LongLived', timeout: 5000 },
        { service: 'Test', function: 'hang', minInstances: 0, timeout: 60_000 },
      ],
    });
    const loaded = parse(await host.waitForLine((line) => line.includes('loaded in')));
    expect(loaded).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
      level: 'info',
      service: 'Test',
      function: 'f',
      instance: 'Test/f#1',
      msg: expect.stringMatching(/^loaded in \d+$/) as string,
    });
    host.child.kill('SIGTERM');
    const { code, stderr, stdout } = await host.ended;
    expect([code, stderr]).toEqual([0, '']);
    const messages = stdout
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => parse(line).msg);
    expect(messages.at(-1)).toBe('stopped');
    expect(messages).toContain('SIGTERM: stopping; running work has 20s to end, a second signal does not wait for it');
    expect(isRunning(Number(loaded.msg?.slice('loaded in '.length)))).toBe(false);
  });

  it('prints the table to stderr when stdout is not a terminal', async () => {
    const state = join(makeTempDir(), 'state');
    const host = startHost('ticking.handler', ['--data-dir', state]);
    const ready = await host.waitForLine(isReady);
    host.child.kill('SIGINT');
    const { code, stderr } = await host.ended;
    expect(code).toBe(0);
    expect(stderr.split('\n')).toEqual([
      'SERVICE  FUNCTION  ISOLATION  INSTANCES     CONCURRENCY  TIMEOUT  MEMORY  HANDLER',
      'Test     f         process    1 long-lived  1            5s       512MB   ticking.handler',
      expect.stringMatching(/^Test {5}hang {6}process {4}0-\d +1 {12}1m {7}512MB {3}functions.hang$/) as string,
      `data directory: ${state} (0 pending, 0 dead letters)`,
      '',
    ]);
    expect(ready).toContain(state);
  });

  it('does not wait after a second signal, and leaves no process of a function', async () => {
    const host = startHost('calling.handler');
    await host.waitForLine((line) => line.includes('"hanging"'));
    const pid = host.child.pid!;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
    expect(children).toHaveLength(2);
    host.child.kill('SIGTERM');
    await host.waitForLine((line) => line.includes('SIGTERM: stopping'));
    host.child.kill('SIGTERM');
    expect(await host.ended).toMatchObject({ code: 143 });
    for (const child of children) await expect.poll(() => isRunning(child), { timeout: 2000 }).toBe(false);
  });

  it('goes on when the reader of its log is gone', async () => {
    const host = startHost('ticking.handler');
    await host.waitForLine((line) => line.includes('loaded in'));
    host.child.stdout?.destroy();
    host.child.kill('SIGTERM');
    expect(await host.ended).toMatchObject({ code: 0 });
  });

  it('logs to a file without losing the last lines', async () => {
    const directory = makeTempDir();
    const config = join(directory, 'edgefc.config.json');
    writeFileSync(
      config,
      JSON.stringify({ services: { Test: { functions: { f: { codeUri: FIXTURES, handler: 'ticking.handler' } } } } }),
    );
    const output = join(directory, 'out');
    const fd = openSync(output, 'w');
    const main = join(import.meta.dirname, '..', '..', 'dist', 'main.js');
    const child = spawn(process.execPath, [main, 'start', '--config', config], { stdio: ['ignore', fd, 'pipe'] });
    closeSync(fd);
    await once(child.stderr!, 'data');
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([0, null]);
    const lines = readFileSync(output, 'utf8').trimEnd().split('\n').map(parse);
    expect(lines[0]).toMatchObject({ event: 'ready' });
    expect(lines.at(-1)).toMatchObject({ msg: 'stopped' });
  });
});
