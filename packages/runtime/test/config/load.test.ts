import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { hostFacts } from './host-facts-of-tests.ts';

const FUNCTIONS = "{ services: { S: { functions: {\n  f: { codeUri: './code', timeout: '2s' } } } } }";

/** Writes the files, loads them all in one Node, and gives what each came to, and what Node wrote besides. */
async function loadAll(
  files: Readonly<Record<string, string>>,
  others: Readonly<Record<string, string>> = {},
): Promise<{ results: string[]; stderr: string }> {
  const directory = makeTempDir();
  mkdirSync(join(directory, 'code'));
  for (const [name, text] of Object.entries({ ...files, ...others })) writeFileSync(join(directory, name), text);
  const script = join(import.meta.dirname, '..', 'fixtures', 'config', 'load-all.ts');
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, directory, ...Object.keys(files)]);
  const results = JSON.parse(stdout) as string[];
  return { results: results.map((result) => result.replaceAll(directory, '<dir>')), stderr };
}

describe('a configuration in TypeScript or JavaScript', () => {
  const modules = {
    'a.ts': `import { defineConfig, type EdgefcConfig } from '@edgefc/runtime';\nconst config: EdgefcConfig = ${FUNCTIONS};\nexport default defineConfig(config);`,
    'b.mts': `import { defineConfig } from '@edgefc/runtime';\nexport default defineConfig(${FUNCTIONS});`,
    'c.js': `import { defineConfig } from '@edgefc/runtime';\nexport default defineConfig(${FUNCTIONS});`,
    'd.mjs': `export default ${FUNCTIONS};`,
    'e.cjs': `const { defineConfig } = require('@edgefc/runtime');\nmodule.exports = defineConfig(${FUNCTIONS});`,
    'f.ts': `const later = await Promise.resolve(${FUNCTIONS});\nexport default later;`,
  };

  it.each([['no package around it'], ['{}'], ['{ "type": "commonjs" }'], ['{ "type": "module" }']])(
    'is loaded as it is, with defineConfig from this runtime: %s',
    async (manifest) => {
      const others = manifest.startsWith('{') ? { 'package.json': manifest } : {};
      const { results, stderr } = await loadAll(modules, others);
      expect(results).toEqual(Object.keys(modules).map(() => 'S/f 2000 ms'));
      expect(stderr).toBe('');
    },
  );

  it('may be CommonJS without saying so', async () => {
    const { results } = await loadAll({
      'a.js': `module.exports = ${FUNCTIONS};`,
      'b.ts': `module.exports = ${FUNCTIONS};`,
    });
    expect(results).toEqual(['S/f 2000 ms', 'S/f 2000 ms']);
  });

  it('has problems with the lines of the source', async () => {
    const { results } = await loadAll({
      'a.ts': `import { defineConfig } from '@edgefc/runtime';\ntype A = { a: 1 };\nexport default defineConfig(${FUNCTIONS.replace("'2s'", '5000')});`,
      'b.mjs': `export default { services: { S: { functions: {\nf: { codeUri: './code' },\nf: { codeUri: './code' } } } } };`,
      'c.mjs': `const F = { codeUri: './nope' };\nexport default { services: { S: { functions: {\n F } } } };`,
    });
    expect(results).toMatchInlineSnapshot(`
      [
        "a.ts:4: services.S.functions.f.timeout: timeout is 5000 seconds (83 min); did you mean '5s'? If 5000 seconds is right, write '5000s'.",
        "b.mjs:3: services.S.functions.f: the function stands here a second time, first on line 2; rename or remove one",
        "c.mjs:3: services.S.functions.F.codeUri: found "./nope", but <dir>/nope does not exist; allowed a directory",
      ]
    `);
  });

  it('that cannot be loaded says why, and where', async () => {
    const { results } = await loadAll({
      'syntax.ts': 'export default {\n  services: {\n};\n',
      'syntax.mjs': 'export default {\n  services: {\n};\n',
      'syntax.cjs': 'module.exports = {\n  services: {\n};\n',
      'enum.ts': '// one\nenum A { x }\nexport default {};',
      'throws.mjs': "const a = 1;\n\nthrow new TypeError('no gateway id');\nexport default {};",
      'rejects.mjs': "export default await Promise.reject('a text');",
      'missing.mjs': "import './nope.js';\nexport default {};",
      'package.mjs': "import 'no-such-package-of-edgefc';\nexport default {};",
      'nothing.mjs': 'export const config = {};',
      'empty.cjs': '',
      'function.mjs': 'export default () => ({});',
      'wrong.yaml': '',
    });
    expect(results).toMatchInlineSnapshot(`
      [
        "syntax.ts:3: SyntaxError: Expected ',', got ';'",
        "syntax.mjs:3: SyntaxError: Unexpected token ';'",
        "syntax.cjs:3: SyntaxError: Unexpected token ';'",
        "enum.ts:2: TypeScript enum is not supported in strip-only mode; types are stripped, not compiled: write it as plain JavaScript would",
        "throws.mjs:3: it threw while it was loaded: TypeError: no gateway id",
        "rejects.mjs: it threw a text instead of exporting a configuration",
        "missing.mjs: Cannot find module '<dir>/nope.js' imported from <dir>/missing.mjs",
        "package.mjs: Cannot find package 'no-such-package-of-edgefc' imported from <dir>/package.mjs; install it there",
        "nothing.mjs: exports no configuration; write "export default defineConfig({ services: { … } })"",
        "empty.cjs: exports no configuration; write "export default defineConfig({ services: { … } })"",
        "function.mjs: found a function, allowed an object with services",
        "wrong.yaml: cannot tell what kind of configuration this is, allowed a name that ends in .ts, .mts, .js, .mjs, .cjs, .json",
      ]
    `);
  });
});

describe('a configuration that cannot be read', () => {
  it('says so', async () => {
    const directory = makeTempDir();
    mkdirSync(join(directory, 'folder.json'));
    const messageOf = (file: string): Promise<string> =>
      loadConfig(file, hostFacts(directory)).then(
        () => 'loaded',
        (error: unknown) => String(error).replaceAll(directory, '<dir>'),
      );
    expect(await messageOf('nope.json')).toMatchInlineSnapshot(
      `"ConfigError: nope.json: there is no such file (<dir>/nope.json)"`,
    );
    expect(await messageOf('folder.json')).toMatchInlineSnapshot(
      `"ConfigError: folder.json: cannot be read: Error: EISDIR: illegal operation on a directory, read"`,
    );
  });
});
