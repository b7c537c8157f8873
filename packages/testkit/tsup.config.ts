import type { Options } from 'tsup';

const build: Options = {
  entry: { index: 'src/index.ts' },
  format: ['esm', 'cjs'],
  target: 'node22',
  dts: true,
  splitting: true,
  treeshake: true,
  clean: true,
  removeNodeProtocol: false,
};

export default build;
