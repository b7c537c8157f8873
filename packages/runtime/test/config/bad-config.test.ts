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
    ['retry', '3'],
    ['retry', '{ "attempts": 0 }'],
    ['retry', '{ "attempts": 1001 }'],
    ['retry', '{ "attempts": "forever" }'],
    ['retry', '{ "maxAge": "31d" }'],
    ['retry', '{ "minDelay": 5 }'],
    ['retry', '{ "minDelay": "10m", "maxDelay": "5m" }'],
    ['retry', '{ "attempt": 3 }'],
    ['maxAsyncRetryAttempts', '9'],
    ['maxAsyncEventAgeInSeconds', '2592001'],
    ['maxAsyncEventAgeInSeconds', '"1h"'],
    ['asyncConcurrency', '0'],
    ['asyncConcurrency', '5'],
    ['durability', '"disk"'],
    ['onFailure', '"EdgeFC/helloword"'],
    ['onSuccess', '"report"'],
    ['onSuccess', '{ "destination": "S/f" }'],
    ['timers', '["* * * * *"]'],
    ['timers', '{ "t": { "cron": "0 25 * * *" } }'],
    ['timers', '{ "t": { "cron": "0 0 31 2 *" } }'],
    ['timers', '{ "t": { "cron": "* * * * *", "timeZone": "Asia/Shangai" } }'],
    ['timers', '{ "t": { "cron": "CRON_TZ=Europe/Berlinn 0 0 4 * * *" } }'],
    ['timers', '{ "t": { "cron": "@every 10" } }'],
    ['timers', '{ "t": { "every": "10" } }'],
    ['timers', '{ "t": { "every": "500ms" } }'],
    ['timers', '{ "t": { "every": "10m", "timeZone": "UTC" } }'],
    ['timers', '{ "t": { "every": "10m", "cron": "* * * * *" } }'],
    ['timers', '{ "t": {} }'],
    ['timers', '{ "with space": { "every": "10m" } }'],
    ['timers', '{ "t": { "every": "10m", "payload": { "a": 1 }, "catchUp": "yes" } }'],
    ['timers', '{ "t": { "every": "10m", "enable": false } }'],
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
    [
      '{ "limits": { "maxQueueBytes": 5, "minFreeDisk": "-1MB", "results": { "age": "2y", "size": true } }, "services": {} }',
    ],
    ['{ "limits": { "asyncPayload": "2MB", "maxQueueBytes": "1MB", "deadLetters": { "count": -1 } }, "services": {} }'],
    ['{ "limits": { "results": { "max": 1 } }, "routes": {}, "services": {} }'],
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

describe('a route', () => {
  it('that cannot be is reported on its own line', async () => {
    const text = [
      '{ "services": { "Plant": { "functions": {',
      '"read": { "codeUri": "code" }, "store": { "codeUri": "code" } } } },',
      '"routes": [',
      '{ "topic": "a/#", "target": "Plant/store" },',
      '{ "topic": "a/#", "target": "Plant/stor" },',
      '{ "topic": "a/#", "target": "Plnt/store" },',
      '{ "topic": "a/#", "target": "Plant/store", "source": "Plant/raed" },',
      '{ "topic": "a/#", "target": "Plant/store", "sourc": "Plant/read" }',
      '] }',
    ].join('\n');
    expect(await complaintsOf(text)).toMatchInlineSnapshot(`
      [
        "warning: edgefc.config.json:8: routes[4].sourc: unknown key, ignored; did you mean source?",
        "edgefc.config.json:5: routes[1].target: found "Plant/stor", but the service "Plant" has no function "stor"; did you mean "store"?",
        "edgefc.config.json:6: routes[2].target: found "Plnt/store", but no service is named "Plnt"; did you mean "Plant"?",
        "edgefc.config.json:7: routes[3].source: found "Plant/raed", but the service "Plant" has no function "raed"; did you mean "read"?",
      ]
    `);
  });

  it('with a filter that is none is told why, and where in the filter', async () => {
    const text = [
      '{ "services": { "S": { "functions": { "f": { "codeUri": "code" } } } },',
      '"routes": [',
      '{ "topic": "a/#/b", "target": "S/f" },',
      '{ "topic": "a+/b", "target": "S/f" },',
      '{ "topic": "", "target": "S/f" }, { "topic": 5, "target": "S/f" },',
      '{ "target": "S/f" },',
      '{ "topic": "a" },',
      '"a/b"',
      '] }',
    ].join('\n');
    expect(await complaintsOf(text)).toMatchInlineSnapshot(`
      [
        "edgefc.config.json:3: routes[0].topic: the "#" at character 3 of the filter "a/#/b" is not the last level; use "+" for a level in the middle",
        "edgefc.config.json:4: routes[1].topic: the "+" at character 2 of the filter "a+/b" does not stand alone in its level "a+"; wildcards are whole levels",
        "edgefc.config.json:5: routes[2].topic: the filter is empty; it needs at least one character",
        "edgefc.config.json:5: routes[3].topic: found 5, allowed an MQTT topic filter, such as 'site/+/temperature' or 'alarms/#'",
        "edgefc.config.json:6: routes[4].topic: found nothing, allowed an MQTT topic filter, such as 'site/+/temperature' or 'alarms/#'",
        "edgefc.config.json:7: routes[5].target: found nothing, allowed a function: 'Service/function', an id or an ARN",
        "edgefc.config.json:8: routes[6]: found "a/b", allowed an object with topic and target",
      ]
    `);
  });
});

describe('a function that is told of its own ends', () => {
  it('is warned about', async () => {
    expect(await complaintsOf(oneFunction('"onFailure": "EdgeFC/helloworld"'))).toMatchInlineSnapshot(`
      [
        "warning: edgefc.config.json:6: services.EdgeFC.functions.helloworld.onFailure: EdgeFC/helloworld is told of its own ends, each of which is Async work again: that ends only at the depth of 16",
      ]
    `);
  });
});

describe('FC’s name beside ours', () => {
  it('is refused in one place, and for the same setting only', async () => {
    const retry = '"retry": { "attempts": 3, "maxAge": "1h" }';
    expect(await complaintsOf(oneFunction(retry, '"maxAsyncRetryAttempts": 2', '"maxAsyncEventAgeInSeconds": 60')))
      .toMatchInlineSnapshot(`
        [
          "edgefc.config.json:7: services.EdgeFC.functions.helloworld.maxAsyncRetryAttempts: found 2 beside retry.attempts, which is the same; allowed one of the two",
          "edgefc.config.json:8: services.EdgeFC.functions.helloworld.maxAsyncEventAgeInSeconds: found 60 beside retry.maxAge, which is the same; allowed one of the two",
        ]
      `);
    expect(await complaintsOf(oneFunction('"retry": { "maxAge": "1h" }', '"maxAsyncRetryAttempts": 2'))).toEqual([]);
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
        "warning: edgefc.config.json:4: services.S.functions.f.vcpu: unknown key, ignored; known here: asyncConcurrency, codeUri, description, durability, envFile, environmentVariables, functionId, handler, idleTimeout, initializationTimeout, initializer, instanceConcurrency, isolation, maxAsyncEventAgeInSeconds, maxAsyncRetryAttempts, maxInstances, maxQueue, maxQueueWait, memorySize, minInstances, onFailure, onSuccess, onUnhandledRejection, passEnv, preStop, retry, runMode, runtime, timeout, timers",
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
