/**
 * A thread that blocks in native code cannot be ended (decision 2). The command ends all the same, with its own exit code.
 *
 * What the thread waits for, a `sleep`, was started by the host's process and is none of its functions: the test ends it.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { isAlive } from '../support/left-running.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { FIXTURES, startEdgefc, type Running } from './run-edgefc.ts';

const whileLoading = { environmentVariables: { WHILE_LOADING: 'yes' } };

interface Blocking {
  readonly command: Running;
  /** Resolves when the thread blocks, with the pid of what it waits for. */
  readonly blocked: () => Promise<number>;
}

function startBlocking(args: readonly string[], own: object): Blocking {
  const directory = makeTempDir();
  const pidFile = join(directory, 'pid');
  const config = join(directory, 'edgefc.config.json');
  const f = { codeUri: FIXTURES, handler: 'blocking.handler', isolation: 'thread', ...own };
  const defaults = { environmentVariables: { PID_FILE: pidFile } };
  writeFileSync(config, JSON.stringify({ gracePeriod: '0s', defaults, services: { Test: { functions: { f } } } }));
  const readPid = (): number => (existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0);
  onTestFinished(() => {
    const pid = readPid();
    if (pid > 0 && isAlive(pid)) process.kill(pid, 'SIGKILL');
  });
  return {
    command: startEdgefc([...args, '--config', config]),
    blocked: () => vi.waitUntil(readPid, { timeout: 10_000, interval: 5 }),
  };
}

/** Ends before what the thread waits for does, and within a few seconds. */
async function expectEnd({ command, blocked }: Blocking, code: number): Promise<void> {
  const pid = await blocked();
  const { stderr, ...ended } = await command.ended;
  expect(ended, stderr).toMatchObject({ code, signal: null });
  expect(isAlive(pid), 'the thread was still blocked').toBe(true);
}

describe('a thread that blocks in native code', () => {
  it('does not keep invoke, which ends with its exit code', async () => {
    const blocking = startBlocking(['invoke', 'Test/f'], { timeout: 0.3 });
    const startedAt = performance.now();
    await expectEnd(blocking, 1);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect((await blocking.command.ended).stderr).toContain('Test/f failed (Unhandled): Timeout: ');
  });

  it('does not keep start after SIGTERM, which ends with 0', async () => {
    const blocking = startBlocking(['start'], { runMode: 'LongLived', ...whileLoading });
    await blocking.blocked();
    blocking.command.child.kill('SIGTERM');
    await expectEnd(blocking, 0);
  });

  it('does not keep start after a second signal, either', async () => {
    const blocking = startBlocking(['start'], { runMode: 'LongLived', ...whileLoading });
    await blocking.blocked();
    blocking.command.child.kill('SIGTERM');
    await blocking.command.waitForLine((line) => line.includes('SIGTERM: stopping'));
    const startedAt = performance.now();
    blocking.command.child.kill('SIGTERM');
    await expectEnd(blocking, 143);
    expect(performance.now() - startedAt, 'it did not wait for the thread to be given up').toBeLessThan(900);
  });
});
