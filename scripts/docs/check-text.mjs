/** What is checked of the pages without running them: marks, links, error codes, translations. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { ERROR_CODES, UNHANDLED_ERROR_TYPES } from '../../packages/sdk/src/errors.ts';
import { INVOCATION_STATES } from '../../packages/sdk/src/invocation-status.ts';
import { knownCodes } from './generated/errors.mjs';
import { parseMarkdown } from './markdown.mjs';
import { isManual, ROOT, TRANSLATIONS } from './pages.mjs';

/** Languages of blocks that nothing is done with but showing them. */
const SHOWN = new Set(['text', 'mermaid', 'ini', 'xml', 'diff']);
const RUN = new Set(['sh', 'bash', 'console']);
const CODE = new Set(['js', 'mjs', 'cjs', 'ts', 'mts', 'cts', 'json', 'jsonc']);

/** Words of two humps in code that are no codes of ours. */
const OTHER_NAMES = new Set([
  // Values of settings, examples' names.
  ...['OnDemand', 'LongLived', 'StateDirectory', 'NodeNext'],
  // Of JavaScript and the platform.
  ...['AbortSignal', 'AggregateError'],
  // Of others, in the contract and in the page about coming from them.
  ...['AccessDenied', 'SignatureNotMatch', 'RequestResponse', 'ClientContext', 'InvocationType', 'FunctionName'],
]);

/** @param {Map<string, ReturnType<typeof parseMarkdown>>} pages every page by its path */
export function checkText(pages) {
  return [...checkMarks(pages), ...checkLinks(pages), ...checkCodes(pages), ...checkTranslations(pages)];
}

function checkMarks(pages) {
  const complaints = [];
  for (const [page, { blocks }] of pages) {
    if (!isManual(page)) continue;
    for (const { lang, line, marks } of blocks) {
      const where = `${page}:${line}`;
      if (lang === '?') complaints.push(`${where}: a mark stands before no block: ${marks[0]?.name}`);
      else if (!SHOWN.has(lang) && !RUN.has(lang) && !CODE.has(lang)) {
        complaints.push(
          `${where}: "${lang}" is no language that is checked; one of ${[...RUN, ...CODE, ...SHOWN].join(', ')}`,
        );
      }
      for (const { name, value } of marks) {
        if (name === 'skip' && value.length < 10) complaints.push(`${where}: a block that is skipped has to say why`);
        if (name === 'exit' && !/^\d+$/.test(value)) complaints.push(`${where}: exit: a number, found "${value}"`);
      }
    }
  }
  return complaints;
}

function checkLinks(pages) {
  const complaints = [];
  const headings = new Map([...pages].map(([page, { anchors }]) => [page, anchors]));
  for (const [page, { links }] of pages) {
    for (const { target, line } of links) {
      if (/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(target)) continue;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : relative(ROOT, resolve(ROOT, dirname(page), decodeURI(path)));
      const full = join(ROOT, file);
      if (!existsSync(full)) {
        complaints.push(`${page}:${line}: ${target} leads nowhere`);
        continue;
      }
      if (anchor === undefined || anchor === '' || statSync(full).isDirectory()) continue;
      const anchors =
        headings.get(file) ?? (file.endsWith('.md') ? parseMarkdown(readFileSync(full, 'utf8')).anchors : undefined);
      if (anchors !== undefined && !anchors.has(decodeURIComponent(anchor))) {
        complaints.push(`${page}:${line}: ${target}: ${file} has no heading of that name`);
      }
    }
  }
  return complaints;
}

/** A word like `FunctionNotFound` in a manual is a code of ours, a state, or a public name; all else is a mistake. */
function checkCodes(pages) {
  const names = new Set([...knownCodes(), ...INVOCATION_STATES, ...publicNames(), ...OTHER_NAMES]);
  const complaints = [];
  for (const [page, { prose, blocks }] of pages) {
    if (!isManual(page)) continue;
    const seen = [
      ...prose.flatMap(({ text, line }) => [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => ({ code, line }))),
      ...blocks.flatMap(({ text, line }) =>
        [
          ...text.matchAll(
            /(?:code|errorType)\b['"]?(?:\)|:| ===?| !==?)? *['"](\w+)['"]|isEdgefcError\([^)]*'(\w+)'|^error: (\w+):/gm,
          ),
        ].map(([, a, b, c]) => ({ code: a ?? b ?? c ?? '', line })),
      ),
    ];
    for (const { code, line } of seen) {
      if (!/^(?:[A-Z][a-z]+){2,}$/.test(code) || names.has(code)) continue;
      complaints.push(`${page}:${line}: \`${code}\` is no error code, state or public name that is known`);
    }
  }
  const troubleshooting = pages.get('docs/troubleshooting.md');
  for (const code of [...Object.keys(ERROR_CODES), ...Object.keys(UNHANDLED_ERROR_TYPES)]) {
    if (troubleshooting?.anchors.has(code.toLowerCase()) === true) continue;
    complaints.push(`docs/troubleshooting.md: nothing is said of ${code}; run node scripts/docs/generate.mjs`);
  }
  return complaints;
}

/** What the packages export, from their lists of names. */
function publicNames() {
  return ['sdk', 'runtime', 'testkit'].flatMap((folder) => {
    const text = readFileSync(join(ROOT, 'packages', folder, 'src/index.ts'), 'utf8');
    return [...text.matchAll(/\{([^}]*)\}/g)].flatMap(([, list = '']) =>
      list.split(/[\s,]+/).filter((name) => name !== 'type'),
    );
  });
}

/** A translation has the blocks of its original, in order, character by character, and leads to as many places. */
function checkTranslations(pages) {
  const complaints = [];
  for (const [page, original] of Object.entries(TRANSLATIONS)) {
    const [translated, source] = [pages.get(page), pages.get(original)];
    if (translated === undefined || source === undefined) {
      complaints.push(`${page}: ${translated === undefined ? 'is not there' : `${original} is not there`}`);
      continue;
    }
    const [there, here] = [source.blocks, translated.blocks].map((blocks) => blocks.filter(({ lang }) => lang !== '?'));
    if (there === undefined || here === undefined) continue;
    if (there.length !== here.length)
      complaints.push(`${page}: has ${here.length} code blocks, ${original} has ${there.length}`);
    for (const [index, block] of here.entries()) {
      const other = there[index];
      if (other === undefined || (other.lang === block.lang && other.text === block.text)) continue;
      complaints.push(`${page}:${block.line}: this block is not that of ${original}:${other.line}`);
    }
    const [outline, otherOutline] = [translated.headings, source.headings].map((headings) => headings.length);
    if (outline !== otherOutline) complaints.push(`${page}: has ${outline} headings, ${original} has ${otherOutline}`);
  }
  return complaints;
}
