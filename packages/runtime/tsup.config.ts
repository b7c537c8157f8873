/**
 * Three builds that share one dist/, each flat:
 *
 * - the library and the command, ES modules with common chunks. They find the worker entries beside themselves.
 * - `engine` and `testing` once more as CommonJS, because the testkit ships both.
 * - the worker entries, which start with every instance, and the queue's writer: one CommonJS file each, the SDK's half
 *   bundled in, so that starting one reads a single file. CommonJS has no `import.meta`: they use `__filename`.
 *
 * The builds run at once, so none may clean: each would delete what the others have written. The package's build
 * script empties dist/ before tsup starts.
 */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { Options } from 'tsup';

const BUNDLED = ['zod', 'commander', 'croner'];

/** What the packages have in common; it is not published. */
const COMMON = '@edgefc/sdk/internal';

/** The licences of what is bundled go with it. */
async function writeLicences(): Promise<void> {
  const texts = BUNDLED.map((name) => `${name}\n\n${readFileSync(`node_modules/${name}/LICENSE`, 'utf8').trim()}\n`);
  await writeFile('dist/THIRD-PARTY-LICENSES.txt', texts.join('\n---\n\n'));
}

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
    entry: { index: 'src/index.ts', main: 'src/cli/main.ts', engine: 'src/engine/index.ts', testing: 'src/testing.ts' },
    format: 'esm',
    splitting: true,
    dts: { entry: { index: 'src/index.ts', engine: 'src/engine/index.ts', testing: 'src/testing.ts' } },
    // Bundled, because from node_modules they take 36 ms of every start of the command (2026-11-22).
    noExternal: [COMMON, ...BUNDLED],
    onSuccess: writeLicences,
  },
  {
    ...shared,
    entry: { engine: 'src/engine/index.ts', testing: 'src/testing.ts' },
    format: 'cjs',
    splitting: true,
    shims: true, // `import.meta.url`: where the worker entries are.
    dts: true,
    noExternal: [COMMON, ...BUNDLED],
  },
  {
    ...shared,
    entry: {
      'thread-entry': 'src/worker/thread-entry.ts',
      'process-entry': 'src/worker/process-entry.ts',
      'writer-entry': 'src/store/writer-entry.ts',
    },
    format: 'cjs',
    splitting: false,
    dts: false,
    noExternal: [COMMON],
  },
];

export default builds;
