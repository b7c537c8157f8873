/** Async work on the disk: it outlives the host that accepted it. */
import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Host } from '../../src/engine/host-api.ts';
import { createHost } from '../../src/host.ts';
import { script } from '../support/script.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { defineTestHost } from '../support/test-host.ts';

const f = { handler: 'script.handler', durability: 'fsync' } as const;

function hostOn(dataDir: string, functions: Parameters<typeof defineTestHost>[0]['functions'] = { 'S/f': f }): Host {
  return createHost(defineTestHost({ isolation: 'thread', functions }, dataDir));
}

async function accept(host: Host, payload: string, options: { readonly delay?: number } = {}): Promise<string> {
  const outcome = await host.invoke({ target: 'S/f', type: 'Async', payload, ...options });
  if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
  return outcome.id;
}

describe('Async work on the disk', () => {
  it('waits for the next host, which says so, and its result can be fetched there, and by the one after it', async () => {
    const dataDir = makeTempDir();
    await using first = hostOn(dataDir);
    expect(await first.start()).toMatchObject({ pending: 0, dead: 0, recovered: 0, notes: [] });
    const id = await accept(first, script(['return', 'done']), { delay: 200 });
    await first.stop();

    await using second = hostOn(dataDir);
    expect(await second.start()).toMatchObject({ pending: 1, dead: 0, recovered: 0 });
    expect(await second.async.wait(id, 10_000)).toMatchObject({
      value: { id, function: 'S/f', state: 'Succeeded', result: 'done', attempt: 1 },
    });
    await second.stop();

    await using third = hostOn(dataDir);
    expect(await third.start({ dormant: true })).toMatchObject({ pending: 0 });
    expect(await third.async.get(id)).toMatchObject({ value: { state: 'Succeeded', result: 'done' } });
    expect((await third.async.stats()).accepted).toBe(1);
  });

  it('is aborted when its host stops, and is run again by the next one at once, without an attempt used', async () => {
    const dataDir = makeTempDir();
    await using first = hostOn(dataDir);
    await first.start();
    const started = Promise.withResolvers<undefined>();
    first.events.on('invocation:started', () => {
      started.resolve(undefined);
    });
    const id = await accept(first, script(['hang']));
    await started.promise;
    await first.stop({ gracePeriod: 0 });

    await using second = hostOn(dataDir);
    expect(await second.start({ dormant: true })).toMatchObject({ pending: 1, recovered: 0 });
    const found = await second.async.get(id);
    expect(found).toMatchObject({ value: { state: 'Retrying', attempt: 1, errors: [] } });
    await second.stop();
  });

  it('is kept while its function is not configured, and said', async () => {
    const dataDir = makeTempDir();
    await using first = hostOn(dataDir);
    await first.start();
    const id = await accept(first, script(['return', 'late']), { delay: 100 });
    await first.stop();

    await using without = hostOn(dataDir, {});
    const said: string[] = [];
    without.events.on('log', ({ message }) => said.push(message));
    expect(await without.start()).toMatchObject({ pending: 1 });
    expect(said).toEqual(['1 Async invocations wait for S/f, which is not configured; they are kept']);
    await without.stop();

    await using again = hostOn(dataDir);
    await again.start();
    expect(await again.async.wait(id, 10_000)).toMatchObject({ value: { state: 'Succeeded', result: 'late' } });
  });

  it('is gone with its data directory, and an id of it is then unknown', async () => {
    const dataDir = makeTempDir();
    await using first = hostOn(dataDir);
    await first.start();
    const id = await accept(first, script(['return', 'x']), { delay: 60_000 });
    await first.stop();
    rmSync(dataDir, { recursive: true });

    await using second = hostOn(dataDir);
    await second.start();
    expect(await second.async.get(id)).toMatchObject({ kind: 'refused', code: 'InvocationNotFound' });
  });
});
