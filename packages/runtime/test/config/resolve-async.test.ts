import { describe, expect, it } from 'vitest';
import type { FunctionDefinition, HostDefinition } from '../../src/engine/definition.ts';
import type { EdgefcConfig, FunctionConfig, FunctionDefaults } from '../../src/config/types.ts';
import { makeConfigDirectory } from './support.ts';

async function resolve(config: Partial<EdgefcConfig>): Promise<HostDefinition> {
  const { definition, warnings } = await makeConfigDirectory().load({
    services: { S: { functions: { f: { codeUri: 'code' } } } },
    ...config,
  });
  expect(warnings).toEqual([]);
  return definition;
}

/** One function, and what its service and its file say. */
async function resolveOne(
  own: FunctionConfig,
  service: FunctionDefaults = {},
  file: FunctionDefaults = {},
): Promise<FunctionDefinition> {
  const definition = await resolve({
    defaults: file,
    services: { S: { defaults: service, functions: { f: { codeUri: 'code', ...own } } } },
  });
  return definition.functions[0]!;
}

const DAY = 86_400_000;
const MB = 1024 ** 2;

describe('retry', () => {
  it('takes every key', async () => {
    const { retry } = await resolveOne({ retry: { attempts: 1000, minDelay: '1ms', maxDelay: '1d', maxAge: '30d' } });
    expect(retry).toEqual({ attempts: 1000, minDelay: 1, maxDelay: DAY, maxAge: 30 * DAY });
    expect((await resolveOne({ retry: { attempts: 'untilExpired' } })).retry.attempts).toBe(Infinity);
  });

  it('takes each key from the nearest place that has it', async () => {
    const { retry } = await resolveOne(
      { retry: { attempts: 2 } },
      { retry: { attempts: 3, minDelay: '2s' } },
      { retry: { attempts: 5, minDelay: '3s', maxAge: '1h' } },
    );
    expect(retry).toEqual({ attempts: 2, minDelay: 2000, maxDelay: 300_000, maxAge: 3_600_000 });
  });

  it('takes FC’s names, of which the nearer one wins too', async () => {
    const { retry } = await resolveOne({ maxAsyncRetryAttempts: 0, maxAsyncEventAgeInSeconds: 60 });
    expect(retry).toMatchObject({ attempts: 1, maxAge: 60_000 });
    const file = { maxAsyncRetryAttempts: 8, retry: { maxAge: '2h' } } as const;
    expect((await resolveOne({}, {}, file)).retry).toMatchObject({ attempts: 9, maxAge: 7_200_000 });
    const own = { retry: { attempts: 'untilExpired' }, maxAsyncEventAgeInSeconds: 1 } as const;
    expect((await resolveOne(own, {}, file)).retry).toMatchObject({ attempts: Infinity, maxAge: 1000 });
  });

  it('gives way with the default of one delay to the other', async () => {
    expect((await resolveOne({ retry: { minDelay: '10m' } })).retry).toMatchObject({
      minDelay: 600_000,
      maxDelay: 600_000,
    });
    expect((await resolveOne({ retry: { maxDelay: '100ms' } })).retry).toMatchObject({ minDelay: 100, maxDelay: 100 });
  });
});

describe('asyncConcurrency', () => {
  it.each([
    [{ maxInstances: 1 }, 1],
    [{ maxInstances: 2 }, 1],
    [{ maxInstances: 3, instanceConcurrency: 10 }, 29],
    [{ runMode: 'LongLived' }, 1],
    [{ maxInstances: 3, asyncConcurrency: 3 }, 3],
  ] as const)('of %j is %i', async (own, expected) => {
    expect((await resolveOne(own)).asyncConcurrency).toBe(expected);
  });

  it('from a default is at most the slots that there are', async () => {
    expect((await resolveOne({ maxInstances: 2 }, {}, { asyncConcurrency: 10 })).asyncConcurrency).toBe(2);
  });
});

describe('destinations', () => {
  it('are found by name, id and ARN', async () => {
    const { functions } = await resolve({
      services: {
        S: { functions: { f: { codeUri: 'code', onSuccess: 'T/done', onFailure: 'the-id' } } },
        T: {
          defaults: { codeUri: 'code', durability: 'batched' },
          functions: { done: { onFailure: 'acs:fc:::service:T:function:failed' }, failed: { functionId: 'the-id' } },
        },
      },
    });
    expect(
      functions.map(({ key, onSuccess, onFailure, durability }) => [key, onSuccess, onFailure, durability]),
    ).toEqual([
      ['S/f', 'T/done', 'T/failed', 'fsync'],
      ['T/done', undefined, 'T/failed', 'batched'],
      ['T/failed', undefined, undefined, 'batched'],
    ]);
  });

  it('from a default do not hold for the function that is told', async () => {
    const { functions } = await resolve({
      defaults: { codeUri: 'code', onFailure: 'S/g' },
      services: { S: { functions: { f: {}, g: {} } } },
    });
    expect(functions.map(({ onFailure }) => onFailure)).toEqual(['S/g', undefined]);
  });
});

describe('timers', () => {
  it('are cron or an interval, FC’s ways of writing included', async () => {
    const { timers } = await resolveOne({
      timers: {
        nightly: { cron: '30 4 * * *', timeZone: 'Asia/Shanghai', payload: 'p', catchUp: true },
        fc: { cron: 'CRON_TZ=Asia/Shanghai 0 0 4 * * *' },
        fcEvery: { cron: '@every 1h30m' },
        every: { every: '10m' },
        off: { every: '1s', enabled: false },
      },
    });
    const usual = { payload: '', catchUp: false };
    expect(timers).toEqual([
      {
        name: 'nightly',
        schedule: { kind: 'cron', expression: '30 4 * * *', timeZone: 'Asia/Shanghai' },
        payload: 'p',
        catchUp: true,
      },
      { ...usual, name: 'fc', schedule: { kind: 'cron', expression: '0 0 4 * * *', timeZone: 'Asia/Shanghai' } },
      { ...usual, name: 'fcEvery', schedule: { kind: 'every', interval: 5_400_000 } },
      { ...usual, name: 'every', schedule: { kind: 'every', interval: 600_000 } },
    ]);
  });

  it('have events that are not larger than an Async payload may be', async () => {
    const config = (payload: string): EdgefcConfig => ({
      limits: { asyncPayload: '1KB' },
      services: { S: { functions: { f: { codeUri: 'code', timers: { t: { every: '1s', payload } } } } } },
    });
    const directory = makeConfigDirectory();
    expect(await directory.complaints(config('x'.repeat(900)))).toEqual([]);
    expect(await directory.complaints(config('x'.repeat(1000)))).toMatchInlineSnapshot(`
      [
        "edgefc.config.json:1: services.S.functions.f.timers.t.payload: found a text with which the event has 1073 bytes, allowed at most limits.asyncPayload, which is 1KB",
      ]
    `);
  });
});

describe('routes', () => {
  it('name functions in any way, and any source', async () => {
    const { routes } = await resolve({
      services: { S: { functions: { f: { codeUri: 'code', functionId: 'the-id' }, g: { codeUri: 'code' } } } },
      routes: [
        { topic: 'a/#', target: 'the-id' },
        { source: 'any', topic: '+/b', target: 'S/g' },
        { source: 'the-id', topic: '$SYS/x', target: 'service:S:function:g' },
      ],
    });
    expect(routes).toEqual([
      { source: undefined, filter: 'a/#', target: 'S/f' },
      { source: undefined, filter: '+/b', target: 'S/g' },
      { source: 'S/f', filter: '$SYS/x', target: 'S/g' },
    ]);
  });
});

describe('limits', () => {
  it('are taken each in its unit', async () => {
    const { settings } = await resolve({
      limits: {
        maxQueueBytes: '1GB',
        minFreeDisk: '0B',
        results: { age: '1h', bytes: '2MB', count: 3, size: '4KB' },
        deadLetters: { age: '365d', bytes: '5MB', count: 6 },
      },
    });
    expect(settings.queue).toEqual({
      maxQueueBytes: 1024 * MB,
      minFreeDisk: 0,
      retention: { age: 3_600_000, bytes: 2 * MB, count: 3, result: 4096 },
      deadLetters: { age: 365 * DAY, bytes: 5 * MB, count: 6 },
    });
  });
});
