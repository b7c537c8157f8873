/**
 * `node bring-types.mjs`, in another package of this workspace, after tsup has built it: puts the declarations of
 * `@edgefc/sdk/internal`, which is not published, beside its own, and has these refer to them. (The code is bundled by then.
 * Declarations tsup leaves outside as soon as they belong to a package that is depended on.)
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FROM = `'@edgefc/sdk/internal'`;
const source = readFileSync(join(import.meta.dirname, '..', 'dist', 'internal.d.ts'), 'utf8');

for (const [declarations, module] of [
  ['.d.ts', '.js'],
  ['.d.cts', '.cjs'],
]) {
  const files = readdirSync('dist')
    .filter((name) => name.endsWith(declarations))
    .map((name) => join('dist', name))
    .filter((file) => readFileSync(file, 'utf8').includes(FROM));
  if (files.length === 0) continue;
  writeFileSync(join('dist', `sdk-internal${declarations}`), source);
  for (const file of files) {
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(FROM, `'./sdk-internal${module}'`));
  }
}
