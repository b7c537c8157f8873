/** Rules about Async work that show only on a host, and that the other files do not spell out. */
import { describe, expect, it } from 'vitest';
import { gatherStatus } from '../../src/admin/status.ts';
import { systemClock } from '../../src/engine/clock.ts';
import { writeFiles } from '../support/files.ts';
import { Latch, script } from '../support/script.ts';
import { startHost } from '../support/test-host.ts';

const SOURCES = {
  'main.cjs': `
    const { FCClient, defineHandler } = require('@edgefc/sdk');
    const fc = new FCClient();

    /** Waits for its own next run, which needs the slot that it holds itself. */
    exports.waitsForItself = async (event) => {
      if (event === 'second') return 'second is done';
      const call = { serviceName: 'S', functionName: 'waitsForItself', payload: 'second', invocationType: 'Async' };
      const id = await fc.invokeFunction(call);
      const code = await fc.waitForInvocation(id, { timeout: 50 }).then(() => 'ended', (error) => error.code);
      return JSON.stringify({ id, code });
    };

    const nothing = { '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [{ message: 'never' }] }) } };
    exports.picky = defineHandler({ input: nothing }, () => 'never reached');
  `,
} as const;

describe('Async work', () => {
  it('may be waited for by who holds its only slot: no deadlock, its own timeout ends that', async () => {
    const codeUri = writeFiles(SOURCES);
    const functions = { 'S/waitsForItself': { handler: 'main.waitsForItself', codeUri } };
    await using host = await startHost({ isolation: 'thread', functions });
    const { id, code } = JSON.parse(String(await host.value('S/waitsForItself'))) as { id: string; code: string };
    expect(code).toBe('DeadlineExceeded');
    expect(await host.host.async.wait(id, 5000)).toMatchObject({
      value: { state: 'Succeeded', result: 'second is done' },
    });
  });

  it('with input that its handler does not take is not tried again', async () => {
    const functions = { 'S/picky': { handler: 'main.picky', codeUri: writeFiles(SOURCES) } };
    await using host = await startHost({ isolation: 'thread', functions });
    const outcome = await host.invoke('S/picky', '{}', { type: 'Async' });
    if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
    expect(await host.host.async.wait(outcome.id, 5000)).toMatchObject({
      value: { state: 'Failed', attempt: 1, errors: [{ functionError: 'Handled', errorType: 'InvalidInput' }] },
    });
  });

  it('is waited for as long as was said, and no longer', async () => {
    const latch = new Latch();
    const functions = { 'S/f': { handler: 'script.handler' } };
    await using host = await startHost({ isolation: 'thread', functions });
    await host.invoke('S/f', script(['wait', latch.path]), { type: 'Async' });
    expect(await host.host.idle(20)).toBe(false);
    latch.open();
    expect(await host.host.idle(5000)).toBe(true);
  });
});

describe('a host that was started for one function', () => {
  it('fires no timers, and another one does', async () => {
    const timer = {
      name: 't',
      schedule: { kind: 'every', interval: 20 },
      payload: '',
      catchUp: false,
    } as const;
    const functions = {
      'S/f': { handler: 'script.handler' },
      'S/ticks': { handler: 'script.handler', timers: [timer] },
    };
    {
      await using alone = await startHost({ isolation: 'thread', functions, start: { only: 'S/f' } });
      await alone.value('S/f', script(['delay', 100]));
      expect((await alone.host.async.stats()).memory.accepted).toBe(0);
    }
    await using whole = await startHost({ isolation: 'thread', functions });
    await whole.next('invocation:started', ({ definition }) => definition.key === 'S/ticks');
  });
});

describe('the status of a host', () => {
  it('has its queue, its memory, its clock and what it has written today', async () => {
    const functions = { 'S/f': { handler: 'script.handler', durability: 'fsync' as const } };
    await using host = await startHost({ isolation: 'thread', functions, durable: true });
    await host.invoke('S/f', 'later', { type: 'Async', delay: 60_000 });
    const facts = {
      pid: process.pid,
      version: '1.2.3',
      startedAt: 0,
      clock: systemClock,
      readRss: (): number => process.memoryUsage.rss(),
    };
    const status = await gatherStatus(host.host, systemClock, facts);
    expect(status).toMatchObject({ queue: { enqueued: 1, running: 0, dead: 0 }, clock: { cronHeld: false } });
    expect(Math.abs(status.clock.wall - Date.now())).toBeLessThan(60_000);
    expect(status.process?.memory.rss).toBeGreaterThan(1_000_000);
    expect(status.queue.disk?.writtenToday).toBeGreaterThan(4096);
  });
});
