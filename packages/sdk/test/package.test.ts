/** The built package: its names, its two module systems, its size. Built here, so that the test needs no build before it. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const packageRoot = join(import.meta.dirname, '..');
const directory = mkdtempSync(join(tmpdir(), 'edgefc-sdk-'));
const run = promisify(execFile);
const require = createRequire(import.meta.url);

beforeAll(async () => {
  // In a process of its own: the bundler leaves a service running in the process that uses it.
  const tsup = join(dirname(require.resolve('tsup/package.json')), 'dist/cli-default.js');
  await run(process.execPath, [tsup, '--out-dir', directory, '--no-dts', '--silent'], { cwd: packageRoot });
  await run(process.execPath, ['build/entries.mjs', directory], { cwd: packageRoot });
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

const publicNames = [
  'CredentialProviderChain',
  'ERROR_CODES',
  'EdgefcError',
  'FCClient',
  'FunctionError',
  'IoTData',
  'NonRetryableError',
  'RetryLater',
  'default',
  'defineHandler',
  'functionRef',
  'isEdgefcError',
];

describe('the built package', () => {
  it('has these public names and no others, for require and for import', async () => {
    const required = require(join(directory, 'index.cjs')) as Record<string, unknown>;
    const imported = (await import(pathToFileURL(join(directory, 'index.js')).href)) as Record<string, unknown>;
    expect(Object.keys(required).sort()).toEqual(publicNames);
    expect(Object.keys(imported).sort()).toEqual(publicNames);
  });

  it('works as the document writes it, and with a default import', async () => {
    const leSdk = require(join(directory, 'index.cjs')) as { FCClient: new () => object };
    expect(new leSdk.FCClient()).toHaveProperty('invokeFunction');
    const imported = (await import(pathToFileURL(join(directory, 'index.js')).href)) as Record<string, unknown>;
    expect(imported['default']).toEqual({
      FCClient: imported['FCClient'],
      IoTData: imported['IoTData'],
      CredentialProviderChain: imported['CredentialProviderChain'],
    });
  });

  it('has the names of linkedge-common-js', () => {
    const common = require(join(directory, 'linkedge-common-js.cjs')) as Record<string, unknown>;
    expect(Object.keys(common).sort()).toEqual(['IPCWrapper', 'buildArnString', 'envVars', 'ws']);
  });

  it('is one implementation, however it is loaded', async () => {
    // In Node itself: Vitest would load what is imported once more.
    const script = `
      import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
      for (const entry of ['index', 'linkedge-common-js']) {
        const imported = await import(\`./\${entry}.js\`);
        for (const [name, value] of Object.entries(require(\`./\${entry}.cjs\`))) console.log(name, imported[name] === value);
      }`;
    await writeFile(join(directory, 'both.mjs'), script);
    const { stdout } = await run(process.execPath, ['both.mjs'], { cwd: directory });
    const common = ['IPCWrapper', 'buildArnString', 'envVars', 'ws'];
    expect(stdout.trim().split('\n').sort()).toEqual([...publicNames, ...common].map((name) => `${name} true`).sort());
  });

  it('is small, and its classes have their names in stack traces', () => {
    const code = readFileSync(join(directory, 'core.cjs'), 'utf8');
    expect(code.length).toBeLessThan(25_000);
    // Node prints the line from which something was thrown.
    expect(Math.max(...code.split('\n').map((line) => line.length))).toBeLessThan(1000);
    const names = Object.entries(require(join(directory, 'core.cjs')) as object)
      .filter(([name, value]) => typeof value === 'function' && /^[A-Z]/.test(name))
      .map(([name, value]) => [name, (value as { name: string }).name]);
    expect(names.length).toBeGreaterThan(5);
    expect(names).toEqual(names.map(([name]) => [name, name]));
  });

  it('imports nothing but itself and Node', () => {
    const specifiers = readdirSync(directory)
      .filter((file) => /\.c?js$/.test(file))
      .flatMap((file) => specifiersIn(join(directory, file)));
    expect(specifiers.length).toBeGreaterThan(0);
    expect(specifiers.filter((specifier) => !/^(?:\.\/|node:|util$|util\/types$)/.test(specifier))).toEqual([]);
  });

  it('publishes every entry that is built but the internal one, and has no dependency', () => {
    const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
      exports: Record<string, unknown>;
      publishConfig: { exports: Record<string, unknown> };
      dependencies?: object;
    };
    const { './internal': internal, ...published } = manifest.exports;
    expect(internal).toBe('./dist/internal.js');
    expect(manifest.publishConfig.exports).toEqual(published);
    expect(Object.keys(published)).toEqual(['.', './linkedge-common-js', './package.json']);
    expect(manifest.dependencies).toBeUndefined();
    const files = readdirSync(directory);
    for (const name of ['index', 'linkedge-common-js']) {
      expect(files).toEqual(expect.arrayContaining([`${name}.js`, `${name}.cjs`]));
    }
  });
});

function specifiersIn(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/(?:from|import|require\()\s*["'`]([^"'`]+)["'`]/g)].map(
    ([, specifier]) => String(specifier),
  );
}
