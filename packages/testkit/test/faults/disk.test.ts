/** A disk that is full, and a plug that is pulled, on what stores in memory and on what stores in a file. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryQueue, MemoryTables, SqliteQueue, type Queue, type QueueLimits } from '@edgefc/runtime/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { crashEverywhere } from '../../src/faults/crash-everywhere.ts';
import { smallHost, type SmallHost, type SmallHostOptions } from '../fakes/support/small-host.ts';

async function start(options: SmallHostOptions): Promise<SmallHost> {
  const host = await smallHost(options);
  onTestFinished(() => host.stop());
  return host;
}

describe('a full disk', () => {
  it('refuses new work at the n-th write, and completes what was accepted as soon as there is space', async () => {
    const host = await start({ fakes: { 'S/f': 'ok' } });
    const fault = host.faults.failWrite(2);
    await host.enqueue('S/f', 'accepted');
    await host.settle();
    // The end of that run is the second write, and waits.
    expect(host.settled).toEqual([]);
    expect(fault.hits).toBe(1);
    expect(await host.enqueue('S/f', 'refused')).toMatch(
      /^ResourceExhausted: the disk takes no more \(a fault of the test\)/,
    );
    await host.runUntilIdle();
    expect(host.clock.monotonic()).toBe(250);
    expect(host.settled.map(({ state }) => state)).toEqual(['Succeeded']);
    expect(await host.enqueue('S/f', 'again')).toMatch(/^life1\./);
    expect(host.logs).toEqual([
      'the disk takes no more (a fault of the test): new work is refused, accepted work is completed as far as it can be written',
      'there is space on the disk again: Async work is accepted',
    ]);
  });

  it('stays full until it is told otherwise', async () => {
    const host = await start({ fakes: { 'S/f': 'ok' } });
    await host.enqueue('S/f', 'accepted');
    const fault = host.faults.fillDisk();
    expect(await host.enqueue('S/f', 'one')).toMatch(/^ResourceExhausted/);
    await host.clock.advance(10_000);
    expect(await host.enqueue('S/f', 'two')).toMatch(/^ResourceExhausted/);
    fault.stop();
    expect(await host.enqueue('S/f', 'three')).toMatch(/^life1\./);
    await host.runUntilIdle();
    expect((await host.stats()).live).toMatchObject({ enqueued: 0, running: 0, retrying: 0 });
  });
});

describe('a plug that is pulled', () => {
  it('before a write: nobody was promised anything, and nothing is there', async () => {
    const host = await start({ fakes: { 'S/f': 'ok' } });
    host.crashAt(1, 'before');
    void host.enqueue('S/f', 'work').catch(() => undefined);
    await host.killed;
    await host.restart();
    expect(await host.stats()).toMatchObject({ accepted: 0 });
  });

  it('after a write: it is there, and runs after the next start', async () => {
    const host = await start({ fakes: { 'S/f': 'ok' } });
    host.crashAt(1, 'after');
    void host.enqueue('S/f', 'work').catch(() => undefined);
    await host.killed;
    expect(host.settled).toEqual([]);
    await host.restart();
    await host.runUntilIdle();
    expect(host.settled).toMatchObject([{ target: 'S/f', state: 'Succeeded', attempt: 2 }]);
    expect(host.writes).toEqual(['accept S/f and start it', 'end 1: succeeded']);
  });
});

/** What is stored outlives the queues over it; asked for one at each start. */
function inMemory(): () => Queue {
  const tables = new MemoryTables();
  return () => new MemoryQueue({ limits: LIMITS, tables });
}

function inFile(): () => Queue {
  const dataDir = mkdtempSync(join(tmpdir(), 'edgefc-test-'));
  onTestFinished(() => {
    rmSync(dataDir, { recursive: true, force: true });
  });
  return () => new SqliteQueue({ dataDir, limits: LIMITS });
}

const MiB = 1024 ** 2;
const LIMITS: QueueLimits = {
  maxQueueBytes: 64 * MiB,
  minFreeDisk: 0,
  retention: { age: 86_400_000, bytes: MiB, count: 1000, result: 4096 },
  deadLetters: { age: 86_400_000, bytes: MiB, count: 1000 },
};

describe('every crash point of a scenario', () => {
  /** Fails twice, then works; tells how that ended. */
  async function scenario(host: SmallHost): Promise<void> {
    await host.enqueue('S/flaky', 'one');
    await host.enqueue('S/flaky', 'two');
    await host.enqueue('S/dies', 'three');
  }

  function options(seen: string[], createQueue: () => Queue): SmallHostOptions {
    const failed = new Map<string, number>();
    return {
      createQueue,
      functions: {
        'S/flaky': async (event, context) => {
          const count = (failed.get(context.requestId) ?? 0) + 1;
          failed.set(context.requestId, count);
          if (count <= 2) throw new Error('not yet');
          seen.push(String(event));
          return 'done';
        },
        'S/dies': async () => {
          throw new Error('never');
        },
        'S/told': async (event) => {
          const { requestContext } = JSON.parse(String(event)) as { requestContext: { condition: string } };
          seen.push(`told ${requestContext.condition.split(':')[0]}`);
        },
      },
      settings: {
        'S/flaky': { retry: { attempts: 5, minDelay: '1m', maxDelay: '1m' } },
        'S/dies': { retry: { attempts: 2, minDelay: '1m', maxDelay: '1m' }, onFailure: 'S/told' },
      },
    };
  }

  it('is tried, before and after, and the books are right each time', async () => {
    const sites: string[] = [];
    let seen: string[] = [];
    const report = await crashEverywhere(
      () => {
        seen = [];
        return smallHost(options(seen, inMemory()));
      },
      scenario,
      async (host, site) => {
        await Promise.resolve();
        sites.push(site === undefined ? 'whole' : `${site.moment} ${site.n}`);
        // What was accepted before the plug was pulled ran to its end, and whoever had to be told was.
        const durable = site === undefined ? Infinity : site.moment === 'before' ? site.n - 1 : site.n;
        const accepted = host.writes.slice(0, durable).filter((write) => write.startsWith('accept'));
        const wanted = [
          ...['one', 'two'].slice(0, accepted.filter((write) => write.includes('S/flaky')).length),
          ...(accepted.some((write) => write.includes('S/dies')) ? ['told Failed'] : []),
        ];
        expect([...new Set(seen)].sort()).toEqual(wanted.sort());
      },
    );
    expect(report.writes.length).toBeGreaterThan(8);
    expect(report.points).toBe(report.writes.length * 2);
    expect(sites).toHaveLength(report.points + 1);
    expect(sites.slice(0, 4)).toEqual(['whole', 'before 1', 'after 1', 'before 2']);
  });

  it('is the same on a file', async () => {
    let seen: string[] = [];
    const { writes, points } = await crashEverywhere(
      () => smallHost(options((seen = []), inFile())),
      (host) => host.enqueue('S/dies', 'three'),
      async (_host, site) => {
        await Promise.resolve();
        const accepted = site === undefined || site.n > 1 || site.moment === 'after';
        expect([...new Set(seen)]).toEqual(accepted ? ['told Failed'] : []);
      },
    );
    expect(writes).toEqual([
      'accept S/dies and start it',
      'end 1: retry',
      'end 1: Failed, tell S/told',
      'end 2: succeeded',
    ]);
    expect(points).toBe(8);
  });

  it('tells where something did not hold', async () => {
    let runs = 0;
    const host = (): Promise<SmallHost> => {
      runs = 0;
      return smallHost({
        functions: {
          'S/f': async () => {
            runs += 1;
          },
        },
      });
    };
    const once = crashEverywhere(
      host,
      (one) => one.enqueue('S/f', 'work'),
      async () => {
        await Promise.resolve();
        if (runs > 1) throw new Error(`it ran ${runs} times`);
      },
    );
    await expect(once).rejects.toThrow(
      '1 of 4 crash points did not hold:\n  killed before write 2 (end 1: succeeded): it ran 2 times',
    );
  });

  it('needs a scenario that does the same each time', async () => {
    let times = 0;
    const fickle = crashEverywhere(
      () => smallHost({ fakes: { 'S/f': 'ok' } }),
      async (host) => {
        times += 1;
        await host.enqueue('S/f', 'one');
        if (times === 1) await host.enqueue('S/f', 'two');
      },
    );
    await expect(fickle).rejects.toThrow('it has to do the same each time it is run');
  });
});
