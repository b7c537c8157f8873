/**
 * Keeps docs/contract.md honest: every row that says `built` names a test, and that test exists.
 *
 * Looks at every table with the columns `rule | source | status | test`. A test is named
 * `path/to/file.test.ts: name`; the name is the title of one test or describe block of that file, or a part of it that
 * no other title has. Prints each broken row as `docs/contract.md:line: …` and ends with exit code 1 if there is one.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const root = join(import.meta.dirname, '..');
const CONTRACT = 'docs/contract.md';
const COLUMNS = ['rule', 'source', 'status', 'test'];

const { rows, complaints } = readRows(readFileSync(join(root, CONTRACT), 'utf8'));
if (rows.length === 0) complaints.push({ line: 1, text: `no table with the columns ${COLUMNS.join(' | ')} has a row` });
const titlesByFile = new Map();
for (const row of rows) for (const text of checkRow(row)) complaints.push({ line: row.line, text });

for (const { line, text } of complaints) console.error(`${CONTRACT}:${line}: ${text}`);
const built = rows.filter(({ status }) => status === 'built').length;
console.log(`contract: ${built} rows built, ${rows.length - built} planned, ${complaints.length} broken`);
process.exitCode = complaints.length > 0 ? 1 : 0;

/** Every row of the contract's tables, with its line number. */
function readRows(markdown) {
  const rows = [];
  const complaints = [];
  let table = 'none'; // 'none' | 'ours' | 'other'
  for (const [index, text] of markdown.split('\n').entries()) {
    const line = index + 1;
    if (!text.trimStart().startsWith('|')) {
      table = 'none';
      continue;
    }
    const cells = splitCells(text);
    if (table === 'none') {
      const isOurs = COLUMNS.every((name, column) => cells[column]?.toLowerCase() === name);
      table = isOurs && cells.length === COLUMNS.length ? 'ours' : 'other';
    } else if (table === 'ours' && !cells.every((cell) => /^:?-+:?$/.test(cell))) {
      const [rule, source, status, test] = cells;
      if (cells.length === COLUMNS.length) rows.push({ line, rule, source, status, test });
      else
        complaints.push({ line, text: `${cells.length} cells where ${COLUMNS.length} belong (write \\| for a bar)` });
    }
  }
  return { rows, complaints };
}

/** Cells between unescaped bars. */
function splitCells(text) {
  return text
    .trim()
    .replace(/^\||(?<!\\)\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/** What is wrong with a row. */
function checkRow({ rule, source, status, test }) {
  const wrong = [];
  if (rule === '') wrong.push('the rule is empty');
  if (source === '') wrong.push('the source is empty');
  if (status !== 'built' && status !== 'planned') wrong.push(`the status is "${status}"; it is built or planned`);
  const references = test
    .split(/<br\s*\/?>/)
    .map((reference) => reference.trim().replace(/^`(.*)`$/, '$1'))
    .filter((reference) => reference !== '' && !/^[-–—]$/.test(reference));
  if (status === 'built' && references.length === 0) wrong.push('built, but no test is named');
  for (const reference of references) {
    const complaint = checkReference(reference);
    if (complaint !== undefined) wrong.push(complaint);
  }
  return wrong;
}

/** What is wrong with one `file.test.ts: name`, if anything. */
function checkReference(reference) {
  const match = /^(?<file>\S+\.test\.ts)`?:\s*`?(?<name>.+?)`?$/.exec(reference);
  if (match?.groups === undefined)
    return `"${reference}" does not have the form path/to/file.test.ts: name of the test`;
  const { file, name } = match.groups;
  if (!existsSync(join(root, file))) return `there is no file ${file}`;
  const titles = titlesOf(file);
  if (titles.includes(name)) return undefined;
  const meant = titles.filter((title) => title.includes(name));
  if (meant.length === 0) return `${file} has no test called "${name}"`;
  if (meant.length > 1) return `"${name}" is part of ${meant.length} test names in ${file}: ${meant.join(' | ')}`;
  return undefined;
}

/** The titles of all `describe`, `it` and `test` calls of a file, `.each` and other modifiers included. */
function titlesOf(file) {
  const known = titlesByFile.get(file);
  if (known !== undefined) return known;
  const titles = [];
  const source = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest);
  const visit = (node) => {
    if (ts.isCallExpression(node) && isTestCall(node.expression)) {
      const title = textOf(node.arguments[0]);
      if (title !== undefined) titles.push(title);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  titlesByFile.set(file, titles);
  return titles;
}

/** `it`, `it.each(…)`, `describe.skipIf(…)`: whatever hangs on one of the three names. */
function isTestCall(callee) {
  let root = callee;
  while (!ts.isIdentifier(root)) {
    if (ts.isPropertyAccessExpression(root) || ts.isCallExpression(root)) root = root.expression;
    else if (ts.isTaggedTemplateExpression(root)) root = root.tag;
    else return false;
  }
  return /^(?:it|test|describe)$/.test(root.text);
}

/** The text of a title; what a template computes becomes `${…}`. */
function textOf(node) {
  if (node === undefined) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }) => `\${…}${literal.text}`).join('');
}
