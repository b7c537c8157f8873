/**
 * `pnpm docs:api`: the API reference from the docstrings, as Markdown: a folder for each package, into docs/api, which is not checked
 * in: the docstrings are, and so is the API (packages/*\/api). Fails on a docstring that links to nothing.
 *
 *     --out <dir>   writes there instead
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installTools } from './tools.mjs';

const root = join(import.meta.dirname, '..', '..');
const { values: options } = parseArgs({
  options: { out: { type: 'string', default: join(root, 'docs', 'api') } },
});

/** By page: what it describes. The unsupported entry points are left out. */
const PACKAGES = {
  sdk: ['index.ts', 'linkedge-common-js.ts'],
  runtime: ['index.ts'],
  testkit: ['index.ts', 'conformance/index.ts', 'vitest-plugin.ts'],
};

const tools = await installTools();
const { Application } = await tools.load('typedoc', 'dist', 'index.js');
let failed = 0;
for (const [folder, files] of Object.entries(PACKAGES)) {
  const home = join(root, 'packages', folder);
  const app = await Application.bootstrapWithPlugins({
    name: `@edgefc/${folder}`,
    entryPoints: files.map((file) => join(home, 'src', file)),
    tsconfig: join(home, 'tsconfig.json'),
    plugin: [tools.pathOf('typedoc-plugin-markdown', 'dist', 'index.js')],
    readme: 'none',
    router: 'module',
    modulesFileName: folder,
    entryFileName: folder,
    hidePageHeader: true,
    hideBreadcrumbs: true,
    disableSources: true,
    excludePrivate: true,
    excludeInternal: true,
    excludeExternals: true,
    githubPages: false,
    cleanOutputDir: true,
    skipErrorChecking: true, // `pnpm typecheck` is for that.
    parametersFormat: 'table',
    interfacePropertiesFormat: 'table',
    validation: { notExported: false, invalidLink: true, notDocumented: false, rewrittenLink: true },
    // Linked for readers of the source; nobody can import them.
    externalSymbolLinkMappings: { '@edgefc/sdk': { ROUTER_ID: '#' }, '@edgefc/runtime': { BATCH_WINDOW: '#' } },
    out: join(options.out, folder),
    logLevel: 'Warn',
  });
  const project = await app.convert();
  // Until here it complains of a @param that only some overloads have, which is as it should be.
  const { warningCount } = app.logger;
  if (project !== undefined) {
    app.validate(project);
    await app.generateOutputs(project);
  }
  failed += project === undefined ? 1 : app.logger.errorCount + app.logger.warningCount - warningCount;
}
console.log(failed === 0 ? 'the API reference is written' : `${failed} complaints`);
process.exitCode = failed === 0 ? 0 : 1;
