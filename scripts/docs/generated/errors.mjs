/**
 * The part of docs/troubleshooting.md that is generated: every code that a program, a test or a command can show.
 *
 * Codes come from the table of the SDK and from the source of all packages: whatever is given there as `code` or
 * `errorType`, or as the name of a class of errors, has to be explained in error-notes.mjs, and nothing else may be.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { ERROR_CODES, UNHANDLED_ERROR_TYPES, isRetryableCode } from '../../../packages/sdk/src/errors.ts';
import { ROOT } from '../pages.mjs';
import { HANDLED, HOST, INTERNAL, REFUSALS, TESTS, UNHANDLED } from './error-notes.mjs';

/** Classes whose instances carry the code of something else, or are thrown by the user. */
const CLASSES = new Set([
  'EdgefcError',
  'FunctionError',
  'QueueError',
  'HostUnreachableError',
  'StuckError',
  'NonRetryableError',
  'RetryLater',
]);

export function generateErrors() {
  const complaints = compare();
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
  return [
    '## No answer: `err.code`',
    'The callee gave no answer. `invokeFunction` rejects, or calls back with an error that has this `code`; `edgefc invoke` prints `error: <code>: …`.',
    ...Object.entries(ERROR_CODES).map(([code, says]) => entry(code, says, REFUSALS, isRetryableCode(code))),
    "## The callee failed around its handler: `errorType`, `functionError: 'Unhandled'`",
    'The answer’s payload is the JSON `{ errorMessage, errorType, stackTrace }`. A handler’s own error comes as `Handled`, with the name of its class as `errorType`; what it did not catch of a call that had no answer comes with the code of that as `errorType`.',
    ...Object.entries(UNHANDLED_ERROR_TYPES).map(([code, says]) => entry(code, says, UNHANDLED)),
    "## Failures that edgefc finds in a handler: `errorType`, `functionError: 'Handled'`",
    ...Object.keys(HANDLED).map((code) => entry(code, undefined, HANDLED)),
    '## The command and the start of a host',
    'Thrown by `loadConfig`, `createHost` and `host.start()`; the command prints `error: <code>: …`, and with `--json` `{ "error": { "code", "message" } }`.',
    ...Object.keys(HOST).map((code) => entry(code, undefined, HOST)),
    '## Tests',
    ...Object.keys(TESTS).map((code) => entry(code, undefined, TESTS)),
  ].join('\n\n');
}

/** Every code of the packages' sources that people can see. */
export function knownCodes() {
  return new Set([
    ...Object.keys(ERROR_CODES),
    ...Object.keys(UNHANDLED_ERROR_TYPES),
    ...[...codesInSource().keys()].filter((code) => !Object.hasOwn(INTERNAL, code)),
  ]);
}

function entry(code, says, notes, retryable) {
  const { says: own, why, mend } = notes[code];
  const again = retryable === true ? ' Retryable.' : '';
  return `### ${code}\n\n**${says ?? own}**${again}\n\n${why}\n\n_What to do:_ ${mend}`;
}

/** What is wrong between the source and the notes. */
function compare() {
  const noted = { ...REFUSALS, ...UNHANDLED, ...HANDLED, ...HOST, ...TESTS };
  const complaints = [];
  const check = (code, where) => {
    if (Object.hasOwn(noted, code) || Object.hasOwn(INTERNAL, code) || CLASSES.has(code)) return;
    complaints.push(`${where}: the code ${code} is not explained; add it to scripts/docs/generated/error-notes.mjs`);
  };
  for (const code of Object.keys(ERROR_CODES)) check(code, 'ERROR_CODES');
  for (const code of Object.keys(UNHANDLED_ERROR_TYPES)) check(code, 'UNHANDLED_ERROR_TYPES');
  const found = codesInSource();
  for (const [code, where] of found) check(code, where);
  for (const code of Object.keys(noted)) {
    if (found.has(code) || Object.hasOwn(ERROR_CODES, code) || Object.hasOwn(UNHANDLED_ERROR_TYPES, code)) continue;
    complaints.push(
      `scripts/docs/generated/error-notes.mjs: ${code} is explained, and nothing in the packages gives it`,
    );
  }
  return complaints;
}

/** Codes by where they are first given. */
function codesInSource() {
  /** @type {Map<string, string>} */
  const found = new Map();
  const files = globSync('packages/{sdk,runtime,testkit}/src/**/*.ts', { cwd: ROOT }).sort();
  // Adapters' conformance suites make errors up.
  for (const file of files.filter((path) => !path.includes('/conformance/'))) {
    const source = ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.Latest, true);
    const add = (text, node) => {
      if (!/^[A-Z][A-Za-z]+$/.test(text) || found.has(text)) return;
      found.set(text, `${file}:${source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1}`);
    };
    const visit = (node) => {
      if (ts.isPropertyAssignment(node) && /^(?:code|errorType)$/.test(node.name.getText(source))) {
        if (ts.isStringLiteralLike(node.initializer)) add(node.initializer.text, node);
      } else if (ts.isPropertyDeclaration(node) && ts.isClassLike(node.parent)) {
        const name = node.name.getText(source);
        if (name === 'code' || (name === 'name' && isError(node.parent, source))) {
          if (node.initializer !== undefined && ts.isStringLiteralLike(node.initializer))
            add(node.initializer.text, node);
          if (name === 'code' && node.type !== undefined) literals(node.type).forEach((text) => add(text, node));
        }
      } else if (
        ts.isBinaryExpression(node) &&
        node.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
        /^(?:this|error)\.name$/.test(node.left.getText(source)) &&
        ts.isStringLiteralLike(node.right)
      ) {
        add(node.right.text, node);
      } else if (ts.isNewExpression(node) && /^(?:EdgefcError|QueueError)$/.test(node.expression.getText(source))) {
        const [first] = node.arguments ?? [];
        if (first !== undefined && ts.isStringLiteralLike(first)) add(first.text, node);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return found;
}

function isError(node, source) {
  return node.heritageClauses?.some((clause) => /Error\b/.test(clause.getText(source))) === true;
}

function literals(type) {
  if (ts.isUnionTypeNode(type)) return type.types.flatMap(literals);
  return ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal) ? [type.literal.text] : [];
}
