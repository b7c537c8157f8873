/** A fault that is set. */
export interface Fault {
  /** How often it struck. */
  readonly hits: number;
  /** It strikes no more. */
  stop(): void;
}
