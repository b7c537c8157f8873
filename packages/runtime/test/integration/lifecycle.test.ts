/** initializer and preStop: once per instance, and what their failures mean for those who wait (SPEC 1, lifecycle). */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Latch } from '../support/script.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { failureOf, startHost } from '../support/test-host.ts';

describe.each(['thread', 'process'] as const)('an initializer in a %s', (isolation) => {
  it.each(['initialize', 'initializeAsync'])('runs once, before the first invocation: %s', async (name) => {
    await using host = await startHost({
      isolation,
      functions: { 'S/f': { handler: 'lifecycle.handler', initializer: `lifecycle.${name}`, maxInstances: 1 } },
    });
    const answers = await Promise.all([host.value('S/f'), host.value('S/f'), host.value('S/f')]);
    expect(answers).toEqual(['initialized 1 times', 'initialized 1 times', 'initialized 1 times']);
  });

  it('has a context, and its output is tagged with its instance', async () => {
    await using host = await startHost({
      isolation,
      functions: { 'S/f': { handler: 'lifecycle.handler', initializer: 'lifecycle.initialize' } },
    });
    await host.value('S/f');
    expect(host.logged('initializer of f')).toMatchObject([
      { message: 'initializer of f, requestId S/f#1:initializer', instance: 'S/f#1', service: 'S', function: 'f' },
    ]);
  });

  it('may call other functions', async () => {
    await using host = await startHost({
      isolation,
      functions: {
        'S/f': { handler: 'lifecycle.handler', initializer: 'lifecycle.initializeByCalling' },
        'S/other': { handler: 'values.echo' },
      },
    });
    expect(await host.value('S/f')).toBe('initialized settings, please times');
  });

  it('that fails answers everyone who waits for it with its error, and the next call tries again', async () => {
    const database = new Latch();
    await using host = await startHost({
      isolation,
      functions: {
        'S/f': {
          handler: 'lifecycle.handler',
          initializer: 'lifecycle.initializeUnless',
          environment: { FAILS_UNTIL: database.path },
        },
      },
    });
    const failures = await Promise.all([host.failure('S/f'), host.failure('S/f')]);
    for (const failure of failures) {
      expect(failure).toMatchObject({
        functionError: 'Unhandled',
        errorType: 'InitError',
        errorMessage: 'the initializer of S/f failed: TypeError: no database yet',
      });
      expect(failure.stackTrace[0]).toContain('lifecycle.cjs');
    }
    database.open();
    expect(await host.value('S/f')).toBe('initialized 0 times');
    expect(host.instances.size).toBe(2);
  });

  it.each([
    ['initializeThrows', 'InitError', 'the initializer of S/f failed: thrown at once'],
    ['initializeByCallback', 'InitError', 'the initializer of S/f failed: told by callback'],
    [
      'initializeNever',
      'InitError',
      'S/f did not finish loading and initializing within its initializationTimeout of 250 ms',
    ],
    [
      'initializeSpins',
      'InitError',
      'S/f did not finish loading and initializing within its initializationTimeout of 250 ms',
    ],
    ['initializeExits', 'Exit', expect.stringContaining('process.exit(3)') as string],
    [
      'missing',
      'LoadError',
      expect.stringMatching(
        /^S\/f: initializer "lifecycle.missing": .*lifecycle.cjs does not export "missing"; /,
      ) as string,
    ],
  ])('%s fails the invocation, with a message that says what happened', async (name, errorType, errorMessage) => {
    await using host = await startHost({
      isolation,
      functions: {
        'S/f': {
          handler: 'lifecycle.handler',
          initializer: `lifecycle.${name}`,
          // Only those that never end have to wait for it.
          initializationTimeout: /Never|Spins/.test(name) ? 250 : 10_000,
        },
      },
    });
    expect(await host.failure('S/f')).toMatchObject({ functionError: 'Unhandled', errorType, errorMessage });
  });

  it('counts inside the deadline of the call that waits for it', async () => {
    await using host = await startHost({
      isolation,
      functions: { 'S/f': { handler: 'lifecycle.handler', initializer: 'lifecycle.initializeNever' } },
    });
    expect(await host.invoke('S/f', '', { timeout: 150 })).toMatchObject({
      kind: 'refused',
      code: 'DeadlineExceeded',
      message: expect.stringMatching(
        /^S\/f: the call's timeout of 150 ms passed while it waited for a free slot/,
      ) as string,
    });
  });
});

describe.each(['thread', 'process'] as const)('preStop in a %s', (isolation) => {
  it.each(['preStop', 'preStopByCallback'])('runs when the host stops, once in each instance: %s', async (name) => {
    const notes = join(makeTempDir(), 'notes');
    await using host = await startHost({
      isolation,
      functions: {
        'S/f': { handler: 'lifecycle.handler', preStop: `lifecycle.${name}`, environment: { NOTES: notes } },
      },
    });
    await host.value('S/f');
    expect(existsSync(notes)).toBe(false);
    await host.stop();
    expect(readFileSync(notes, 'utf8')).toBe('preStop of f\n');
  });

  it('runs when an instance is stopped because it was idle', async () => {
    const notes = join(makeTempDir(), 'notes');
    await using host = await startHost({
      isolation,
      functions: {
        'S/f': {
          handler: 'lifecycle.handler',
          preStop: 'lifecycle.preStop',
          environment: { NOTES: notes },
          idleTimeout: 20,
        },
      },
    });
    const exited = host.next('instance:exited');
    await host.value('S/f');
    const [, reason] = await exited;
    expect(reason).toBe('it was idle for its idleTimeout');
    expect(readFileSync(notes, 'utf8')).toBe('preStop of f\n');
  });

  it('that fails is logged, and the instance ends all the same', async () => {
    await using host = await startHost({
      isolation,
      functions: { 'S/f': { handler: 'lifecycle.handler', preStop: 'lifecycle.preStopFails', idleTimeout: 20 } },
    });
    const exited = host.next('instance:exited');
    await host.value('S/f');
    await exited;
    expect(host.logged('the preStop of S/f failed')).toMatchObject([
      { level: 'error', message: expect.stringContaining('cannot say goodbye') as string },
    ]);
  });

  it('that never ends is cut off when the host stops', async () => {
    await using host = await startHost({
      isolation,
      functions: { 'S/f': { handler: 'lifecycle.handler', preStop: 'lifecycle.preStopNever' } },
    });
    const outcome = await host.invoke('S/f');
    expect(() => failureOf(outcome)).toThrow('succeeded');
    await host.stop();
    expect([...host.instances.values()]).toEqual(['the host is stopping']);
  });
});
