import { join } from 'node:path';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { makeTempDir } from '../support/temp-dir.ts';
import { FIXTURES, runEdgefc } from './run-edgefc.ts';

function writeConfig(functions: Readonly<Record<string, object>>): string {
  const directory = makeTempDir();
  writeFileSync(join(directory, 'broken.cjs'), 'module.exports.handler = (;');
  const file = join(directory, 'edgefc.config.json');
  writeFileSync(file, JSON.stringify({ defaults: { codeUri: FIXTURES }, services: { Test: { functions } } }));
  return file;
}

describe('edgefc check', () => {
  it('loads every handler, invokes none, and prints a line for each in the order of the configuration', async () => {
    const env = { EDGEFC_DATA_DIR: makeTempDir() };
    const { code, stdout, stderr } = await runEdgefc(['check'], { env });
    const names = ['echo', 'context', 'bytes', 'fail', 'hang', 'big', 'relay'];
    const lines = stdout.toString().trimEnd().split('\n');
    expect(lines.slice(0, -1).map((line) => line.replace(/ +\d+ ms$/, ' <time>'))).toEqual(
      names.map((name) => `ok      Test/${name} <time>`),
    );
    expect(lines.at(-1)).toBe('7 functions ok');
    expect([code, stderr]).toEqual([0, '']);
  });

  it('counts warnings, and ends with 2 for them with --strict', async () => {
    const config = writeConfig({ good: { handler: 'functions.echo', timout: '3s' } });
    const lax = await runEdgefc(['check', '--config', config]);
    expect([lax.code, lax.stdout.toString().split('\n').at(-2)]).toEqual([0, '1 function ok, 1 warning']);
    const strict = await runEdgefc(['check', '--config', config, '--strict', '--json']);
    expect([strict.code, JSON.parse(strict.stdout.toString())]).toMatchObject([
      2,
      { ok: false, warnings: [{ key: 'services.Test.functions.good.timout' }] },
    ]);
  });

  it.each(['thread', 'process'])('ends with 2 when a handler does not load, and says why (%s)', async (isolation) => {
    const config = writeConfig({
      good: { handler: 'functions.echo', isolation },
      broken: { codeUri: '.', handler: 'broken.handler', isolation },
      missing: { handler: 'functions.nope', isolation },
    });
    const { code, stdout } = await runEdgefc(['check', '--config', config]);
    expect(code).toBe(2);
    expect(stdout.toString()).toMatch(/^ok {6}Test\/good/m);
    expect(stdout.toString()).toMatch(/^failed {2}Test\/broken +LoadError: .*broken\.cjs.*SyntaxError/m);
    expect(stdout.toString()).toMatch(/^failed {2}Test\/missing +LoadError: .*does not export "nope"/m);
    expect(stdout.toString()).toMatch(/^2 of 3 functions failed$/m);
  });

  it('prints one JSON object with --json', async () => {
    const config = writeConfig({
      good: { handler: 'functions.echo', timout: 5 },
      broken: { codeUri: '.', handler: 'broken.handler' },
    });
    const { code, stdout } = await runEdgefc(['check', '--json', '--config', config]);
    expect(code).toBe(2);
    expect(JSON.parse(stdout.toString())).toMatchObject({
      ok: false,
      functions: [
        { service: 'Test', function: 'good', ok: true },
        { service: 'Test', function: 'broken', ok: false, errorType: 'LoadError' },
      ],
      warnings: [{ key: 'services.Test.functions.good.timout' }],
    });
  });

  it('keeps a TypeScript configuration compiled, in the data directory', async () => {
    const directory = makeTempDir();
    const functions = `{ echo: { codeUri: ${JSON.stringify(FIXTURES)}, handler: 'functions.echo' } }`;
    writeFileSync(
      join(directory, 'edgefc.config.ts'),
      `import { defineConfig } from '@edgefc/runtime';\nexport default defineConfig({ services: { Test: { functions: ${functions} } } });`,
    );
    const env = { EDGEFC_DATA_DIR: join(directory, 'state') };
    for (const time of ['first', 'second']) {
      const { code, stdout, stderr } = await runEdgefc(['check'], { cwd: directory, env });
      expect([code, stderr], time).toEqual([0, '']);
      expect(stdout.toString()).toContain('1 function ok');
    }
    expect(readdirSync(join(directory, 'state'))).toContain('compile-cache');
    expect(existsSync(join(directory, '.edgefc'))).toBe(false);
  });

  it('prints every problem of a configuration, and ends with 2', async () => {
    const directory = makeTempDir();
    writeFileSync(
      join(directory, 'edgefc.config.json'),
      '{ "services": { "S": { "functions": {\n"a": {},\n"b": { "codeUri": ".", "timeout": 5000 } } } } }',
    );
    const { code, stdout, stderr } = await runEdgefc(['check'], { cwd: directory });
    expect([code, stdout.toString()]).toEqual([2, '']);
    expect(stderr).toMatchInlineSnapshot(`
      "error: ConfigError: edgefc.config.json:2: services.S.functions.a.codeUri: found nothing, allowed the directory of the function's code, relative to this file, such as './helloworld'
      error: ConfigError: edgefc.config.json:3: services.S.functions.b.timeout: timeout is 5000 seconds (83 min); did you mean '5s'? If 5000 seconds is right, write '5000s'.
      "
    `);
  });

  it('says which names it looked for where there is no configuration', async () => {
    const { code, stderr } = await runEdgefc(['check'], { cwd: makeTempDir() });
    expect(code).toBe(2);
    expect(stderr).toContain('looked for edgefc.config.ts, edgefc.config.mts, edgefc.config.js');
  });
});
