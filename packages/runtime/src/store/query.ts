/** A prepared statement that reads, with the type of its rows: arrays, in the order of the columns. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

/** `Row`: the tuple of the columns that the text of the statement selects, in their order. */
export class Query<Row extends readonly unknown[]> {
  readonly #statement: StatementSync;

  constructor(database: DatabaseSync, sql: string) {
    this.#statement = database.prepare(sql);
    this.#statement.setReturnArrays(true);
  }

  // The platform's types know neither arrays nor columns: what the text selects stands beside it, as `Row`.

  /** The first row; undefined: there is none. */
  get(...values: SQLInputValue[]): Row | undefined {
    return this.#statement.get(...values) as unknown as Row | undefined;
  }

  all(...values: SQLInputValue[]): Row[] {
    return this.#statement.all(...values) as unknown as Row[];
  }
}
