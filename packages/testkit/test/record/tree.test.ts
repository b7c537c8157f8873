/** The tree: what it looks like, and that the same test gives the same text. */
import { describe, expect, it } from 'vitest';
import { FCClient } from '@edgefc/sdk';
import { createTestHost } from '../../src/create-test-host.ts';
import { fake } from '../../src/fakes/fake.ts';
import { describeDuration } from '../../src/record/words.ts';
import { plant } from './support/plant.ts';

async function runPlant(seed: number): Promise<string> {
  await using host = await plant({ seed });
  await host.invoke('Plant/control', 'go', { invokerContext: { custom: { shift: 'night' } } });
  await host.runUntilIdle();
  return host.record.tree({ logs: true });
}

describe('the tree', () => {
  it('shows who called whom, with payloads, attempts, messages, destinations and output', async () => {
    const text = (await runPlant(1)).replaceAll(/1\.\d s/g, '1.x s');
    expect(text.split('\n')).toEqual([
      `#1 outside → Plant/control "go" [context {"custom":{"shift":"night"}}] ⇒ '{"valve":"is open"}'  (0 ms)`,
      '├─ logs info: controls go',
      '├─ #2 → Plant/valve "open" ⇒ "is open"  (0 ms)',
      `├─ #3 Async → Plant/pump '{"litres":3}' ⇒ "pumped"  (1.x s)`,
      '│  ├─ attempt 1 ⇒ failed, Error: offline  (0 ms)',
      '│  ├─ attempt 2 after 1.x s ⇒ "pumped"  (0 ms)',
      `│  └─ #5 destination → Plant/audit '{"requestContext":{"requestId":"#3","functionName":"Plant/… ⇒ "noted"  (0 ms, at 1.x s)`,
      '└─ publishes plant/level "21.5"',
      '   └─ #4 → Plant/logbook 4 bytes, "21.5" ⇒ "written"  (0 ms)',
    ]);
  });

  it('is the same text for the same test', async () => {
    expect(await runPlant(7)).toBe(await runPlant(7));
  });

  it('puts what a run of Async work did under that run', async () => {
    let runs = 0;
    await using host = await createTestHost({
      functions: {
        'Plant/pump': {
          handler: async () => {
            runs += 1;
            console.log(`run ${runs}`);
            await new FCClient().invokeFunction({ functionId: 'Plant/valve', payload: String(runs) });
            if (runs === 1) throw new Error('stuck');
          },
          retry: { attempts: 2, minDelay: '1s' },
        },
      },
      fakes: { 'Plant/valve': fake.delay(250, 'ok') },
    });
    await host.enqueue('Plant/pump');
    await host.runUntilIdle();
    const text = host.record.tree({ logs: true }).replaceAll(/1\.\d s/g, '1.x s');
    expect(text.split('\n')).toEqual([
      '#1 outside, Async → Plant/pump nothing ⇒ nothing  (1.x s)',
      '├─ attempt 1 ⇒ failed, Error: stuck  (250 ms)',
      '│  ├─ logs info: run 1',
      '│  └─ #2 → Plant/valve "1" ⇒ "ok"  (250 ms)',
      '└─ attempt 2 after 1.x s ⇒ nothing  (250 ms)',
      '   ├─ logs info: run 2',
      '   └─ #3 → Plant/valve "2" ⇒ "ok"  (250 ms, at 1.x s)',
    ]);
  });

  it('shows what waits, what was refused, and ids when they are asked for', async () => {
    await using host = await createTestHost({ fakes: { 'Plant/pump': 'ok' } });
    await host.advance('6h');
    const id = await host.enqueue('Plant/pump', 'later', { delay: '3d', orderKey: 'a', dedupeKey: 'b' });
    await host.enqueue('Plant/pump', 'later', { delay: '3d', orderKey: 'a', dedupeKey: 'b' });
    await host.publish('plant/none', 'x');
    await expect(host.invoke('Plant/pumpe', Buffer.from([255, 0]))).rejects.toThrow('Plant/pump');
    expect(host.record.tree({ ids: true, width: 30 }).split('\n')).toEqual([
      '#1 outside, Async → Plant/pump "later" [delay 3 d, orderKey a, dedupeKey b, asked for 2 times] ⇒ waits  (at 6 h)',
      'outside publishes plant/none "x" ⇒ nobody gets it  (at 6 h)',
      expect.stringMatching(
        /^#2 outside → Plant\/pumpe 2 bytes, ff 00 ⇒ refused, FunctionNotFound: the service .*… {2}\(0 ms, at 6 h\)$/,
      ),
      '',
      `#1 is ${id}`,
      expect.stringMatching(/^#2 is refused\./),
    ]);
    expect(host.record.describeRunning()).toBe('#1 Plant/pump "later" waits to run, since 0 ms');
  });

  it('says so when nothing was invoked', async () => {
    await using host = await createTestHost({ fakes: { 'Plant/pump': 'ok' } });
    expect(host.record.tree()).toBe('nothing was invoked');
  });

  it('writes durations as people do', () => {
    const durations = [0, 0.44, 37, 999, 1234, 60_000, 312_000, 23_400_000, 86_400_000, 4 * 86_400_000 + 3_600_000];
    expect(durations.map(describeDuration)).toEqual([
      '0 ms',
      '0.4 ms',
      '37 ms',
      '999 ms',
      '1.2 s',
      '1 min',
      '5 min 12 s',
      '6 h 30 min',
      '1 d',
      '4 d 1 h',
    ]);
  });
});
