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
  splitting: true,
  // Rollup writes the CommonJS half then. Without it, it is made by a transform that turns every `??` and `?.` of the
  // hot path into a helper call with a closure.
  treeshake: true,
  clean: true,
});

export default config;
