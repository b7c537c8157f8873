import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { index: 'src/index.ts' },
  format: ['esm', 'cjs'],
  target: 'node22',
  dts: true,
  splitting: true,
  treeshake: true,
  clean: true,
  removeNodeProtocol: false,
});
