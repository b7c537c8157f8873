/**
 * Function definitions by name, id and ARN, and what to say when there is none.
 */
import { nearestNames, parseTarget } from '@edgefc/sdk/internal';
import type { FunctionDefinition } from './definition.ts';
import { refused, type Refused } from './invocation/outcome.ts';

export type Resolution = { readonly kind: 'found'; readonly definition: FunctionDefinition } | Refused;

export class Registry {
  readonly #byKey = new Map<string, FunctionDefinition>();
  readonly #byId = new Map<string, FunctionDefinition>();
  readonly #services = new Map<string, Map<string, FunctionDefinition>>();

  add(definition: FunctionDefinition): void {
    this.#byKey.set(definition.key, definition);
    if (definition.id !== undefined) this.#byId.set(definition.id, definition);
    let functions = this.#services.get(definition.service);
    if (functions === undefined) {
      functions = new Map();
      this.#services.set(definition.service, functions);
    }
    functions.set(definition.name, definition);
  }

  get definitions(): Iterable<FunctionDefinition> {
    return this.#byKey.values();
  }

  /** Finds what `target` names: `Service/function`, a configured id, or an ARN. */
  resolve(target: string): Resolution {
    // By key first: that is how nearly every call comes, and it costs one look-up.
    const definition = this.#byKey.get(target) ?? this.#byId.get(target);
    if (definition !== undefined) return { kind: 'found', definition };
    const parsed = parseTarget(target);
    if (parsed.kind === 'id') {
      return refused(
        'FunctionNotFound',
        `no function has the id "${target}"${this.#offer(target, [...this.#byId.keys(), ...this.#byKey.keys()])}`,
      );
    }
    const functions = this.#services.get(parsed.service);
    if (functions === undefined) {
      return refused(
        'ServiceNotFound',
        `no service is named "${parsed.service}"${this.#offer(parsed.service, [...this.#services.keys()])}`,
      );
    }
    const named = functions.get(parsed.function);
    if (named !== undefined) return { kind: 'found', definition: named };
    return refused(
      'FunctionNotFound',
      `the service "${parsed.service}" has no function "${parsed.function}"` +
        this.#offer(parsed.function, [...functions.keys()]),
    );
  }

  #offer(wanted: string, names: readonly string[]): string {
    const near = nearestNames(wanted, names);
    if (near.length > 0) return `; did you mean ${near.map((name) => `"${name}"`).join(' or ')}?`;
    return names.length === 0 ? '; none is configured' : `; there is ${listSome(names)}`;
  }
}

function listSome(names: readonly string[]): string {
  const shown = names
    .slice(0, 5)
    .map((name) => `"${name}"`)
    .join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
