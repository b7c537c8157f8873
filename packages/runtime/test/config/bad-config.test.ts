/** Every message a bad configuration gets, word for word: they are what a person works with. */
import { describe, expect, it } from 'vitest';
import { findConfig } from '../../src/config/find.ts';
import { ConfigError } from '../../src/config/problems.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { makeConfigDirectory, oneFunction } from './support.ts';

const complaintsOf = (config: string): Promise<string[]> => makeConfigDirectory().complaints(config);

describe('a wrong value', () => {
  it.each([
    ['timeout', '5000'],
    ['timeout', '90000000'],
    ['timeout', '0'],
    ['timeout', '"soon"'],
    ['timeout', '"25h"'],
    ['timeout', 'null'],
    ['initializationTimeout', '30000'],
    ['idleTimeout', '300'],
    ['idleTimeout', '"30d"'],
    ['maxQueueWait', 'true'],
    ['memorySize', '"512"'],
    ['memorySize', '536870912'],
    ['memorySize', '8'],
    ['memorySize', '"1MB"'],
    ['handler', '"index"'],
    ['handler', '""'],
    ['initializer', '"src/.handler"'],
    ['isolation', '"container"'],
    ['runMode', '"longlived"'],
    ['instanceConcurrency', '0'],
    ['maxInstances', '1.5'],
    ['maxQueue', '"many"'],
    ['onUnhandledRejection', '"ignore"'],
    ['runtime', '"python3"'],
    ['functionId', '"with space"'],
    ['functionId', '"Other/function"'],
    ['passEnv', '"PATH"'],
    ['passEnv', '["A", "B=C"]'],
    ['environmentVariables', '["A=1"]'],
    ['environmentVariables', '{ "PORT": 8080 }'],
    ['environmentVariables', '{ "PORT": { "a": 1 } }'],
    ['environmentVariables', '{ "A=B": "1" }'],
    ['environmentVariables', '{ "A": "a\\u0000b" }'],
    ['envFile', '"./nope.env"'],
    ['codeUri', '"./nope"'],
    ['codeUri', '"./edgefc.config.json"'],
    ['codeUri', '42'],
  ])('of %s: %s', async (key, value) => {
    // The value stands on line 6, except that of codeUri, which replaces the one on line 5.
    const text = key === 'codeUri' ? oneFunction().replace('"./code"', value) : oneFunction(`"${key}": ${value}`);
    expect((await complaintsOf(text)).join('\n')).toMatchSnapshot();
  });

  it.each([
    ['[]'],
    ['null'],
    ['"text"'],
    ['{}'],
    ['{ "services": [] , "region": 5 }'],
    ['{ "services": { "S": {} } }'],
    ['{ "services": { "S": { "functions": { "f": "x" } } } }'],
    ['{ "accountId": 1234, "services": {} }'],
    ['{ "maxMemory": 1024, "gracePeriod": 10, "services": {} }'],
    ['{ "limits": { "syncPayload": "1GB" }, "log": { "level": "verbose" }, "services": {} }'],
    ['{ "credentials": { "accessKeyId": "a" }, "services": {} }'],
    ['{ "services": { "1st": { "functions": {} }, "S": { "functions": { "with space": { "codeUri": "code" } } } } }'],
  ])('of the file as a whole: %s', async (text) => {
    expect((await complaintsOf(text)).join('\n')).toMatchSnapshot();
  });

  it('in defaults is reported where it stands', async () => {
    const text =
      '{\n"defaults": {\n"timeout": 5000 },\n"services": { "S": { "defaults": {\n"codeUri": "./nope" }, "functions": { "f": {}, "g": {} } } } }';
    expect(await complaintsOf(text)).toMatchInlineSnapshot(`
      [
        "edgefc.config.json:3: defaults.timeout: timeout is 5000 seconds (83 min); did you mean '5s'? If 5000 seconds is right, write '5000s'.",
        "edgefc.config.json:5: services.S.defaults.codeUri: found "./nope", but <dir>/nope does not exist; allowed a directory",
      ]
    `);
  });

  it('does not hide the others: all are reported, in the order of the file', async () => {
    const text = [
      '{ "services": { "S": { "functions": {',
      '"a": {},',
      '"b": { "codeUri": "code", "timeout": "x" },',
      '"c": { "codeUri": "nope", "timout": 1 },',
      '"d": { "codeUri": "code", "minInstances": 3, "maxInstances": 2 }',
      '} } } }',
    ].join('\n');
    expect(await complaintsOf(text)).toMatchInlineSnapshot(`
      [
        "warning: edgefc.config.json:4: services.S.functions.c.timout: unknown key, ignored; did you mean timeout?",
        "edgefc.config.json:2: services.S.functions.a.codeUri: found nothing, allowed the directory of the function's code, relative to this file, such as './helloworld'",
        "edgefc.config.json:3: services.S.functions.b.timeout: found "x", allowed a duration such as '5s', '250ms' or '6h' or a number of seconds up to 600, from 1ms to 1d",
        "edgefc.config.json:4: services.S.functions.c.codeUri: found "nope", but <dir>/nope does not exist; allowed a directory",
        "edgefc.config.json:5: services.S.functions.d.minInstances: found 3, allowed at most maxInstances, which is 2",
      ]
    `);
  });
});

describe('settings that do not go together', () => {
  it('are more instances for a long-lived function', async () => {
    expect(await complaintsOf(oneFunction('"runMode": "LongLived"', '"maxInstances": 2', '"minInstances": 0')))
      .toMatchInlineSnapshot(`
      [
        "edgefc.config.json:7: services.EdgeFC.functions.helloworld.maxInstances: found 2, allowed 1: a LongLived function has exactly one instance",
        "edgefc.config.json:8: services.EdgeFC.functions.helloworld.minInstances: found 0, allowed 1: a LongLived function has exactly one instance",
      ]
    `);
  });

  it('are more instances kept warm than there may be', async () => {
    expect(await complaintsOf(oneFunction('"minInstances": 3', '"maxInstances": 2'))).toMatchInlineSnapshot(`
      [
        "edgefc.config.json:6: services.EdgeFC.functions.helloworld.minInstances: found 3, allowed at most maxInstances, which is 2",
      ]
    `);
  });
});

describe('a missing codeUri', () => {
  it('is reported at the function', async () => {
    expect(await complaintsOf(oneFunction().replace('"codeUri": "./code"', ''))).toMatchInlineSnapshot(`
      [
        "edgefc.config.json:4: services.EdgeFC.functions.helloworld.codeUri: found nothing, allowed the directory of the function's code, relative to this file, such as './helloworld'",
      ]
    `);
  });
});

describe('a duplicate', () => {
  it('function is an error at its second place', async () => {
    const text =
      '{ "services": { "S": { "functions": {\n"f": { "codeUri": "code" },\n"f": { "codeUri": "code" } } } } }';
    expect(await complaintsOf(text)).toMatchInlineSnapshot(`
      [
        "edgefc.config.json:3: services.S.functions.f: the function stands here a second time, first on line 2; rename or remove one",
      ]
    `);
  });

  it('service, or key, is one too', async () => {
    const text =
      '{ "services": {\n"S": { "functions": {} },\n"S": { "functions": { "f": {\n"codeUri": "code", "codeUri": "." } } } } }';
    expect(await complaintsOf(text)).toMatchInlineSnapshot(`
      [
        "edgefc.config.json:3: services.S: the service stands here a second time, first on line 2; rename or remove one",
        "edgefc.config.json:4: services.S.functions.f.codeUri: the key stands here a second time, first on line 4; rename or remove one",
      ]
    `);
  });

  it('functionId is one too', async () => {
    const text =
      '{ "services": { "S": { "functions": {\n"f": { "codeUri": "code", "functionId": "x" },\n"g": { "codeUri": "code", "functionId": "x" } } } } }';
    expect(await complaintsOf(text)).toMatchInlineSnapshot(`
      [
        "edgefc.config.json:3: services.S.functions.g.functionId: found "x", which is already the id of S/f; allowed an id of its own",
      ]
    `);
  });

  it('name but for upper and lower case is only a warning', async () => {
    const text =
      '{ "services": { "S": { "functions": {\n"read": { "codeUri": "code" },\n"Read": { "codeUri": "code" } } } } }';
    expect(await complaintsOf(text)).toMatchInlineSnapshot(`
      [
        "warning: edgefc.config.json:3: services.S.functions.Read: S/Read differs from S/read only in upper and lower case; callers will mix them up",
      ]
    `);
  });
});

describe('an unknown key', () => {
  it('is a warning with the nearest known key, on every level', async () => {
    const text = [
      '{ "service": {},',
      '"limits": { "sync": "1MB" },',
      '"services": { "S": { "function": {}, "functions": {',
      '"f": { "codeUri": "code", "timout": 5, "memory": 128, "vcpu": 1, "environmentVariables": { "anything": "goes" } } } } } }',
    ].join('\n');
    expect(await complaintsOf(text)).toMatchInlineSnapshot(`
      [
        "warning: edgefc.config.json:1: service: unknown key, ignored; did you mean services?",
        "warning: edgefc.config.json:2: limits.sync: unknown key, ignored; did you mean syncPayload or asyncPayload?",
        "warning: edgefc.config.json:3: services.S.function: unknown key, ignored; did you mean functions?",
        "warning: edgefc.config.json:4: services.S.functions.f.timout: unknown key, ignored; did you mean timeout?",
        "warning: edgefc.config.json:4: services.S.functions.f.memory: unknown key, ignored; did you mean memorySize?",
        "warning: edgefc.config.json:4: services.S.functions.f.vcpu: unknown key, ignored; known here: codeUri, description, envFile, environmentVariables, functionId, handler, idleTimeout, initializationTimeout, initializer, instanceConcurrency, isolation, maxInstances, maxQueue, maxQueueWait, memorySize, minInstances, onUnhandledRejection, passEnv, preStop, runMode, runtime, timeout",
      ]
    `);
  });
});

describe('an environment file', () => {
  it('with bad lines is reported with its own lines, once', async () => {
    const directory = makeConfigDirectory();
    directory.write('a.env', 'GOOD=1\nBAD LINE\nNAME WITH SPACES=1\n');
    const text =
      '{ "defaults": { "codeUri": "code", "envFile": "a.env" }, "services": { "S": { "functions": { "f": {}, "g": {} } } } }';
    expect(await directory.complaints(text)).toMatchInlineSnapshot(`
      [
        "<dir>/a.env:2: no "=" in the line, allowed NAME=value, an empty line or a # comment",
        "<dir>/a.env:3: found the name "NAME WITH SPACES", allowed letters, digits and _, not starting with a digit",
      ]
    `);
  });
});

describe('a file that is no configuration', () => {
  it.each(['{ "services": {\n  "S": ,\n} }', '{ "services": {\n', '', '{ services: {} }', '{ "services": {} }\nx'])(
    'because it is not JSON: %j',
    async (text) => {
      expect((await complaintsOf(text)).join('\n')).toMatchSnapshot();
    },
  );

  it('because there is none, or more than one', () => {
    const message = (directory: string): string => {
      try {
        return findConfig(directory);
      } catch (error) {
        if (error instanceof ConfigError) return error.message.replaceAll(directory, '<dir>');
        throw error;
      }
    };
    expect(message(makeTempDir())).toMatchInlineSnapshot(
      `"no configuration in <dir>: looked for edgefc.config.ts, edgefc.config.mts, edgefc.config.js, edgefc.config.mjs, edgefc.config.cjs, edgefc.config.json; name one with --config <file>"`,
    );
    const directory = makeConfigDirectory();
    directory.write('edgefc.config.json', '{}');
    expect(message(directory.directory)).toBe('edgefc.config.json');
    directory.write('edgefc.config.ts', '');
    expect(message(directory.directory)).toMatchInlineSnapshot(
      `"both edgefc.config.ts and edgefc.config.json are in <dir>; remove one, or name the one you mean with --config <file>"`,
    );
  });
});
