/** The built package: its names, its two module systems, its size. Built here, so that the test needs no build before it. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
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
  await run(process.execPath, [tsup, '--out-dir', directory, '--minify', '--no-dts', '--silent'], { cwd: packageRoot });
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

  it.each(['index.js', 'index.cjs'])('is under 20 kB with all that %s loads', (entry) => {
    const size = loadedBy(join(directory, entry)).reduce((sum, file) => sum + readFileSync(file).byteLength, 0);
    expect(size).toBeLessThan(20_000);
    expect(size).toBeGreaterThan(5_000); // Less means that a chunk was not found.
  });

  it('imports nothing but itself and Node', () => {
    const specifiers = readdirSync(directory)
      .filter((file) => /\.c?js$/.test(file))
      .flatMap((file) => specifiersIn(join(directory, file)));
    expect(specifiers.length).toBeGreaterThan(0);
    expect(specifiers.filter((specifier) => !/^(?:\.\/|node:|util$|util\/types$)/.test(specifier))).toEqual([]);
  });

  it('declares every entry that is built, in both module systems, and no dependency', () => {
    const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
      exports: Record<string, unknown>;
      dependencies?: object;
    };
    expect(Object.keys(manifest.exports)).toEqual(['.', './internal', './linkedge-common-js', './package.json']);
    expect(manifest.dependencies).toBeUndefined();
    const files = readdirSync(directory);
    for (const name of ['index', 'internal', 'linkedge-common-js']) {
      expect(files).toEqual(expect.arrayContaining([`${name}.js`, `${name}.cjs`]));
    }
  });
});

/** A file and all chunks that it loads. */
function loadedBy(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file)) return [...seen];
  seen.add(file);
  for (const specifier of specifiersIn(file)) {
    if (specifier.startsWith('./')) loadedBy(join(dirname(file), specifier), seen);
  }
  return [...seen];
}

function specifiersIn(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/(?:from|import|require\()\s*["'`]([^"'`]+)["'`]/g)].map(
    ([, specifier]) => String(specifier),
  );
}
