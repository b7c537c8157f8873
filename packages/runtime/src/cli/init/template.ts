/**
 * The files of a new project: those in this package's `templates/`, with its name and our versions filled in.
 *
 * A name there that begins with `_` loses it: npm leaves `.gitignore` out of packages, and a `package.json` or
 * `tsconfig.json` would count for the folder it lies in.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { readVersion } from '../read-version.ts';

export type Language = 'typescript' | 'javascript';

/** What npm takes as the name of a package, and no longer than that. */
const LONGEST_NAME = 214;

/** The texts of the files by their paths, sorted; `directory` is where they are going to be, and gives the project its name. */
export function readTemplate(language: Language, directory: string): ReadonlyMap<string, string> {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve('@edgefc/runtime/package.json')), 'templates', language);
  const values: Readonly<Record<string, string>> = {
    name: toPackageName(basename(directory)),
    runtime: readVersion(),
    sdk: readVersion('@edgefc/sdk'),
  };
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
  const texts = paths.map((path): [string, string] => {
    const text = readFileSync(join(folder, path), 'utf8');
    return [toPath(path), text.replace(/\{\{(\w+)\}\}/g, (hole, name: string) => values[name] ?? hole)];
  });
  return new Map(texts.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What a folder is called, as npm would have it. */
export function toPackageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|-+$/g, '')
    .slice(0, LONGEST_NAME);
  return name === '' || name === 'node_modules' ? 'edgefc-functions' : name;
}

function toPath(path: string): string {
  const name = basename(path);
  const real = name === '_gitignore' ? '.gitignore' : name.replace(/^_/, '');
  return path.slice(0, path.length - name.length) + real;
}
