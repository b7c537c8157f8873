/**
 * `pnpm verify`: everything that must hold before a change goes in, and exactly what CI runs.
 *
 * Runs all stages, also after one has failed, prints a line for each with its time and the output of those that failed,
 * and ends with exit code 1 if any did.
 *
 *     --skip-tests       leaves the tests out, for a caller that has just run them
 *     --results <file>   writes [{ name, ok, ms }] as JSON
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { PUBLISHED, packInto, tarballOf } from './pack.mjs';
import { runCommand } from './run-command.mjs';
import { runTurbo } from './turbo.mjs';

const { values: options } = parseArgs({
  options: { 'skip-tests': { type: 'boolean', default: false }, results: { type: 'string' } },
});

const tarballs = mkdtempSync(join(tmpdir(), 'edgefc-verify-'));

/**
 * What attw looks at, one line an entry point. `node16` is what Node and bundlers do today, CommonJS and ES modules;
 * `strict` adds the resolution of before package.json had `exports`, which only main entries can serve; the runtime's own
 * entry is an ES module only, by decision.
 */
const TYPE_CHECKS = [
  { folder: 'sdk', entry: '.', profile: 'strict' },
  { folder: 'sdk', entry: './linkedge-common-js', profile: 'node16' },
  { folder: 'runtime', entry: '.', profile: 'esm-only' },
  { folder: 'runtime', entry: './engine', profile: 'node16' },
  { folder: 'runtime', entry: './testing', profile: 'node16' },
  { folder: 'testkit', entry: '.', profile: 'strict' },
  { folder: 'testkit', entry: './conformance', profile: 'node16' },
  { folder: 'testkit', entry: './jest', profile: 'node16' },
  { folder: 'testkit', entry: './matchers/jest', profile: 'node16' },
  { folder: 'testkit', entry: './matchers/vitest', profile: 'esm-only' },
  { folder: 'testkit', entry: './register', profile: 'node16' },
  { folder: 'testkit', entry: './vitest', profile: 'node16' },
];

const script = (name, ...args) =>
  runCommand(process.execPath, [join(import.meta.dirname, name), ...args], { timeout: 600_000 });

/** In order. Build comes first: type-aware lint and the type check read what the packages declare to each other. */
const STAGES = [
  { name: 'build', run: () => runTurbo(['build']) },
  { name: 'lint', run: () => runCommand('eslint', ['.', '--max-warnings', '0']) },
  { name: 'format', run: () => runCommand('prettier', ['--check', '--log-level', 'warn', '.']) },
  {
    name: 'types',
    run: () => inTurn([() => runTurbo(['typecheck']), () => runCommand('tsc', ['-p', 'tsconfig.json'])]),
  },
  { name: 'tests', run: () => runCommand('vitest', ['run'], { timeout: 480_000 }) },
  { name: 'oldest Node', run: () => script('test-oldest-node.mjs') },
  { name: 'pack', run: () => packInto(tarballs) },
  {
    name: 'publint',
    run: () =>
      inTurn(PUBLISHED.map((folder) => () => runCommand('publint', ['run', tarballOf(folder, tarballs), '--strict']))),
  },
  {
    name: 'attw',
    run: () =>
      inTurn(
        TYPE_CHECKS.map(
          ({ folder, entry, profile }) =>
            () =>
              runCommand('attw', [
                tarballOf(folder, tarballs),
                '--entrypoints',
                entry,
                '--profile',
                profile,
                '--no-emoji',
              ]),
        ),
      ),
  },
  { name: 'unused code', run: () => runCommand('knip', ['--no-progress', '--no-config-hints']) },
  { name: 'import boundaries', run: () => runCommand('depcruise', ['packages', 'apps', 'scripts', 'bench']) },
  { name: 'contract', run: () => script('check-contract.mjs') },
  { name: 'lock files', run: () => script('check-lockfiles.mjs') },
  { name: 'pack test', run: () => script('pack-test.mjs', '--tarballs', tarballs) },
  { name: 'footprint', run: () => script('footprint.mjs', '--check', '--tarballs', tarballs) },
  { name: 'public types', run: () => script('api.mjs') },
  { name: 'workflows', run: () => script('release/lint-workflows.mjs') },
  { name: 'API reference', run: () => script('release/api-reference.mjs') },
  { name: 'documentation', run: () => script('docs/check.mjs', '--tarballs', tarballs) },
  { name: 'init', run: () => script('init-test.mjs', '--tarballs', tarballs) },
  { name: 'gateway bundle', run: () => inTurn([() => bundleGateway(), () => checkBundle()]) },
  { name: 'testkit matrix', run: () => script('testkit-matrix.mjs', '--tarballs', tarballs) },
  { name: 'release rehearsal', run: () => script('release/rehearse.mjs') },
];

const results = [];
const gateway = join(tarballs, 'gateway');
try {
  for (const { name, run } of STAGES) {
    if (name === 'tests' && options['skip-tests']) continue;
    const start = performance.now();
    const { code, output } = await run();
    const ms = Math.round(performance.now() - start);
    const ok = code === 0;
    results.push({ name, ok, ms });
    const mark = ok ? styleText('green', 'ok    ') : styleText('red', 'FAILED');
    console.log(`${mark}  ${name.padEnd(18)} ${(ms / 1000).toFixed(1).padStart(6)} s`);
    if (!ok) console.log(`\n${output.trimEnd().replace(/^/gm, '    ')}\n`);
  }
} finally {
  rmSync(tarballs, { recursive: true, force: true });
}

const failed = results.filter(({ ok }) => !ok).map(({ name }) => name);
console.log(failed.length === 0 ? `all ${results.length} stages passed` : `failed: ${failed.join(', ')}`);
if (options.results !== undefined) writeFileSync(options.results, JSON.stringify(results));
process.exitCode = failed.length === 0 ? 0 : 1;

/** What a box without a registry gets, for the machine that this is. */
function bundleGateway() {
  return script('bundle-gateway.mjs', '--arch', process.arch, '--out', gateway, '--tarballs', tarballs);
}

function checkBundle() {
  const { version } = JSON.parse(readFileSync(new URL('../packages/runtime/package.json', import.meta.url), 'utf8'));
  return script('bundle-check.mjs', '--bundle', join(gateway, `edgefc-${version}-linux-${process.arch}.tar.gz`));
}

/** Runs the commands one after another, all of them, and fails when one has. */
async function inTurn(commands) {
  let code = 0;
  let output = '';
  for (const command of commands) {
    const result = await command();
    code ||= result.code;
    output += result.output;
  }
  return { code, output };
}
