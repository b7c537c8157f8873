/**
 * Finishes what tsup has built: `node build/entries.mjs [folder]`, after it.
 *
 * - For each CommonJS entry an ES module with the same names, which are the same objects, and its types.
 * - The declarations lose what no editor shows: comments that document no name, and half of the indentation.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const COMMON = ['IPCWrapper', 'buildArnString', 'envVars', 'ws'];
/** What the default export of the other entry is. */
const DEFAULT = 'publishedNames';
const folder = resolve(process.argv[2] ?? join(import.meta.dirname, '..', 'dist'));
const core = createRequire(import.meta.url)(join(folder, 'core.cjs'));
const isPublic = (name) => name !== DEFAULT && !COMMON.includes(name);
writeEntry('linkedge-common-js', COMMON);
writeEntry('index', Object.keys(core).filter(isPublic).sort(), Object.keys(core[DEFAULT]));

/** With `defaults`, what is in its default export, which is asked for by a name: what a CommonJS `default` is depends on who imports it. */
function writeEntry(entry, names, defaults) {
  const write = (extension, lines) => {
    writeFileSync(join(folder, `${entry}${extension}`), `${lines.filter((line) => line !== undefined).join('\n')}\n`);
  };
  const module = `'./${entry}.cjs'`;
  write('.cjs', [
    `'use strict';`,
    `const core = require('./core.cjs');`,
    defaults && `exports.default = core.${DEFAULT};`,
    ...names.map((name) => `exports.${name} = core.${name};`),
  ]);
  const exported = defaults === undefined ? names : [...names, `${DEFAULT} as default`];
  write('.js', [`export { ${exported.join(', ')} } from './core.cjs';`]);
  const picked = defaults?.map((name) => `'${name}'`).join(' | ');
  write('.d.ts', [
    `export * from ${module};`,
    picked && `declare const sdk: Readonly<Pick<typeof import(${module}), ${picked}>>;`,
    picked && 'export default sdk;',
  ]);
}

for (const name of readdirSync(folder).filter((one) => one.endsWith('.d.cts'))) {
  const file = join(folder, name);
  const text = readFileSync(file, 'utf8')
    .replace(/^\/\*\*\n(?: \*.*\n)+? \*\/\n(?=\n|\/\*\*)/gm, '')
    .replace(/^ +/gm, ({ length }) => ' '.repeat(Math.ceil(length / 2)))
    .replace(/\n{3,}/g, '\n\n');
  writeFileSync(file, text);
}
