/**
 * A function's settings come from three places, the nearest wins: its own entry, its service's `defaults`, the file's
 * `defaults`. What was found keeps its place, so that a problem points at the line that holds the value.
 */
import type { FunctionLayer } from './schema.ts';

export interface PlacedLayer {
  readonly path: readonly string[];
  readonly settings: FunctionLayer;
}

export interface Found<T> {
  readonly value: T;
  readonly path: readonly string[];
  /** How near the place is to the function; higher is nearer. */
  readonly rank: number;
}

export class Layers {
  readonly #layers: readonly PlacedLayer[];

  /** `layers`: the farthest first. */
  constructor(layers: readonly PlacedLayer[]) {
    this.#layers = layers;
  }

  /** The rank of what the function's own entry says. */
  get ownRank(): number {
    return this.#layers.length - 1;
  }

  /** The nearest value of `key`. */
  find<K extends keyof FunctionLayer>(key: K): Found<NonNullable<FunctionLayer[K]>> | undefined {
    return this.findAll(key).at(-1);
  }

  /** Every value of `key`, the farthest first. */
  findAll<K extends keyof FunctionLayer>(key: K): Found<NonNullable<FunctionLayer[K]>>[] {
    return this.#layers.flatMap(({ path, settings }, rank) => {
      const value = settings[key];
      return value === undefined ? [] : [{ value, path: [...path, key], rank }];
    });
  }

  /** The nearest value of `key`, or `fallback`. */
  value<K extends keyof FunctionLayer>(key: K, fallback: NonNullable<FunctionLayer[K]>): NonNullable<FunctionLayer[K]> {
    return this.find(key)?.value ?? fallback;
  }
}
