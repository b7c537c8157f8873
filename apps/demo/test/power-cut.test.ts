/** The plug is pulled at every durable write, before and after it: whoever was given an id has its work done. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestHost, everyCrashPoint } from '@edgefc/testkit';
import { expect, it, onTestFinished } from 'vitest';

const config = new URL('../edgefc.config.ts', import.meta.url);

it('wherever the plug is pulled, what was promised is kept', async () => {
  let promised: string[] = [];

  const { points } = await everyCrashPoint(
    { config },
    async (host) => {
      promised = [];
      promised.push(await host.enqueue('EdgeFC/uplink', '19.5 °C'));
      promised.push(await host.enqueue('EdgeFC/helloworld', 'later', { delay: '1h' }));
      await host.publish('rooms/kitchen/celsius', '19.5');
    },
    async (host) => {
      for (const id of promised) expect(await host.getInvocation(id)).toMatchObject({ state: 'Succeeded' });
      expect(await host.deadLetters()).toEqual([]);
    },
  );

  expect(points).toBeGreaterThan(12);
});

it('wherever the plug is pulled, each dead letter is told to the operator, once', async () => {
  await everyCrashPoint(
    { config, functions: { 'EdgeFC/pump': { onFailure: 'EdgeFC/operator' }, 'EdgeFC/operator': async () => 'noted' } },
    (host) => host.enqueue('EdgeFC/pump', 'fill the tank'),
    async (host) => {
      const dead = await host.deadLetters();
      const told = await host.listInvocations({ function: 'EdgeFC/operator' });
      expect(told.map(({ caller, state }) => ({ caller, state }))).toEqual(
        dead.map(() => ({ caller: 'EdgeFC/pump', state: 'Succeeded' })),
      );
    },
  );
});

it('wherever the plug is pulled, the file of a gateway has all that is needed to go on', async () => {
  let promised: string[] = [];

  await everyCrashPoint(
    () => ({ config, dataDir: temporaryDirectory() }), // Each host finds what it has written itself, and nothing else.
    async (host) => {
      promised = [];
      promised.push(await host.enqueue('EdgeFC/uplink', '19.5 °C'));
    },
    async (host) => {
      for (const id of promised) expect(await host.getInvocation(id)).toMatchObject({ state: 'Succeeded' });
    },
  );
});

it('a disk that is full refuses new work, and ends what it has accepted', async () => {
  await using host = await createTestHost({ config, dataDir: temporaryDirectory() });
  const id = await host.enqueue('EdgeFC/uplink', '19.5 °C');

  const full = host.faults.fillDisk();
  await expect(host.enqueue('EdgeFC/uplink', '19.6 °C')).rejects.toMatchObject({ code: 'ResourceExhausted' });
  full.stop();

  expect(await host.waitForInvocation(id)).toMatchObject({ state: 'Succeeded' });
});

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'power-cut-'));
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
  return directory;
}
