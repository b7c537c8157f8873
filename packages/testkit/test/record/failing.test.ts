/** What a failing test shows: the tree of its host, once, and what it failed at before anything else. */
import { describe, expect, it } from 'vitest';
import { createTestHost, withTestHost } from '../../src/create-test-host.ts';
import { tellRecords } from '../../src/record/failing.ts';

const TREE = '#1 outside → A/b "x" ⇒ "ok"';

describe('the error of a failing test', () => {
  it('says what happened in its host, in message and stack', async () => {
    const failed = await withTestHost({ fakes: { 'A/b': 'ok' } }, async (host) => {
      await host.invoke('A/b', 'x');
      throw new TypeError('not what I wanted');
    }).catch((error: unknown) => error as Error);
    expect(failed).toBeInstanceOf(TypeError);
    expect(failed.message).toMatch(/^not what I wanted\n\nWhat happened:\n {2}#1 /);
    expect(failed.stack).toContain(TREE);
    expect(failed.stack).toContain('failing.test.ts');
  });

  it('says it once', async () => {
    await using host = await createTestHost({ fakes: { 'A/b': 'ok' } });
    await host.invoke('A/b', 'x');
    const error = new Error('no');
    tellRecords(error, [host.record]);
    tellRecords(error, [host.record]);
    expect(error.message.split(TREE)).toHaveLength(2);
  });

  it('is what the test threw, when the stop of its host failed as well', async () => {
    const failed = await (async (): Promise<never> => {
      await using host = await createTestHost({ fakes: { 'A/b': 'ok' } });
      void host.invoke('A/b', 'x');
      throw new TypeError('not what I wanted');
    })().catch((error: unknown) => error as Error);
    expect(failed.name).toBe('SuppressedError');
    tellRecords(failed, []);
    expect(failed).toMatchObject({ name: 'TypeError' });
    expect(failed.message).toMatch(/^not what I wanted\n\nBesides, the test did not wait for what it began:\n/);
  });

  it('says who called what nobody answers', async () => {
    const failed = await withTestHost({}, (host) => host.invoke('A/b', 'x')).catch((error: unknown) => error as Error);
    expect(failed).toMatchObject({ code: 'ServiceNotFound' });
    expect((failed as Error).message).toContain('calls that were neither real nor faked:');
  });
});
