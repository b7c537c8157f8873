/**
 * Three builds that share one dist/, each flat:
 *
 * - the library and the command, ES modules with common chunks. They find the worker entries beside themselves.
 * - `engine` once more as CommonJS, because the testkit ships both.
 * - the worker entries, which start with every instance: one CommonJS file each, the SDK's half bundled in, so that
 *   starting one reads a single file. CommonJS has no `import.meta`: they use `__filename`.
 *
 * The builds run at once, so none may clean: each would delete what the others have written. The package's build
 * script empties dist/ before tsup starts.
 */
import type { Options } from 'tsup';

const shared = {
  target: 'node22',
  platform: 'node',
  treeshake: true,
  clean: false,
  removeNodeProtocol: false, // Some built-ins (node:sqlite) have no other name.
} satisfies Options;

const builds: Options[] = [
  {
    ...shared,
    entry: { index: 'src/index.ts', main: 'src/cli/main.ts', engine: 'src/engine/index.ts' },
    format: 'esm',
    splitting: true,
    dts: { entry: { index: 'src/index.ts', engine: 'src/engine/index.ts' } },
    external: ['@edgefc/sdk', '@edgefc/sdk/internal'],
  },
  {
    ...shared,
    entry: { engine: 'src/engine/index.ts' },
    format: 'cjs',
    splitting: false,
    dts: true,
    external: ['@edgefc/sdk', '@edgefc/sdk/internal'],
  },
  {
    ...shared,
    entry: { 'thread-entry': 'src/worker/thread-entry.ts', 'process-entry': 'src/worker/process-entry.ts' },
    format: 'cjs',
    splitting: false,
    dts: false,
    noExternal: [/^@edgefc\/sdk(?:\/|$)/],
  },
];

export default builds;
