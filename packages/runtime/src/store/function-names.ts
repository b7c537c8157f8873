/** Functions stand in the file as small numbers: their names, in memory, as of the present transaction. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';

export class FunctionNames {
  readonly #add: StatementSync;
  readonly #ids = new Map<string, number>();
  readonly #names = new Map<number, string>();
  /** In this transaction. */
  #added: string[] = [];

  constructor(database: DatabaseSync) {
    this.#add = database.prepare('INSERT INTO functions (key) VALUES (?)');
    for (const { id, key } of database.prepare('SELECT id, key FROM functions').all()) {
      if (typeof id !== 'number' || typeof key !== 'string') continue;
      this.#ids.set(key, id);
      this.#names.set(id, key);
    }
  }

  /** Its number; undefined: nothing in the file has its name. */
  find(key: string): number | undefined {
    return this.#ids.get(key);
  }

  /** Its number; it gets one when it has none. */
  idOf(key: string): number {
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = Number(this.#add.run(key).lastInsertRowid);
    this.#ids.set(key, id);
    this.#names.set(id, key);
    this.#added.push(key);
    return id;
  }

  nameOf(id: number): string {
    const name = this.#names.get(id);
    if (name === undefined) throw new RangeError(`edgefc: the queue names a function ${id} that it does not have`);
    return name;
  }

  committed(): void {
    if (this.#added.length > 0) this.#added = [];
  }

  rolledBack(): void {
    for (const key of this.#added) {
      const id = this.#ids.get(key);
      this.#ids.delete(key);
      if (id !== undefined) this.#names.delete(id);
    }
    this.#added = [];
  }
}
