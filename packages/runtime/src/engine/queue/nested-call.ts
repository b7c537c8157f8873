/** What a run of Async work asked of other functions, and what it was told: JSON-safe, stored with the error of the run. */
export interface NestedCalls {
  /** In the order in which they were answered. */
  readonly made: readonly NestedCall[];
  /** How many more there were. */
  readonly leftOut: number;
}

export interface NestedCall {
  /** `Service/function`. */
  readonly target: string;
  readonly payload: KeptPayload | null;
  readonly outcome:
    | {
        readonly kind: 'answered';
        readonly payload: KeptPayload;
        readonly functionError: 'Handled' | 'Unhandled' | null;
      }
    /** Async. */
    | { readonly kind: 'accepted' }
    | { readonly kind: 'refused'; readonly code: string; readonly message: string };
}

/** `bytes`: it was too large to keep. */
export type KeptPayload = { readonly text: string } | { readonly base64: string } | { readonly bytes: number };
