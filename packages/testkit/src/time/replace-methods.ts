/** Puts functions in the place of others, so that only what they do differs: name, length and property stay. */
type Methods = Record<string, (...args: never[]) => unknown>;

export function replaceMethods<T extends object>(target: T, methods: { [K in keyof T]?: T[K] } & object): void {
  for (const [name, method] of Object.entries(methods as Methods)) {
    const original: unknown = Reflect.get(target, name);
    if (typeof original !== 'function') continue; // A realm need not have them all.
    for (const key of ['name', 'length']) {
      Object.defineProperty(method, key, { value: Reflect.get(original, key), configurable: true });
    }
    const enumerable = Object.prototype.propertyIsEnumerable.call(target, name);
    Object.defineProperty(target, name, { value: method, writable: true, enumerable, configurable: true });
  }
}
