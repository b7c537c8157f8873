/**
 * Writes the generated parts of the documentation. `check.mjs` fails when they are not what this would write.
 *
 *     node scripts/docs/generate.mjs
 *
 * A page holds hand-written text and, between two marks, what is generated:
 *
 *     <!-- generated: cli -->
 *     …
 *     <!-- /generated: cli -->
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as prettier from 'prettier';
import { generateCli } from './generated/cli.mjs';
import { generateConfiguration } from './generated/configuration.mjs';
import { generateErrors } from './generated/errors.mjs';
import { ROOT } from './pages.mjs';

/** Page and mark of what each generator makes. */
const GENERATED = [
  { page: 'docs/cli.md', mark: 'cli', generate: generateCli },
  { page: 'docs/configuration.md', mark: 'configuration', generate: generateConfiguration },
  { page: 'docs/troubleshooting.md', mark: 'errors', generate: generateErrors },
];

/** The pages as they should be, by path. */
export async function generatePages() {
  const pages = new Map();
  for (const { page, mark, generate } of GENERATED) {
    const path = join(ROOT, page);
    const text = readFileSync(path, 'utf8');
    const [begin, end] = [`<!-- generated: ${mark} -->`, `<!-- /generated: ${mark} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`${page} has no place for what is generated: ${begin} … ${end}`);
    const whole = `${text.slice(0, from)}${begin}\n\n${generate().trim()}\n\n${text.slice(to)}`;
    const options = await prettier.resolveConfig(path);
    pages.set(page, await prettier.format(whole, { ...options, filepath: path }));
  }
  return pages;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const [page, text] of await generatePages()) {
    const changed = readFileSync(join(ROOT, page), 'utf8') !== text;
    if (changed) writeFileSync(join(ROOT, page), text);
    console.log(`${changed ? 'written  ' : 'unchanged'}  ${page}`);
  }
}
