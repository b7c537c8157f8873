/**
 * One Vitest run over all packages and apps.
 *
 * Files run in child processes (`forks`): the tests start worker threads and processes of their own, change the
 * environment and kill things, which only a process of their own can take. Two files at a time, as many as the
 * smallest machine has cores: more would only make the timing of busy-loop tests worse.
 * No retries: a test that fails now and then is a bug, here or in the code.
 */
import { defineConfig } from 'vitest/config';

/** Where CI wants the numbers as JSON; the readable report is printed all the same. */
const results = process.env['EDGEFC_TEST_RESULTS'];

export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    retry: 0,
    reporters: results === undefined ? ['default'] : ['default', ['json', { outputFile: results }]],
    // Real threads and processes on a busy two-core machine; a test that needs this long has hung.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
    experimental: { diagnostics: false }, // It would advise to share processes between files.
    globalSetup: ['scripts/vitest/clean-machine.ts'],
    setupFiles: ['scripts/vitest/clean-file.ts'],
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
  },
});
