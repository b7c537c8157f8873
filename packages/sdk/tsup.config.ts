/**
 * What is published is one CommonJS file, made small, with its declarations. build/entries.mjs then writes the entries, which
 * hand out its objects to CommonJS and to ES modules alike: a function, and a library of its, that load the SDK in different
 * ways have one.
 *
 * `internal` is for the other packages of this workspace, which bundle it. It is not published.
 */
import type { Options } from 'tsup';

const shared = {
  target: 'node20',
  // Rollup writes the CommonJS half then. Without it, it is made by a transform that turns every `??` and `?.` of the
  // hot path into a helper call with a closure.
  treeshake: true,
} satisfies Options;

/** As src/ calls them: a bundler makes `var X = class` of each, which has no other name to be kept. */
const CLASSES = [
  'CredentialProviderChain',
  'EdgefcError',
  'FCClient',
  'FunctionError',
  'InvalidInput',
  'IoTData',
  'IPCWrapper',
  'NonRetryableError',
  'RetryLater',
];

const builds: Options[] = [
  {
    ...shared,
    entry: { core: 'src/core.ts' },
    dts: { entry: { index: 'src/index.ts' } },
    format: 'cjs',
    minify: 'terser',
    terserOptions: {
      compress: { passes: 3, toplevel: false, ecma: 2020 },
      // People read stack traces, and Node prints the line from which something was thrown.
      mangle: { toplevel: true, reserved: CLASSES },
      format: { max_line_len: 200, ecma: 2020 },
    },
  },
  // On their own: what the entries have in common would become a third file.
  { entry: { 'linkedge-common-js': 'src/linkedge-common-js.ts' }, dts: { only: true }, format: 'cjs' },
  { ...shared, entry: { internal: 'src/internal.ts' }, dts: true, format: 'esm' },
];

export default builds;
