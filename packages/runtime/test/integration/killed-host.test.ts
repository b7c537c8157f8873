/** No function process outlives its host, however it ended (SPEC 3, I9): killed with SIGKILL, while functions run on. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createHost } from '../../src/host.ts';
import { script } from '../support/script.ts';
import { isAlive } from '../support/left-running.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { defineTestHost } from '../support/test-host.ts';

const SCRIPT = join(import.meta.dirname, '..', 'fixtures', 'doomed-host.ts');
const SPIN = script(['log', 'spins'], ['spin']);
const IDLE = script(['log', 'spins']);

/** Starts a host with two function processes and a thread, which all run `event`; resolves when they do. */
async function startDoomed(dataDir: string, event: string, parentDeathSignal: boolean): Promise<Doomed> {
  const f = { handler: 'script.handler', timeout: 60_000 };
  const definition = defineTestHost(
    { isolation: 'process', functions: { 'S/a': f, 'S/b': f, 'S/thread': { ...f, isolation: 'thread' } } },
    dataDir,
  );
  const host = spawn(process.execPath, [SCRIPT, parentDeathSignal ? 'yes' : 'no', JSON.stringify(definition), event], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pids: number[] = [];
  onTestFinished(() => {
    for (const pid of [host.pid!, ...pids]) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  });
  let busy = 0;
  for await (const line of createInterface(host.stdout)) {
    if (line.startsWith('pid ')) pids.push(Number(line.slice(4)));
    if (line === 'spins') busy += 1;
    if (busy === 3) break;
  }
  expect(pids).toHaveLength(2);
  return { host, pids };
}

interface Doomed {
  readonly host: ChildProcess;
  readonly pids: readonly number[];
}

async function kill({ host }: Doomed): Promise<void> {
  const exit = once(host, 'exit');
  host.kill('SIGKILL');
  await exit;
}

const allGone = (pids: readonly number[]): Promise<boolean> =>
  vi.waitUntil(() => !pids.some(isAlive), { timeout: 2000, interval: 10 });

describe('a host that is killed', () => {
  it.runIf(existsSync('/usr/bin/setpriv'))('takes functions in busy loops along, within two seconds', async () => {
    const doomed = await startDoomed(makeTempDir(), SPIN, true);
    await kill(doomed);
    await allGone(doomed.pids);
  });

  it('takes idle functions along without the help of the kernel', async () => {
    const doomed = await startDoomed(makeTempDir(), IDLE, false);
    await kill(doomed);
    await allGone(doomed.pids);
  });

  it('leaves busy loops behind where the kernel does not help, and the next host ends them before it starts', async () => {
    const dataDir = makeTempDir();
    const doomed = await startDoomed(dataDir, SPIN, false);
    await kill(doomed);
    expect(doomed.pids.filter(isAlive), 'or this test shows nothing').toEqual(doomed.pids);

    await using next = createHost(defineTestHost({ isolation: 'process', functions: {} }, dataDir));
    const logs: string[] = [];
    next.events.on('log', ({ level, message }) => logs.push(`${level}: ${message}`));
    await next.start();
    await allGone(doomed.pids);
    expect(logs).toEqual([
      expect.stringMatching(/^warn: ended 2 function processes that a killed host left behind: \d+, \d+$/),
    ]);
    expect(readdirSync(join(dataDir, 'instances'))).toEqual([]);
  });

  it('keeps its data and its functions from another host while it lives', async () => {
    const dataDir = makeTempDir();
    const doomed = await startDoomed(dataDir, SPIN, true);
    await using other = createHost(defineTestHost({ isolation: 'process', functions: {} }, dataDir));
    await expect(other.start()).rejects.toMatchObject({
      code: 'QueueLocked',
      message: expect.stringMatching(
        /is in use by the host with pid \d+, started .*; stop it \(edgefc stop\)/,
      ) as string,
    });
    expect(readdirSync(join(dataDir, 'instances')).map(Number).sort()).toEqual([...doomed.pids].sort());
    expect(doomed.pids.filter(isAlive)).toEqual(doomed.pids);
    await kill(doomed);
    await allGone(doomed.pids);
  });
});
