/**
 * The same entries as ES modules and as CommonJS, and beside them what is CommonJS only: the half that Node loads by itself
 * when a test runs in a realm of its runner's, and Jest's preset.
 *
 * Both builds run at once, so neither may clean; the package's build script empties dist/ before.
 */
import type { Options } from 'tsup';

const shared = {
  target: 'node22',
  platform: 'node',
  splitting: true,
  treeshake: true,
  clean: false,
  removeNodeProtocol: false,
  dts: true,
  // What the packages have in common; it is not published.
  noExternal: ['@edgefc/sdk/internal'],
} satisfies Options;

const builds: Options[] = [
  {
    ...shared,
    entry: {
      index: 'src/index.ts',
      register: 'src/register.ts',
      'vitest-plugin': 'src/vitest-plugin.ts',
      'vitest-setup': 'src/vitest-setup.ts',
      'matchers-vitest': 'src/matchers-vitest.ts',
      conformance: 'src/conformance/index.ts',
    },
    format: 'esm',
  },
  {
    ...shared,
    entry: {
      index: 'src/index.ts',
      register: 'src/register.ts',
      'vitest-plugin': 'src/vitest-plugin.ts',
      conformance: 'src/conformance/index.ts',
      native: 'src/isolation/native.ts',
      'jest-preset': 'src/jest-preset.ts',
      'jest-setup': 'src/jest-setup.ts',
      'matchers-jest': 'src/matchers-jest.ts',
    },
    format: 'cjs',
    shims: true, // `import.meta.url`: where this copy of the testkit is.
  },
];

export default builds;
