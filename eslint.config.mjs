/**
 * Lint: type-aware, and the place where the house rules of the code are kept by a machine.
 *
 * Three groups. First the general ones (typescript-eslint's strict set, tuned). Then the ones that keep the design:
 * the engine is pure (I7, I8), time comes from the Clock, only the edges read `process`. Last what differs for tests,
 * scripts and plain JavaScript. Imports between folders and packages are checked in .dependency-cruiser.mjs.
 */
import { builtinModules } from 'node:module';
import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { explainDisable } from './scripts/eslint/explain-disable.mjs';

const TIMERS = ['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate'];
const GLOBAL_OBJECTS = ['globalThis', 'global'];

const useClock = 'Time comes from the Clock (engine/clock.ts), so that tests can fake it.';
const stayPure = 'The engine is pure: it takes what it needs as a port, so that the testkit can run it in-process.';

/** Options for `no-restricted-globals` and `no-restricted-properties` that keep `names` out, also by `globalThis.x`. */
const bannedGlobals = (names, message) => names.map((name) => ({ name, message }));
const bannedThroughGlobalThis = (names, message) =>
  GLOBAL_OBJECTS.flatMap((object) => names.map((property) => ({ object, property, message })));

/** Every built-in by its `node:` name: one spelling, and the purity rule below needs to know only that one. */
const prefixedBuiltins = {
  regex: `^(?:${builtinModules
    .filter((name) => !name.startsWith('_') && !name.startsWith('node:'))
    .map((name) => name.replace('/', '\\/'))
    .join('|')})$`,
  message: 'Write built-in modules with their prefix: node:…',
};

const clockOnly = {
  globals: bannedGlobals([...TIMERS, 'performance'], useClock),
  properties: [
    { object: 'Date', property: 'now', message: useClock },
    ...bannedThroughGlobalThis([...TIMERS, 'performance'], useClock),
  ],
  imports: [
    { regex: '^node:timers(?:\\/promises)?$', message: useClock },
    { regex: '^node:perf_hooks$', importNamePattern: '^performance$', message: useClock },
  ],
  syntax: [{ selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: useClock }],
};

const mutableModuleState = {
  selector:
    'Program > VariableDeclaration[kind=/^(let|var)$/], Program > ExportNamedDeclaration > VariableDeclaration[kind=/^(let|var)$/]',
  message: 'No mutable state at module level: two hosts in one process would share it. Put it into what you create.',
};

const onlyAtTheEdge = [
  { object: 'process', property: 'env', message: 'Only cli/ and worker/ read process.env; take a resolved option.' },
  { object: 'process', property: 'argv', message: 'Only cli/ reads process.argv; take a resolved option.' },
  { object: 'process', property: 'exit', message: 'Only cli/ and worker/ end a process.' },
];

export default defineConfig(
  globalIgnores([
    '**/dist/**',
    '**/.edgefc/**',
    // What tests and benchmarks run as functions: written as users write them, some broken on purpose.
    '**/fixtures/**',
    'bench/functions/**',
    'bench/peers/**',
  ]),

  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' },
    plugins: { edgefc: { rules: { 'explain-disable': explainDisable } } },
    rules: {
      'edgefc/explain-disable': 'error',
      eqeqeq: 'error',
      'object-shorthand': 'error',
      'no-restricted-imports': ['error', { patterns: [prefixedBuiltins] }],

      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { requireDefaultForNonUnion: true, considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/consistent-type-assertions': [
        'error',
        { assertionStyle: 'as', objectLiteralTypeAssertions: 'allow-as-parameter' },
      ],
      '@typescript-eslint/no-dynamic-delete': 'off', // A symbol is a computed key too.
      '@typescript-eslint/require-await': 'off', // `async` is also how a function promises never to throw synchronously.
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { args: 'after-used', argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all' },
      ],
    },
  },

  // What is published keeps no state at module level and does not write to somebody else's console.
  {
    files: ['packages/*/src/**/*.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-syntax': ['error', mutableModuleState],
    },
  },

  // The runtime: time from the Clock, the process from the edge. A file that must differ says so with its reason.
  {
    files: ['packages/runtime/src/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...clockOnly.globals],
      'no-restricted-properties': ['error', ...clockOnly.properties, ...onlyAtTheEdge],
      'no-restricted-imports': ['error', { patterns: [prefixedBuiltins, ...clockOnly.imports] }],
      'no-restricted-syntax': ['error', mutableModuleState, ...clockOnly.syntax],
    },
  },
  {
    files: ['packages/runtime/src/cli/**/*.ts', 'packages/runtime/src/worker/**/*.ts'],
    rules: { 'no-restricted-properties': ['error', ...clockOnly.properties] },
  },

  // The engine: pure. Nothing of the platform that a test could not fake or a browser would not have a meaning for.
  {
    files: ['packages/runtime/src/engine/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...clockOnly.globals,
        ...bannedGlobals(['process', 'console', 'crypto'], stayPure),
      ],
      'no-restricted-properties': [
        'error',
        ...clockOnly.properties,
        ...bannedThroughGlobalThis(['process', 'console', 'crypto'], stayPure),
        { object: 'Math', property: 'random', message: 'Randomness comes from a seedable source (I7).' },
      ],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            prefixedBuiltins,
            {
              // Only built-ins that compute: everything else reads a clock, a disk, a socket or the process.
              regex: '^node:(?!(?:assert|async_hooks|buffer|path|string_decoder|url|util|util\\/types)$)',
              message: stayPure,
            },
          ],
        },
      ],
    },
  },
  {
    files: ['packages/runtime/src/engine/clock.ts'],
    rules: { 'no-restricted-globals': 'off', 'no-restricted-properties': 'off' },
  },

  // Tests wait for what they wait for; they never sleep, never run alone, never run less.
  {
    files: ['**/test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off', // A test that finds nothing there fails, as it should.
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            prefixedBuiltins,
            {
              regex: '^node:timers\\/promises$',
              importNamePattern: '^setTimeout$',
              message: 'No sleeps in tests: wait for a latch or an event.',
            },
          ],
        },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'NewExpression[callee.name="Promise"] CallExpression[callee.name="setTimeout"]',
          message: 'No sleeps in tests: wait for a latch or an event.',
        },
        {
          selector: 'CallExpression[callee.object.name=/^(describe|it|test)$/][callee.property.name="only"]',
          message: 'A focused test hides all others.',
        },
      ],
    },
  },

  // What `edgefc init` writes: the runner waits for a test, so that a stranger's file need not.
  {
    files: ['packages/runtime/templates/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: ['test'] }] },
      ],
    },
  },

  // Plain JavaScript has no type annotations, so the rules about `any` would only complain about their absence.
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: Object.fromEntries(
        ['process', 'console', 'Buffer', 'URL', 'AbortController', 'AbortSignal', 'performance', 'fetch', 'TextDecoder']
          .concat(TIMERS, ['structuredClone', 'queueMicrotask'])
          .map((name) => [name, 'readonly']),
      ),
    },
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-type-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
      '@typescript-eslint/restrict-plus-operands': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/use-unknown-in-catch-callback-variable': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/no-base-to-string': 'off',
    },
  },
  {
    files: ['**/*.cjs', 'apps/**/*.js'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: { require: 'readonly', module: 'writable', exports: 'writable' },
    },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  // JavaScript inside packages and apps belongs to no TypeScript project.
  {
    files: ['packages/**/*.{js,mjs,cjs}', 'apps/**/*.{js,mjs,cjs}', 'bench/**/*.cjs'],
    extends: [tseslint.configs.disableTypeChecked],
  },
);
