/**
 * Holds the documentation to what it says: fails when a generated part is stale, a link is broken, an error code is not
 * known, a translation has other code than its original, a code block does not compile, or does not do what it shows.
 *
 *     node scripts/docs/check.mjs                    everything
 *     node scripts/docs/check.mjs docs/async.md …    the blocks of these pages only
 *     --static                                       runs nothing
 *     --tarballs <dir>                               runs with the packed packages of that folder in place of the workspace
 *
 * The packages must have been built. How a page marks its blocks: markdown.mjs; how they are run: run-page.mjs, place.mjs.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkCode } from './check-code.mjs';
import { checkText } from './check-text.mjs';
import { generatePages } from './generate.mjs';
import { markOf, parseMarkdown } from './markdown.mjs';
import { allPages, isManual, ROOT, TRANSLATIONS } from './pages.mjs';
import { makePlace } from './place.mjs';
import { endGroup, runPage } from './run-page.mjs';

/** Pages that are run at once: most of the time they wait for a host. */
const AT_ONCE = 2;

const { values: options, positionals } = parseArgs({
  options: { static: { type: 'boolean', default: false }, tarballs: { type: 'string' } },
  allowPositionals: true,
});

const pages = new Map(allPages().map((page) => [page, parseMarkdown(readFileSync(join(ROOT, page), 'utf8'))]));
const manual = [...pages.keys()].filter((page) => isManual(page) && !Object.hasOwn(TRANSLATIONS, page));
const chosen = manual.filter((page) => positionals.length === 0 || positionals.includes(page));
/** @type {string[]} */
const complaints = [];

if (positionals.length === 0) complaints.push(...(await checkGenerated()), ...checkText(pages));
else {
  for (const page of positionals.filter((page) => !manual.includes(page)))
    complaints.push(`${page}: is no page that is run`);
}

const place = await makePlace(options);
/** Groups of processes that run now: whoever ends this ends them, too. */
const groups = new Set();
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    for (const pid of groups) endGroup(pid);
    place.remove();
    process.exit(1);
  });
}
try {
  const todo = chosen.map((page) => ({ page, blocks: pages.get(page)?.blocks ?? [] }));
  const folder = join(place.root, 'types');
  mkdirSync(folder);
  complaints.push(...checkCode(todo, folder));
  if (!options.static) complaints.push(...(await runPages(todo)));
} finally {
  place.remove();
}

report();

async function checkGenerated() {
  const command = 'run node scripts/docs/generate.mjs';
  try {
    const generated = [...(await generatePages())];
    const stale = generated.filter(([page, text]) => readFileSync(join(ROOT, page), 'utf8') !== text);
    return stale.map(([page]) => `${page}: is not what is generated; ${command}`);
  } catch (error) {
    // The source contradicts itself, or has a code that nobody has explained.
    return [`the generated parts cannot be made: ${error.message}`];
  }
}

async function runPages(todo) {
  const found = [];
  const waiting = [...todo];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { page, blocks } = next;
      const start = performance.now();
      const result = await runPage({ page, blocks, folder: place.folderFor(page), env: place.env, groups });
      found.push(...result.complaints);
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      console.log(`${page}: ${result.written} files, ${result.ran} runs, ${seconds} s`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

function report() {
  const skipped = chosen.flatMap((page) =>
    (pages.get(page)?.blocks ?? []).flatMap((block) => {
      const why = markOf(block, 'skip');
      return why === undefined ? [] : [`skipped  ${page}:${block.line}: ${why}`];
    }),
  );
  for (const line of skipped) console.log(line);
  for (const complaint of complaints) console.log(`FAILED   ${complaint}`);
  const blocks = chosen.reduce((sum, page) => sum + (pages.get(page)?.blocks.length ?? 0), 0);
  console.log(
    `${chosen.length} pages, ${blocks} code blocks, ${skipped.length} skipped, ${complaints.length} complaints`,
  );
  process.exitCode = complaints.length > 0 ? 1 : 0;
}
