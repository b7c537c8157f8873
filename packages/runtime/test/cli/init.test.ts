/**
 * `edgefc init`: what it writes, what it refuses and what it asks. That the project runs, with the commands that are printed,
 * is seen in scripts/init-test.mjs, where the packages are installed.
 */
import { existsSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { askLanguage } from '../../src/cli/init/ask-language.ts';
import { toPackageName } from '../../src/cli/init/template.ts';
import type { CliContext } from '../../src/cli/context.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { runEdgefc } from './run-edgefc.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..', '..');

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly scripts: Record<string, string>;
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .sort();
}

describe.each([
  { language: 'typescript', flags: [], extension: 'ts' },
  { language: 'javascript', flags: ['--javascript'], extension: 'js' },
])('edgefc init, $language', ({ language, flags, extension }) => {
  it('writes a project that the same command then finds right', async () => {
    const cwd = makeTempDir();
    const { code, stdout, stderr } = await runEdgefc(['init', 'my-functions', ...flags], { cwd });
    expect([code, stderr]).toEqual([0, '']);
    const folder = join(cwd, 'my-functions');
    const expected = [
      '.gitignore',
      'README.md',
      `edgefc.config.${extension}`,
      `functions/thermometer/index.${extension}`,
      `functions/watch/index.${extension}`,
      'package.json',
      `test/watch.test.${extension}`,
      ...(language === 'typescript' ? ['tsconfig.json'] : []),
    ];
    expect(filesOf(folder)).toEqual(expected);
    for (const file of expected) expect(stdout.toString()).toContain(`  ${file}\n`);
    expect(stdout.toString()).toContain('cd my-functions\n  npm install\n  npm test ');

    const check = await runEdgefc(['check'], { cwd: folder });
    expect([check.code, check.stdout.toString()]).toEqual([0, expect.stringContaining('2 functions ok')]);
    const watch = await runEdgefc(['invoke', 'Home/watch'], { cwd: folder });
    expect(watch.stdout.toString()).toMatch(/^\{"celsius":[\d.]+,"verdict":"(?:fine|too hot)"\}$/);
  });

  it('leaves no hole in a file, and asks for the versions that belong together', async () => {
    const cwd = makeTempDir();
    await runEdgefc(['init', '.', ...flags, '--yes'], { cwd });
    for (const file of filesOf(cwd)) expect(readFileSync(join(cwd, file), 'utf8')).not.toMatch(/\{\{|\}\}/);
    const { dependencies, devDependencies, scripts } = readManifest(cwd);
    const runtime = readManifest(join(ROOT, 'packages', 'runtime')).version;
    const testkit = readManifest(join(ROOT, 'packages', 'testkit')).version;
    const sdk = readManifest(join(ROOT, 'packages', 'sdk')).version;
    expect(dependencies).toEqual({ '@edgefc/runtime': `^${runtime}`, '@edgefc/sdk': `^${sdk}` });
    expect(devDependencies).toMatchObject({ '@edgefc/testkit': `^${testkit}` });
    expect(Object.keys(scripts)).toEqual(['start', 'test']);
    // What the workspace itself is checked with.
    const workspace = readManifest(ROOT).devDependencies;
    for (const name of ['typescript', '@types/node']) {
      if (name in devDependencies) expect(devDependencies[name]?.slice(1)).toBe(workspace[name]);
    }
  });
});

describe('edgefc init', () => {
  it('overwrites nothing, says which files are in the way, and writes no other one', async () => {
    const cwd = makeTempDir();
    writeFileSync(join(cwd, 'package.json'), 'mine');
    symlinkSync('nowhere', join(cwd, 'README.md'));
    const { code, stdout, stderr } = await runEdgefc(['init', '--yes'], { cwd });
    expect([code, stdout.toString()]).toEqual([2, '']);
    expect(stderr).toContain(`README.md, package.json are already in ${cwd}, and nothing is overwritten`);
    expect(readdirSync(cwd).sort()).toEqual(['README.md', 'package.json']);
    expect(readFileSync(join(cwd, 'package.json'), 'utf8')).toBe('mine');
  });

  it('says that a file is no place for a project', async () => {
    const cwd = makeTempDir();
    writeFileSync(join(cwd, 'taken'), '');
    const { code, stderr } = await runEdgefc(['init', 'taken'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain(`the project cannot be written to ${join(cwd, 'taken')}`);
  });

  it('does not take both languages', async () => {
    const cwd = makeTempDir();
    const { code, stderr } = await runEdgefc(['init', '--typescript', '--javascript'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('cannot be used with');
    expect(existsSync(join(cwd, 'package.json'))).toBe(false);
  });

  it.each([
    ['Js Two', 'js-two'],
    ['@acme/line_1', 'acme-line_1'],
    ['.hidden', 'hidden'],
    ['温度', 'edgefc-functions'],
    ['node_modules', 'edgefc-functions'],
  ])('calls the package of %j %s', (folder, name) => {
    expect(toPackageName(folder)).toBe(name);
  });
});

describe('the question', () => {
  function terminal(): { context: CliContext; stdin: PassThrough & { isTTY: boolean }; shown: () => string } {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const stream = new PassThrough();
    const stdout = { stream, isTerminal: true, colour: false };
    const context = { stdin, stdout } satisfies Partial<CliContext> as unknown as CliContext;
    return { context, stdin, shown: () => String(stream.read() ?? '') };
  }

  it.each([
    ['\n', 'typescript'],
    ['t\n', 'typescript'],
    ['JavaScript\n', 'javascript'],
    ['js\n', 'javascript'],
  ])('takes %j as %s', async (typed, language) => {
    const { context, stdin } = terminal();
    stdin.write(typed);
    expect(await askLanguage(context)).toBe(language);
  });

  it('is asked again until it is answered', async () => {
    const { context, stdin, shown } = terminal();
    stdin.write('perl\nj\n');
    expect(await askLanguage(context)).toBe('javascript');
    expect(shown().match(/TypeScript or JavaScript\?/g)).toHaveLength(2);
  });

  it('may be left without an answer', async () => {
    const { context, stdin } = terminal();
    stdin.end();
    expect(await askLanguage(context)).toBe(undefined);
  });

  it('is not asked where nobody can answer', async () => {
    const { context, stdin, shown } = terminal();
    stdin.isTTY = false;
    expect(await askLanguage(context)).toBe('typescript');
    expect(shown()).toBe('');
  });
});
