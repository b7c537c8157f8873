/**
 * Finds and loads what `handler: 'src/app.main'` names: CommonJS, ES module or TypeScript, without a build step.
 *
 * Each way that can fail has a message saying what was looked for, where, and what is there instead.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FunctionDefinition } from '../engine/definition.ts';
import type { LoadedFunction, LoadedHook } from '../engine/handler/loaded-function.ts';
import type { LoadedHandler } from '../engine/handler/run.ts';

/** In this order (SPEC 1). */
const EXTENSIONS = ['.js', '.cjs', '.mjs', '.ts', '.mts', '.cts'] as const;

/** How a file becomes a module. */
export interface ModuleLoader {
  /** @throws with the code ERR_REQUIRE_ASYNC_MODULE when only `import` can load it */
  require(file: string): unknown;
  import(file: string): Promise<unknown>;
}

/** As Node does it. */
const NODE: ModuleLoader = {
  require: (file) => createRequire(file)(file) as unknown,
  import: (file) => import(pathToFileURL(file).href),
};

/** Why a function could not be loaded, in words for its author; `cause` is what the module threw, if it did. */
class LoadFailure extends Error {
  override readonly name = 'LoadError';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    // Where in the loader it was noticed helps nobody; the cause has the place that counts.
    this.stack = '';
  }
}

/** `given`: what is there already, and not loaded. */
export async function loadFunction(
  definition: FunctionDefinition,
  modules: ModuleLoader = NODE,
  given: Partial<LoadedFunction> = {},
): Promise<LoadedFunction> {
  const { key, handler, initializer, preStop } = definition;
  return {
    handler: given.handler ?? (await loadExport<LoadedHandler>(definition, 'handler', handler)),
    initializer: given.initializer ?? (await loadHook('initializer', initializer)),
    preStop: given.preStop ?? (await loadHook('preStop', preStop)),
  };

  async function loadHook(setting: string, reference: string | undefined): Promise<LoadedHook | undefined> {
    return reference === undefined ? undefined : loadExport<LoadedHook>(definition, setting, reference);
  }

  async function loadExport<T>(of: FunctionDefinition, setting: string, reference: string): Promise<T> {
    const dot = reference.lastIndexOf('.');
    const name = reference.slice(dot + 1);
    if (dot <= 0 || name === '') {
      throw new LoadFailure(`${key}: ${setting} "${reference}" is not of the form file.export, like "index.handler"`);
    }
    const file = findFile(of, setting, reference.slice(0, dot));
    const exported = await loadModule(file, modules);
    const value = pick(exported, name);
    if (typeof value !== 'function') {
      throw new LoadFailure(`${key}: ${setting} "${reference}": ${file} ${describeMissing(exported, name, value)}`);
    }
    // Called as a method of its module, as `module.exports.handler(...)` would be.
    return value.bind(exported) as T;
  }
}

function findFile(definition: FunctionDefinition, setting: string, path: string): string {
  const stem = join(definition.codeUri, path);
  for (const extension of EXTENSIONS) {
    if (isFile(stem + extension)) return stem + extension;
  }
  const directory = dirname(stem);
  throw new LoadFailure(
    `${definition.key}: ${setting} needs a file ${basename(stem)} with one of ${EXTENSIONS.join(' ')} in ${directory}, ` +
      `and there is none; ${describeDirectory(directory)}`,
  );
}

async function loadModule(file: string, modules: ModuleLoader): Promise<unknown> {
  try {
    if (isEsModule(file)) return await modules.import(file);
    try {
      return modules.require(file);
    } catch (error) {
      // An ES module that only its syntax tells, with top-level await.
      if (codeOf(error) !== 'ERR_REQUIRE_ASYNC_MODULE') throw error;
      return await modules.import(file);
    }
  } catch (error) {
    throw new LoadFailure(`${file} could not be loaded: ${explain(error, file)}`, { cause: error });
  }
}

function explain(error: unknown, file: string): string {
  const code = codeOf(error);
  if (!(error instanceof Error)) return `it threw ${String(error)} at its top level`;
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    return `${error.message}; types are stripped, not compiled: replace enums, namespaces and parameter properties, or compile the file`;
  }
  if (error.name === 'SyntaxError') {
    const place = (error.stack ?? '').split('\n', 1)[0] ?? '';
    const where = /:\d+$/.test(place) ? ` (${place})` : '';
    return `SyntaxError: ${error.message}${where}${moduleHint(error.message, file)}`;
  }
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    const message = error.message.split('\n')[0] ?? '';
    return `${message}; ${missingModuleHint(message, file)}`;
  }
  return `${error.name}: ${error.message}`;
}

/** What to do about a module that is not there: of our own files the extension is left out easily. */
function missingModuleHint(message: string, file: string): string {
  const wanted = /'((?:\.{0,2}|[A-Za-z]:)[\\/][^']*)'/.exec(message)?.[1];
  if (wanted === undefined) return "is it installed under the function's codeUri?";
  const path = resolve(dirname(file), wanted);
  const found = EXTENSIONS.find((extension) => existsSync(path + extension));
  if (found !== undefined) return `Node wants the whole name: write '${basename(path)}${found}'`;
  return 'there is no such file';
}

/** What to do about an ES module in a file that is read as CommonJS. */
function moduleHint(message: string, file: string): string {
  const extension = extname(file);
  if (!/import statement|export/.test(message) || extension.startsWith('.m')) return '';
  const name = basename(file, extension) + extension.replace(/^\.c?/, '.m');
  const orType = extension.startsWith('.c') ? '' : ', or set "type": "module" in its package.json';
  return `; it is an ES module in a file that is read as CommonJS: name it ${name}${orType}`;
}

/** Whether `file` is an ES module by its name or its package; what only its syntax tells, `require` finds out. */
function isEsModule(file: string): boolean {
  const extension = extname(file);
  if (extension === '.mjs' || extension === '.mts') return true;
  if (extension === '.cjs' || extension === '.cts') return false;
  for (let directory = dirname(file); ; directory = dirname(directory)) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
      return typeof manifest === 'object' && manifest !== null && 'type' in manifest && manifest.type === 'module';
    } catch (error) {
      // No (readable) package.json here: Node looks further up, and so do we.
      if (codeOf(error) === undefined && !(error instanceof SyntaxError)) throw error;
    }
    if (directory === dirname(directory) || basename(directory) === 'node_modules') return false;
  }
}

/** The export, directly or on the default export (an ES module that wraps a CommonJS one). */
function pick(exported: unknown, name: string): unknown {
  const direct = property(exported, name);
  return direct === undefined ? property(property(exported, 'default'), name) : direct;
}

function property(value: unknown, name: string): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
  return Reflect.get(value, name) as unknown;
}

function describeMissing(exported: unknown, name: string, value: unknown): string {
  if (value !== undefined) return `exports "${name}", but it is a ${typeof value}, not a function`;
  const names = typeof exported === 'object' && exported !== null ? Object.keys(exported) : [];
  const there = names.length === 0 ? 'it exports nothing' : `it exports ${names.slice(0, 8).join(', ')}`;
  return `does not export "${name}"; ${there}`;
}

function describeDirectory(directory: string): string {
  try {
    const files = readdirSync(directory).filter((file) => EXTENSIONS.some((extension) => file.endsWith(extension)));
    return files.length === 0 ? 'it holds no module at all' : `it holds ${files.slice(0, 8).join(', ')}`;
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? 'the directory does not exist' : 'the directory cannot be read';
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function codeOf(error: unknown): string | undefined {
  const code = property(error, 'code');
  return typeof code === 'string' ? code : undefined;
}
