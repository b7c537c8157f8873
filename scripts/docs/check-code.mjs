/**
 * Type-checks the JavaScript and TypeScript of the pages, and parses their JSON: each page in a folder of its own, with
 * its files under their names and its other blocks as modules.
 *
 * A block that takes names from around it says so (`<!-- given: fc: FCClient; id: string -->`; the types of the SDK and
 * the testkit need no import there). JavaScript is checked as an editor does it: parameters may be of any type.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { fileOf, markOf } from './markdown.mjs';

const CODE = /^[cm]?[jt]s$/;

const COMMON = {
  noEmit: true,
  strict: true,
  target: ts.ScriptTarget.ES2024,
  lib: ['lib.es2024.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  allowImportingTsExtensions: true,
  erasableSyntaxOnly: true,
  skipLibCheck: true,
  types: ['node'],
};

/**
 * @param {{ page: string, blocks: import('./markdown.mjs').Block[] }[]} pages
 * @param {string} root a folder below one whose `node_modules` has the packages
 * @returns {string[]} what is wrong
 */
export function checkCode(pages, root) {
  const complaints = [];
  /** Where the code of a file stands: page and line before its first. */
  const places = new Map();
  for (const { page, blocks } of pages) {
    const folder = join(root, page.replaceAll('/', '-').replace(/\.md$/, ''));
    const latest = new Map(blocks.map((block) => [fileOf(block), block]));
    for (const block of blocks) {
      if (markOf(block, 'skip') !== undefined) continue;
      if (block.lang === 'json') {
        const problem = parseJson(block.text);
        if (problem !== undefined) complaints.push(`${page}:${block.line}: ${problem}`);
      }
      if (!CODE.test(block.lang)) continue;
      const file = fileOf(block);
      // A file that the page changes later is checked as it is in the end; before that it is run.
      if (file !== undefined && latest.get(file) !== block) {
        complaints.push(...checkSyntax(page, block));
        continue;
      }
      const name = file ?? `block-${block.line}.${extensionOf(block)}`;
      const path = join(folder, name);
      const head = file === undefined ? givenNames(markOf(block, 'given'), extensionOf(block)) : '';
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, head + block.text);
      places.set(path, { page, offset: block.line - head.split('\n').length + 1 });
    }
  }
  // CommonJS knows no given names by import; both kinds of SDK names lead to ours.
  writeFileSync(
    join(root, 'names.d.ts'),
    "declare module 'linkedge-core-sdk' { export * from '@edgefc/sdk'; }\ndeclare module 'linkedge-common-js';\n" +
      'declare const test: (name: string, run: () => unknown) => void;\ndeclare const expect: (value: unknown) => any;\n',
  );
  const files = [...places.keys()];
  const isTypeScript = (path) => /\.[cm]?ts$/.test(path);
  complaints.push(
    ...compile([...files.filter(isTypeScript), join(root, 'names.d.ts')], COMMON),
    ...compile([...files.filter((path) => !isTypeScript(path)), join(root, 'names.d.ts')], {
      ...COMMON,
      allowJs: true,
      checkJs: true,
      noImplicitAny: false,
      noImplicitThis: false,
      useUnknownInCatchVariables: false,
      strictNullChecks: false,
    }),
  );
  return complaints;

  function compile(roots, options) {
    const program = ts.createProgram(roots, options);
    const diagnostics = ts.getPreEmitDiagnostics(program);
    return diagnostics.flatMap((diagnostic) => {
      const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n    ');
      // JavaScript cannot say which one of several types it means.
      if (options.checkJs === true && /^Property '.*' does not exist on type '.* \| /.test(text)) return [];
      if (diagnostic.file === undefined) return [text];
      const place = places.get(diagnostic.file.fileName);
      const line = diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line;
      if (place === undefined) return [`${relative(root, diagnostic.file.fileName)}:${line + 1}: ${text}`];
      return [`${place.page}:${place.offset + line + 1}: ${text} (${basename(diagnostic.file.fileName)})`];
    });
  }
}

function extensionOf({ lang, text }) {
  if (lang === 'ts' || lang === 'mts') return 'mts';
  return /\brequire\(|\bmodule\.exports\b|^exports\./m.test(text) ? 'cjs' : 'mjs';
}

/** Declarations of the names that a block takes from around it, in one line. */
function givenNames(given, extension) {
  if (given === undefined) return '';
  const declarations = given.split(/;\s*/).map((one) => {
    const [, name = '', type = ''] = /^\s*([\w$]+)\s*:\s*([\s\S]+?)\s*$/.exec(one) ?? [];
    const qualified = type
      .replaceAll(/\b(FCClient|IoTData|Context|InvocationStatus)\b/g, "import('@edgefc/sdk').$1")
      .replaceAll(/\b(TestHost)\b/g, "import('@edgefc/testkit').$1");
    if (extension === 'mts') return `declare const ${name}: ${qualified};`;
    return `/** @type {${qualified}} */ const ${name} = /** @type {any} */ (undefined);`;
  });
  return `${declarations.join(' ')}\n`;
}

function checkSyntax(page, block) {
  const { diagnostics = [] } = ts.transpileModule(block.text, { reportDiagnostics: true, compilerOptions: COMMON });
  return diagnostics.map(
    ({ messageText }) => `${page}:${block.line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
  );
}

function parseJson(text) {
  try {
    JSON.parse(text);
  } catch (error) {
    return `not JSON: ${error.message}`;
  }
  return undefined;
}
