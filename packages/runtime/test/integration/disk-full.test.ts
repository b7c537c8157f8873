/**
 * A full disk (SPEC 4, I6): it refuses new work with a clear error and loses none of the old, nothing runs a second time that need
 * not, and when there is space again everything goes on. On a small file system of its own where that may be had, and with the
 * kernel's limit on the size of files, which everybody may set.
 */
import { describe, expect, it } from 'vitest';
import { canHave, DiskFullHost, type DiskKind } from '../support/disk-full.ts';
import { Latch } from '../support/script.ts';

const FULL =
  /^the disk takes no more \((?:database or disk is full|disk I\/O error)\): .* free some space there, or put --data-dir/;
const OVER = /^there is space on the disk again/;
/** ms that instances and the queue have to close, besides the grace period (host.ts), and a slow machine. */
const CLOSING = 4500;

const once = (ids: readonly string[]): Map<string, number[]> => new Map(ids.map((id) => [id, [1]]));

async function start(disk: DiskKind): Promise<DiskFullHost> {
  const host = new DiskFullHost(disk);
  if (!(await host.child.until(() => host.child.last('started') !== undefined))) throw new Error(host.child.errors);
  return host;
}

/** Accepts `count` pieces of work of `S/f`, which all run and wait for the latch. */
async function startWaiting(
  host: DiskFullHost,
  target: string,
  count: number,
  latch: Latch,
  result: number,
): Promise<string[]> {
  const before = host.accepted.length;
  host.send({ do: 'enqueue', target, count, payload: JSON.stringify({ latch: latch.path, result }) });
  await host.child.next('enqueued');
  return host.accepted.slice(before);
}

async function fill(host: DiskFullHost, what: 'fill' | 'fillAll'): Promise<void> {
  host.send({ do: what });
  await host.child.next('filled');
}

describe.each(['tmpfs', 'fsize'] as const)('a disk that is full (%s)', (disk) => {
  const test = it.runIf(canHave(disk));

  test('in the middle of a load: refuses new work, completes the accepted, and accepts again when there is space', async () => {
    const host = await start(disk);
    const load = host.child.next('enqueued');
    host.send({ do: 'load', target: 'S/f', payload: JSON.stringify({ padding: 'x'.repeat(1000) }) });
    await host.child.until(() => host.accepted.length >= 200);
    host.send({ do: 'fill' });
    await load;
    const refused = host.child.all('refused');
    expect(refused.length).toBeGreaterThan(0);
    for (const { code, message } of refused) {
      expect(code).toBe('ResourceExhausted');
      expect(message).toMatch(FULL);
    }
    host.send({ do: 'free' });
    await host.untilLogged(OVER);
    const { accepted } = host;
    await host.untilSucceeded(accepted);
    expect(host.starts()).toEqual(once(accepted));
    expect(host.logged(FULL)).toEqual([expect.stringMatching(/^error: /)]);

    host.send({ do: 'enqueue', target: 'S/f', count: 1, payload: '{}' });
    await host.child.next('enqueued');
    expect(host.accepted).toHaveLength(accepted.length + 1);
    await host.untilSucceeded(host.accepted);
    const stats = host.child.next('stats');
    host.send({ do: 'stats' });
    expect(await stats).toMatchObject({
      accepted: host.accepted.length,
      known: host.accepted.length,
      alive: 0,
      full: null,
    });
  });

  test('with accepted work waiting: completes it within what was kept in reserve', async () => {
    const host = await start(disk);
    const latch = new Latch();
    const waiting = await startWaiting(host, 'S/two', 400, latch, 200);
    await fill(host, 'fill');
    latch.open();
    await host.untilSucceeded(waiting);
    expect(host.starts()).toEqual(once(waiting));
  });

  test('at the completion: nothing is run again, and all of it is written down when there is space', async () => {
    const host = await start(disk);
    const latch = new Latch();
    const running = await startWaiting(host, 'S/f', 8, latch, 250_000);
    await fill(host, 'fillAll');
    latch.open();
    await host.child.until(() => host.child.all('ended').length === 8);
    const got = host.child.next('got');
    host.send({ do: 'get', id: running[0]! });
    expect((await got).state).toBe('Running');
    expect(host.child.all('settled')).toEqual([]);
    host.send({ do: 'free' });
    await host.untilSucceeded(running);
    await host.untilLogged(OVER);
    expect(host.starts()).toEqual(once(running));
  });

  test('while the host stops: it ends in time, loses nothing, and only what had run without a record runs again', async () => {
    const host = await start(disk);
    const latch = new Latch();
    const work = await startWaiting(host, 'S/two', 12, latch, 250_000);
    await host.child.until(() => host.child.all('begun').length === 2);
    await fill(host, 'fillAll');
    latch.open();
    const stopped = host.child.next('stopped');
    host.send({ do: 'stop', grace: 300 });
    expect((await stopped).ms).toBeLessThan(300 + CLOSING);
    host.send({ do: 'free' });
    host.send({ do: 'start' });
    expect(await host.child.next('started')).toMatchObject({ recovered: 2, pending: 12, notes: [] });
    await host.untilSucceeded(work);
    const attempts = [...host.starts()].filter(([id]) => work.includes(id)).map(([, starts]) => starts);
    expect(attempts.filter((starts) => starts.length === 1)).toHaveLength(10);
    expect(attempts.filter((starts) => starts.length > 1)).toEqual([
      [1, 2],
      [1, 2],
    ]);
    const stats = host.child.next('stats');
    host.send({ do: 'stats' });
    expect(await stats).toMatchObject({ accepted: 12, known: 12, alive: 0 });
  });
});
