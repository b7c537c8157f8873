import { defineConfig } from 'tsup';

const config: ReturnType<typeof defineConfig> = defineConfig({
  entry: {
    index: 'src/index.ts',
    internal: 'src/internal.ts',
    'linkedge-common-js': 'src/linkedge-common-js.ts',
  },
  format: ['esm', 'cjs'],
  target: 'node20',
  dts: true,
  // Each entry whole: a function loads one small file without what only the others need, and errors are told apart by
  // their code, so that a class may exist twice.
  splitting: false,
  // Rollup writes the CommonJS half then. Without it, it is made by a transform that turns every `??` and `?.` of the
  // hot path into a helper call with a closure.
  treeshake: true,
  clean: true,
});

export default config;
