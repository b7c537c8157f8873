/**
 * Who may import whom: between packages, between the runtime's folders, and never in a circle.
 *
 *     sdk  <--  runtime  <--  testkit         arrows are imports; sdk imports nobody of ours
 *
 * Inside the runtime `engine/` is the middle and knows nobody; `isolation/` and `worker/` are the two sides of one
 * wall and share only `engine/` and `wall/`, the codec between them; `host.ts` puts everything together; `cli/` talks
 * to the host.
 * A package is named twice in the rules, by its folder and by its name: by name it resolves to its built `dist/`,
 * or to nothing in a clone that was not built yet, and must be refused in all three cases.
 */
const RUNTIME = '^packages/runtime/src';

/** Matches package `name` however an import reaches it. */
const pkg = (name) => `^(?:packages/${name}/|@edgefc/${name}(?:/|$))`;
const APPS = '^(?:apps|bench)/';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Files that import each other in a circle can only be read and loaded together. Types count.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      comment:
        'This import leads nowhere. A package of ours leads nowhere until it is built, and is let off; so are the names that the host resolves for functions.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^@edgefc/|^linkedge-(core-sdk|common-js)$' },
    },
    {
      name: 'sdk-stands-alone',
      comment: 'The SDK is what a function carries: it imports none of our packages.',
      severity: 'error',
      from: { path: '^packages/sdk/' },
      to: { path: [pkg('runtime'), pkg('testkit'), APPS] },
    },
    {
      name: 'runtime-knows-only-the-sdk',
      comment: 'The host does not know what tests it or runs on it. What `edgefc init` writes is nothing of the host.',
      severity: 'error',
      from: { path: '^packages/runtime/', pathNot: '^packages/runtime/templates/' },
      to: { path: [pkg('testkit'), APPS] },
    },
    {
      name: 'testkit-knows-no-app',
      severity: 'error',
      from: { path: '^packages/testkit/' },
      to: { path: APPS },
    },
    {
      name: 'packages-by-name',
      comment: 'Another package is imported by its name and its exports, never by a path into its folder.',
      severity: 'error',
      from: { path: '^(?:packages|apps)/([^/]+)/' },
      to: { path: '^packages/[^/]+/', pathNot: '^packages/$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'not-through-own-index',
      comment: 'index.ts is the face for others. Inside the package import the file that has the thing.',
      severity: 'error',
      // core.ts is what is built of the SDK: the same face, and another one.
      from: { path: '^packages/([^/]+)/src/', pathNot: '^packages/sdk/src/core[.]ts$' },
      to: {
        path: [
          '^packages/$1/src/index[.]ts$',
          '^packages/$1/src/[^/]+/index[.]ts$',
          '^packages/$1/dist/',
          '^@edgefc/$1(?:/|$)',
        ],
      },
    },
    {
      name: 'engine-is-pure',
      comment: 'engine/ runs in the testkit too: it imports nothing of the runtime but itself.',
      severity: 'error',
      from: { path: `${RUNTIME}/engine/` },
      to: { path: `${RUNTIME}/`, pathNot: `${RUNTIME}/engine/` },
    },
    {
      name: 'worker-only-knows-the-engine',
      comment: 'The function side of the wall: it is loaded into every instance and must not pull in the host.',
      severity: 'error',
      from: { path: `${RUNTIME}/worker/` },
      to: { path: `${RUNTIME}/`, pathNot: `${RUNTIME}/(?:worker|wall|engine)/` },
    },
    {
      name: 'isolation-only-knows-the-engine',
      comment: 'The host side of the wall starts worker entries by file name and imports nothing of them.',
      severity: 'error',
      from: { path: `${RUNTIME}/isolation/` },
      to: { path: `${RUNTIME}/`, pathNot: `${RUNTIME}/(?:isolation|wall|engine)/` },
    },
    {
      name: 'leaves-only-know-the-engine',
      comment: 'observe/ and store/ hang on the engine; the configuration describes it; wall/ carries its messages.',
      severity: 'error',
      from: { path: `${RUNTIME}/(observe|store|config|wall)/` },
      to: { path: `${RUNTIME}/`, pathNot: `${RUNTIME}/(?:$1|engine)/` },
    },
    {
      name: 'cli-uses-the-host',
      comment:
        'A command starts a host or reaches one, reads a configuration and prints what happens. Of the engine: its types, and what names, times and prints.',
      severity: 'error',
      from: { path: `${RUNTIME}/cli/` },
      to: {
        path: `${RUNTIME}/`,
        pathNot: `${RUNTIME}/(?:(?:cli|config|observe|admin|export)/|host[.]ts$|store/lock[.]ts$|engine/(?:clock|events|format|protocol|queue/queue|queue/work|invocation/outcome)[.]ts$)`,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'host-knows-no-command',
      severity: 'error',
      from: { path: `${RUNTIME}/`, pathNot: `${RUNTIME}/cli/` },
      to: { path: `${RUNTIME}/cli/` },
    },
    {
      name: 'no-test-in-source',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: { path: '^packages/[^/]+/test/' },
    },
    {
      name: 'declared-dependencies',
      comment:
        'What is published may only import what its package.json declares as a dependency, or what its build bundles.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      // Bundled into the command: BUNDLED in packages/runtime/tsup.config.ts.
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        pathNot: '/node_modules/(?:zod|commander|croner)/',
      },
    },
  ],
  options: {
    tsPreCompilationDeps: true, // Imports of types count.
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: false,
    doNotFollow: { path: ['(?:^|/)node_modules/', '/dist/'] },
    // A package of its own, and what other programs load.
    exclude: { path: ['/fixtures/', '^bench/(?:functions|peers)/', '^scripts/release/registry/'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'require', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.cjs', '.js', '.json'],
    },
  },
};
