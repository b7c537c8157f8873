/**
 * The public types of a package as text: what its built declarations export, without comments, in alphabetical order, so that a
 * diff of two reports is a diff of the API. Read by people in review and by api-changes.mjs.
 */
import { readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ts from 'typescript';

const root = join(import.meta.dirname, '..');

/** Entry points that are promised to nobody: each says so in its first line. */
const UNSUPPORTED = new Set(['@edgefc/sdk/internal', '@edgefc/runtime/engine', '@edgefc/runtime/testing']);

/**
 * The report of `packages/<folder>`, which must have been built.
 *
 * @param {string} folder
 * @returns {string} Markdown
 */
export function reportOf(folder) {
  const home = join(root, 'packages', folder);
  const { name, exports } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  const entries = Object.entries(exports)
    .map(([path, target]) => ({ title: path.replace('.', name), types: typesOf(target) }))
    .filter(({ title, types }) => types !== undefined && !UNSUPPORTED.has(title))
    .map(({ title, types }) => ({ title, file: join(home, types) }));
  const program = ts.createProgram(
    entries.map(({ file }) => file),
    { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2023, types: ['node'], strict: true, noEmit: true },
  );
  const sections = entries.map(({ title, file }) => `## ${title}\n\n${section(program, home, file)}`);
  const head = `# The public types of ${name}\n\nWritten by \`pnpm api --write\` from the built package; do not edit.`;
  // One line a promise: Prettier would break the long ones.
  const ignored = ['<!-- prettier-ignore-start -->', ...sections, '<!-- prettier-ignore-end -->'];
  return `${[head, ...ignored].join('\n\n')}\n`;
}

/** Where a target of `exports` has its types: as stated, or beside the module. */
function typesOf(target) {
  if (typeof target === 'string') return undefined;
  if (typeof target.import === 'string') return target.import.replace(/\.js$/, '.d.ts');
  return target.types ?? target.import?.types;
}

function section(program, home, file) {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  if (source === undefined) throw new Error(`${relative(root, file)} is missing; build first: pnpm build`);
  const entry = checker.getSymbolAtLocation(source);
  if (entry === undefined) return 'Exports nothing.';

  const exported = checker.getExportsOfModule(entry).map((symbol) => ({ name: symbol.name, symbol: aliased(symbol) }));
  const shown = new Set(exported.map(({ symbol }) => symbol));
  const blocks = exported
    .toSorted((a, b) => compare(a.name, b.name))
    .flatMap(({ name, symbol }) => print(name, symbol).map((text) => `export ${text}`));
  // What the exported types speak of without exporting it is as much of a promise.
  const hidden = [];
  for (const symbol of shown) {
    for (const used of usedBy(symbol)) {
      if (shown.has(used)) continue;
      shown.add(used); // A Set is walked to its end, also when it grows.
      hidden.push({ name: used.name, symbol: used });
    }
  }
  hidden.sort((a, b) => compare(a.name, b.name));
  blocks.push(...hidden.flatMap(({ name, symbol }) => print(name, symbol)));
  if (blocks.length === 0) return 'Exports nothing.';
  return `\`\`\`ts\n${blocks.join('\n\n')}\n\`\`\``;

  function aliased(symbol) {
    return (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
  }

  /** Declared at the top of one of the package's own files. */
  function isOurs(declaration) {
    const from = declaration.getSourceFile().fileName;
    return from.startsWith(join(home, 'dist') + sep) && ts.isSourceFile(statementOf(declaration).parent);
  }

  function print(name, symbol) {
    const declarations = symbol.declarations ?? [];
    if (!declarations.every(isOurs)) return [`{ ${name} } from '${packageOf(declarations[0])}';`];
    return declarations.map((declaration) => {
      const { declarationList } = statementOf(declaration);
      const keyword = declarationList === undefined ? '' : 'const ';
      const text = keyword + write(declaration);
      // The bundler may have given it another name than the one it is exported by.
      return name === symbol.name ? text : `${text}\n// exported as ${name}`;
    });
  }

  function usedBy(symbol) {
    const found = new Set();
    const visit = (node) => {
      if (ts.isIdentifier(node)) {
        const target = checker.getSymbolAtLocation(node);
        const used = target === undefined ? undefined : aliased(target);
        const declarations = used?.declarations ?? [];
        if (declarations.length > 0 && declarations.every((one) => isTopLevel(one) && isOurs(one))) found.add(used);
      }
      ts.forEachChild(node, visit);
    };
    for (const declaration of symbol.declarations ?? []) if (isOurs(declaration)) visit(declaration);
    return found;
  }
}

/** Not a member, a parameter or a type parameter of something. */
function isTopLevel(declaration) {
  return (
    ts.isInterfaceDeclaration(declaration) ||
    ts.isTypeAliasDeclaration(declaration) ||
    ts.isClassDeclaration(declaration) ||
    ts.isFunctionDeclaration(declaration) ||
    ts.isEnumDeclaration(declaration) ||
    (ts.isVariableDeclaration(declaration) && ts.isVariableStatement(statementOf(declaration)))
  );
}

function statementOf(declaration) {
  return ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
}

function write(declaration) {
  const printer = ts.createPrinter({ removeComments: true, newLine: ts.NewLineKind.LineFeed });
  const text = printer.printNode(ts.EmitHint.Unspecified, declaration, declaration.getSourceFile());
  return text
    .replace(/^(?:export )?(?:declare )?/, '')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** The name of the package that another package's declaration is in. */
function packageOf(declaration) {
  const from = declaration?.getSourceFile().fileName.split(sep).join('/') ?? '';
  const ours = /\/packages\/([^/]+)\/dist\//.exec(from);
  return ours === null ? from.replace(/^.*\/node_modules\/((?:@[^/]+\/)?[^/]+).*$/, '$1') : `@edgefc/${ours[1]}`;
}

function compare(a, b) {
  return a < b ? -1 : Number(a > b);
}
