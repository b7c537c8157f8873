/**
 * Loads a function's modules anew for each instance, as a process of its own would: what a CommonJS module keeps at its top
 * level belongs to one instance.
 *
 * Fresh is the whole graph, packages included. Not fresh are built-ins, native addons, the SDK (whose copies all serve
 * whoever runs), and ES modules with what they import: Node keeps those for as long as the process lives.
 */
import Module, { createRequire, isBuiltin } from 'node:module';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SDK_NAMES, type ModuleLoader } from '@edgefc/runtime/testing';

/** What Node's modules have and its types do not declare. Both are as old as `require.extensions`. */
interface LoadableModule extends Module {
  load(file: string): void;
}

export class ModuleGraph implements ModuleLoader {
  /** Where the SDK is found: a file of ours. */
  readonly #requireAtHome: NodeJS.Require;
  readonly #modules = new Map<string, LoadableModule>();

  constructor(home: string) {
    this.#requireAtHome = createRequire(home);
  }

  require(file: string): unknown {
    return this.#load(file, undefined).exports;
  }

  async import(file: string): Promise<unknown> {
    const require = createRequire(file);
    try {
      // At once, and so in the frame of whoever loads it.
      return require(file) as unknown;
    } catch (error) {
      // Only `import` waits for a top-level await.
      if (!isAsyncModule(error)) throw error;
      return (await import(pathToFileURL(file).href)) as unknown;
    }
  }

  #load(file: string, parent: LoadableModule | undefined): LoadableModule {
    const loaded = this.#modules.get(file);
    // Half-loaded ones as well: modules may require each other in a circle.
    if (loaded !== undefined) return loaded;
    const module = createModule(file, parent);
    const require = createRequire(file);
    module.require = (specifier: string): unknown => {
      const name = SDK_NAMES.get(specifier);
      if (name !== undefined) return this.#requireAtHome(name) as unknown;
      if (isBuiltin(specifier)) return require(specifier) as unknown;
      const resolved = require.resolve(specifier);
      return extname(resolved) === '.node' ? (require(resolved) as unknown) : this.#load(resolved, module).exports;
    };
    this.#modules.set(file, module);
    try {
      module.load(file);
    } catch (error) {
      this.#modules.delete(file);
      throw error;
    }
    return module;
  }
}

function createModule(file: string, parent: Module | undefined): LoadableModule {
  const module = new Module(file, parent);
  if (isLoadable(module)) return module;
  throw new Error(`Node ${process.version} has modules without load(): this testkit needs another release of Node`);
}

function isLoadable(module: Module): module is LoadableModule {
  return 'load' in module;
}

function isAsyncModule(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_REQUIRE_ASYNC_MODULE';
}
