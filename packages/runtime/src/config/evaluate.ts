/**
 * Runs a TypeScript or JavaScript configuration and gives what it exports.
 *
 * While it loads, `@edgefc/runtime` means this very runtime, so that `defineConfig` can be imported in a folder where
 * nothing is installed; and the file is an ES module when it says `import` or `export`, whatever the package around
 * it says, because Node would warn or refuse.
 */
import { execFile } from 'node:child_process';
import { createRequire, registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { ConfigError } from './problems.ts';
import { hasModuleSyntax } from './source.ts';

const RUNTIME = '@edgefc/runtime';

/**
 * @param file the configuration as the person named it
 * @param path the same, absolute
 * @param text what is in it
 * @throws ConfigError when it does not load or exports nothing
 */
export async function evaluateConfig(file: string, path: string, text: string): Promise<unknown> {
  const { href } = pathToFileURL(path);
  const hooks = registerHooks({
    resolve(specifier, context, nextResolve) {
      if (specifier !== RUNTIME || isOwnModule(context.parentURL)) return nextResolve(specifier, context);
      return { url: ownEntry(), format: 'module', shortCircuit: true };
    },
    load(url, context, nextLoad) {
      if (url !== href || !/\.[jt]s$/.test(path) || !hasModuleSyntax(text)) return nextLoad(url, context);
      return nextLoad(url, { ...context, format: path.endsWith('.ts') ? 'module-typescript' : 'module' });
    },
  });
  let loaded: object;
  try {
    loaded = path.endsWith('.cjs') ? requireFile(path) : ((await import(href)) as object);
  } catch (error) {
    const { line, message } = await explainFailure(error, path);
    throw new ConfigError([{ file, line, key: '', message }], { cause: error });
  } finally {
    hooks.deregister();
  }
  const exported: unknown = Reflect.get(loaded, 'default');
  if (exported !== undefined && !isEmptyCommonJs(loaded, exported)) return exported;
  const message = 'exports no configuration; write "export default defineConfig({ services: { … } })"';
  throw new ConfigError([{ file, line: undefined, key: '', message }]);
}

/** As a module. What a CommonJS file that is imported requires passes the hooks by on Node 22. */
function requireFile(path: string): object {
  const exported: unknown = createRequire(import.meta.url)(path);
  return { default: exported, 'module.exports': exported };
}

/** {@link ownEntry} asks through this very hook, which must not ask it again. */
function isOwnModule(url: string | undefined): boolean {
  return url === import.meta.url;
}

/** What the package itself exports: found through its own name, so that it holds in src/ and in dist/. */
function ownEntry(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve(RUNTIME)).href;
}

/** A CommonJS file that never assigned `module.exports`. */
function isEmptyCommonJs(loaded: object, exported: unknown): boolean {
  if (!('module.exports' in loaded) || typeof exported !== 'object' || exported === null) return false;
  return Object.keys(exported).length === 0;
}

interface Failure {
  readonly line: number | undefined;
  readonly message: string;
}

async function explainFailure(error: unknown, path: string): Promise<Failure> {
  if (!(error instanceof Error))
    return { line: undefined, message: `it threw ${String(error)} instead of exporting a configuration` };
  const code = 'code' in error ? error.code : undefined;
  const line = lineIn(error.stack ?? '', path);
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    return { line, message: `${error.message}; types are stripped, not compiled: write it as plain JavaScript would` };
  }
  if (error.name === 'SyntaxError')
    return { line: line ?? (await checkedLine(path)), message: `SyntaxError: ${error.message}` };
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    const [first = ''] = error.message.split('\n');
    return { line, message: first.startsWith('Cannot find package') ? `${first}; install it there` : first };
  }
  return { line, message: `it threw while it was loaded: ${error.name}: ${error.message}` };
}

/** The first place in `path` that a stack names. */
function lineIn(stack: string, path: string): number | undefined {
  for (const place of [path, pathToFileURL(path).href]) {
    const at = stack.indexOf(`${place}:`);
    const line = at === -1 ? undefined : /^\d+/.exec(stack.slice(at + place.length + 1))?.[0];
    if (line !== undefined) return Number(line);
  }
  return undefined;
}

/** Node keeps the place of a syntax error in an ES module to itself, and tells it only when it ends by it. */
async function checkedLine(path: string): Promise<number | undefined> {
  try {
    await promisify(execFile)(process.execPath, ['--check', path]);
    return undefined;
  } catch (error) {
    const said: unknown = error instanceof Error && 'stderr' in error ? error.stderr : undefined;
    return typeof said === 'string' ? lineIn(said, path) : undefined;
  }
}
