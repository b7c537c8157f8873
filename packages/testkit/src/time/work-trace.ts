/**
 * Where a piece of real work was begun: kept as an error, which is cheap, and turned into a line only when somebody asks.
 *
 * What a fetch does, it does later, with nothing of its caller on the stack. So the call itself leaves its trace in the
 * async context (patch-fetch.ts), and what has no line of its own takes that one.
 */
import type { AsyncLocalStorage } from 'node:async_hooks';
import { perProcess } from '../per-process.ts';

/** Enough to get from a socket through the platform's modules to who asked for it. */
const DEPTH = 40;

const OURS = /@edgefc[\\/]testkit|[\\/]testkit[\\/](?:src|dist)[\\/]/;
const PLATFORM = /\(?node:|<anonymous>\)?$|native\)$/;
const INSTALLED = /[\\/]node_modules[\\/]/;

export class Trace {
  readonly #error: Error;
  readonly #cause: Trace | undefined;

  constructor() {
    const before = Error.stackTraceLimit;
    Error.stackTraceLimit = DEPTH;
    this.#error = new Error('where it was begun');
    Error.stackTraceLimit = before;
    this.#cause = callers().getStore();
  }

  /** The innermost line of the function's own code, else of a package that it uses: `handler (file.ts:12:3)`. */
  get where(): string | undefined {
    const lines = this.#lines();
    return lines.find((line) => !INSTALLED.test(line)) ?? this.#cause?.where ?? lines[0];
  }

  /** Whether it came through a module of the platform or a package: `'undici'`. */
  passes(part: RegExp): boolean {
    return part.test(this.#error.stack ?? '');
  }

  #lines(): string[] {
    const lines = (this.#error.stack ?? '').split('\n').slice(1);
    return lines
      .map((line) => line.trim().replace(/^at (?:async )?/, ''))
      .filter((line) => !OURS.test(line) && !PLATFORM.test(line));
  }
}

/** Whatever `fn` begins, now or later, takes the caller's line where it has none of its own. */
export function traced<T>(fn: () => T): T {
  return callers().run(new Trace(), fn);
}

function callers(): AsyncLocalStorage<Trace> {
  return perProcess('callers', () => new (process.getBuiltinModule('node:async_hooks').AsyncLocalStorage)<Trace>());
}
