/** What is stored of the calls that a failed run made: of its last run, and bounded. */
import { FCClient } from '@edgefc/sdk';
import { expect, it } from 'vitest';
import { createTestHost } from '../../src/create-test-host.ts';

const call = (target: string, payload: string | Buffer): Promise<unknown> =>
  new FCClient().invokeFunction({ functionId: target, payload });

it('has every kind of call and answer, of the last run only, in the order of the answers', async () => {
  await using host = await createTestHost({
    functions: {
      'Plant/control': {
        handler: async (_event: string, { attempt }: { attempt: number }) => {
          await call('Plant/sensor', `run ${attempt}`);
          await call('Plant/sensor', Buffer.from([1, 255]));
          await call('Plant/none', 'x').catch(() => undefined);
          await new FCClient().invokeFunction({ functionId: 'Plant/log', payload: 'y', invocationType: 'Async' });
          throw new Error('too dry');
        },
        retry: { attempts: 2, minDelay: '1s' },
        onFailure: 'Plant/operator',
      },
    },
    fakes: { 'Plant/sensor': (event) => event, 'Plant/log': 'ok', 'Plant/operator': 'ok' },
  });
  const id = await host.enqueue('Plant/control');
  await host.runUntilIdle();
  const { calls, errors } = await host.getInvocation(id);
  expect(calls).toMatchObject({
    made: [
      { target: 'Plant/sensor', payload: { text: 'run 2' }, outcome: { kind: 'answered', payload: { text: 'run 2' } } },
      { payload: { base64: 'Af8=' }, outcome: { payload: { base64: 'Af8=' }, functionError: null } },
      { target: 'Plant/none', outcome: { kind: 'refused', code: 'FunctionNotFound' } },
      { target: 'Plant/log', payload: { text: 'y' }, outcome: { kind: 'accepted' } },
    ],
    leftOut: 0,
  });
  // What a function asks about its work, and what a destination is told, has them not.
  expect(errors.map((error) => 'calls' in error)).toEqual([false, false]);
  expect(host.record.invocations('Plant/operator')[0]?.text).not.toContain('"calls"');
});

it('is bounded: large payloads as their size, and no more than 32 calls', async () => {
  await using host = await createTestHost({
    functions: {
      'Plant/control': {
        handler: async () => {
          for (let n = 0; n < 40; n += 1) await call('Plant/sensor', 'x'.repeat(n < 2 ? 8193 : 4000));
          throw new Error('too dry');
        },
        retry: { attempts: 1 },
      },
    },
    fakes: { 'Plant/sensor': (event) => event },
  });
  const id = await host.enqueue('Plant/control');
  await host.runUntilIdle();
  const { calls } = await host.getInvocation(id);
  expect([calls?.made.length, calls?.leftOut]).toEqual([32, 8]);
  expect(calls?.made[0]?.payload).toEqual({ bytes: 8193 });
  expect(calls?.made[2]?.payload).toEqual({ text: 'x'.repeat(4000) });
  expect(calls?.made.at(-1)?.payload).toEqual({ bytes: 4000 });
  expect(JSON.stringify(calls).length).toBeLessThan(80_000);
});

it('is nothing where nothing failed', async () => {
  await using host = await createTestHost({
    functions: { 'Plant/control': async () => String((await call('Plant/sensor', 'x')) !== undefined) },
    fakes: { 'Plant/sensor': 'wet' },
  });
  const id = await host.enqueue('Plant/control');
  expect(await host.waitForInvocation(id)).toMatchObject({ state: 'Succeeded' });
  expect((await host.getInvocation(id)).calls).toBeNull();
});
