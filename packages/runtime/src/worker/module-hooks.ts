/**
 * Makes the SDK's names resolve inside a function, for `require` and `import` alike, whether or not anything is
 * installed there: a bundle written for Link IoT Edge says `require('linkedge-core-sdk')` (LE), and a copy of that
 * SDK that a bundle carries says `require('linkedge-common-js')`.
 */
import { createRequire, registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

/** The names that functions know the SDK by, and what each of them is. */
export const SDK_NAMES: ReadonlyMap<string, string> = new Map([
  ['@edgefc/sdk', '@edgefc/sdk'],
  ['linkedge-core-sdk', '@edgefc/sdk'],
  ['linkedge-common-js', '@edgefc/sdk/linkedge-common-js'],
]);

/** `home`: file URL of a module of ours, from where the SDK is found. */
export function installModuleHooks(home: string): void {
  const requireAtHome = createRequire(home);
  const required = new Map<string, string>();
  let resolving = false;
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const alias = resolving ? undefined : SDK_NAMES.get(specifier);
      if (alias === undefined) return nextResolve(specifier, context);
      // `import` can be resolved as if from home; `require` ignores a changed parent, so it is asked there.
      // The conditions are a Set in older Nodes, whatever the types say.
      if (!new Set(context.conditions).has('require')) return nextResolve(alias, { ...context, parentURL: home });
      let url = required.get(alias);
      if (url === undefined) {
        // Resolving comes through this hook again.
        resolving = true;
        try {
          url = pathToFileURL(requireAtHome.resolve(alias)).href;
        } finally {
          resolving = false;
        }
        required.set(alias, url);
      }
      return { url, format: 'commonjs', shortCircuit: true };
    },
  });
}
