/** Fakes, faults and crash points as whoever writes a test meets them: through createTestHost. */
import { describe, expect, it } from 'vitest';
import { createTestHost } from '../../src/create-test-host.ts';
import { fake } from '../../src/fakes/fake.ts';
import { everyCrashPoint } from '../../src/faults/every-crash-point.ts';

describe('a test host', () => {
  it('has fakes, also from its options, and takes others while it runs', async () => {
    await using host = await createTestHost({
      functions: { 'S/real': async () => 'real' },
      fakes: { 'Cloud/upload': fake.sequence(fake.error('offline'), 'ok'), 'S/real': fake.nth(2, 'faked') },
    });
    expect((await host.invoke('Cloud/upload')).functionError).toBe('Handled');
    expect((await host.invoke('Cloud/upload')).payload).toBe('ok');
    expect((await host.invoke('S/real')).payload).toBe('real');
    expect((await host.invoke('S/real')).payload).toBe('faked');
    const handle = host.fake('New/one', { n: 1 });
    expect((await host.invoke('New/one', 'hi')).payload).toBe('{"n":1}');
    expect(handle.calls).toMatchObject([{ text: 'hi', answered: true }]);
  });

  it('tells who called what is neither real nor faked', async () => {
    await using host = await createTestHost({ fakes: { 'Cloud/upload': 'ok' } });
    await expect(host.invoke('Clod/upload')).rejects.toMatchObject({ code: 'ServiceNotFound' });
    expect(host.unfakedCalls).toMatchObject([{ target: 'Clod/upload', caller: undefined }]);
  });

  it('has faults of functions and of its disk', async () => {
    await using host = await createTestHost({ functions: { 'S/f': async () => 'ok' } });
    host.faults.throttle('S/f');
    await expect(host.invoke('S/f')).rejects.toMatchObject({ code: 'ResourceExhausted', retryable: true });
    const fault = host.faults.failWrite(2);
    const id = await host.enqueue('S/f');
    expect(await host.waitForInvocation(id)).toMatchObject({ state: 'Succeeded', attempt: 1 });
    expect(fault.hits).toBe(1);
    await host.runUntilIdle();
  });

  it('is killed at a crash point, and goes on from there', async () => {
    await using host = await createTestHost({ functions: { 'S/f': async () => 'ok' } });
    host.crashAt(2, 'before');
    const id = await host.enqueue('S/f');
    await expect(host.waitForInvocation(id)).rejects.toThrow('the host was killed before it answered');
    await host.restart();
    expect(await host.waitForInvocation(id)).toMatchObject({ state: 'Succeeded', attempt: 2 });
  });

  it('is killed at every crash point', async () => {
    const { writes, points } = await everyCrashPoint(
      { functions: { 'S/f': async () => 'ok' }, fakes: { 'S/told': 'heard' }, defaults: { onSuccess: 'S/told' } },
      (host) => host.enqueue('S/f', 'work'),
      async (host) => {
        expect(await host.deadLetters()).toEqual([]);
      },
    );
    expect(writes[0]).toBe('accept S/f and start it');
    expect(points).toBe(writes.length * 2);
  });
});
