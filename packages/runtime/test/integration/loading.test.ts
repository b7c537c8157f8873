/** Which files a handler may be in, and what is said when it does not load (SPEC 1, files; Bad input). */
import { describe, expect, it } from 'vitest';
import type { IsolationKind } from '../../src/engine/definition.ts';
import { writeFiles } from '../support/files.ts';
import { startHost, type Failure, type TestHost } from '../support/test-host.ts';

const COMMON_JS = "exports.handler = async () => 'loaded';";
const ES_MODULE = "export const handler = async () => 'loaded';";
const TYPESCRIPT = "export const handler = async (event: string): Promise<string> => 'loaded' as string;";

function hostOf(isolation: IsolationKind, codeUri: string, handler: string): Promise<TestHost> {
  return startHost({ isolation, functions: { 'S/f': { codeUri, handler } } });
}

describe.each(['thread', 'process'] as const)('a handler in a file, loaded in a %s', (isolation) => {
  it.each([
    ['CommonJS in .js', { 'index.js': COMMON_JS }],
    ['CommonJS in .cjs', { 'index.cjs': COMMON_JS }],
    ['CommonJS that replaces module.exports', { 'index.js': "module.exports = { handler: async () => 'loaded' };" }],
    ['an ES module in .mjs', { 'index.mjs': ES_MODULE }],
    ['an ES module in .js by its package', { 'index.js': ES_MODULE, 'package.json': '{"type":"module"}' }],
    ['an ES module in .js by its syntax', { 'index.js': ES_MODULE }],
    ['an ES module with top-level await', { 'index.mjs': `await null;\n${ES_MODULE}` }],
    ['an ES module in .js by its syntax, with top-level await', { 'index.js': `await null;\n${ES_MODULE}` }],
    ['a default export that holds it', { 'index.mjs': "export default { handler: async () => 'loaded' };" }],
    ['TypeScript in .ts', { 'index.ts': TYPESCRIPT }],
    ['TypeScript in .mts', { 'index.mts': TYPESCRIPT }],
    ['TypeScript in .cts', { 'index.cts': "exports.handler = async (event: string) => 'loaded' as string;" }],
    [
      'TypeScript that imports TypeScript',
      { 'index.ts': "export { handler } from './other.ts';", 'other.ts': TYPESCRIPT },
    ],
    [
      'the first of several, in the order .js .cjs .mjs .ts .mts .cts',
      {
        'index.cjs': COMMON_JS,
        'index.ts': "throw new Error('wrong file');",
        'index.mjs': "throw new Error('wrong file');",
      },
    ],
    [
      'a method that uses this',
      { 'index.js': "exports.word = 'loaded'; exports.handler = async function () { return this.word; };" },
    ],
  ])('runs without a build step: %s', async (_what, files) => {
    await using host = await hostOf(isolation, writeFiles(files), 'index.handler');
    expect(await host.value('S/f')).toBe('loaded');
    expect(host.logs).toEqual([]); // Above all, no warning of Node's about what it had to guess.
  });

  it('may be in a folder below, under any name', async () => {
    const codeUri = writeFiles({ 'src/app.main.js': "exports.run = async () => 'loaded';" });
    await using host = await hostOf(isolation, codeUri, 'src/app.main.run');
    expect(await host.value('S/f')).toBe('loaded');
  });

  it('finds its own dependencies beside itself', async () => {
    const codeUri = writeFiles({
      'index.js': "exports.handler = async () => require('dependency') + require('./part.json').text;",
      'part.json': '{"text":"ed"}',
      'node_modules/dependency/index.js': "module.exports = 'load';",
    });
    await using host = await hostOf(isolation, codeUri, 'index.handler');
    expect(await host.value('S/f')).toBe('loaded');
  });

  it('has stack traces that point at its source line, also in TypeScript', async () => {
    const codeUri = writeFiles({
      'index.ts': [
        'interface Event {',
        '  readonly a: string;',
        '}',
        'export const handler = async (event: Event): Promise<never> => {',
        '  throw new Error(`here: ${event.a as string}`);',
        '};',
      ].join('\n'),
    });
    await using host = await hostOf(isolation, codeUri, 'index.handler');
    expect((await host.failure('S/f')).stackTrace[0]).toMatch(/index\.ts:5:9\)?$/);
  });
});

describe.each(['thread', 'process'] as const)('a handler that cannot be loaded in a %s', (isolation) => {
  const load = async (
    files: Record<string, string>,
    handler = 'index.handler',
  ): Promise<Failure & { codeUri: string }> => {
    const codeUri = writeFiles(files);
    await using host = await hostOf(isolation, codeUri, handler);
    const failure = await host.failure('S/f');
    expect(failure).toMatchObject({ functionError: 'Unhandled', errorType: 'LoadError' });
    return { ...failure, codeUri };
  };

  it('says which file was looked for, where, and what is there', async () => {
    const { errorMessage, codeUri } = await load({ 'main.js': '', 'readme.txt': '' });
    expect(errorMessage).toBe(
      `S/f: handler needs a file index with one of .js .cjs .mjs .ts .mts .cts in ${codeUri}, and there is none; it holds main.js`,
    );
  });

  it('says when the folder is empty or not there at all', async () => {
    expect((await load({ 'readme.txt': '' })).errorMessage).toMatch(/and there is none; it holds no module at all$/);
    expect((await load({ 'x.js': '' }, 'src/index.handler')).errorMessage).toMatch(
      /\/src, .*; the directory does not exist$/,
    );
  });

  it('says when codeUri is not there', async () => {
    await using host = await hostOf(isolation, '/nowhere/at/all', 'index.handler');
    expect(await host.failure('S/f')).toMatchObject({
      functionError: 'Unhandled',
      errorType: 'LoadError',
      errorMessage: expect.stringMatching(/\/nowhere\/at\/all.* the directory does not exist/) as string,
    });
  });

  it('says what is exported instead', async () => {
    const { errorMessage, codeUri } = await load({ 'index.js': 'exports.handle = () => {}; exports.other = 1;' });
    expect(errorMessage).toBe(
      `S/f: handler "index.handler": ${codeUri}/index.js does not export "handler"; it exports handle, other`,
    );
    expect((await load({ 'index.js': '' })).errorMessage).toMatch(/does not export "handler"; it exports nothing$/);
  });

  it('says what the export is, when it is no function', async () => {
    const { errorMessage, codeUri } = await load({ 'index.mjs': "export const handler = 'text';" });
    expect(errorMessage).toBe(
      `S/f: handler "index.handler": ${codeUri}/index.mjs exports "handler", but it is a string, not a function`,
    );
  });

  it('says how a handler is written', async () => {
    expect((await load({ 'index.js': COMMON_JS }, 'handler')).errorMessage).toBe(
      'S/f: handler "handler" is not of the form file.export, like "index.handler"',
    );
  });

  it.each(['index.js', 'index.cjs', 'index.ts', 'index.mjs'])('says where the syntax is wrong: %s', async (file) => {
    const { errorMessage, codeUri } = await load({ [file]: 'const a = 1;\nconst = 2;\n' });
    expect(errorMessage).toContain(`${codeUri}/${file} could not be loaded: SyntaxError: `);
    expect(errorMessage).toMatch(file === 'index.mjs' ? /SyntaxError: ./ : new RegExp(`${file}:2\\)?`));
  });

  it.each([
    ['CommonJS', 'index.js', "const x = 1;\nthrow new RangeError('no such port');"],
    ['an ES module', 'index.mjs', "const x = 1;\nthrow new RangeError('no such port');"],
    ['TypeScript', 'index.ts', "const x: number = 1;\nthrow new RangeError('no such port');"],
  ])('says what its top level threw, and where: %s', async (_what, file, source) => {
    const { errorMessage, stackTrace, codeUri } = await load({ [file]: source });
    expect(errorMessage).toBe(`${codeUri}/${file} could not be loaded: RangeError: no such port`);
    expect(stackTrace.join('\n')).toMatch(new RegExp(`${file}:2:7`));
  });

  it('says what its top level threw, when that is no error', async () => {
    const { errorMessage, codeUri } = await load({ 'index.js': "throw 'a tantrum';" });
    expect(errorMessage).toBe(`${codeUri}/index.js could not be loaded: it threw a tantrum at its top level`);
  });

  it.each([
    ['require', 'index.js', "require('not-installed');"],
    ['import', 'index.mjs', "import 'not-installed';"],
  ])('says which module is not installed: %s', async (_how, file, source) => {
    const { errorMessage } = await load({ [file]: source });
    expect(errorMessage).toMatch(
      /Cannot find (?:module|package) 'not-installed'.*; is it installed under the function's codeUri\?$/,
    );
  });

  it.each([
    ['import', 'index.mjs', "import './helper';", "Node wants the whole name: write 'helper.mjs'"],
    ['require', 'index.cjs', "require('./lib/helper');", 'there is no such file'],
  ])('says of a file of the function that is not there what is: %s', async (_how, file, source, mend) => {
    const { errorMessage } = await load({ [file]: source, 'helper.mjs': 'export {};' });
    expect(errorMessage).toMatch(/ could not be loaded: Cannot find module '[^']*helper'/);
    expect(errorMessage.endsWith(`; ${mend}`)).toBe(true);
  });

  it.each([
    ['index.cjs', 'index.mjs'],
    ['index.js', 'index.mjs, or set "type": "module" in its package.json'],
    ['index.ts', 'index.mts, or set "type": "module" in its package.json'],
    ['index.cts', 'index.mts'],
  ])('says how to name an ES module that comes as CommonJS: %s', async (file, mend) => {
    const { errorMessage } = await load({ [file]: ES_MODULE, 'package.json': '{ "type": "commonjs" }' });
    expect(errorMessage).toMatch(/SyntaxError: .*; it is an ES module in a file that is read as CommonJS: name it /);
    expect(errorMessage.split('name it ')[1]).toBe(mend);
  });

  it.each([
    ['an enum', 'enum Level { Low }'],
    ['a parameter property', 'class A { constructor(readonly a: string) {} }'],
    ['a namespace', 'namespace N { export const a = 1; }'],
  ])('says what type stripping cannot do: %s', async (_what, source) => {
    const { errorMessage } = await load({ 'index.ts': `${source}\n${TYPESCRIPT}` });
    expect(errorMessage).toMatch(
      /; types are stripped, not compiled: replace enums, namespaces and parameter properties, or compile the file$/,
    );
  });

  it('is tried again by the next call', async () => {
    const codeUri = writeFiles({ 'index.js': "exports.handler = require('./later.json').text;" });
    await using host = await hostOf(isolation, codeUri, 'index.handler');
    await host.failure('S/f');
    await host.failure('S/f');
    expect(host.instances.size).toBe(2);
  });
});
