/** What names other functions: destinations and routes. Resolved when all functions are known. */
import type { FunctionDefinition, RouteDefinition } from '../engine/definition.ts';
import { Registry } from '../engine/registry.ts';
import type { Layers } from './layers.ts';
import { showValue } from './problems.ts';
import type { Report } from './report.ts';
import type { RouteLayer } from './schema.ts';

/** A source that is everybody, which is also what no source means. */
const ANY = 'any';

export interface Destinations {
  readonly onSuccess: string | undefined;
  readonly onFailure: string | undefined;
}

export class Targets {
  readonly #registry = new Registry();
  readonly #report: Report;

  constructor(functions: readonly FunctionDefinition[], report: Report) {
    this.#report = report;
    for (const definition of functions) this.#registry.add(definition);
  }

  /** Where the ends of the Async work of `key` are told. */
  destinations(key: string, layers: Layers): Destinations {
    return {
      onSuccess: this.#destination('onSuccess', key, layers),
      onFailure: this.#destination('onFailure', key, layers),
    };
  }

  routes(layers: readonly RouteLayer[]): RouteDefinition[] {
    return layers.flatMap(({ source, topic, target }, index) => {
      const path = ['routes', index];
      const from = source === undefined || source === ANY ? undefined : this.#resolve(source, [...path, 'source']);
      const to = this.#resolve(target, [...path, 'target']);
      return to === undefined ? [] : [{ source: from, filter: topic, target: to }];
    });
  }

  #destination(which: 'onSuccess' | 'onFailure', key: string, layers: Layers): string | undefined {
    const found = layers.find(which);
    const target = found === undefined ? undefined : this.#resolve(found.value, found.path);
    if (found === undefined || target !== key) return target;
    // A default is for the others: the function that is told does not tell itself.
    if (found.rank !== layers.ownRank) return undefined;
    this.#report.warning(
      found.path,
      `${key} is told of its own ends, each of which is Async work again: that ends only at the depth of 16`,
    );
    return target;
  }

  /** The key of the function that `target` names. */
  #resolve(target: string, path: readonly PropertyKey[]): string | undefined {
    const resolution = this.#registry.resolve(target);
    if (resolution.kind === 'found') return resolution.definition.key;
    this.#report.problem(path, `found ${showValue(target)}, but ${resolution.message}`);
    return undefined;
  }
}
