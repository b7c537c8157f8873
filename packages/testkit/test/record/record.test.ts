/** The record's data: what is kept of invocations, messages, output and ticks, over restarts and after `clear`. */
import { describe, expect, it } from 'vitest';
import { FCClient } from '@edgefc/sdk';
import { createTestHost } from '../../src/create-test-host.ts';
import { fake } from '../../src/fakes/fake.ts';
import { plant } from './support/plant.ts';

const START = Date.UTC(2030, 0, 1);

describe('the record', () => {
  it('keeps who asked for what, and what became of it, as data that JSON takes', async () => {
    await using host = await plant();
    const { requestId } = await host.invoke('Plant/control', 'go', { invokerContext: { custom: { a: 1 } } });
    await host.runUntilIdle();
    const { record } = host;
    const [control, valve, pump, logbook, audit] = record.invocations();
    expect(control).toMatchObject({
      id: requestId,
      n: 1,
      target: 'Plant/control',
      type: 'Sync',
      origin: { kind: 'outside' },
      parent: undefined,
      payload: 'go',
      invokerContext: { custom: { a: 1 } },
      state: 'Succeeded',
      asked: { wall: START, at: 0 },
      outcome: { kind: 'succeeded', payload: '{"valve":"is open"}' },
    });
    expect(control?.outcome?.kind === 'succeeded' && control.outcome.json).toEqual({ valve: 'is open' });
    expect(valve).toMatchObject({ parent: requestId, origin: { kind: 'function', function: 'Plant/control' } });
    expect(pump).toMatchObject({ type: 'Async', state: 'Succeeded', parent: requestId, parentAttempt: 1 });
    expect(pump?.json).toEqual({ litres: 3 });
    expect(pump?.bytes).toEqual(Buffer.from('{"litres":3}'));
    const [first, second] = pump?.attempts ?? [];
    expect(first).toMatchObject({
      attempt: 1,
      instance: 'Plant/pump#1',
      outcome: { kind: 'failed', functionError: 'Handled', errorType: 'Error', errorMessage: 'offline' },
    });
    expect(second).toMatchObject({ attempt: 2, outcome: { kind: 'succeeded', payload: 'pumped' } });
    expect(second!.queued.at - first!.ended!.at).toBeCloseTo(first!.retryIn!, 0);
    expect(logbook).toMatchObject({
      target: 'Plant/logbook',
      parent: requestId,
      origin: { kind: 'route', topic: 'plant/level', publisher: 'Plant/control', message: record.publishes[0]?.id },
    });
    expect(audit).toMatchObject({ parent: pump?.id, origin: { kind: 'destination', function: 'Plant/pump' } });
    expect(record.publishes).toMatchObject([
      { topic: 'plant/level', payload: '21.5', source: 'Plant/control', parent: requestId, targets: ['Plant/logbook'] },
    ]);
    expect(record.logs).toMatchObject([
      { level: 'info', message: 'controls go', function: 'Plant/control', requestId, source: 'function', attempt: 1 },
    ]);
    expect(JSON.parse(JSON.stringify(record.invocations()))).toMatchObject([
      { id: requestId, payload: 'go' },
      {},
      {},
      {},
      {},
    ]);
  });

  it('is filtered by target, type, asker, state and parent, and finds one by id and number', async () => {
    await using host = await plant();
    const { requestId } = await host.invoke('Plant/control', 'go');
    await host.runUntilIdle();
    const targetsOf = (filter: Parameters<typeof host.record.invocations>[0]): string[] =>
      host.record.invocations(filter).map(({ target }) => target);
    expect(targetsOf('Plant/pump')).toEqual(['Plant/pump']);
    expect(targetsOf({ type: 'Sync' })).toEqual(['Plant/control', 'Plant/valve']);
    expect(targetsOf({ from: 'outside' })).toEqual(['Plant/control']);
    expect(targetsOf({ from: 'route' })).toEqual(['Plant/logbook']);
    expect(targetsOf({ from: 'Plant/pump' })).toEqual(['Plant/audit']);
    expect(targetsOf({ parent: requestId, state: ['Succeeded'], type: 'Async' })).toEqual([
      'Plant/pump',
      'Plant/logbook',
    ]);
    expect(host.record.invocation(requestId)).toBe(host.record.invocation('#1'));
    expect(host.record.invocation('#9')).toBeUndefined();
  });

  it('keeps bytes as they were, and what was refused, asked for twice, stopped and redriven', async () => {
    await using host = await createTestHost({
      functions: {
        'Plant/echo': async (event: Buffer) => event,
        'Plant/bad': { handler: fake.error('no'), retry: { attempts: 1 } },
      },
    });
    const bytes = Buffer.from([1, 2, 255]);
    await host.invoke('Plant/echo', bytes);
    bytes.fill(0);
    await expect(host.invoke('Plant/none')).rejects.toThrow('Plant/none');
    await host.enqueue('Plant/echo', 'a', { dedupeKey: 'k', delay: 5000 });
    const twice = await host.enqueue('Plant/echo', 'b', { dedupeKey: 'k', delay: 5000 });
    await host.stopInvocation(twice);
    const bad = await host.enqueue('Plant/bad');
    await host.runUntilIdle();
    const [echo, none, stopped, dead] = host.record.invocations();
    expect(echo).toMatchObject({ payload: Buffer.from([1, 2, 255]), outcome: { payload: Buffer.from([1, 2, 255]) } });
    expect(none).toMatchObject({
      target: 'Plant/none',
      state: 'Refused',
      outcome: { kind: 'refused', code: 'FunctionNotFound' },
    });
    expect(stopped).toMatchObject({ id: twice, payload: 'a', state: 'Stopped', delay: 5000, dedupeKey: 'k' });
    expect(stopped?.duplicates).toMatchObject([{ origin: { kind: 'outside' } }]);
    expect(dead).toMatchObject({ id: bad, state: 'Failed', deadLettered: { at: 0 } });
    await host.redrive({ id: bad });
    expect(dead?.state).not.toBe('Failed');
    await host.runUntilIdle();
    expect(dead).toMatchObject({ state: 'Failed', attempts: [{ attempt: 1 }, { attempt: 2 }] });
  });

  it('keeps ticks, and the time on the clock of the host', async () => {
    await using host = await createTestHost({
      functions: { 'Plant/hourly': { handler: async () => 'ok', timers: { h: { every: '1h' } } } },
    });
    await host.advance('2h');
    expect(host.record.ticks).toMatchObject([
      {
        timer: 'h',
        function: 'Plant/hourly',
        ticked: { wall: START + 3_600_000, at: 3_600_000 },
        invocation: host.record.invocation('#1')?.id,
      },
      { ticked: { at: 7_200_000 } },
    ]);
    expect(host.record.invocation('#1')?.origin).toEqual({ kind: 'timer', timer: 'h' });
    expect(host.record.tree().split('\n')[0]).toMatch(/^#1 timer h → Plant\/hourly /);
  });

  it('goes on over a kill: stored work under its own id, and what ran is marked as lost', async () => {
    await using host = await createTestHost({
      functions: {
        'Plant/slow': { handler: fake.sequence(fake.hang(), 'done'), timeout: '1h' },
      },
      fakes: { 'Plant/sync': fake.hang() },
    });
    const id = await host.enqueue('Plant/slow', 'x');
    const called = host.host.invoke({ target: 'Plant/sync' });
    await host.settle();
    host.kill();
    await host.restart();
    await host.runUntilIdle();
    void called;
    const [work, sync] = host.record.invocations();
    expect(work).toMatchObject({ id, n: 1, state: 'Succeeded' });
    expect(work?.attempts).toMatchObject([
      { outcome: { kind: 'lost' } },
      { attempt: 2, outcome: { kind: 'succeeded' } },
    ]);
    expect(sync).toMatchObject({ state: 'Lost', outcome: { kind: 'lost' } });
    expect(host.record.invocations()).toHaveLength(2);
  });

  it('forgets what was, and does not show it again when it goes on', async () => {
    await using host = await plant();
    const id = await host.enqueue('Plant/pump', 'x', { delay: 1000 });
    host.record.clear();
    expect([host.record.invocations(), host.record.publishes, host.record.logs, host.record.ticks]).toEqual([
      [],
      [],
      [],
      [],
    ]);
    await host.runUntilIdle();
    expect(host.record.invocation(id)).toBeUndefined();
    // What it led to is new.
    expect(host.record.tree()).toMatch(/^#2 destination of Plant\/pump → Plant\/audit /);
  });

  it('knows a call that came after its caller had answered by the name of the caller', async () => {
    await using host = await createTestHost({
      functions: {
        'Plant/hasty': async () => {
          setTimeout(() => void new FCClient().invokeFunction({ functionId: 'Plant/valve', payload: 'late' }), 1000);
          return 'early';
        },
      },
      fakes: { 'Plant/valve': 'ok' },
    });
    await host.invoke('Plant/hasty');
    await host.advance('2s');
    expect(host.record.invocations('Plant/valve')).toMatchObject([
      { parent: undefined, origin: { kind: 'function', function: 'Plant/hasty' }, asked: { at: 1000 } },
    ]);
    expect(host.record.tree().split('\n')[1]).toBe('#2 Plant/hasty → Plant/valve "late" ⇒ "ok"  (0 ms, at 1 s)');
  });
});
