/** What a test asks of the driver, until it has it. */

export type Wish =
  /** Everything that can go on without time has gone on. */
  | { readonly kind: 'settle' }
  /** `by` ms of virtual time have passed. */
  | { readonly kind: 'advance'; readonly by: number; target?: number }
  /** `isIdle` says so; time may be skipped. */
  | { readonly kind: 'idle'; readonly isIdle: () => boolean | Promise<boolean> }
  /** Somebody else says so; time may be skipped if `skips`. */
  | { readonly kind: 'outcome'; readonly skips: boolean };

export class Demand {
  /** As the test wrote it: `'host.advance()'`. */
  readonly what: string;
  readonly wish: Wish;
  readonly promise: Promise<void>;
  /** Timers that fired for it. */
  steps = 0;
  over = false;
  readonly #resolve: () => void;
  readonly #reject: (error: unknown) => void;

  constructor(what: string, wish: Wish) {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.what = what;
    this.wish = wish;
    this.promise = promise;
    this.#resolve = () => {
      resolve(undefined);
    };
    this.#reject = reject;
  }

  get skips(): boolean {
    return this.wish.kind === 'idle' || (this.wish.kind === 'outcome' && this.wish.skips);
  }

  fulfil(): void {
    this.over = true;
    this.#resolve();
  }

  fail(error: unknown): void {
    this.over = true;
    this.#reject(error);
  }
}
