import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import type { FunctionDefinition } from '../../src/engine/definition.ts';
import type { FunctionConfig } from '../../src/config/types.ts';
import { QUEUE_LIMITS } from '../support/queue-limits.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { GIB, hostFacts } from './host-facts-of-tests.ts';
import { makeConfigDirectory } from './support.ts';

const MB = 1024 ** 2;

/** One function's definition, from its settings. */
async function resolveOne(settings: FunctionConfig): Promise<FunctionDefinition> {
  const { definition } = await makeConfigDirectory().load({
    services: { S: { functions: { f: { codeUri: './code', ...settings } } } },
  });
  return definition.functions[0]!;
}

describe('a resolved configuration', () => {
  it('has every default of the contract', async () => {
    const directory = makeConfigDirectory();
    const { definition, log, warnings } = await directory.load({
      services: { S: { functions: { f: { codeUri: 'code' } } } },
    });
    expect(warnings).toEqual([]);
    expect(log).toEqual({ level: 'info', burst: 1000, linesPerSecond: 200 });
    expect(definition).toEqual({
      settings: {
        region: '',
        accountId: '',
        credentials: { accessKeyId: '', accessKeySecret: '', securityToken: '' },
        maxSyncPayload: 32 * MB,
        maxAsyncPayload: MB,
        maxMemory: 6 * GIB,
        gracePeriod: 8000,
        dataDir: join(directory.directory, '.edgefc'),
        queue: QUEUE_LIMITS,
      },
      routes: [],
      functions: [
        {
          service: 'S',
          name: 'f',
          key: 'S/f',
          id: undefined,
          codeUri: join(directory.directory, 'code'),
          handler: 'index.handler',
          initializer: undefined,
          preStop: undefined,
          isolation: 'process',
          runMode: 'OnDemand',
          timeout: 5000,
          initializationTimeout: 30_000,
          maxQueueWait: 60_000,
          memorySize: 512 * MB,
          instanceConcurrency: 1,
          maxInstances: 4,
          minInstances: 0,
          maxQueue: 1000,
          idleTimeout: 300_000,
          onUnhandledRejection: 'exit',
          environment: { PATH: '/usr/bin' },
          asyncConcurrency: 3,
          retry: { attempts: 4, minDelay: 1000, maxDelay: 300_000, maxAge: 86_400_000 },
          durability: 'fsync',
          onSuccess: undefined,
          onFailure: undefined,
          timers: [],
        },
      ],
    });
  });

  it('takes every setting, each in its unit', async () => {
    const { definition, log } = await makeConfigDirectory().load({
      region: 'cn-shanghai',
      accountId: '1234567890123456789',
      credentials: { accessKeyId: 'id', accessKeySecret: 'secret' },
      maxMemory: '1GB',
      gracePeriod: '20s',
      limits: { syncPayload: '64KiB', asyncPayload: '1KB' },
      log: { level: 'debug', burst: 5, linesPerSecond: 1 },
      services: {
        S: {
          functions: {
            f: {
              codeUri: './code',
              functionId: 'my-id',
              description: 'for people',
              handler: 'src/app.main',
              initializer: 'src/app.init',
              preStop: 'src/app.stop',
              isolation: 'thread',
              timeout: '1.5s',
              initializationTimeout: 20,
              maxQueueWait: '250ms',
              memorySize: '1GB',
              instanceConcurrency: 10,
              maxInstances: 3,
              minInstances: 2,
              maxQueue: 0,
              idleTimeout: '1d',
              onUnhandledRejection: 'warn',
            },
          },
        },
      },
    });
    expect(definition.settings).toMatchObject({
      region: 'cn-shanghai',
      accountId: '1234567890123456789',
      credentials: { accessKeyId: 'id', accessKeySecret: 'secret', securityToken: '' },
      maxMemory: GIB,
      gracePeriod: 20_000,
      maxSyncPayload: 65_536,
      maxAsyncPayload: 1024,
    });
    expect(log).toEqual({ level: 'debug', burst: 5, linesPerSecond: 1 });
    expect(definition.functions[0]).toMatchObject({
      id: 'my-id',
      handler: 'src/app.main',
      initializer: 'src/app.init',
      preStop: 'src/app.stop',
      isolation: 'thread',
      timeout: 1500,
      initializationTimeout: 20_000,
      maxQueueWait: 250,
      memorySize: GIB,
      instanceConcurrency: 10,
      maxInstances: 3,
      minInstances: 2,
      maxQueue: 0,
      idleTimeout: 86_400_000,
      onUnhandledRejection: 'warn',
    });
  });

  it('takes each setting from the nearest place: the function, its service, the file', async () => {
    const { definition } = await makeConfigDirectory().load({
      defaults: { codeUri: './code', timeout: '1s', memorySize: 128, handler: 'a.file' },
      services: {
        S: { defaults: { timeout: '2s', handler: 'a.service' }, functions: { f: { timeout: '3s' }, g: {} } },
        T: { functions: { h: {} } },
      },
    });
    expect(
      definition.functions.map(({ key, timeout, handler, memorySize }) => [key, timeout, handler, memorySize]),
    ).toEqual([
      ['S/f', 3000, 'a.service', 128 * MB],
      ['S/g', 2000, 'a.service', 128 * MB],
      ['T/h', 1000, 'a.file', 128 * MB],
    ]);
  });

  it('is made of a plain object too', () => {
    const directory = makeTempDir();
    const { definition } = resolveConfig(
      { services: { S: { functions: { f: { codeUri: '.' } } } } },
      { ...hostFacts('/'), baseDir: directory },
    );
    expect(definition.functions[0]).toMatchObject({ key: 'S/f', codeUri: directory });
  });
});

describe('instances', () => {
  it.each([
    [1, 1],
    [2, 2],
    [64, 4],
  ])('on %i cores are by default at most %i', async (cpus, expected) => {
    const { definition } = await makeConfigDirectory().load(
      { services: { S: { functions: { f: { codeUri: './code' } } } } },
      { facts: { cpus } },
    );
    expect(definition.functions[0]!.maxInstances).toBe(expected);
  });

  it('are by default never fewer than the ones kept warm', async () => {
    expect(await resolveOne({ minInstances: 6 })).toMatchObject({ minInstances: 6, maxInstances: 6 });
  });

  it('of a long-lived function are one, whatever the defaults say', async () => {
    expect(await resolveOne({ runMode: 'LongLived' })).toMatchObject({ minInstances: 1, maxInstances: 1 });
    const { definition } = await makeConfigDirectory().load({
      defaults: { codeUri: './code', maxInstances: 3 },
      services: { S: { functions: { f: { runMode: 'LongLived' } } } },
    });
    expect(definition.functions[0]).toMatchObject({ runMode: 'LongLived', minInstances: 1, maxInstances: 1 });
  });
});

describe('unhandled rejections', () => {
  it.each([
    ['nodejs6', 'warn'],
    ['nodejs8', 'warn'],
    ['nodejs8.10', 'warn'],
    ['nodejs12', 'warn'],
    ['nodejs12.x', 'warn'],
    ['nodejs14', 'exit'],
    ['nodejs20', 'exit'],
    ['nodejs60', 'exit'],
    ['nodejs128', 'exit'],
  ])('in %s mean %s', async (runtime, expected) => {
    expect((await resolveOne({ runtime })).onUnhandledRejection).toBe(expected);
  });

  it('are as configured in any runtime', async () => {
    expect((await resolveOne({ runtime: 'nodejs8', onUnhandledRejection: 'exit' })).onUnhandledRejection).toBe('exit');
  });
});

describe('the environment of a function', () => {
  const hostEnv = {
    PATH: '/bin',
    HOME: '/home/me',
    TZ: 'UTC',
    LANG: 'C',
    NODE_ENV: 'production',
    PROXY: 'p',
    LEVEL: 'host',
    SECRET: 'x',
    NODE_OPTIONS: '--inspect',
  };

  it('is what is configured, what is passed on, and five variables; nothing else of the host', async () => {
    const directory = makeConfigDirectory();
    directory.write('.env', 'SECRET=from .env');
    const { definition } = await directory.load(
      {
        services: {
          S: {
            functions: { f: { codeUri: './code', passEnv: ['PROXY', 'NOT_SET'], environmentVariables: { A: '1' } } },
          },
        },
      },
      { facts: { hostEnv } },
    );
    const { PATH, HOME, TZ, LANG, NODE_ENV, PROXY } = hostEnv;
    expect(definition.functions[0]!.environment).toEqual({ PATH, HOME, TZ, LANG, NODE_ENV, PROXY, A: '1' });
  });

  it('prefers configured variables to the file, the file to the host, the function to its service', async () => {
    const directory = makeConfigDirectory();
    directory.write('a.env', 'LEVEL=file\nB=file\nC=file');
    const { definition } = await directory.load(
      {
        defaults: {
          codeUri: './code',
          environmentVariables: { C: 'defaults', D: 'defaults', E: 'defaults' },
          passEnv: ['LEVEL'],
        },
        services: {
          S: {
            defaults: { environmentVariables: { D: 'service', E: 'service' }, envFile: './a.env' },
            functions: { f: { environmentVariables: { E: 'function' }, passEnv: ['PROXY'] } },
          },
        },
      },
      { facts: { hostEnv: { LEVEL: 'host', PROXY: 'p' } } },
    );
    expect(definition.functions[0]!.environment).toEqual({
      LEVEL: 'file',
      PROXY: 'p',
      B: 'file',
      C: 'defaults',
      D: 'service',
      E: 'function',
    });
  });
});

describe('the data directory', () => {
  const config = (dataDir?: string) => ({
    ...(dataDir === undefined ? {} : { dataDir }),
    services: { S: { functions: { f: { codeUri: './code' } } } },
  });
  const all = { EDGEFC_DATA_DIR: '/from/environment', STATE_DIRECTORY: '/from/systemd:/second' };

  it('is the command line’s, the environment’s, the configuration’s, systemd’s, or beside the file, in this order', async () => {
    const directory = makeConfigDirectory();
    const dataDirOf = async (configured?: string, hostEnv: Record<string, string> = {}, dataDir?: string) => {
      const options = { facts: { hostEnv }, ...(dataDir === undefined ? {} : { dataDir }) };
      return (await directory.load(config(configured), options)).definition.settings.dataDir;
    };
    expect(await dataDirOf('./configured', all, '/from/command-line')).toBe('/from/command-line');
    expect(await dataDirOf('./configured', all)).toBe('/from/environment');
    expect(await dataDirOf('./configured', { STATE_DIRECTORY: all.STATE_DIRECTORY })).toBe(
      join(directory.directory, 'configured'),
    );
    expect(await dataDirOf(undefined, { STATE_DIRECTORY: all.STATE_DIRECTORY })).toBe('/from/systemd');
    expect(await dataDirOf()).toBe(join(directory.directory, '.edgefc'));
  });

  it('is beside the file as it was named, not where a symbolic link leads', async () => {
    const directory = makeConfigDirectory();
    await directory.load(config());
    const elsewhere = makeTempDir();
    symlinkSync(join(directory.directory, 'edgefc.config.json'), join(elsewhere, 'linked.json'));
    symlinkSync(join(directory.directory, 'code'), join(elsewhere, 'code'));
    const { definition } = await loadConfig('linked.json', hostFacts(elsewhere));
    expect(definition.settings.dataDir).toBe(join(elsewhere, '.edgefc'));
    expect(definition.functions[0]!.codeUri).toBe(join(elsewhere, 'code'));
  });
});
