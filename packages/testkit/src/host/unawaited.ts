/**
 * What a test started and never waited for. A forgotten `await` makes a test pass that checks nothing, or fail somewhere
 * else; here it fails where the host is stopped, and names the place.
 */

interface Begun {
  readonly what: string;
  readonly where: string;
}

export class Unawaited {
  readonly #begun = new Set<Begun>();

  /** The promise of something that the test has to wait for; `what`: as it wrote it. */
  track<T>(what: string, work: Promise<T>): Promise<T> {
    const begun: Begun = { what, where: callerOf(new Error('where it was begun')) };
    this.#begun.add(begun);
    const tracked = new TrackedPromise<T>((resolve, reject) => {
      work.then(resolve, (reason: unknown) => {
        reject(begunAt(reason, begun.where));
      });
    });
    tracked.onAwait = () => {
      this.#begun.delete(begun);
    };
    // That it was not awaited is told at the stop; it needs no unhandled rejection besides.
    void Promise.prototype.then.call(tracked, undefined, () => undefined);
    return tracked;
  }

  /** What nobody waited for, as a sentence; undefined: there is nothing. */
  describe(): string | undefined {
    const lines = [...this.#begun].map(({ what, where }) => `  ${what}${where === '' ? '' : ` ${where}`}`);
    if (lines.length === 0) return undefined;
    return `the test did not wait for what it began:\n${lines.join('\n')}\nWrite \`await\` in front of it.`;
  }
}

/** Knows whether somebody waits for it: `await` asks a promise of another class for its `then`. */
class TrackedPromise<T> extends Promise<T> {
  onAwait: (() => void) | undefined;

  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  override then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.onAwait?.();
    return super.then(onFulfilled, onRejected);
  }
}

/** An error of the engine's has a stack without the test: the line that began it is where to look. */
function begunAt(reason: unknown, where: string): unknown {
  if (reason instanceof Error && where !== '' && reason.stack?.includes(where) === false) {
    reason.stack += `\n    ${where}`;
  }
  return reason;
}

/** The first frame that is neither ours nor the platform's. */
function callerOf(error: Error): string {
  const lines = (error.stack ?? '').split('\n').slice(1);
  const line = lines.find((one) => !/node:internal|@edgefc[\\/]testkit|[\\/]testkit[\\/](?:src|dist)[\\/]/.test(one));
  return line?.trim() ?? '';
}
